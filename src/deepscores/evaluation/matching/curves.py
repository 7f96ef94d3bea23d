"""From matches to figures: precision over recall, average precision, recall, F1."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RECALLS = np.linspace(0.0, 1.0, 101)  # COCO's


@dataclass(frozen=True, slots=True, eq=False)
class JudgedDetections:
    """Detections of one class from the surest, those that count, and whether each was right."""

    right: NDArray[np.bool_]  # (thresholds, n)
    counts: NDArray[np.bool_]  # (thresholds, n) False: matches, or is, something passed over
    page: NDArray[np.int64]  # (n,)
    score: NDArray[np.float64]  # (n,)
    positives: NDArray[np.int64]  # (pages,) objects of the class that count, on each page

    def on(self, pages: NDArray[np.int64]) -> "JudgedDetections":
        """The detections on *pages*."""
        is_on_pages = np.zeros(len(self.positives), np.bool_)
        is_on_pages[pages] = True
        rows = is_on_pages[self.page]
        positives = np.where(is_on_pages, self.positives, 0)
        return JudgedDetections(
            self.right[:, rows], self.counts[:, rows], self.page[rows], self.score[rows], positives
        )


class Quality(NamedTuple):
    """How well one class is detected, by threshold; NaN where it has no objects."""

    precision: NDArray[np.float64]  # (thresholds,) average precision
    recall: NDArray[np.float64]  # (thresholds,) of all detections


def quality(judged: JudgedDetections) -> Quality:
    """Average precision as COCO has it: the mean over 101 recalls of the best precision there."""
    positives = int(judged.positives.sum())
    results = [
        (interpolated(right[counts], positives).mean(), right[counts].sum() / positives)
        if positives
        else (np.nan, np.nan)
        for right, counts in zip(judged.right, judged.counts, strict=True)
    ]
    columns = np.array(results, np.float64).reshape(-1, 2).T
    return Quality(columns[0], columns[1])


def interpolated(right: NDArray[np.bool_], positives: int) -> NDArray[np.float64]:
    """(101,) the best precision at each recall or a higher one; 0 where it is not reached.

    >>> interpolated(np.array([True, False, True]), 2)[[0, 50, 51, 100]]
    array([1.        , 1.        , 0.66666667, 0.66666667])
    """
    hits = np.flatnonzero(right)
    hit_counts = np.arange(1, len(hits) + 1)
    best = np.maximum.accumulate((hit_counts / (hits + 1))[::-1])[::-1]
    place = _places(positives)
    reached = place < len(hits)
    precision = np.zeros(len(RECALLS))
    precision[reached] = best[place[reached]]
    return precision


def scores_at(
    right: NDArray[np.bool_], score: NDArray[np.float64], positives: int
) -> NDArray[np.float64]:
    """(101,) the score of the detection that reaches each recall; NaN where none does."""
    hits = np.flatnonzero(right)
    place = _places(positives)
    reached = place < len(hits)
    scores = np.full(len(RECALLS), np.nan)
    scores[reached] = score[hits[place[reached]]]
    return scores


def _places(positives: int) -> NDArray[np.int64]:
    """(101,) which of the right detections, from 0, reaches each recall."""
    return np.asarray(np.maximum(needed(np.array([positives]))[0] - 1, 0))


def needed(positives: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n, 101) how many hits each recall needs, for each number of *positives*.

    Exactly as the division of floats has it, by which COCO's tools look recalls up.
    """
    total = positives[:, None]
    lower = np.floor(RECALLS * total).astype(np.int64)
    with np.errstate(invalid="ignore", divide="ignore"):
        short = lower / total < RECALLS
    return np.asarray(lower + short)


class Best(NamedTuple):
    """The score threshold with the best F1, and precision and recall there."""

    f1: float
    score: float  # NaN without a hit
    precision: float
    recall: float


def best_f1(right: NDArray[np.bool_], score: NDArray[np.float64], positives: int) -> Best:
    """The largest F1 of all score thresholds; detections of equal score stay together.

    >>> best_f1(np.array([True, False, True]), np.array([0.9, 0.8, 0.7]), 2).f1
    0.8
    """
    if not positives:
        return Best(np.nan, np.nan, np.nan, np.nan)
    ends = np.flatnonzero(np.append(score[1:] != score[:-1], True)[: len(score)])
    hit_counts = np.cumsum(right)[ends]
    if not len(ends) or not hit_counts.any():
        return Best(0.0, np.nan, 0.0, 0.0)
    f1 = 2 * hit_counts / (ends + 1 + positives)
    place = int(np.argmax(f1))
    detection_count = int(ends[place]) + 1
    hits = int(hit_counts[place])
    return Best(
        float(f1[place]),
        float(score[detection_count - 1]),
        hits / detection_count,
        hits / positives,
    )
