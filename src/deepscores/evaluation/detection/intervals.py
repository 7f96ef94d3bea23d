"""Figures of resampled works, without matching again."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.evaluation.matching.curves import JudgedDetections, needed
from deepscores.page.model.packing import pack

_PLACES = 200  # of a class's right detections at which its curve is looked at
_EXACT = 2**24  # whole numbers below are exact in single precision


Sums = NDArray[np.floating]


class Resampled(NamedTuple):
    """Figures of each resample; NaN where it has no object of a class."""

    precision: NDArray[np.float64]  # (resamples, classes, thresholds) average precision
    recall: NDArray[np.float64]  # (resamples, classes, thresholds)
    f1: NDArray[np.float64]  # (resamples, classes, thresholds) the best
    positives: NDArray[np.float64]  # (resamples, classes) objects


def resample(
    classes: Sequence[JudgedDetections],
    work_of_page: NDArray[np.int64],
    weights: NDArray[np.int64],
    jobs: int,
) -> Resampled:
    """The figures of *classes* with each work as often as *weights* (resamples, works) say.

    Who matches whom does not change: matches never leave a page. Each curve is looked at after up
    to 200 of a class's right detections, and is a straight line between; with no more than these it
    is exact.
    """

    def of_class(judged: JudgedDetections) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return _of_class(judged, work_of_page, weights)

    if jobs == 1:
        results = list(map(of_class, classes))
    else:
        with ThreadPoolExecutor(jobs) as threads:
            results = list(threads.map(of_class, classes))
    figures = np.stack([class_figures for class_figures, _ in results], axis=2)
    positives = np.stack([total for _, total in results], axis=1)
    return Resampled(figures[0], figures[1], figures[2], positives)


def _of_class(
    judged: JudgedDetections, work_of_page: NDArray[np.int64], weights: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(3, resamples, thresholds) precision, recall and F1; (resamples,) objects."""
    works = weights.shape[1]
    objects = np.bincount(work_of_page, judged.positives, minlength=works)
    total = np.asarray(weights @ objects, np.float64)
    figures = np.full((3, len(weights), len(judged.right)), np.nan)
    if not total.any():
        return figures, total
    largest = len(judged.page) * weights.max(initial=0) + total.max()
    amounts: Sums = weights.astype(np.float32)
    if largest >= _EXACT:
        amounts = weights.astype(np.float64)
    work = work_of_page[judged.page]
    for place, (right, counts) in enumerate(zip(judged.right, judged.counts, strict=True)):
        figures[:, :, place] = _figures(right[counts], work[counts], amounts, total)
    figures[:, total == 0] = np.nan
    return figures, total


def _figures(
    right: NDArray[np.bool_], work: NDArray[np.int64], weights: Sums, total: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(3, resamples) average precision, recall and best F1 at one threshold."""
    hits = np.flatnonzero(right)
    if not len(hits):
        return np.zeros((3, len(weights)))
    places = hits[np.unique(np.linspace(0, len(hits) - 1, _PLACES).round().astype(np.int64))]
    # Each sum over detections is a product of resamples × works with works × places.
    detection_counts = weights @ _until(places, np.arange(len(right)), work, weights)
    hit_counts = weights @ _until(places, hits, work[hits], weights)
    precision = np.divide(
        hit_counts, detection_counts, out=np.zeros_like(hit_counts), where=detection_counts > 0
    )
    f1 = (
        2 * hit_counts / np.maximum(detection_counts + total[:, None].astype(hit_counts.dtype), 1)
    ).max(axis=1)
    recall = hit_counts[:, -1] / np.maximum(total, 1)
    average = _average(precision, hit_counts, total, between=len(places) < len(hits))
    return np.stack([average, recall, f1])


def _until(
    places: NDArray[np.int64], detections: NDArray[np.int64], work: NDArray[np.int64], weights: Sums
) -> Sums:
    """(works, places): how many of the *detections* each work has up to each place."""
    works = weights.shape[1]
    block = np.searchsorted(places, detections, side="left")
    is_counted = block < len(places)
    cells = pack([work[is_counted], block[is_counted]], [works, len(places)])
    counts = np.bincount(cells, minlength=works * len(places)).reshape(works, len(places))
    return np.asarray(np.cumsum(counts, axis=1).astype(weights.dtype))


def _average(
    precision: Sums, hits: Sums, total: NDArray[np.float64], *, between: bool
) -> NDArray[np.float64]:
    """(resamples,) the mean over 101 recalls of the best precision at each or beyond.

    *between* the places there are more right detections: the curve is a line there.
    """
    best = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    need = needed(total.astype(np.int64))
    # All rows searched as one: each begins above the end of the one before.
    rows = np.arange(len(hits), dtype=np.float64)[:, None] * (max(hits.max(), need.max()) + 1)
    line, targets = (hits + rows).ravel(), (need + rows).ravel()
    place = np.searchsorted(line, targets, side="left").reshape(need.shape)
    place -= np.arange(len(hits))[:, None] * hits.shape[1]
    reached = place < hits.shape[1]
    place = np.minimum(place, hits.shape[1] - 1)
    values = np.take_along_axis(best, place, axis=1).astype(np.float64)
    if between:
        previous = np.maximum(place - 1, 0)
        hits_here = np.take_along_axis(hits, place, axis=1).astype(np.float64)
        hits_before = np.take_along_axis(hits, previous, axis=1).astype(np.float64)
        share = np.clip((hits_here - need) / np.maximum(hits_here - hits_before, 1), 0, 1)
        values += share * (np.take_along_axis(best, previous, axis=1) - values)
    return np.asarray(np.where(reached, values, 0.0).mean(axis=1))
