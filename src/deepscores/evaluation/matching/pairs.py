"""Pairs of detections and objects in about the same place, by several measures of nearness."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.evaluation.matching.boxes import Boxes, Pages, to_corners
from deepscores.evaluation.matching.polygons import area_of, shared_area
from deepscores.page.model.packing import pack
from deepscores.page.overlaps import intersection, share_of_union

_CHUNK = 200_000  # candidates at a time
_SLACK = 1e-3  # pixels
# A convex shape's part with half of its area spans at least this share of its width.
_SPAN = 1 - 0.5**0.5


class Pairs(NamedTuple):
    """Detections and objects of one page (and class) that are near each other."""

    detection: NDArray[np.int64]  # (p,) places of detections
    truth: NDArray[np.int64]  # (p,) places of objects
    value: NDArray[np.float64]  # (p,) how near: larger is nearer

    def take(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> "Pairs":
        """The pairs at *rows*."""
        return Pairs(self.detection[rows], self.truth[rows], self.value[rows])


Keys = tuple[NDArray[np.int64], NDArray[np.int64]]  # of detections, of objects: equal may pair
Value = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float64]]


def class_keys(detections: Boxes, truth: Boxes) -> Keys:
    """Pairs are of one page and class."""
    sides = (detections, truth)
    pages = max(int(boxes.page.max(initial=0)) for boxes in sides) + 1
    ids = max(int(boxes.class_id.max(initial=0)) for boxes in sides) + 1
    found_keys, truth_keys = (pack([boxes.page, boxes.class_id], [pages, ids]) for boxes in sides)
    return found_keys, truth_keys


def page_keys(detections: Boxes, truth: Boxes) -> Keys:
    """Pairs are of one page, of any classes."""
    return detections.page, truth.page


def upright_pairs(detections: Boxes, truth: Boxes, keys: Keys, min_overlap: float) -> Pairs:
    """Pairs of *keys* whose boxes overlap by *min_overlap* (> 0) or more."""
    d, g = detections.xywh, truth.xywh
    # Boxes that share so much of both share as much of the wider one's width.
    low = d[:, 0] - d[:, 2] * (1 / min_overlap - 1)
    high = d[:, 0] + d[:, 2] * (1 - min_overlap)

    def iou(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float64]:
        return upright_overlap(d[rows], g[columns])

    return _pairs_in_range(keys, low, high, g[:, 0], iou, min_overlap)


def upright_overlap(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """(p,) intersection over union of (p, 4) boxes x y w h, in the same steps as COCO's code.

    Areas are those of the sizes as they are given, which corners have only up to rounding.
    """
    common = intersection(to_corners(first), to_corners(second))
    return share_of_union(common, first[:, 2] * first[:, 3], second[:, 2] * second[:, 3])


def oriented_pairs(detections: Boxes, truth: Boxes, keys: Keys, min_overlap: float) -> Pairs:
    """Pairs of *keys* whose oriented boxes overlap by *min_overlap* (≥ 0.5) or more."""
    d, g = detections.corners, truth.corners
    (d_low, d_high), g_low = _extent(d), _extent(g)[0]
    width = d_high - d_low

    def iou(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float64]:
        return oriented_overlap(d[rows], g[columns])

    low, high = d_low - width * (1 / _SPAN - 1), d_low + width * (1 - _SPAN)
    return _pairs_in_range(keys, low, high, g_low, iou, min_overlap)


def _extent(corners: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far oriented boxes reach from left to right."""
    x = corners[:, 0::2]
    return x.min(axis=1, initial=np.inf), x.max(axis=1, initial=-np.inf)


def oriented_overlap(
    first: NDArray[np.float64], second: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(p,) intersection over union of (p, 8) boxes by their corners."""
    return share_of_union(shared_area(first, second), area_of(first), area_of(second))


def centre_pairs(
    detections: Boxes, truth: Boxes, pages: Pages, keys: Keys, max_distance: float
) -> Pairs:
    """Pairs of *keys* with centres up to *max_distance* staff spaces apart; value: 1 - distance."""
    d, g = (boxes.xywh[:, :2] + boxes.xywh[:, 2:] / 2 for boxes in (detections, truth))
    space = pages.staff_space[detections.page]

    def nearness(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float64]:
        away = np.hypot(*(d[rows] - g[columns]).T) / space[rows]
        return np.asarray(1 - away)

    reach = max_distance * space
    return _pairs_in_range(
        keys, d[:, 0] - reach, d[:, 0] + reach, g[:, 0], nearness, 1 - max_distance
    )


def enclosing_pairs(detections: Boxes, truth: Boxes, keys: Keys, min_share: float) -> Pairs:
    """Pairs whose intersection over the box that encloses both is more than *min_share*.

    No standard measure; never more than the intersection over union.
    """
    d, g = detections.xywh, truth.xywh

    def share(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float64]:
        first, second = to_corners(d[rows]), to_corners(g[columns])
        top_left = np.minimum(first[:, :2], second[:, :2])
        bottom_right = np.maximum(first[:, 2:], second[:, 2:])
        enclosing_areas = (bottom_right - top_left).prod(axis=1)
        shared = intersection(first, second)
        return np.asarray(
            np.divide(shared, enclosing_areas, out=np.zeros_like(shared), where=enclosing_areas > 0)
        )

    low = d[:, 0] - d[:, 2] * (1 / min_share - 1)
    high = d[:, 0] + d[:, 2] * (1 - min_share)
    pairs = _pairs_in_range(keys, low, high, g[:, 0], share, min_share)
    return pairs.take(pairs.value > min_share)


def _pairs_in_range(
    keys: Keys,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    positions: NDArray[np.float64],
    value: Value,
    min_value: float,
) -> Pairs:
    """Pairs of equal keys whose object lies in the detection's range, of *min_value* or more."""
    found_keys, truth_keys = keys
    if not len(found_keys) or not len(truth_keys):
        empty = np.empty(0, np.int64)
        return Pairs(empty, empty, np.empty(0))
    order = np.lexsort((positions, truth_keys))
    # Keys and places in one number, so that one search finds both: each key has room for itself.
    floor = min(float(positions.min()), float(low.min())) - 1
    room = max(float(positions.max()), float(high.max())) + 1 - floor
    line = truth_keys[order] * room + np.clip(positions[order] - floor, 0, room)
    start = found_keys * room
    first = np.searchsorted(line, start + np.clip(low - floor - _SLACK, 0, room), side="left")
    last = np.searchsorted(line, start + np.clip(high - floor + _SLACK, 0, room), side="right")
    parts = []
    for rows, columns in _candidates(first, np.maximum(last - first, 0)):
        truth = order[columns]
        is_same_key = found_keys[rows] == truth_keys[truth]
        rows, truth = rows[is_same_key], truth[is_same_key]
        values = value(rows, truth)
        enough = values >= min_value
        parts.append((rows[enough], truth[enough], values[enough]))
    return Pairs(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _candidates(
    first: NDArray[np.int64], counts: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield detections with each of their candidates' places, some at a time."""
    ends = np.cumsum(counts)
    start = 0
    while start < len(counts):
        offset = int(ends[start - 1]) if start else 0
        stop = max(int(np.searchsorted(ends, offset + _CHUNK, side="right")), start + 1)
        sizes = counts[start:stop]
        rows = np.repeat(np.arange(start, stop), sizes)
        within = np.arange(len(rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        yield rows, first[rows] + within
        start = stop
