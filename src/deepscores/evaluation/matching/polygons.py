"""Areas of oriented boxes and of what two of them share, many at a time."""

import numpy as np
from numpy.typing import NDArray

_CORNERS = 8  # a box clipped by a box has no more


def area_of(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) areas of (n, 8) boxes, whichever way their corners go round."""
    return np.abs(_signed(corners.reshape(-1, 4, 2)))


def _signed(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) areas of (n, k, 2) polygons: positive where x turns towards y."""
    # About their first corner: far from the origin the products would swallow small areas.
    points = points - points[:, :1]
    x, y = points[..., 0], points[..., 1]
    cross = x * np.roll(y, -1, axis=1) - y * np.roll(x, -1, axis=1)
    return np.asarray(cross.sum(axis=1) / 2)


def shared_area(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) areas that (n, 8) boxes share with each other, pair by pair.

    Upright ones by their sides, the others by clipping one at the other's sides (Sutherland and
    Hodgman).
    """
    shared = _upright_shared(first, second)
    turned = (shared > 0) & ~(_is_upright(first) & _is_upright(second))
    if turned.any():
        shared[turned] = _clipped(first[turned].reshape(-1, 4, 2), second[turned].reshape(-1, 4, 2))
    return shared


def _upright_shared(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) areas that the upright boxes around the boxes share."""
    sides = []
    for axis in (0, 1):
        a, b = first[:, axis::2], second[:, axis::2]
        far = np.minimum(a.max(axis=1), b.max(axis=1))
        sides.append(np.maximum(far - np.maximum(a.min(axis=1), b.min(axis=1)), 0))
    return np.asarray(sides[0] * sides[1])


def _is_upright(corners: NDArray[np.float64]) -> NDArray[np.bool_]:
    x, y = corners[:, 0::2], corners[:, 1::2]
    is_parallel = (x == np.roll(x, -1, axis=1)) | (y == np.roll(y, -1, axis=1))
    return np.asarray(is_parallel.all(axis=1))


def _clipped(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) areas of the parts of (n, 4, 2) boxes that lie in the others."""
    origin = first[:, :1]
    subject, clip = first - origin, second - origin
    backwards = _signed(clip) < 0
    clip[backwards] = clip[backwards, ::-1]
    points = np.concatenate([subject, subject[:, [3] * 4]], axis=1)  # again: adds no area
    counts = np.full(len(first), 4)
    for side in range(4):
        points, counts = _half(points, counts, clip[:, side], clip[:, (side + 1) % 4])
    return np.abs(_signed(points))


def _half(
    points: NDArray[np.float64],
    counts: NDArray[np.int64],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The parts of convex polygons to the inner side of lines from *start* to *end*.

    *points* (n, 8, 2) are the first *counts* corners of each, then the last of them again.
    """
    direction = (end - start)[:, None]
    offset = points - start[:, None]
    inner = direction[..., 0] * offset[..., 1] - direction[..., 1] * offset[..., 0]
    previous, inner_before = np.roll(points, 1, axis=1), np.roll(inner, 1, axis=1)
    is_in, was_in = inner >= 0, inner_before >= 0
    change = is_in != was_in
    step = np.divide(inner_before, inner_before - inner, out=np.zeros_like(inner), where=change)
    crossing = previous + step[..., None] * (points - previous)
    # Of each corner: where its edge crosses the line, then the corner itself, as far as they are.
    candidates = np.stack([crossing, points], axis=2).reshape(len(points), -1, 2)
    real = np.arange(_CORNERS) < counts[:, None]
    is_kept = np.stack([change & real, is_in & real], axis=2).reshape(len(points), -1)
    return _packed(candidates, is_kept)


def _packed(
    points: NDArray[np.float64], is_kept: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """(n, 8, 2) each polygon's points that are *is_kept*, the last again to fill up; how many."""
    order = np.argsort(~is_kept, axis=1, kind="stable")[:, :_CORNERS]
    counts = np.minimum(is_kept.sum(axis=1), _CORNERS)
    place = np.minimum(np.arange(_CORNERS), np.maximum(counts - 1, 0)[:, None])
    columns = np.take_along_axis(order, place, axis=1)
    packed = np.take_along_axis(points, columns[..., None], axis=1)
    packed[counts == 0] = 0
    return packed, counts
