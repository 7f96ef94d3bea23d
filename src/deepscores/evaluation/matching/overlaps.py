"""Which detections lie where which objects do, and how well: pairs, by several measures."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.evaluation.matching.boxes import Boxes, Pages
from deepscores.evaluation.matching.polygons import area_of, shared_area
from deepscores.page.model.packing import pack

_CHUNK = 200_000  # candidates at a time
_SLACK = 1e-3  # pixels
# A convex shape's part with half of its area spans at least this share of its width.
_SPAN = 1 - 0.5**0.5


class Pairs(NamedTuple):
    """Detections and objects of one page (and class) that are near each other."""

    found: NDArray[np.int64]  # (p,) places of detections
    truth: NDArray[np.int64]  # (p,) places of objects
    value: NDArray[np.float64]  # (p,) how near: larger is nearer

    def at(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> "Pairs":
        """Those of *rows*."""
        return Pairs(self.found[rows], self.truth[rows], self.value[rows])


Keys = tuple[NDArray[np.int64], NDArray[np.int64]]  # of detections, of objects: equal may pair
Value = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float64]]


def class_keys(found: Boxes, truth: Boxes) -> Keys:
    """Pairs are of one page and class."""
    pages = int(max(found.page.max(initial=0), truth.page.max(initial=0))) + 1
    most = int(max(found.class_id.max(initial=0), truth.class_id.max(initial=0))) + 1
    sizes = [pages, most]
    return pack([found.page, found.class_id], sizes), pack([truth.page, truth.class_id], sizes)


def page_keys(found: Boxes, truth: Boxes) -> Keys:
    """Pairs are of one page, whatever their classes."""
    return found.page, truth.page


def upright_pairs(found: Boxes, truth: Boxes, keys: Keys, least: float) -> Pairs:
    """Pairs of *keys* whose boxes have an intersection over union of *least* (> 0) or more."""
    d, g = found.xywh, truth.xywh
    # Boxes that share so much of both share as much of the wider one's width.
    low = d[:, 0] - d[:, 2] * (1 / least - 1)
    high = d[:, 0] + d[:, 2] * (1 - least)

    def iou(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float64]:
        return box_iou(d[rows], g[columns])

    return _near(keys, low, high, g[:, 0], iou, least)


def box_iou(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """(p,) intersection over union of (p, 4) boxes x y w h, in the same steps as COCO's code."""
    shared = intersection(one, other)
    whole = one[:, 2] * one[:, 3] + other[:, 2] * other[:, 3] - shared
    return np.divide(shared, whole, out=np.zeros_like(shared), where=shared > 0)


def intersection(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """(p,) area that (p, 4) boxes x y w h share."""
    near = np.maximum(one[:, :2], other[:, :2])
    far = np.minimum(one[:, :2] + one[:, 2:], other[:, :2] + other[:, 2:])
    side = np.maximum(far - near, 0)
    return np.asarray(side[:, 0] * side[:, 1])


def oriented_pairs(found: Boxes, truth: Boxes, keys: Keys, least: float) -> Pairs:
    """Pairs of *keys* whose oriented boxes have an intersection over union of *least* (≥ .5)."""
    d, g = found.corners, truth.corners
    (d_low, d_high), g_low = _extent(d), _extent(g)[0]
    width = d_high - d_low

    def iou(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float64]:
        return oriented_iou(d[rows], g[columns])

    low, high = d_low - width * (1 / _SPAN - 1), d_low + width * (1 - _SPAN)
    return _near(keys, low, high, g_low, iou, least)


def _extent(corners: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far oriented boxes reach from left to right."""
    x = corners[:, 0::2]
    return x.min(axis=1, initial=np.inf), x.max(axis=1, initial=-np.inf)


def oriented_iou(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """(p,) intersection over union of (p, 8) boxes by their corners."""
    areas = area_of(one), area_of(other)
    shared = shared_area(one, other)
    whole = areas[0] + areas[1] - shared
    return np.divide(shared, whole, out=np.zeros_like(shared), where=(shared > 0) & (whole > 0))


def centre_pairs(found: Boxes, truth: Boxes, pages: Pages, keys: Keys, most: float) -> Pairs:
    """Pairs of *keys* whose centres are at most *most* staff spaces apart; the value: 1 - that."""
    d, g = (one.xywh[:, :2] + one.xywh[:, 2:] / 2 for one in (found, truth))
    space = pages.staff_space[found.page]

    def nearness(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float64]:
        away = np.hypot(*(d[rows] - g[columns]).T) / space[rows]
        return np.asarray(1 - away)

    reach = most * space
    return _near(keys, d[:, 0] - reach, d[:, 0] + reach, g[:, 0], nearness, 1 - most)


def enclosing_pairs(found: Boxes, truth: Boxes, keys: Keys, least: float) -> Pairs:
    """Pairs whose intersection over the box that encloses both is more than *least*.

    No standard measure; never more than the intersection over union.
    """
    d, g = found.xywh, truth.xywh

    def share(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float64]:
        one, other = d[rows], g[columns]
        near = np.minimum(one[:, :2], other[:, :2])
        far = np.maximum(one[:, :2] + one[:, 2:], other[:, :2] + other[:, 2:])
        whole = (far - near).prod(axis=1)
        shared = intersection(one, other)
        return np.asarray(np.divide(shared, whole, out=np.zeros_like(shared), where=whole > 0))

    low = d[:, 0] - d[:, 2] * (1 / least - 1)
    high = d[:, 0] + d[:, 2] * (1 - least)
    pairs = _near(keys, low, high, g[:, 0], share, least)
    return pairs.at(pairs.value > least)


def _near(
    keys: Keys,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    at: NDArray[np.float64],
    value: Value,
    least: float,
) -> Pairs:
    """Pairs of equal keys with *at* of the object in the detection's range, and enough *value*."""
    found_keys, truth_keys = keys
    if not len(found_keys) or not len(truth_keys):
        none = np.empty(0, np.int64)
        return Pairs(none, none, np.empty(0))
    order = np.lexsort((at, truth_keys))
    # Keys and places in one number, so that one search finds both: each key has room for itself.
    floor = min(float(at.min()), float(low.min())) - 1
    room = max(float(at.max()), float(high.max())) + 1 - floor
    line = truth_keys[order] * room + np.clip(at[order] - floor, 0, room)
    start = found_keys * room
    first = np.searchsorted(line, start + np.clip(low - floor - _SLACK, 0, room), side="left")
    last = np.searchsorted(line, start + np.clip(high - floor + _SLACK, 0, room), side="right")
    kept = []
    for rows, columns in _candidates(first, np.maximum(last - first, 0)):
        truth = order[columns]
        same = found_keys[rows] == truth_keys[truth]
        rows, truth = rows[same], truth[same]
        values = value(rows, truth)
        enough = values >= least
        kept.append((rows[enough], truth[enough], values[enough]))
    return Pairs(*(np.concatenate(column) for column in zip(*kept, strict=True)))


def _candidates(
    first: NDArray[np.int64], counts: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield detections with each of their candidates' places, some at a time."""
    ends = np.cumsum(counts)
    start = 0
    while start < len(counts):
        before = int(ends[start - 1]) if start else 0
        stop = max(int(np.searchsorted(ends, before + _CHUNK, side="right")), start + 1)
        some = counts[start:stop]
        rows = np.repeat(np.arange(start, stop), some)
        within = np.arange(len(rows)) - np.repeat(np.cumsum(some) - some, some)
        yield rows, first[rows] + within
        start = stop
