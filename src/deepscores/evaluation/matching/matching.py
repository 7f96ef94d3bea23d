"""Match detections with objects: the surest chooses first, the nearest object that is left.

This is COCO's greedy matching. As all objects prefer the surer detection, it is the one stable
matching between detections and objects, so it can be found for all pages and classes at once:
each free detection proposes to its next best object, which keeps the surest.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepscores.evaluation.matching.boxes import Boxes
from deepscores.evaluation.matching.pairs import Pairs

THRESHOLDS = tuple(float(threshold) for threshold in np.linspace(0.5, 0.95, 10))  # COCO's
_ALMOST = 1 - 1e-10  # COCO's largest threshold
_FREE = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, eq=False)
class Ranks:
    """In which order detections count."""

    order: NDArray[np.int64]  # (n,) places by class, then from the surest; ties by page, then place
    of_page: NDArray[np.int64]  # (n,) rank from 0 among those of its page and class


def ranks_of(detections: Boxes) -> Ranks:
    """The order of *detections*, as COCO's tools have it."""
    place = np.arange(len(detections))
    order = np.lexsort((place, detections.page, -detections.score, detections.class_id))
    grouped = np.lexsort((place, -detections.score, detections.class_id, detections.page))
    page, class_id = detections.page[grouped], detections.class_id[grouped]
    new = np.ones(len(detections), np.bool_)
    new[1:] = (page[1:] != page[:-1]) | (class_id[1:] != class_id[:-1])
    starts = np.flatnonzero(new)
    ranks = place - np.repeat(starts, np.diff(np.append(starts, len(detections))))
    of_page = np.empty(len(detections), np.int64)
    of_page[grouped] = ranks
    return Ranks(order, of_page)


def match(
    pairs: Pairs,
    ranks: Ranks,
    truths: int,
    thresholds: Sequence[float],
    *,
    passed_over: NDArray[np.bool_] | None = None,
    max_detections: int | None = None,
) -> NDArray[np.int64]:
    """(thresholds, detections): the place of the object that each detection matches, or -1.

    A detection takes the object of the largest value that is at least the threshold and that no
    surer one has taken; of equal ones the last. Objects that are *passed_over* are taken only by
    those that find no other. Only the *max_detections* surest of each page and class take part.
    """
    count = len(ranks.order)
    seniority = np.empty(count, np.int64)
    seniority[ranks.order] = np.arange(count)
    pairs = _preferred(pairs, ranks, seniority, passed_over, max_detections)
    matched = np.full((len(thresholds), count), -1, np.int64)
    for row, threshold in enumerate(thresholds):
        is_near = pairs.value >= min(threshold, _ALMOST)
        senior = seniority[pairs.detection[is_near]]
        partners = _stable(senior, pairs.truth[is_near], count, truths)
        matched[row, ranks.order] = partners
    return matched


def _preferred(
    pairs: Pairs,
    ranks: Ranks,
    seniority: NDArray[np.int64],
    passed_over: NDArray[np.bool_] | None,
    max_detections: int | None,
) -> Pairs:
    """*pairs* by detection, from the surest, and of each from the one that it likes best."""
    if max_detections is not None:
        pairs = pairs.take(ranks.of_page[pairs.detection] < max_detections)
    last = np.zeros(len(pairs.truth), np.bool_) if passed_over is None else passed_over[pairs.truth]
    order = np.lexsort((-pairs.truth, -pairs.value, last, seniority[pairs.detection]))
    return pairs.take(order)


def _stable(
    senior: NDArray[np.int64], truth: NDArray[np.int64], count: int, truths: int
) -> NDArray[np.int64]:
    """(found,) the object of each detection by seniority, or -1; pairs are in order of liking."""
    counts = np.bincount(senior, minlength=count)
    ends = np.cumsum(counts)
    cursor = ends - counts  # the pair that each stands at
    holder = np.full(truths, _FREE)
    free = np.flatnonzero(counts)
    while len(free):
        proposals = truth[cursor[free]]
        previous_holders = holder[proposals]
        np.minimum.at(holder, proposals, free)
        new_holders = holder[proposals]
        displaced = np.unique(
            previous_holders[(new_holders != previous_holders) & (previous_holders != _FREE)]
        )
        free = np.concatenate([free[new_holders != free], displaced])
        cursor[free] += 1
        free = free[cursor[free] < ends[free]]
    partners = np.full(count, -1, np.int64)
    held_objects = np.flatnonzero(holder != _FREE)
    partners[holder[held_objects]] = held_objects
    return partners
