"""Determine the kind of each mark of a page, and which marks make one symbol.

A kind is a class of the label set ``full``: the SMuFL name of the glyph, or the name of the line,
shape or text. It follows from the mark and its group in the engraving, never from its appearance.
"""

import re
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.page.geometry import Box
from deepscores.page.model import Elements, Mark, Marks, Page, Words
from deepscores.page.model.marks import BOX, SHAPES
from deepscores.page.model.packing import pack
from deepscores.page.outlines.contours import bounds, on_page

# Shapes, by the group that draws them: kind, and whether one group's shapes are one symbol.
_SHAPES: dict[str, tuple[str, bool]] = {
    "arpeg": ("arpeggiatoBracket", True),
    "beam": ("beam", True),
    "beamSpan": ("beam", True),
    "bracketSpan": ("bracketSpan", True),
    "dir": ("directionExtender", True),
    "dots": ("augmentationDot", False),
    "dynam": ("dynamicExtender", True),
    "fTrem": ("tremoloFingered", False),
    "f": ("figuredBassExtender", True),
    "fb": ("figuredBassExtender", True),
    "fing": ("fingeringEnclosure", True),
    "gliss": ("glissando", True),
    "hairpin": ("hairpin", True),
    "harm": ("chordSymbolExtender", True),
    "ledgerLines": ("ledgerLine", False),
    "lv": ("laissezVibrer", True),
    "multiRest": ("restHBar", True),
    "notehead": ("mensuralNotehead", True),
    "octave": ("ottavaLine", True),
    "pedal": ("pedalLine", True),
    "phrase": ("slur", True),
    "reh": ("rehearsalMarkEnclosure", True),
    "slur": ("slur", True),
    "syl": ("lyricHyphen", True),
    "system": ("systemBarline", False),
    "systemDivider": ("systemDivider", True),
    "tempo": ("tempoExtender", True),
    "tie": ("tie", True),
    "trill": ("trillLine", True),
    "tupletBracket": ("tupletBracket", True),
    "voltaBracket": ("voltaBracket", True),
}

# Texts, by the group that draws them.
_TEXTS = {
    "dir": "directionText",
    "dynam": "dynamicText",
    "ending": "voltaText",
    "f": "figuredBass",
    "fb": "figuredBass",
    "fing": "fingeringText",
    "harm": "chordSymbol",
    "label": "instrumentName",
    "labelAbbr": "instrumentName",
    "mNum": "measureNumber",
    "note": "tabFret",
    "octave": "ottavaText",
    "ornam": "ornamentText",
    "pedal": "pedalText",
    "pgFoot": "pageFooter",
    "pgHead": "pageHeader",
    "reh": "rehearsalMark",
    "repeatMark": "repeatText",
    "syl": "lyrics",
    "tempo": "tempoText",
    "trill": "trillText",
    "verse": "verseNumber",
    "voltaBracket": "voltaText",
}

# Glyph runs that are one symbol: SMuFL draws these lines and numbers in segments.
_RUNS = {
    "wiggleTrill": "trillLine",
    "ornamentZigZagLineNoRightEnd": "trillLine",
    "ornamentZigZagLineWithRightEnd": "trillLine",
    "wiggleGlissando": "glissando",
}
_ARPEGGIO = "wiggleArpeggiato"
_NUMBERS = {"multiRestNum": "restHNr", "mRptNum": "repeatBarNumber"}


class SymbolMarks(NamedTuple):
    """The symbols of a page and their marks. Every mark belongs to exactly one symbol."""

    kind: Words
    first: NDArray[np.int64]  # place of each symbol's first mark; symbols come in that order
    composites: dict[int, NDArray[np.int64]]  # by symbol: places of its marks, if several

    def marks_of(self, symbol: int) -> list[int]:
        """The places of a symbol's marks, in painting order."""
        places = self.composites.get(symbol)
        return [int(self.first[symbol])] if places is None else places.tolist()


def mark_box(mark: Mark) -> Box:
    """Tight box of a mark, pixels of the page."""
    return mark.box or bounds(on_page(mark.edges, mark.to_page, None))


