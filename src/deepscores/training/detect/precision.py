"""Average precision as COCO has it, quickly, for a look at a detector while it is trained."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.inference.models.detections import Detections, box_overlap

_RECALLS = np.linspace(0, 1, 101)
LEAST_OBJECTS = 10  # of a class, for it to count
THRESHOLDS = tuple((0.5 + 0.05 * np.arange(10)).round(2).tolist())


class Truth(NamedTuple):
    """What there is on a page."""

    box: NDArray[np.float32]  # (n, 4)
    class_id: NDArray[np.int32]  # (n,)


def average_precisions(
    found: Sequence[Detections], truth: Sequence[Truth], thresholds: Sequence[float] = (0.5,)
) -> dict[int, NDArray[np.float64]]:
    """The average precision of each class that *truth* has, at each IoU of *thresholds*.

    *found* and *truth* are of the same pages. No number of detections is left out.
    """
    counts = np.bincount(np.concatenate([one.class_id for one in truth] or [np.empty(0, int)]))
    precisions = {}
    for class_id in np.flatnonzero(counts).tolist():
        scores, hits = [], []
        for page, real in zip(found, truth, strict=True):
            mine = page.kept(page.class_id == class_id)
            mine = mine.kept(np.argsort(-mine.score, kind="stable"))
            there = real.box[real.class_id == class_id]
            scores.append(mine.score)
            hits.append(_hits(mine.box, there, np.array(thresholds)))
        score, hit = np.concatenate(scores), np.concatenate(hits, axis=1)
        order = np.argsort(-score, kind="stable")
        precisions[class_id] = np.array(
            [_precision(row, counts[class_id]) for row in hit[:, order]]
        )
    return precisions


def macro(
    precisions: dict[int, NDArray[np.float64]], truth: Sequence[Truth], least: int = LEAST_OBJECTS
) -> NDArray[np.float64]:
    """The mean over classes with at least *least* objects, at each threshold; NaN without any."""
    counts = np.bincount(np.concatenate([one.class_id for one in truth] or [np.empty(0, int)]))
    chosen = [row for class_id, row in precisions.items() if counts[class_id] >= least]
    return np.mean(chosen, axis=0) if chosen else np.full(1, np.nan)


def _hits(
    box: NDArray[np.float32], there: NDArray[np.float32], thresholds: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """(thresholds, n) whether each box, the surest first, finds an object none before it found."""
    hits = np.zeros((len(thresholds), len(box)), np.bool_)
    if not len(there):
        return hits
    overlap = box_overlap(box, there)
    free = np.ones((len(thresholds), len(there)), np.bool_)
    levels = np.arange(len(thresholds))
    for place in np.flatnonzero(overlap.max(axis=1) >= thresholds.min()).tolist():
        fit = np.where(free, overlap[place], -1)
        best = fit.argmax(axis=1)
        hit = fit[levels, best] >= thresholds
        hits[:, place] = hit
        free[levels[hit], best[hit]] = False
    return hits


def _precision(hit: NDArray[np.bool_], count: int) -> float:
    """The mean of the precision at 101 recalls, each the best at this recall or a higher one."""
    right = np.cumsum(hit)
    precision = right / np.arange(1, len(hit) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    places = np.searchsorted(right / count, _RECALLS, side="left")
    return float(np.append(precision, 0)[np.minimum(places, len(hit))].mean())
