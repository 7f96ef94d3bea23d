"""Average precision as COCO defines it, quickly, for detectors in training."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.inference.models.detections import Detections, box_overlap

_RECALLS = np.linspace(0, 1, 101)
MIN_OBJECTS = 10  # of a class, for it to count
THRESHOLDS = tuple((0.5 + 0.05 * np.arange(10)).round(2).tolist())


class Truth(NamedTuple):
    """The true objects of a page."""

    box: NDArray[np.float32]  # (n, 4)
    class_id: NDArray[np.int32]  # (n,)


def average_precisions(
    detections: Sequence[Detections], truth: Sequence[Truth], thresholds: Sequence[float] = (0.5,)
) -> dict[int, NDArray[np.float64]]:
    """The average precision of each class that *truth* has, at each IoU of *thresholds*.

    *detections* and *truth* are of the same pages. The number of detections is not limited.
    """
    counts = np.bincount(np.concatenate([page.class_id for page in truth] or [np.empty(0, int)]))
    precisions = {}
    for class_id in np.flatnonzero(counts).tolist():
        scores, hits = [], []
        for page, real in zip(detections, truth, strict=True):
            of_class = page.select(page.class_id == class_id)
            of_class = of_class.select(np.argsort(-of_class.score, kind="stable"))
            true_box = real.box[real.class_id == class_id]
            scores.append(of_class.score)
            hits.append(_hits(of_class.box, true_box, np.array(thresholds)))
        score, hit = np.concatenate(scores), np.concatenate(hits, axis=1)
        order = np.argsort(-score, kind="stable")
        precisions[class_id] = np.array(
            [_precision(row, counts[class_id]) for row in hit[:, order]]
        )
    return precisions


def macro(
    precisions: dict[int, NDArray[np.float64]],
    truth: Sequence[Truth],
    min_objects: int = MIN_OBJECTS,
) -> NDArray[np.float64]:
    """The mean over classes with *min_objects* objects or more, by threshold; NaN without any."""
    counts = np.bincount(np.concatenate([page.class_id for page in truth] or [np.empty(0, int)]))
    counted = [row for class_id, row in precisions.items() if counts[class_id] >= min_objects]
    return np.mean(counted, axis=0) if counted else np.full(1, np.nan)


def _hits(
    box: NDArray[np.float32], true_box: NDArray[np.float32], thresholds: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """(thresholds, n) whether each box, by falling score, matches an object not matched before."""
    hits = np.zeros((len(thresholds), len(box)), np.bool_)
    if not len(true_box):
        return hits
    overlap = box_overlap(box, true_box)
    free = np.ones((len(thresholds), len(true_box)), np.bool_)
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