def find_symbols(page: Page) -> SymbolMarks:
    """Group the marks of *page* into symbols, ordered by their first mark."""
    marks = Marks.of(page.marks)
    if not len(marks):
        return SymbolMarks(Words.of(()), np.empty(0, np.int64), {})
    names, name_of = _name_marks(marks, page)
    kinds: dict[str, int] = {}
    kind_of = np.array([kinds.setdefault(name.kind, len(kinds)) for name in names])[name_of]
    # Two marks of a kind with the same number are one symbol.
    count, elements = len(marks), len(page.elements)
    shared = np.arange(count)
    together = np.array([name.per_element for name in names])[name_of]
    shared[together] = count + marks.element[together]
    # A staff's lines are drawn measure by measure; a line is one symbol across its system.
    lines = np.flatnonzero(np.array([name.per_system for name in names])[name_of])
    line_codes = _lines(marks, lines, page)
    shared[lines] = count + elements + line_codes
    room = count + elements + int(line_codes.max(initial=-1)) + 1
    keys = pack([kind_of, shared], [len(kinds), room])
    _, first, symbol, counts = np.unique(
        keys, return_index=True, return_inverse=True, return_counts=True
    )
    order = first.argsort()
    composites: dict[int, NDArray[np.int64]] = {}
    if (counts > 1).any():
        new_row = np.empty(len(order), np.int64)
        new_row[order] = np.arange(len(order))
        by_symbol = new_row[symbol].argsort(kind="stable")
        ends = np.cumsum(counts[order])
        for composite in np.flatnonzero(counts[order] > 1).tolist():
            end = ends[composite]
            composites[composite] = by_symbol[end - counts[order[composite]] : end]
    first = first[order]
    return SymbolMarks(Words(kind_of[first].astype(np.int32), tuple(kinds)), first, composites)


_FINGERS = frozenset("012345")
_new = tuple.__new__  # a named tuple from all its fields, in a third of its constructor's time


class _Name(NamedTuple):
    """The kind of a mark, and which other marks belong to its symbol."""

    kind: str
    per_element: bool = False  # one symbol with its element's other marks of the kind
    per_system: bool = False  # one symbol with its system's marks at the same height


class _Look(NamedTuple):
    """All properties of a mark that its name depends on, except the slope of a slash."""

    shape: str  # one of SHAPES
    element: str  # kind of its element
    outer_element: str  # kind of the element around that, "" if there is none
    glyph: str
    part: str
    finger: str  # its text, if that is the number of a finger
    stroked: bool  # a line along an outline


def _name_marks(marks: Marks, page: Page) -> tuple[list[_Name], NDArray[np.int64]]:
    """The distinct names of *marks*, and for each mark the index of its name.

    Marks with the same look have the same name, which is determined once. Codes are specific to
    this page: earlier pages must have no influence.
    """
    elements = Elements.of(page.elements)
    words, kinds = elements.kind.words, elements.kind.codes
    parents = elements.parent
    outer_kinds = np.where(parents < 0, 0, kinds[parents] + 1)
    drawn: dict[tuple[str, str, str], int] = {}
    codes = [
        drawn.setdefault((glyph, part, text if text in _FINGERS else ""), len(drawn))
        for _, glyph, _, part, text, _ in marks.drawings
    ]
    drawing = np.array([*codes, len(drawn)], np.int64)[marks.drawing]  # a box has the last code
    stroked = (marks.drawing != BOX) & (marks.stroke > 0)
    columns = [drawing, marks.shape, kinds[marks.element], outer_kinds[marks.element], stroked]
    sizes = [len(drawn) + 1, len(SHAPES), len(words), len(words) + 1, 2]
    _, first, name_of = np.unique(pack(columns, sizes), return_index=True, return_inverse=True)
    looks = zip(*(column[first].tolist() for column in columns), strict=True)
    drawings, parent_words = [*drawn, ("", "", "")], ("", *words)
    names = [
        _name_look(
            _new(_Look, (SHAPES[shape], words[kind], parent_words[parent], *drawings[code], line))
        )
        for code, shape, kind, parent, line in looks
    ]
    slashes = [name.kind == _SLASH for name in names]
    if any(slashes):
        name_of = name_of.copy()
        for place in np.flatnonzero(np.array(slashes)[name_of]).tolist():
            name_of[place] = len(names)
            names.append(_name_slash(marks[place]))
    return names, name_of


