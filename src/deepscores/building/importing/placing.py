"""Names, works and splits of the pages of a source: none is in two splits."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from deepscores.dataset.splits import split_of
from deepscores.dataset.writer import Provenance
from deepscores.formats.reading.sources import ListedPage
from deepscores.scores.names import unique_slugs

UNKNOWN = "unknown"
_SAFE = re.compile(r"[A-Za-z0-9_-]{1,150}")
# V1's names of files, and ours: "lg-2236887-aug-beethoven--page-2".
_PAGE_NAME = re.compile(r"(?P<score>.+)-aug-(?P<font>[A-Za-z0-9]+)--page-(?P<number>\d{1,6})")


@dataclass(frozen=True, slots=True)
class PlacedPage:
    """A page with its name and its place."""

    listing: ListedPage
    origin: Provenance
    number: int  # of the page in its score


def place_pages(pages: Sequence[ListedPage], seed: int) -> list[PlacedPage]:
    """Every page with a name of its own and a split: the source's, else one by its work and *seed*.

    Pages whose split the source names are works of their own, unless it names works: it may have
    pages of one score in several splits. Of other pages the score in a name like V1's is the work.
    """
    stems = _stems(pages)
    placed = []
    for page, stem in zip(pages, stems, strict=True):
        page_name = _PAGE_NAME.fullmatch(stem)
        score = page.score or (page_name["score"] if page_name and not page.split else stem)
        work = page.work or score
        origin = Provenance(
            score,
            work,
            page.split or split_of(work, seed),
            page.engraver or UNKNOWN,
            page.font or (page_name["font"] if page_name else UNKNOWN),
            stem=stem,
        )
        placed.append(PlacedPage(page, origin, int(page_name["number"]) if page_name else 1))
    return placed


def _stems(pages: Sequence[ListedPage]) -> list[str]:
    stems = [PurePath(page.name).stem for page in pages]
    if len({stem.casefold() for stem in stems}) == len(stems) and all(map(_SAFE.fullmatch, stems)):
        return stems
    return unique_slugs([page.name for page in pages], stems)


def torn_scores(pages: Sequence[PlacedPage]) -> list[str]:
    """Scores, by the names of their pages, that the source has in several splits."""
    splits: dict[str, set[str]] = defaultdict(set)
    for page in pages:
        page_name = _PAGE_NAME.fullmatch(page.origin.stem)
        if page_name:
            splits[page_name["score"]].add(page.origin.split)
    return sorted(score for score, split_names in splits.items() if len(split_names) > 1)
