"""Pages of one score made on the spot, in a child process that a bad score may kill."""

import gc
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyarrow as pa

from deepscores.building.pages import pages_of
from deepscores.dataset.columns import PAGES
from deepscores.dataset.labelled import LabelledPage, painted_page
from deepscores.dataset.splits import split_of
from deepscores.dataset.writer import describe
from deepscores.errors import RecipeError, ScoreError
from deepscores.page.labels.label_sets import LabelSet
from deepscores.page.model import Painting
from deepscores.recipe.recipe import Recipe
from deepscores.scores import Source, read_score


@dataclass(frozen=True, slots=True)
class Work:
    """One score in one font in one epoch."""

    epoch: int
    place: int  # in this shard's order of the epoch
    source: Source
    size: int  # bytes of the source
    recipe: Recipe  # of this font and this epoch's seed
    labels: LabelSet
    split: str | None  # pages of this one only
    split_seed: int


class Leaf(NamedTuple):
    """A page as it crosses from the child: stretches of equal pixels, not pixels."""

    row: dict[str, Any]  # of pages.parquet, and the epoch
    painting: Painting
    symbols: pa.Table

    def page(self) -> LabelledPage:
        """The page with its pixels."""
        return painted_page(self.row, self.painting, self.symbols)


class Made(NamedTuple):
    """What became of a score."""

    leaves: tuple[Leaf, ...]
    why: str = ""  # it failed


def make_pages(work: Work) -> Made:
    """Read, engrave, paint and label a score; one that fails says why."""
    try:
        return Made(tuple(_leaves(work)))
    except ScoreError as error:
        return Made((), str(error))
    except (RecipeError, MemoryError):  # the caller's to know; tried again in a fresh process
        raise
    except Exception as error:  # training goes on over a bug, too; it is counted and told
        return Made((), f"{work.source.name}: {type(error).__name__}: {error}")
    finally:
        gc.collect(1)


def _leaves(work: Work) -> Iterator[Leaf]:
    score = read_score(work.source)
    if work.split not in (None, split_of(score.work, work.split_seed)):
        return
    for drawn in pages_of(score, work.recipe):
        if drawn.exclusion:
            continue
        origin = drawn.provenance(work.split_seed)
        found = describe(drawn.sheet, drawn.page, work.labels, origin)
        row = dict(zip(PAGES.names, found.page_row, strict=True))
        yield Leaf({**row, "epoch": work.epoch}, drawn.sheet.painting, found.symbols)