@lru_cache(maxsize=4096)
def _name_look(look: _Look) -> _Name:
    kind = look.element
    if look.glyph:
        return _name_glyph(look)
    if look.shape == "text":
        return _Name(_name_text(look))
    if kind == "staff":
        return _Name("staffLine", per_system=True)
    if kind == "stem":
        return _Name(_SLASH if look.stroked else "stem")
    if kind == "grpSym":
        return _Name("brace" if look.shape == "path" else "bracket", per_element=True)
    if kind == "barLine":
        return _Name("barline", per_element=True)
    return _Name(*_SHAPES.get(kind, ("unclassified", False)))


def _name_glyph(look: _Look) -> _Name:
    name, kind = look.glyph, look.element
    if look.shape == "text":  # a music character among words: a metronome note, an accidental
        # Verovio uses figured bass's accidentals for chord symbols, too.
        return _Name(name.replace("figbass", "chordSymbol") if kind == "harm" else name)
    if kind == "keyAccid":
        return _Name(name.replace("accidental", "key"))
    if kind in _NUMBERS:
        return _Name(_NUMBERS[kind], per_element=True)
    if kind == "grpSym":
        return _Name("bracket", per_element=True)
    if kind == "arpeg" and name.startswith(_ARPEGGIO):
        return _Name("arpeggiato", per_element=True)
    if name in _RUNS:
        return _Name(_RUNS[name], per_element=True)
    if kind == "notehead" and name.startswith("accidentalParens"):
        return _Name(name.replace("accidentalParens", "noteheadParenthesis"))
    if kind == "clef":
        return _Name(_name_clef(look))
    return _Name(name)


def _name_clef(look: _Look) -> str:
    """The kind of a clef or of its octave numeral, which the engraver has split off.

    A clef within a layer is ``gClefChange`` and so on, whichever glyph the font has.
    """
    clef_name = _CLEF.fullmatch(look.glyph)
    if not clef_name:
        return look.glyph
    clef, octave, small = clef_name.groups()
    if look.part == "numeral":
        return "clef15" if octave.startswith("15") else "clef8"
    return f"{clef}Change" if look.outer_element == "layer" or small else str(clef)


_CLEF = re.compile(r"([cfg]Clef)(8va|8vb|15ma|15mb)?(Change)?")


def _name_text(look: _Look) -> str:
    if look.element == "fing" and look.finger:
        return f"fingering{look.finger}"
    if look.element == "label" and look.outer_element == "note":
        return "noteText"
    return _TEXTS.get(look.element, "text")


_SLASH = "graceNoteSlashStem"  # Up or Down, by its slope


def _name_slash(mark: Mark) -> _Name:
    assert mark.edges is not None
    xs, ys = mark.edges[:, 0], mark.edges[:, 1]
    rising = float(ys[xs.argmin()]) > float(ys[xs.argmax()])
    return _Name(f"{_SLASH}{'Up' if rising else 'Down'}")


def _systems(page: Page) -> NDArray[np.int64]:
    """(n,) the index of each element's system; -1 outside."""
    elements = Elements.of(page.elements)
    places = np.arange(1, len(elements) + 1)
    return elements.inherited(np.where(elements.kind.are("system"), places, 0)) - 1


def _lines(marks: Marks, rows: NDArray[np.int64], page: Page) -> NDArray[np.int64]:
    """(n,) the number of the staff line of each mark in *rows*."""
    if not len(rows):
        return rows
    systems = _systems(page)[marks.element[rows]] + 1
    heights = _heights(marks, rows)
    heights -= heights.min()
    return pack([systems, heights], [int(systems.max()) + 1, int(heights.max()) + 1])


def _heights(marks: Marks, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) the tops of the marks in *rows*, in hundredths of a pixel."""
    tops = marks.box[rows, 1]
    for place in np.flatnonzero(marks.drawing[rows] != BOX).tolist():
        tops[place] = mark_box(marks[int(rows[place])]).y0
    hundredths: NDArray[np.int64] = np.rint(100 * tops).astype(np.int64)
    return hundredths
