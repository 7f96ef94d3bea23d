"""The manifest of a dataset, its files with sizes and digests: write, read and check it.

Everything streams in the order of the paths, so memory does not depend on the number of files.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from heapq import merge
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple, TypeVar

from deepscores.errors import DatasetError
from deepscores.runs.files import PARTIAL, replacing

MANIFEST = "manifest.tsv"
UNLISTED = (MANIFEST, MANIFEST + PARTIAL, ".build/")
_HEADER = "path\tbytes\tsha256"
_BATCH = 512  # files that the threads take at a time
_THREADS = min(8, os.cpu_count() or 1)

Item = TypeVar("Item")


class Entry(NamedTuple):
    """One file: POSIX path relative to the dataset, size, SHA-256 in hexadecimal.

    Entries compare as the manifest orders them: Python orders strings by code point, which is the
    order of their UTF-8 bytes.
    """

    path: str
    size: int
    sha256: str

    @classmethod
    def of(cls, path: str, data: bytes) -> "Entry":
        """The entry of a file with this content."""
        return cls(path, len(data), hashlib.sha256(data).hexdigest())


class Problem(NamedTuple):
    """A file that differs from the manifest: missing, extra, or of another size or content."""

    path: str
    what: str


def list_files(folder: Path, exclude: Iterable[str] = UNLISTED) -> Iterator[str]:
    """Yield the relative POSIX paths of all files below *folder*, in bytewise order.

    *exclude* names files, and folders by a slash at the end. Links are followed, so that a part of
    a dataset can lie on another disk.
    """
    left_out = frozenset(exclude)

    def walk(prefix: str) -> Iterator[str]:
        with os.scandir(folder / prefix) as entries:
            # With the slash, folders sort as the paths below them do: "a-b" < "a/b" < "a0".
            names = sorted(entry.name + "/" * entry.is_dir() for entry in entries)
        for name in names:
            path = prefix + name
            if path in left_out:
                continue
            if path.endswith("/"):
                yield from walk(path)
            else:
                yield path

    return walk("")


def hash_files(folder: Path, names: Iterable[str]) -> Iterator[Entry]:
    """Yield the entries of files, read by several threads, in the order of *names*.

    Raises:
        DatasetError: a file cannot be read.
    """

    def entry(name: str) -> Entry:
        try:
            digest, size = _digest(folder / name)
        except OSError as error:
            raise DatasetError(f"{folder / name}: cannot read ({error.strerror})") from error
        return Entry(name, size, digest)

    with ThreadPoolExecutor(_THREADS) as pool:
        for batch in _batched(names, _BATCH):
            yield from pool.map(entry, batch)


def write_manifest(path: Path, entries: Iterable[Entry]) -> None:
    """Write *entries*, which come sorted, to *path*, whole or not at all.

    Entries collected while the files were written save reading the dataset again. Without them:
    ``hash_files(folder, list_files(folder))``.

    Raises:
        ValueError: the entries are not in strictly ascending order, or a path has a tab or newline.
    """
    with replacing(path, durable=True) as file:
        file.write(f"{_HEADER}\n".encode())
        previous_path = ""
        for entry in entries:
            if entry.path <= previous_path:
                raise ValueError(
                    f"{entry.path!r} after {previous_path!r}: a manifest's entries must be sorted"
                )
            if "\t" in entry.path or "\n" in entry.path:
                raise ValueError(f"{entry.path!r}: a path in a manifest has no tab or newline")
            file.write(f"{entry.path}\t{entry.size}\t{entry.sha256}\n".encode())
            previous_path = entry.path


def read_manifest(path: Path) -> Iterator[Entry]:
    """Yield the entries of a manifest.

    Raises:
        DatasetError: there is no manifest, or a line is damaged or out of order.
    """
    try:
        file = open(path, encoding="utf-8", newline="\n")  # noqa: SIM115 (the generator closes it)
    except OSError as error:
        raise DatasetError(f"{path}: cannot read ({error.strerror})") from error
    with file:
        previous_path = ""
        for number, line in enumerate(file, start=1):
            if number == 1 and line == f"{_HEADER}\n":
                continue
            entry = _parse(line)
            if number == 1 or entry is None or entry.path <= previous_path:
                raise DatasetError(f"{path}: line {number} is damaged")
            yield entry
            previous_path = entry.path


def check_manifest(folder: Path, progress: Callable[[int], None] | None = None) -> list[Problem]:
    """Compare every file below *folder* with its manifest; the problems in the order of the paths.

    *progress* is called with the number of files that were checked since its last call.

    Raises:
        DatasetError: the manifest is missing or damaged.
    """

    def check(case: tuple[str, list[Entry | None]]) -> Problem | None:
        path, sides = case
        match sides:
            case [None]:
                return Problem(path, "extra: not in the manifest")
            case [Entry()]:
                return Problem(path, "missing")
            case [Entry() as entry, None]:
                return _compare(entry, folder)
        raise AssertionError(f"{path} comes more than once")

    problems: list[Problem] = []
    with ThreadPoolExecutor(_THREADS) as pool:
        for batch in _batched(_matched(folder), _BATCH):
            problems.extend(filter(None, pool.map(check, batch)))
            if progress is not None:
                progress(len(batch))
    return problems


def _matched(folder: Path) -> Iterator[tuple[str, list[Entry | None]]]:
    """Yield each path with its entry if it has one, then None if there is such a file."""
    entries: Iterator[tuple[str, Entry | None]] = (
        (entry.path, entry) for entry in read_manifest(folder / MANIFEST)
    )
    files: Iterator[tuple[str, Entry | None]] = ((path, None) for path in list_files(folder))
    entries_and_files = merge(entries, files, key=itemgetter(0))
    for path, sides in groupby(entries_and_files, key=itemgetter(0)):
        yield path, [entry for _, entry in sides]


def _compare(entry: Entry, folder: Path) -> Problem | None:
    path = folder / entry.path
    try:
        if (size := path.stat().st_size) != entry.size:
            return Problem(entry.path, f"size is {size} bytes, not {entry.size}")
        digest, _ = _digest(path)
    except OSError as error:
        return Problem(entry.path, f"cannot be read ({error.strerror})")
    if digest != entry.sha256:
        return Problem(entry.path, "content differs from what was written")
    return None


def _digest(path: Path) -> tuple[str, int]:
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return digest, file.tell()


def _parse(line: str) -> Entry | None:
    match line.removesuffix("\n").split("\t"):
        case [path, size, digest] if size.isdecimal() and len(digest) == 64 and line[-1] == "\n":
            return Entry(path, int(size), digest)
    return None


def _batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    # Executor.map alone would take all items in at once.
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
