"""Everything decided before anything is done: which scores, in which order, into which folder."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from deepscores.dataset.layout import BUILD, DATASET, PLAN, PLAN_KEYS, is_ours
from deepscores.engraving.registry import engine_versions
from deepscores.errors import DatasetError
from deepscores.page.labels.label_sets import LabelSet
from deepscores.recipe.recipe import Recipe
from deepscores.runs.files import write_file
from deepscores.runs.streams import key_hash
from deepscores.scores import Source, default_corpus, find_scores
from deepscores.version import __version__

SHARDS = f"{BUILD}/shards"
INDEX = f"{BUILD}/index"  # what each score holds, where a quota asks
# Packages that pixels, labels or bytes depend on.
_ENGINES = ("verovio", "uharfbuzz", "manimgx-fonts", "noto-cjk-sans-jp-regular", "pyarrow")
_OURS = (
    DATASET, "images_png", "xml_annotations", "pix_annotations_png", "instances_png", "patches",
    "symbols", "splits", "scores", "pages.parquet", "scores.parquet", "classes.csv",
    "label_set.json", "skipped.jsonl", "manifest.tsv",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Planned:
    """One score to be made."""

    source: Source
    size: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The scores in the order in which they are made."""

    recipe: Recipe
    labels: LabelSet
    scores: tuple[Planned, ...]

    def as_table(self) -> dict[str, Any]:
        """What must be equal for a build to go on where an earlier one stopped."""
        return {
            **identity(self.recipe, self.labels),
            "scores": [[one.source.id, one.source.name, one.size] for one in self.scores],
        }


class Described(Protocol):
    """What is to become of a folder."""

    def as_table(self) -> dict[str, Any]:
        """What must be equal to go on where an earlier run stopped."""


def make_plan(recipe: Recipe) -> Plan:
    """Find the scores and shuffle them by the seed, so that a build of a few pages is a sample."""
    sources = find_scores(recipe.scores) if recipe.scores else default_corpus()
    ordered = sorted(sources, key=lambda one: (key_hash(recipe.seed, "order", one.id), one.id))
    scores = tuple(Planned(source, _size(source)) for source in ordered)
    return Plan(recipe, recipe.label_set(), scores)


def _size(source: Source) -> int:
    try:
        return source.path.stat().st_size
    except OSError:
        return 0  # reading it will say why


def identity(recipe: Recipe, labels: LabelSet) -> dict[str, Any]:
    """Recipe, label set and versions: what a dataset's bytes depend on besides the scores."""
    table = recipe.as_table()
    table["scores"] = [Path(one).absolute().name for one in recipe.scores] or "default corpus"
    table["labels"] = labels.name
    if recipe.font_dir:
        table["font-dir"] = Path(recipe.font_dir).absolute().name
    return {
        "recipe": json.loads(json.dumps(table)),
        "label_set": labels.as_table(),
        "versions": {
            "deepscores": __version__,
            **{name: version(name) for name in _ENGINES},
            **engine_versions(recipe.engravers, recipe.font_dir),
        },
    }


def is_finished(folder: Path, plan: Described, *, force: bool) -> bool:
    """Whether *folder* holds the finished dataset of *plan*, so that nothing is left to do.

    Raise DatasetError where *plan* cannot be built there: *folder* is a file, or holds something
    else than a dataset, or a dataset of another plan and that without *force*.
    """
    if folder.exists() and not folder.is_dir():
        raise DatasetError(f"{folder}: is a file, not a folder")
    known = _planned_before(folder)
    if known is None and _holds_files(folder):
        raise DatasetError(f"{folder}: is not empty and holds no dataset; choose another folder")
    if known is not None and known != plan.as_table() and not force:
        raise DatasetError(
            f"{folder}: holds a dataset of {_difference(known, plan.as_table())}; "
            "give --force to replace it, or choose another folder"
        )
    return known is not None and not force and (folder / DATASET).exists()


def begin(folder: Path, plan: Described, *, force: bool) -> None:
    """Make *folder* ready for *plan*: clear another plan's, keep this one's files.

    With *force*, a finished dataset is cleared, too. Killed in the middle, it can be done again.
    """
    table = plan.as_table()
    known = _planned_before(folder)
    finished = force and (folder / DATASET).exists()
    stale = known is not None and (known != table or finished)
    if stale:
        for name in (SHARDS, INDEX):
            shutil.rmtree(folder / name, ignore_errors=True)
    write_file(folder / PLAN, _encode(table), durable=True)
    if stale:
        clear(folder)


def clear(folder: Path) -> None:
    """Remove a dataset's files; what else lies in the folder stays."""
    for name in _OURS:
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _holds_files(folder: Path) -> bool:
    # A build killed at its very beginning leaves a lock and no plan.
    return folder.exists() and any(path.name != BUILD for path in folder.iterdir())


def _planned_before(folder: Path) -> dict[str, Any] | None:
    """The plan, as a table, of the dataset in *folder*, finished or not; None if there is none."""
    for name in (DATASET, PLAN):
        try:
            table = json.loads((folder / name).read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, ValueError) as error:
            raise DatasetError(f"{folder / name}: cannot be read: {error}") from None
        return {key: table[key] for key in PLAN_KEYS} if is_ours(table) else None
    return None


def _difference(known: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """Where two plans differ, in words."""
    for key in ("recipe", "versions"):
        before, now = known.get(key, {}), wanted[key]
        for name in sorted({*before, *now}):
            if before.get(name) != now.get(name):
                return (
                    f"another {key} ({name}: {before.get(name)} there, {now.get(name)} asked for)"
                )
    if known.get("label_set") != wanted["label_set"]:
        return "another label set"
    return "other scores"


def _encode(table: Mapping[str, Any]) -> bytes:
    return json.dumps(table, ensure_ascii=False, sort_keys=True).encode()
