"""Staves, and lines beside them, found by run lengths alone: on clean, straight pages."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

DARK = 128  # of 255: what is below is ink
LEAST_LINE = 0.2  # of a page's width: the shortest staff
UNEVEN = 0.15  # staff spaces by which a staff's lines may be apart otherwise
LEDGERS = 6  # above and below a staff
FAR = 8.0  # staff spaces beyond a staff, where it has no say

Pixels = NDArray[np.uint8]


class Line(NamedTuple):
    """A long level line of a page, in pixels."""

    top: int  # first row
    bottom: int  # one past the last
    left: int
    right: int
    middle: float  # y
    thickness: float


class Staff(NamedTuple):
    """Five lines, from the top."""

    lines: tuple[Line, ...]

    @property
    def top(self) -> float:
        return self.lines[0].middle

    @property
    def bottom(self) -> float:
        return self.lines[-1].middle

    @property
    def box(self) -> tuple[float, float, float, float]:
        """x0 y0 x1 y1 around all five lines."""
        first, last = self.lines[0], self.lines[-1]
        left, right = (
            float(np.median([getattr(line, side) for line in self.lines]))
            for side in ("left", "right")
        )
        low, high = first.middle - first.thickness / 2, last.middle + last.thickness / 2
        return left, low, right, high

    def position(self, y: float) -> float:
        """Where *y* is, in half staff spaces up from the bottom line."""
        return 8 * (self.bottom - y) / (self.bottom - self.top)


def find_staves(image: Pixels, staff_space: float) -> list[Staff]:
    """The staves of a page whose lines are *staff_space* pixels apart, from the top."""
    lines = list(_long_lines(image))
    staves, place = [], 0
    while place + 5 <= len(lines):
        five = tuple(lines[place : place + 5])
        steps = np.diff([line.middle for line in five]) / staff_space
        if (abs(steps - 1) < UNEVEN).all():
            staves.append(Staff(five))
            place += 5
        else:
            place += 1
    return staves


def _long_lines(image: Pixels) -> Iterator[Line]:
    width = image.shape[1]
    dark = image < DARK
    full = np.flatnonzero(dark.sum(axis=1) >= LEAST_LINE * width)
    for rows in np.split(full, np.flatnonzero(np.diff(full) > 1) + 1):
        if not len(rows):
            continue
        starts, ends = runs(dark[rows].any(axis=0))
        longest = int(np.argmax(ends - starts))
        left, right = int(starts[longest]), int(ends[longest])
        if right - left < LEAST_LINE * width:
            continue
        top, bottom = int(rows[0]), int(rows[-1]) + 1
        near = slice(max(top - 1, 0), bottom + 1)
        inked = np.median(255 - image[near, left:right], axis=1) / 255
        thickness = float(inked.sum())
        middle = float((inked * (np.arange(near.start, near.start + len(inked)) + 0.5)).sum())
        yield Line(top, bottom, left, right, middle / thickness, thickness)


def runs(inked: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the runs of what is true in (n,) *inked* begin, and one past where they end.

    >>> [one.tolist() for one in runs(np.array([True, False, True, True]))]
    [[0, 2], [1, 4]]
    """
    steps = np.diff(inked.astype(np.int8), prepend=0, append=0)
    return np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)


def without_lines(image: Pixels, staves: Sequence[Staff]) -> Pixels:
    """*image* without staff lines, but where something crosses them."""
    cleared = image.copy()
    for line in (line for staff in staves for line in staff.lines):
        above, below = line.top - 2, line.bottom + 1
        if above < 0 or below >= len(image):
            continue
        alone = (image[above] >= DARK) & (image[below] >= DARK)
        alone[: max(line.left - 1, 0)] = alone[line.right + 1 :] = False
        cleared[above + 1 : below, alone] = 255
    return cleared


def nearest(staves: Sequence[Staff], y: float) -> Staff | None:
    """The staff that *y* is in or nearest to; None if none is near."""
    if not staves:
        return None
    found = min(staves, key=lambda staff: max(staff.top - y, y - staff.bottom))
    far = FAR * (found.bottom - found.top) / 4
    return found if max(found.top - y, y - found.bottom) <= far else None


def stems(image: Pixels, staves: Sequence[Staff], staff_space: float) -> NDArray[np.float64]:
    """(n, 4) boxes of thin upright lines of two staff spaces or more that are no bar lines."""
    dark = (image < DARK).astype(np.uint8)
    upright = np.ones((2 * round(staff_space) + 1, 1), np.uint8)  # odd: it has a middle
    opened = cv2.morphologyEx(dark, cv2.MORPH_OPEN, upright)
    _, _, parts, _ = cv2.connectedComponentsWithStats(opened, connectivity=8)
    thin = parts[1:][parts[1:, cv2.CC_STAT_WIDTH] <= 0.35 * staff_space]
    boxes = [_upright(image, *part[:4].tolist()) for part in thin]
    ends = np.array([[s.top, s.bottom] for s in staves]).reshape(-1)
    near = 0.3 * staff_space
    kept = [
        box
        for box in boxes
        if not (_any_near(ends, box[1], near) and _any_near(ends, box[3], near))
    ]
    return np.array(kept, np.float64).reshape(-1, 4)


def _any_near(places: NDArray[np.float64], y: float, near: float) -> bool:
    return bool((abs(places - y) <= near).any())


def _upright(image: Pixels, x: int, y: int, width: int, height: int) -> tuple[float, ...]:
    """The box of a line of these dark pixels, its sides by how grey its columns are."""
    left = max(x - 1, 0)
    grey = image[y : y + height, left : x + width + 1]
    inked = np.median(255 - grey, axis=0) / 255
    thickness = float(inked.sum())
    middle = float((inked * (np.arange(left, left + len(inked)) + 0.5)).sum()) / thickness
    return middle - thickness / 2, y, middle + thickness / 2, y + height


def ledger_lines(
    image: Pixels, staves: Sequence[Staff], staff_space: float, thickness: float
) -> NDArray[np.float64]:
    """(n, 4) boxes of short level lines where ledger lines would be, *thickness* px high."""
    found = []
    for y in _ledger_rows(staves, staff_space):
        row = round(y - 0.5)
        if not 1 <= row < len(image) - 1:
            continue
        starts, ends = runs((image[row - 1 : row + 2] < DARK).any(axis=0))
        length = (ends - starts) / staff_space
        for place in np.flatnonzero((length >= 1.3) & (length <= 2.8)).tolist():
            low, high = y - thickness / 2, y + thickness / 2
            found.append((float(starts[place]), low, float(ends[place]), high))
    return np.array(found, np.float64).reshape(-1, 4)


def _ledger_rows(staves: Sequence[Staff], staff_space: float) -> Iterator[float]:
    """The heights at which ledger lines may be, each once."""
    seen: list[float] = []
    for staff in staves:
        for nth in range(1, LEDGERS + 1):
            for y in (staff.top - nth * staff_space, staff.bottom + nth * staff_space):
                inside = any(
                    s.top - staff_space / 2 <= y <= s.bottom + staff_space / 2 for s in staves
                )
                if not inside and all(abs(y - other) > 2 for other in seen):
                    seen.append(y)
                    yield y
