"""How much boxes overlap: intersection over union, row by row, all with all, or above a threshold.

Boxes are arrays (…, 4) of ``x0 y0 x1 y1``, half-open: ``x0 <= x < x1``. Leading axes broadcast, so
that ``overlap(first, second)`` compares row by row, and ``overlap(first[:, None], second)`` each of
n boxes with each of m.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

_CANDIDATES_AT_ONCE = 2**20  # a damaged page may hold any number of equal boxes


def overlap(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    """(…) intersection over union; 0 where there is no intersection.

    >>> overlap([0, 0, 2, 2], [[0, 1, 2, 3], [0, 0, 2, 1], [5, 5, 6, 6]]).round(3).tolist()
    [0.333, 0.5, 0.0]
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    return share_of_union(intersection(first, second), area(first), area(second))


def area(boxes: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """(…) areas of (…, 4) boxes."""
    return np.asarray((boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1]))


def intersection(
    first: NDArray[np.floating[Any]], second: NDArray[np.floating[Any]]
) -> NDArray[np.float64]:
    """(…) the area that boxes have in common."""
    low = np.maximum(first[..., :2], second[..., :2])
    high = np.minimum(first[..., 2:], second[..., 2:])
    sides = np.maximum(high - low, 0)
    return np.asarray(sides[..., 0] * sides[..., 1])


def share_of_union(
    common: NDArray[np.float64], areas: NDArray[np.float64], other_areas: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(…) the share that the *common* area has of the union of two shapes; 0 for none in common."""
    union = areas + other_areas - common
    return np.divide(common, union, out=np.zeros_like(union), where=(common > 0) & (union > 0))


class Pairs(NamedTuple):
    """Pairs of rows, the first index below the second, and how much each pair's boxes overlap."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    overlap: NDArray[np.float64]


def overlapping_pairs(boxes: NDArray[np.float64], threshold: float) -> Pairs:
    """The pairs of *boxes* (n, 4) whose overlap exceeds *threshold*, which is above 0.

    Boxes without extent overlap nothing.

    >>> boxes = np.array([[0, 0, 4, 4], [9, 9, 9, 9], [0, 0, 4, 3.0]])
    >>> overlapping_pairs(boxes, 0.5).second.tolist()
    [2]
    """
    solid = np.flatnonzero((boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1]))
    order = solid[np.argsort(boxes[solid, 0], kind="stable")]
    x0, _, x1, _ = boxes[order].T
    # Of two boxes whose overlap exceeds the threshold, the right one starts within the left one's
    # first 1 - threshold.
    ends = np.searchsorted(x0, x1 - threshold * (x1 - x0), side="right")
    counts = np.maximum(ends - np.arange(len(order)) - 1, 0)
    parts = [_no_pairs()]
    start = 0
    while start < len(order):
        stop = start + int(np.cumsum(counts[start:]).searchsorted(_CANDIDATES_AT_ONCE)) + 1
        parts.append(_compare(boxes, order, counts, slice(start, stop), threshold))
        start = stop
    return Pairs(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _no_pairs() -> Pairs:
    empty = np.empty(0, np.int64)
    return Pairs(empty, empty, np.empty(0))


def _compare(
    boxes: NDArray[np.float64],
    order: NDArray[np.int64],
    counts: NDArray[np.int64],
    part: slice,
    threshold: float,
) -> Pairs:
    """The pairs of boxes in a *part* of *order* with as many after each as *counts* says."""
    sizes = counts[part]
    left = np.repeat(np.arange(part.start, part.start + len(sizes)), sizes)
    step = np.arange(len(left)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + 1
    rows, neighbours = order[left], order[left + step]
    overlaps = overlap(boxes[rows], boxes[neighbours])
    exceeds = overlaps > threshold
    rows, neighbours = rows[exceeds], neighbours[exceeds]
    return Pairs(np.minimum(rows, neighbours), np.maximum(rows, neighbours), overlaps[exceeds])
