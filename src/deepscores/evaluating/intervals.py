"""Average precision again and again, each time with other works, without matching again."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.evaluating.curves import Judged, needed

_PLACES = 500  # of a class's right detections at which its curve is looked at


class Resampled(NamedTuple):
    """Figures of each resample; NaN where it has no object of a class."""

    precision: NDArray[np.float64]  # (resamples, classes, thresholds) average precision
    recall: NDArray[np.float64]  # (resamples, classes, thresholds)
    f1: NDArray[np.float64]  # (resamples, classes, thresholds) the best
    positives: NDArray[np.float64]  # (resamples, classes) objects


def resample(
    classes: Sequence[Judged],
    work_of_page: NDArray[np.int64],
    weights: NDArray[np.int64],
    jobs: int,
) -> Resampled:
    """The figures of *classes* with each work as often as *weights* (resamples, works) say.

    Who matches whom does not change: matches never leave a page. Each curve is looked at after up
    to 500 of a class's right detections, so a frequent class's figure comes out lower by no more
    than what its curve falls in a 500th of its recall.
    """
    amounts = weights.astype(np.float64)

    def of_class(judged: Judged) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return _of_class(judged, work_of_page, amounts)

    with ThreadPoolExecutor(max(jobs, 1)) as threads:
        results = list(threads.map(of_class, classes))
    figures = np.stack([one for one, _ in results], axis=2)
    positives = np.stack([total for _, total in results], axis=1)
    return Resampled(figures[0], figures[1], figures[2], positives)


def _of_class(
    judged: Judged, work_of_page: NDArray[np.int64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(3, resamples, thresholds) precision, recall and F1; (resamples,) objects."""
    works = weights.shape[1]
    total = weights @ np.bincount(work_of_page, judged.positives, minlength=works)
    work = work_of_page[judged.page]
    figures = [
        _figures(right[counts], work[counts], weights, total)
        for right, counts in zip(judged.right, judged.counts, strict=True)
    ]
    found = np.stack(figures, axis=2)
    found[:, total == 0] = np.nan
    return found, total


def _figures(
    right: NDArray[np.bool_],
    work: NDArray[np.int64],
    weights: NDArray[np.float64],
    total: NDArray[np.float64],
) -> NDArray[np.float64]:
    """(3, resamples) average precision, recall and best F1 at one threshold."""
    hits = np.flatnonzero(right)
    if not len(hits):
        return np.zeros((3, len(weights)))
    places = hits[np.unique(np.linspace(0, len(hits) - 1, _PLACES).round().astype(np.int64))]
    # Each sum over detections is a product of resamples × works with works × places.
    seen = weights @ _until(places, np.arange(len(right)), work, weights.shape[1])
    found = weights @ _until(places, hits, work[hits], weights.shape[1])
    precision = np.divide(found, seen, out=np.zeros_like(found), where=seen > 0)
    f1 = (2 * found / np.maximum(seen + total[:, None], 1)).max(axis=1)
    recall = found[:, -1] / np.maximum(total, 1)
    return np.stack([_average(precision, found, total), recall, f1])


def _until(
    places: NDArray[np.int64], at: NDArray[np.int64], work: NDArray[np.int64], works: int
) -> NDArray[np.float64]:
    """(works, places): how many of the detections *at* each work has up to each place."""
    block = np.searchsorted(places, at, side="left")
    inside = block < len(places)
    cells = work[inside] * len(places) + block[inside]
    counts = np.bincount(cells, minlength=works * len(places)).reshape(works, len(places))
    return np.cumsum(counts, axis=1).astype(np.float64)


def _average(
    precision: NDArray[np.float64], found: NDArray[np.float64], total: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(resamples,) the mean over 101 recalls of the best precision at each or beyond."""
    best = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    need = needed(total.astype(np.int64))
    # All rows in one: each begins above the end of the one before.
    step = max(float(found.max()), float(need.max())) + 1
    rows = np.arange(len(found))[:, None]
    line = (found + rows * step).ravel()
    place = np.searchsorted(line, (need + rows * step).ravel(), side="left").reshape(need.shape)
    place -= rows * found.shape[1]
    reached = place < found.shape[1]
    values = np.take_along_axis(best, np.minimum(place, found.shape[1] - 1), axis=1)
    return np.asarray(np.where(reached, values, 0.0).mean(axis=1))
