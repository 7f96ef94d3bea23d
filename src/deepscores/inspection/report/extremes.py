"""The largest and the smallest symbols, drawn to one scale (Figure 6)."""

from collections.abc import Sequence
from typing import NamedTuple

from deepscores.inspection.pages.drawing import FAINT, INK, Canvas, Figure, Pixels, picture

_SPACE = 14.0  # pixels that a staff space takes
_GAP, _WIDTH, _LABEL = 26, 1180, 100


class Extreme(NamedTuple):
    """A class of uncommon size."""

    name: str
    image: Pixels  # of one instance
    staff_space: float  # pixels, in *image*
    area: float  # median of the class's boxes, square staff spaces


def extremes_figure(largest: Sequence[Extreme], smallest: Sequence[Extreme]) -> Figure:
    """Both ends of the classes by the median area of their boxes."""
    canvas = Canvas(_WIDTH, 0)
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


def _row(canvas: Canvas, words: str, extremes: Sequence[Extreme], top: float) -> float:
    """Draw *extremes* from left to right, in lines; the place below them is returned."""
    canvas.text(words, _GAP, top + 12, size=15)
    left, tallest = float(_LABEL), 0.0
    for extreme in extremes:
        scale = _SPACE / extreme.staff_space
        height, width = extreme.image.shape[0] * scale, extreme.image.shape[1] * scale
        room = max(width, 7.0 * len(extreme.name), 60.0)
        if left + room > _WIDTH - _GAP and left > _LABEL:
            top, left, tallest = top + tallest + 40 + _GAP, float(_LABEL), 0.0
        canvas.width = max(canvas.width, left + room + _GAP)  # for what is wider than all else
        canvas.image(extreme.image, left, top, scale)
        canvas.text(extreme.name, left, top + height + 15, size=12)
        canvas.text(f"{extreme.area:.2g} sp²", left, top + height + 30, size=11, colour=FAINT)
        left, tallest = left + room + _GAP, max(tallest, height)
    return top + tallest + 40 + _GAP
