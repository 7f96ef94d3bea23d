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
_NAMED = re.compile(r"(?P<score>.+)-aug-(?P<font>[A-Za-z0-9]+)--page-(?P<number>\d{1,6})")


@dataclass(frozen=True, slots=True)
class Placed:
    """A page with its name and its place."""

    listed: ListedPage
    origin: Provenance
    number: int  # of the page in its score


def place_pages(pages: Sequence[ListedPage], seed: int) -> list[Placed]:
    """Every page with a name of its own and a split: the source's, else one by its work and *seed*.

    Pages whose split is told are works of their own, unless the source tells of works: it may have
    pages of one score in several splits. Of others the score in a name like V1's is the work.
    """
    stems = _stems(pages)
    placed = []
    for one, stem in zip(pages, stems, strict=True):
        named = _NAMED.fullmatch(stem)
        score = one.score or (named["score"] if named and not one.split else stem)
        work = one.work or score
        origin = Provenance(
            score,
            work,
            one.split or split_of(work, seed),
            one.engraver or UNKNOWN,
            one.font or (named["font"] if named else UNKNOWN),
            stem=stem,
        )
        placed.append(Placed(one, origin, int(named["number"]) if named else 1))
    return placed


def _stems(pages: Sequence[ListedPage]) -> list[str]:
    stems = [PurePath(one.name).stem for one in pages]
    if len({one.casefold() for one in stems}) == len(stems) and all(map(_SAFE.fullmatch, stems)):
        return stems
    return unique_slugs([one.name for one in pages], stems)


def torn_scores(placed: Sequence[Placed]) -> list[str]:
    """Scores, by the names of their pages, that the source has in several splits."""
    splits: dict[str, set[str]] = defaultdict(set)
    for one in placed:
        named = _NAMED.fullmatch(one.origin.stem)
        if named:
            splits[named["score"]].add(one.origin.split)
    return sorted(score for score, some in splits.items() if len(some) > 1)
