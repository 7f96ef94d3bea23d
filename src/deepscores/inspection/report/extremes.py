"""The largest and the smallest symbols, drawn to one scale (Figure 6)."""

from collections.abc import Sequence
from typing import NamedTuple

from deepscores.inspection.pages.drawing import FAINT, INK, Canvas, Figure, Pixels, picture

_SPACE = 14.0  # pixels that a staff space takes
_GAP, _WIDE, _LABEL = 26, 1180, 100


class Extreme(NamedTuple):
    """A class of uncommon size."""

    name: str
    image: Pixels  # of one instance
    staff_space: float  # pixels, in *image*
    area: float  # median of the class's boxes, square staff spaces


def extremes_figure(largest: Sequence[Extreme], smallest: Sequence[Extreme]) -> Figure:
    """Both ends of the classes by the median area of their boxes."""
    canvas = Canvas(_WIDE, 0)
    top = _row(canvas, "smallest", smallest, _GAP)
    top = _row(canvas, "largest", largest, top)
    canvas.line((_GAP, top, _GAP + 4 * _SPACE, top), INK, 2)
    canvas.text("4 staff spaces: one staff", 2 * _GAP + 4 * _SPACE, top + 4, size=12, colour=FAINT)
    canvas.height = top + _GAP
    svg = canvas.svg()
    return Figure(
        "figure-6-extremes",
        "Figure 6: the largest and the smallest symbols, to scale",
        "The classes with the largest and the smallest boxes, by the median of their area (in "
        "square staff spaces, as written below); of the samples of each, the closest to it.",
        svg,
        picture(svg, "the largest and the smallest symbols"),
        scale=1.5,
    )


def _row(canvas: Canvas, words: str, some: Sequence[Extreme], top: float) -> float:
    """Draw *some* from left to right, in several lines where need be; where the next row begins."""
    canvas.text(words, _GAP, top + 12, size=15)
    left, tallest = float(_LABEL), 0.0
    for one in some:
        scale = _SPACE / one.staff_space
        height, width = one.image.shape[0] * scale, one.image.shape[1] * scale
        room = max(width, 7.0 * len(one.name), 60.0)
        if left + room > _WIDE - _GAP and left > _LABEL:
            top, left, tallest = top + tallest + 40 + _GAP, float(_LABEL), 0.0
        canvas.width = max(canvas.width, left + room + _GAP)  # for what is wider than all else
        canvas.image(one.image, left, top, scale)
        canvas.text(one.name, left, top + height + 15, size=12)
        canvas.text(f"{one.area:.2g} sp²", left, top + height + 30, size=11, colour=FAINT)
        left, tallest = left + room + _GAP, max(tallest, height)
    return top + tallest + 40 + _GAP
