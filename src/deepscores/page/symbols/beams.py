"""Beams: the pieces in which the engraver draws a beam's lines, joined to lines again."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.page.model import Mark

_ROUNDING = 2.0  # of the engraver's units, a tenth of a pixel or less


def join_beam(marks: Iterable[tuple[int, Mark]]) -> list[tuple[tuple[int, ...], Mark]]:
    """The lines of one beam, each as one mark with the numbers of its pieces, in painting order.

    The engraver draws the inner lines from stem to stem. Pieces whose ends meet are one line; what
    does not meet another (the stub at a dotted note) is a line by itself.
    """
    lines: list[_Line] = []
    for number, mark in marks:
        line, place = _Line((number,), mark, _corners(mark)), len(lines)
        lines.append(line)
        while (meeting := _meeting(lines, place)) is not None:
            partner, joined = meeting
            place, gone = sorted((place, partner))
            numbers, mark, _ = lines[place]
            numbers += lines[gone].numbers
            lines[place] = _Line(numbers, mark._replace(edges=_outline(joined)), joined)
            del lines[gone]
    return [(line.numbers, line.mark) for line in lines]


class _Line(NamedTuple):
    numbers: tuple[int, ...]
    mark: Mark
    corners: NDArray[np.float64]


def _meeting(lines: list[_Line], place: int) -> tuple[int, NDArray[np.float64]] | None:
    """Another line whose end meets one of the line at *place*, and the corners of both as one."""
    _, mark, corners = lines[place]
    for partner, (_, partner_mark, ends) in enumerate(lines):
        if partner != place and partner_mark.to_page == mark.to_page:
            joined = _joined(ends, corners)
            if joined is not None:
                return partner, joined
    return None


def _corners(mark: Mark) -> NDArray[np.float64]:
    """Left end's upper and lower corner, right end's upper and lower corner: (4, 2)."""
    if mark.edges is None or len(mark.edges) != 4:
        return np.zeros((0, 2))
    points = mark.edges[:, :2]
    sides = points[np.argsort(points[:, 0], kind="stable")]
    return np.concatenate([side[np.argsort(side[:, 1])] for side in (sides[:2], sides[2:])])


def _joined(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64] | None:
    if not len(first) or not len(second):
        return None
    for left, right in ((first, second), (second, first)):
        if (abs(left[2:] - right[:2]) <= _ROUNDING).all():
            return np.concatenate([left[:2], right[2:]])
    return None


def _outline(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    ring = corners[[0, 2, 3, 1]]
    return np.hstack([ring, np.roll(ring, -1, axis=0)])
