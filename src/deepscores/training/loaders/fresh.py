"""Pages of one score, made on demand in a child process that a bad score may kill."""

import gc
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyarrow as pa

from deepscores.building.pages import pages_of
from deepscores.dataset.labelled import LabelledPage, painted_page
from deepscores.dataset.splits import split_of
from deepscores.dataset.writer import describe
from deepscores.errors import RecipeError, ScoreError
from deepscores.page.labels.label_sets import LabelSet
from deepscores.page.model import Painting
from deepscores.recipe.recipe import Recipe
from deepscores.scores import Source, read_score


@dataclass(frozen=True, slots=True)
class EngravingTask:
    """One score in one font in one epoch."""

    epoch: int
    place: int  # in this shard's order of the epoch
    source: Source
    size: int  # bytes of the source
    recipe: Recipe  # of this font and this epoch's seed
    labels: LabelSet
    split: str | None  # make pages of this split only; None: of any
    split_seed: int


class PackedPage(NamedTuple):
    """A page as the child process sends it: runs of equal pixels instead of pixels."""

    row: dict[str, Any]  # of pages.parquet, and the epoch
    painting: Painting
    symbols: pa.Table

    def page(self) -> LabelledPage:
        """The page with its pixels."""
        return painted_page(self.row, self.painting, self.symbols)


class EngravingResult(NamedTuple):
    """The pages of a score, or why there are none."""

    pages: tuple[PackedPage, ...]
    failure: str = ""  # the reason, if it failed


def make_pages(task: EngravingTask) -> EngravingResult:
    """Read, engrave, paint and label a score; a failure is returned with its reason."""
    try:
        return EngravingResult(tuple(_make_pages(task)))
    except ScoreError as error:
        return EngravingResult((), str(error))
    except (RecipeError, MemoryError):  # reported to the caller, who retries in a fresh process
        raise
    except Exception as error:  # training continues after a bug, too: it is counted and reported
        return EngravingResult((), f"{task.source.name}: {type(error).__name__}: {error}")
    finally:
        gc.collect(1)


def _make_pages(task: EngravingTask) -> Iterator[PackedPage]:
    score = read_score(task.source)
    if task.split not in (None, split_of(score.work, task.split_seed)):
        return
    for drawn in pages_of(score, task.recipe):
        if drawn.exclusion:
            continue
        origin = drawn.provenance(task.split_seed)
        description = describe(drawn.sheet, drawn.page, task.labels, origin)
        row = {**description.page_row, "epoch": task.epoch}
        yield PackedPage(row, drawn.sheet.painting, description.symbols)
