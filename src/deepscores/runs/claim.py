"""A folder that a run writes to: whose it is, whether the run is done, and making room for it."""

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePath
from typing import Any

from deepscores.errors import DatasetError
from deepscores.runs.files import clean_partials, locked, write_file

MARKER = ".deepscores.json"  # the plan of a run that leaves no other record
_REPLACES = "replaces"  # in a plan: the record of the run that is being cleared away
_FINISHED = "finished"  # in a record that serves as plan and as result
_MAX_VALUE = 60  # characters of a value in a message
_SHOWN_DIGITS = 12  # of a digest


@dataclass(frozen=True)
class Claim:
    """What a run wants with a folder: to be alone there, and to go on where it was stopped.

    A run is known by its *identity*: plain values that hold by content all that its files follow
    from. It is kept in the file *plan* from the beginning and in the file *result* at the end; one
    file may be both, and then has the key ``finished`` at the end.

    A folder is the run's if it is new or empty, or holds a run with this identity. Another run of
    the *kind* is replaced with *force* alone; anything else is never touched. A key of the identity
    that an older program did not record yet is not compared.
    """

    folder: Path
    kind: str  # "dataset", "export", "training run", "predictions" …
    identity: Mapping[str, Any]
    plan: str
    result: str
    keys: frozenset[str]  # that tell a record of this kind from what other programs write
    owned: Callable[[Mapping[str, Any]], Iterable[str]]  # by a run's record, names or patterns
    lock: str = ""  # file that locks the folder; its first part may lie in a folder that is empty
    force: bool = False
    owns: Sequence[str] = ()  # names to note in the plan, beside those of earlier runs

    def check(self) -> None:
        """Raise DatasetError where the run cannot have the folder; nothing is changed."""
        if self.folder.exists() and not self.folder.is_dir():
            raise DatasetError(f"{self.folder}: is a file, not a folder")
        record = self.record()
        if record is None:
            if self._holds_files():
                raise DatasetError(
                    f"{self.folder}: is not empty and holds no {self.kind}; choose another folder"
                )
            return
        difference = self._difference(record)
        if difference and not self.force:
            pronoun = "them" if self.kind.endswith("s") else "it"
            raise DatasetError(
                f"{self.folder}: holds {_with_article(self.kind)} of {difference}; "
                f"give --force to replace {pronoun}, or choose another folder"
            )

    def is_finished(self) -> bool:
        """Whether this very run is done and not to be replaced; raise DatasetError as `check`."""
        self.check()
        record = self.record()
        return record is not None and not self.force and self._is_done(record)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other run out of the folder meanwhile; raise DatasetError if one is there."""
        with locked(self.folder, self.lock, f"run is writing this {self.kind}"):
            yield

    def begin(self) -> None:
        """Make the folder ready: clear another run away, keep what an unfinished one has done.

        With *force* a finished run is cleared away, too. Killed in the middle, it is done again by
        the next one.
        """
        record = self.record()
        previous = record.get(_REPLACES) if record is not None else None
        if record is not None and (
            self._difference(record) or (self.force and self._is_done(record))
        ):
            previous = record
        if previous is not None:
            replaced = {key: value for key, value in previous.items() if key != _REPLACES}
            self._write_plan({_REPLACES: replaced})
            self.clear(previous)
        if record is None or previous is not None or not self._is_recorded(record):
            resumed_record = record if record is not None and previous is None else {}
            self._write_plan({"owns": self._all_owned(resumed_record)} if self.owns else {})
        clean_partials(self.folder)

    def clear(self, record: Mapping[str, Any] | None = None) -> None:
        """Remove the files of a run, by default of this one; what else is there stays."""
        if self.result != self.plan:
            (self.folder / self.result).unlink(missing_ok=True)  # from now on it is not finished
        for path in self._work_files():
            _remove(path)
        for name in self.owned(self.identity if record is None else record):
            self._clear_name(name)

    def record(self) -> dict[str, Any] | None:
        """What the folder says of the run in it, finished or not; None if there is none."""
        for name in (self.result, self.plan):
            path = self.folder / name
            try:
                table = json.loads(path.read_bytes())
            except (FileNotFoundError, NotADirectoryError):
                continue
            except (OSError, ValueError) as error:
                raise DatasetError(f"{path}: cannot be read: {error}") from None
            return table if self._is_of_kind(table) else None
        return None

    @cached_property
    def _identity(self) -> dict[str, Any]:
        plain: dict[str, Any] = json.loads(json.dumps(self.identity))
        return plain

    def _is_of_kind(self, table: Any) -> bool:
        return (
            isinstance(table, dict)
            and table.keys() >= self.keys
            and table.get("kind", self.kind) == self.kind
        )

    def _is_done(self, record: Mapping[str, Any]) -> bool:
        if self.result == self.plan:
            return _FINISHED in record
        return (self.folder / self.result).exists()

    def _is_recorded(self, record: Mapping[str, Any]) -> bool:
        is_same = all(record.get(key) == value for key, value in self._identity.items())
        return is_same and (not self.owns or self._all_owned(record) == record.get("owns"))

    def _all_owned(self, record: Mapping[str, Any]) -> list[str]:
        return sorted({*self.owns, *_noted(record)})

    def _difference(self, record: Mapping[str, Any]) -> str:
        """The first difference between a recorded run and this one, in words; "" if none."""
        for key, requested in self._identity.items():
            if key in record and record[key] != requested:
                noun = key.removesuffix("_sha256").replace("_", " ")
                determiner = "other" if noun.endswith("s") else "another"
                return f"{determiner} {noun}{_detail(record[key], requested)}"
        return ""

    def _holds_files(self) -> bool:
        # A run that was killed at its very beginning leaves a lock and no plan.
        lock_names = PurePath(self.lock).parts[:1]
        return self.folder.exists() and any(
            path.name not in lock_names for path in self.folder.iterdir()
        )

    def _work_files(self) -> list[Path]:
        """What lies beside plan and lock, where they have a folder of their own."""
        if len(PurePath(self.lock).parts) < 2:
            return []
        stay = {self.folder / self.plan, self.folder / self.lock}
        work = (self.folder / self.lock).parent
        return [path for path in work.glob("*") if path not in stay]

    def _clear_name(self, name: str) -> None:
        path = PurePath(name)
        if path.is_absolute() or path in (PurePath(self.plan), PurePath()) or ".." in path.parts:
            return  # a record is only a file, which anybody may have written
        for owned in [*self.folder.glob(name)]:
            parent = owned.parent
            if parent.is_symlink() and parent != self.folder:
                continue
            _remove(owned)
            if parent != self.folder:
                with suppress(OSError):
                    parent.rmdir()  # unless something else lies there

    def _write_plan(self, notes: Mapping[str, Any]) -> None:
        table = {**self._identity, **notes}
        text = json.dumps(table, ensure_ascii=False, sort_keys=True)
        write_file(self.folder / self.plan, text.encode(), durable=True)


def claim_output(
    folder: Path, kind: str, about: Mapping[str, Any], owns: Sequence[str], *, force: bool
) -> Claim:
    """The claim of a run that writes all its files at once and is never gone on with.

    *about* says what the files in the folder are about; with the same, they are written anew.
    """
    return Claim(
        folder,
        kind,
        {"kind": kind, **about},
        MARKER,
        MARKER,
        frozenset({"kind"}),
        _noted,
        force=force,
        owns=owns,
    )


def require_own_file(path: Path, kind: str, keys: Iterable[str]) -> None:
    """Raise DatasetError where a JSON file is to be written over something else than such a one.

    What has the *keys* is of the *kind*; an empty file will do.
    """
    try:
        if not path.is_file() or not path.stat().st_size:
            return  # a pipe, or for the system to say
        table = json.loads(path.read_bytes())
    except (OSError, ValueError):
        table = None
    if not isinstance(table, dict) or not table.keys() >= set(keys):
        raise DatasetError(f"{path}: holds no {kind}; choose another file")


def _noted(record: Mapping[str, Any]) -> list[str]:
    names = record.get("owns", [])
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _detail(recorded: Any, requested: Any) -> str:
    """Where two values differ and what they are, in brackets; "" for lists, which are long."""
    path: list[str] = []
    while isinstance(recorded, dict) and isinstance(requested, dict):
        name = next(
            name
            for name in sorted({*recorded, *requested})
            if recorded.get(name) != requested.get(name)
        )
        path.append(name)
        recorded, requested = recorded.get(name), requested.get(name)
    if any(
        isinstance(value, list | dict) and len(str(value)) > _MAX_VALUE
        for value in (recorded, requested)
    ):
        return f" ({', '.join(path)})" if path else ""
    location = f"{', '.join(path)}: " if path else ""
    return f" ({location}{_abbreviate(recorded)} there, {_abbreviate(requested)} asked for)"


def _abbreviate(value: Any) -> str:
    text = str(value)
    if isinstance(value, str) and len(text) == 64 and set(text) <= set("0123456789abcdef"):
        return f"{text[:_SHOWN_DIGITS]}…"
    return text if len(text) <= _MAX_VALUE else f"{text[:_MAX_VALUE]}…"


def _with_article(kind: str) -> str:
    if kind.endswith("s"):
        return kind
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
