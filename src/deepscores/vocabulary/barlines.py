"""Barlines: one engraved barline cut into the lines a reader sees, each of a kind."""

from deepscores.model import Mark
from deepscores.vocabulary.kinds import mark_box

_GAP = 1.2  # staff spaces; staves stand farther apart


def split_barline(
    marks: tuple[Mark, ...], staff_space: float
) -> list[tuple[str, tuple[Mark, ...]]]:
    """The unbroken pieces of a barline from top to bottom, with their kinds.

    The engraver draws one segment a staff and one between; segments that touch are one line, and
    so are dashes and dots no farther apart than two of one staff. The kind follows from the
    strokes: thin, thick, dashed, dotted, and whether repeat dots (which are symbols of their own)
    stand by is left to the glyphs.
    """
    broken = any(mark.shape == "ellipse" or mark.edges is not None for mark in marks)
    reach = _GAP * staff_space if broken else 0.01
    pieces: list[tuple[float, float, list[Mark]]] = []
    boxed = sorted(
        ((mark_box(mark), mark) for mark in marks),
        key=lambda item: (item[0].y0, item[0].x0),
    )
    for box, mark in boxed:
        if pieces and box.y0 <= pieces[-1][1] + reach:
            top, bottom, members = pieces[-1]
            members.append(mark)
            pieces[-1] = (top, max(bottom, box.y1), members)
        else:
            pieces.append((box.y0, box.y1, [mark]))
    return [(_kind(members, staff_space), tuple(members)) for _, _, members in pieces]


def _kind(marks: list[Mark], staff_space: float) -> str:
    if any(mark.shape == "ellipse" for mark in marks):
        return "barlineDotted"
    if any(mark.edges is not None for mark in marks):
        return "barlineDashed"
    strokes = sorted({round(mark_box(mark).x0, 1): mark.stroke for mark in marks}.items())
    pattern = "".join("T" if stroke > 0.25 * staff_space else "t" for _, stroke in strokes)
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
