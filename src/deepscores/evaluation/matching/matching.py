"""Who matches whom: the surer detection chooses first, the nearest object that is left.

This is COCO's greedy matching. As all objects prefer the surer detection, it is the one stable
matching between detections and objects, so it can be found for all pages and classes at once:
everybody who is free proposes to the next best object, which keeps the surest.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepscores.evaluation.matching.boxes import Boxes
from deepscores.evaluation.matching.pairs import Pairs

THRESHOLDS = tuple(float(one) for one in np.linspace(0.5, 0.95, 10))  # COCO's
_ALMOST = 1 - 1e-10  # COCO's largest threshold
_FREE = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, eq=False)
class Ranks:
    """In which order detections count."""

    order: NDArray[np.int64]  # (n,) places by class, then from the surest; ties by page, then place
    of_page: NDArray[np.int64]  # (n,) rank from 0 among those of its page and class


def ranks_of(found: Boxes) -> Ranks:
    """The order of *found*, as COCO's tools have it."""
    place = np.arange(len(found))
    order = np.lexsort((place, found.page, -found.score, found.class_id))
    grouped = np.lexsort((place, -found.score, found.class_id, found.page))
    page, class_id = found.page[grouped], found.class_id[grouped]
    new = np.ones(len(found), np.bool_)
    new[1:] = (page[1:] != page[:-1]) | (class_id[1:] != class_id[:-1])
    starts = np.flatnonzero(new)
    ranks = place - np.repeat(starts, np.diff(np.append(starts, len(found))))
    of_page = np.empty(len(found), np.int64)
    of_page[grouped] = ranks
    return Ranks(order, of_page)


def match(
    pairs: Pairs,
    ranks: Ranks,
    truths: int,
    thresholds: Sequence[float],
    *,
    passed_over: NDArray[np.bool_] | None = None,
    most: int | None = None,
) -> NDArray[np.int64]:
    """(thresholds, detections): the place of the object that each detection matches, or -1.

    A detection takes the object of the largest value that is at least the threshold and that no
    surer one has taken; of equal ones the last. Objects that are *passed_over* are taken only by
    those that find no other. Of each page and class the *most* surest detections take part.
    """
    found = len(ranks.order)
    seniority = np.empty(found, np.int64)
    seniority[ranks.order] = np.arange(found)
    pairs = _preferred(pairs, ranks, seniority, passed_over, most)
    matched = np.full((len(thresholds), found), -1, np.int64)
    for row, threshold in enumerate(thresholds):
        near = pairs.value >= min(threshold, _ALMOST)
        senior = seniority[pairs.found[near]]
        taken = _stable(senior, pairs.truth[near], found, truths)
        matched[row, ranks.order] = taken
    return matched


def _preferred(
    pairs: Pairs,
    ranks: Ranks,
    seniority: NDArray[np.int64],
    passed_over: NDArray[np.bool_] | None,
    most: int | None,
) -> Pairs:
    """*pairs* by detection, from the surest, and of each from the one that it likes best."""
    if most is not None:
        pairs = pairs.at(ranks.of_page[pairs.found] < most)
    last = np.zeros(len(pairs.truth), np.bool_) if passed_over is None else passed_over[pairs.truth]
    order = np.lexsort((-pairs.truth, -pairs.value, last, seniority[pairs.found]))
    return pairs.at(order)


def _stable(
    senior: NDArray[np.int64], truth: NDArray[np.int64], found: int, truths: int
) -> NDArray[np.int64]:
    """(found,) the object of each detection by seniority, or -1; pairs are in order of liking."""
    counts = np.bincount(senior, minlength=found)
    ends = np.cumsum(counts)
    at = ends - counts  # the pair that each stands at
    holder = np.full(truths, _FREE)
    free = np.flatnonzero(counts)
    while len(free):
        wanted = truth[at[free]]
        before = holder[wanted]
        np.minimum.at(holder, wanted, free)
        after = holder[wanted]
        displaced = np.unique(before[(after != before) & (before != _FREE)])
        free = np.concatenate([free[after != free], displaced])
        at[free] += 1
        free = free[at[free] < ends[free]]
    taken = np.full(found, -1, np.int64)
    held = np.flatnonzero(holder != _FREE)
    taken[holder[held]] = held
    return taken
