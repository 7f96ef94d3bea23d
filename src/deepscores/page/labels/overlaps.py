"""Pairs of boxes that cover each other."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_AT_ONCE = 2**20  # candidate pairs: a damaged page may hold any number of equal boxes


class Pairs(NamedTuple):
    """Pairs of rows, the first index below the second, and how much each pair's boxes share."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    shared: NDArray[np.float64]  # intersection over union


def overlapping(boxes: NDArray[np.float64], threshold: float) -> Pairs:
    """The pairs of *boxes* (n, 4: ``x0 y0 x1 y1``) with intersection over union above *threshold*.

    Boxes without extent overlap nothing. *threshold* is above 0.

    >>> overlapping(np.array([[0, 0, 4, 4], [9, 9, 9, 9], [0, 0, 4, 3.0]]), 0.5).second.tolist()
    [2]
    """
    solid = np.flatnonzero((boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1]))
    order = solid[np.argsort(boxes[solid, 0], kind="stable")]
    x0, _, x1, _ = boxes[order].T
    # Of two boxes that share more than *least*, the right one starts within the left one's first
    # 1 - least.
    ends = np.searchsorted(x0, x1 - threshold * (x1 - x0), side="right")
    counts = np.maximum(ends - np.arange(len(order)) - 1, 0)
    parts = [_empty()]
    first = 0
    while first < len(order):
        batch = int(np.cumsum(counts[first:]).searchsorted(_AT_ONCE)) + 1
        parts.append(_compare(boxes, order, counts, slice(first, first + batch), threshold))
        first += batch
    return Pairs(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _empty() -> Pairs:
    no_rows = np.empty(0, np.int64)
    return Pairs(no_rows, no_rows, np.empty(0))


def _compare(
    boxes: NDArray[np.float64],
    order: NDArray[np.int64],
    counts: NDArray[np.int64],
    part: slice,
    threshold: float,
) -> Pairs:
    sizes = counts[part]
    left = np.repeat(np.arange(part.start, part.start + len(sizes)), sizes)
    step = np.arange(len(left)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + 1
    first, second = order[left], order[left + step]
    a, b = boxes[first], boxes[second]
    sides = np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2])
    areas = sides.clip(min=0).prod(axis=1)
    union = (a[:, 2:] - a[:, :2]).prod(axis=1) + (b[:, 2:] - b[:, :2]).prod(axis=1) - areas
    shared = areas / union
    keep = shared > threshold
    first, second = first[keep], second[keep]
    return Pairs(np.minimum(first, second), np.maximum(first, second), shared[keep])
