"""Everything decided before anything is done: which scores, in which order, into which folder."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import file_digest, sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from deepscores.dataset.layout import BUILD, DATASET, PLAN, PLAN_KEYS
from deepscores.engraving.registry import engine_versions
from deepscores.page.labels.label_sets import LabelSet
from deepscores.recipe.recipe import Recipe
from deepscores.runs.claim import Claim
from deepscores.runs.files import LOCK
from deepscores.runs.streams import key_hash
from deepscores.scores import Source, default_corpus, find_scores
from deepscores.version import __version__

SHARDS = f"{BUILD}/shards"
INDEX = f"{BUILD}/index"  # of the scores' objects, for a quota
# Packages that pixels, labels or bytes depend on.
_ENGINES = ("verovio", "uharfbuzz", "manimgx-fonts", "noto-cjk-sans-jp-regular", "pyarrow")
_DATASET_FILES = (
    DATASET, "images_png", "xml_annotations", "pix_annotations_png", "instances_png", "patches",
    "symbols", "splits", "scores", "pages.parquet", "scores.parquet", "classes.csv",
    "label_set.json", "skipped.jsonl", "manifest.tsv",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Planned:
    """One score to be made."""

    source: Source
    size: int
    sha256: str = ""  # of the file; "" where it cannot be read


@dataclass(frozen=True, slots=True)
class Plan:
    """The scores in the order in which they are made."""

    recipe: Recipe
    labels: LabelSet
    scores: tuple[Planned, ...]

    def as_table(self) -> dict[str, Any]:
        """What must be equal for a build to be resumed."""
        return {
            **identity(self.recipe, self.labels),
            "scores": [
                [planned.source.id, planned.source.name, planned.size] for planned in self.scores
            ],
            "scores_sha256": _digest(self.scores),
        }


class Described(Protocol):
    """A plan for the content of a folder."""

    def as_table(self) -> dict[str, Any]:
        """What must be equal for a run to be resumed."""


def make_plan(recipe: Recipe) -> Plan:
    """Find the scores and shuffle them by the seed, so that a build of a few pages is a sample."""
    sources = find_scores(recipe.scores) if recipe.scores else default_corpus()
    ordered = sorted(
        sources, key=lambda source: (key_hash(recipe.seed, "order", source.id), source.id)
    )
    scores = tuple(_planned(source) for source in ordered)
    return Plan(recipe, recipe.labels, scores)


def _planned(source: Source) -> Planned:
    try:
        if not source.path.is_file():  # reading a pipe would block
            return Planned(source, 0)
        with open(source.path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            return Planned(source, size, file_digest(file, "sha256").hexdigest())
    except OSError:
        return Planned(source, 0)  # reading it will say why


def _digest(scores: Sequence[Planned]) -> str:
    """One number for the content of all scores, in their order."""
    return sha256("".join(f"{planned.sha256}\n" for planned in scores).encode()).hexdigest()


def identity(recipe: Recipe, labels: LabelSet) -> dict[str, Any]:
    """Recipe, label set and versions: what a dataset's bytes depend on besides the scores."""
    table = recipe.as_table()
    table["scores"] = [Path(path).absolute().name for path in recipe.scores] or "default corpus"
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


def claim_dataset(folder: Path, plan: Described, *, force: bool) -> Claim:
    """The claim of what is planned to *folder*."""
    return Claim(
        folder,
        "dataset",
        plan.as_table(),
        PLAN,
        DATASET,
        PLAN_KEYS,
        lambda _: _DATASET_FILES,
        lock=LOCK,
        force=force,
    )
