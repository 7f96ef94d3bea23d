"""Outlines of slurs and ties: two Bézier curves with a round pen, all of a page at once."""

from collections.abc import Sequence
from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray

# A half circle at a tip, from the curve's left to its right: pens are a pixel wide at most.
_STEPS = 6
_TIP = np.array([(cos(pi * k / _STEPS), sin(pi * k / _STEPS)) for k in range(1, _STEPS)])


def slur_edges(
    controls: Sequence[Sequence[float]], widths: Sequence[float], tolerance: float
) -> list[NDArray[np.float64]]:
    """The outline of each slur: what lies between its two curves, and under the pen along them.

    *controls* are x y of seven points: start, two controls, end, two controls (back), start.
    """
    points = np.array(controls, np.float64).reshape(-1, 7, 2)
    pens = np.array(widths, np.float64) / 2
    steps = _steps(points, tolerance)
    outlines: list[NDArray[np.float64]] = [np.zeros((0, 4))] * len(points)
    for count in np.unique(steps).tolist():
        slurs = np.flatnonzero(steps == count)
        rings = _rings(points[slurs], pens[slurs], count)
        edges = np.concatenate([rings, np.roll(rings, -1, axis=1)], axis=2)
        for place, index in enumerate(slurs.tolist()):
            outlines[index] = edges[place]
    return outlines


def _steps(points: NDArray[np.float64], tolerance: float) -> NDArray[np.int64]:
    """Into how many straight lines each curve is cut: a power of two, so that slurs go together."""
    bends = np.abs(points[:, :-2] - 2 * points[:, 1:-1] + points[:, 2:])[:, [0, 1, 3, 4]]
    # A cubic strays from n chords by at most 6/8 of its largest second difference over n².
    needed = np.sqrt(0.75 * bends.sum(axis=2).max(axis=1) / tolerance)
    steps = np.full(len(points), 4, np.int64)
    for power in range(2, 8):
        steps[needed > 2**power] = 2 ** (power + 1)
    return steps


def _rings(
    points: NDArray[np.float64], pens: NDArray[np.float64], count: int
) -> NDArray[np.float64]:
    t = np.linspace(0.0, 1.0, count + 1)[:, None]
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
    forth, back = (
        weights[0] * points[:, None, k]
        + weights[1] * points[:, None, k + 1]
        + weights[2] * points[:, None, k + 2]
        + weights[3] * points[:, None, k + 3]
        for k in (0, 3)
    )
    x, y = points[:, :, 0], points[:, :, 1]
    area = (x[:, :-1] * y[:, 1:] - x[:, 1:] * y[:, :-1]).sum(axis=1)
    outward = np.where(area >= 0, 1.0, -1.0)[:, None, None]  # of the left of the way
    reach = pens[:, None, None]
    sides = []
    for curve in (forth, back):
        ahead = np.diff(curve, axis=1)
        length = np.sqrt((ahead * ahead).sum(axis=2, keepdims=True))
        ahead = ahead / np.where(length > 0, length, 1)
        directions = np.concatenate(
            [ahead[:, :1], ahead[:, :-1] + ahead[:, 1:], ahead[:, -1:]], axis=1
        )
        size = (directions * directions).sum(axis=2, keepdims=True)
        # Between two chords the sum of their directions has length 2·cos(half the turn).
        size[:, 1:-1] /= 2
        directions = directions / np.where(size > 0, size, 1)
        left = np.stack([directions[:, :, 1], -directions[:, :, 0]], axis=2) * outward
        tip = curve[:, -1:] + reach * (left[:, -1:] * _TIP[:, :1] + ahead[:, -1:] * _TIP[:, 1:])
        sides += [curve + reach * left, tip]
    return np.concatenate(sides, axis=1)
