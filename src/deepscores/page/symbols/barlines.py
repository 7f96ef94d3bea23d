"""Barlines: one engraved barline cut into the lines a reader sees, each of a kind."""

from collections.abc import Iterable
from operator import itemgetter
from typing import NamedTuple

_GAP = 1.2  # staff spaces; staves stand farther apart


class Stroke(NamedTuple):
    """A mark of a barline; its extent is in pixels."""

    y0: float
    x0: float
    y1: float
    mark: int  # its place among the page's marks
    width: float
    shape: str
    solid: bool  # an upright rectangle


def split_barline(
    strokes: Iterable[Stroke], staff_space: float
) -> list[tuple[str, tuple[int, ...]]]:
    """The unbroken pieces of a barline from top to bottom: their kinds, and their marks.

    The engraver draws one segment a staff and one between; segments that touch are one line, and
    so are dashes and dots no farther apart than two of one staff. The kind follows from the
    strokes: thin, thick, dashed, dotted, and whether repeat dots (which are symbols of their own)
    stand by is left to the glyphs.
    """
    strokes = sorted(strokes, key=itemgetter(0, 1))
    broken = any(stroke.shape == "ellipse" or not stroke.solid for stroke in strokes)
    reach = _GAP * staff_space if broken else 0.01
    pieces: list[tuple[float, list[Stroke]]] = []  # with where they end
    for stroke in strokes:
        if pieces and stroke.y0 <= pieces[-1][0] + reach:
            bottom, members = pieces[-1]
            members.append(stroke)
            pieces[-1] = (max(bottom, stroke.y1), members)
        else:
            pieces.append((stroke.y1, [stroke]))
    return [
        (_kind(members, staff_space), tuple(stroke.mark for stroke in members))
        for _, members in pieces
    ]


def _kind(strokes: list[Stroke], staff_space: float) -> str:
    if any(stroke.shape == "ellipse" for stroke in strokes):
        return "barlineDotted"
    if not all(stroke.solid for stroke in strokes):
        return "barlineDashed"
    widths = sorted({round(stroke.x0, 1): stroke.width for stroke in strokes}.items())
    pattern = "".join("T" if width > 0.25 * staff_space else "t" for _, width in widths)
    return _PATTERNS.get(pattern, "barlineSingle")


_PATTERNS = {
    "t": "barlineSingle",
    "tt": "barlineDouble",
    "tT": "barlineFinal",
    "Tt": "barlineReverseFinal",
    "T": "barlineHeavy",
    "TT": "barlineHeavyHeavy",
    "tTt": "barlineRepeatBoth",
}
