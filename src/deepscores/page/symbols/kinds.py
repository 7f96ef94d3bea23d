"""What each mark of a page is: its kind, and which marks make one symbol.

A kind is a class of the label set ``full``: the SMuFL name of the glyph, or the name of the line,
shape or text. It follows from the mark and from the group it stands in, never from its looks.
"""

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.page.geometry import Box
from deepscores.page.model import Drawing, Element, Elements, Mark, Marks, Page, Words
from deepscores.page.model.marks import BOX
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


class Drawn(NamedTuple):
    """The symbols of a page, by their marks. Every mark is in exactly one symbol."""

    kind: Words
    first: NDArray[np.int64]  # place of each symbol's first mark; symbols come in that order
    others: dict[int, NDArray[np.int64]]  # by symbol: places of all its marks, if it has several

    def marks_of(self, symbol: int) -> list[int]:
        """The places of a symbol's marks, in painting order."""
        several = self.others.get(symbol)
        return [int(self.first[symbol])] if several is None else several.tolist()


def mark_box(mark: Mark) -> Box:
    """Tight box of a mark, pixels of the page."""
    return mark.box or bounds(on_page(mark.edges, mark.to_page, None))


def find_symbols(page: Page) -> Drawn:
    """Group the marks of *page* into symbols, ordered by their first mark."""
    marks = Marks.of(page.marks)
    if not len(marks):
        return Drawn(Words.of(()), np.empty(0, np.int64), {})
    named, which = _named(marks, page)
    kinds: dict[str, int] = {}
    kind_of = np.array([kinds.setdefault(one.kind, len(kinds)) for one in named])[which]
    # What makes two marks of a kind one symbol: a number that they share.
    shared = -1 - np.arange(len(marks))
    together = np.array([one.whole for one in named])[which]
    shared[together] = marks.element[together]
    # A staff's lines are drawn measure by measure; a line is one symbol across its system.
    lines = np.flatnonzero(np.array([one.line for one in named])[which])
    shared[lines] = _systems(page)[marks.element[lines]] * _HEIGHTS + _heights(marks, lines)
    keys = kind_of * (1 << 48) + shared
    _, first, symbol, counts = np.unique(
        keys, return_index=True, return_inverse=True, return_counts=True
    )
    order = first.argsort()
    others: dict[int, NDArray[np.int64]] = {}
    if (counts > 1).any():
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        by_symbol = rank[symbol].argsort(kind="stable")
        ends = np.cumsum(counts[order])
        for several in np.flatnonzero(counts[order] > 1).tolist():
            end = ends[several]
            others[several] = by_symbol[end - counts[order[several]] : end]
    first = first[order]
    return Drawn(Words(kind_of[first].astype(np.int32), tuple(kinds)), first, others)


_HEIGHTS = 1 << 28  # more hundredths of a pixel than a page is high


_FINGERS = frozenset("012345")


class _Name(NamedTuple):
    """What a mark is, and whether it is a symbol of its own."""

    kind: str
    whole: bool = False  # one symbol with its element's other marks of the kind
    line: bool = False  # one symbol with what is drawn at its height in its system


_Look = tuple[int, int, int, int, bool]  # drawing, shape, element, parent of it, stroked outline
_names: dict[_Look, _Name] = {}  # of what was met
_codes: dict[object, int] = {}  # of kinds of elements, and of what drawings are


def _code(word: object) -> int:
    return _codes.setdefault(word, len(_codes))


def _named(marks: Marks, page: Page) -> tuple[list[_Name], NDArray[np.int64]]:
    """The different names of *marks*, and for each mark which one it has.

    A name follows from what all marks of one look share, so that it is found out once.
    """
    elements = Elements.of(page.elements)
    kinds = np.array(list(map(_code, elements.kind.words)), np.int64)[elements.kind.codes]
    parents = elements.parent
    around = np.where(parents < 0, 0, kinds[parents] + 1)
    drawn = [_code(_drawn(one)) for one in marks.drawings]
    boxed = marks.drawing == BOX
    drawing = np.array([*drawn, _code(())], np.int64)[marks.drawing]  # a box is the last
    stroked = ~boxed & (marks.stroke > 0)
    looks = np.stack(
        [drawing, marks.shape, kinds[marks.element], around[marks.element], stroked], axis=1
    )
    packed = looks @ np.array([1 << 36, 1 << 33, 1 << 17, 2, 1])
    _, first, which = np.unique(packed, return_index=True, return_inverse=True)
    named = []
    for place, look in zip(first.tolist(), looks[first].tolist(), strict=True):
        name = _names.get(tuple(look))
        if name is None:
            name = _names[tuple(look)] = _name(marks[place], page)
        named.append(name)
    slashes = [one.kind == _SLASH for one in named]
    if any(slashes):
        which = which.copy()
        for place in np.flatnonzero(np.array(slashes)[which]).tolist():
            which[place] = len(named)
            named.append(_name_slash(marks[place]))
    return named, which


def _drawn(drawing: Drawing) -> tuple[str, ...]:
    """What of a drawing its name may depend on."""
    text = drawing.text if drawing.text in _FINGERS else ""
    return drawing.glyph, drawing.part, text


def _name(mark: Mark, page: Page) -> _Name:
    element = page.elements[mark.element]
    kind = element.kind
    if mark.glyph:
        return _name_glyph(mark, element, page)
    if mark.shape == "text":
        return _Name(_name_text(mark, element, page))
    if kind == "staff":
        return _Name("staffLine", line=True)
    if kind == "stem":
        return _Name("stem" if mark.edges is None or not mark.stroke else _SLASH)
    if kind == "grpSym":
        return _Name("brace" if mark.shape == "path" else "bracket", whole=True)
    if kind == "barLine":
        return _Name("barline", whole=True)
    return _Name(*_SHAPES.get(kind, ("unclassified", False)))


def _name_glyph(mark: Mark, element: Element, page: Page) -> _Name:
    name, kind = mark.glyph, element.kind
    if mark.shape == "text":  # a music character among words: a metronome note, an accidental
        # Verovio takes figured bass's accidentals for chord symbols too.
        return _Name(name.replace("figbass", "chordSymbol") if kind == "harm" else name)
    if kind == "keyAccid":
        return _Name(name.replace("accidental", "key"))
    if kind in _NUMBERS:
        return _Name(_NUMBERS[kind], whole=True)
    if kind == "grpSym":
        return _Name("bracket", whole=True)
    if kind == "arpeg" and name.startswith(_ARPEGGIO):
        return _Name("arpeggiato", whole=True)
    if name in _RUNS:
        return _Name(_RUNS[name], whole=True)
    if kind == "notehead" and name.startswith("accidentalParens"):
        return _Name(name.replace("accidentalParens", "noteheadParenthesis"))
    if kind == "clef":
        return _Name(_name_clef(mark, change=_in_layer(element, page)))
    return _Name(name)


def _name_clef(mark: Mark, *, change: bool) -> str:
    """The kind of a clef or of its octave numeral, which the engraver has cut off.

    A clef within the music (*change*) is ``gClefChange`` and so on, whatever glyph the font has.
    """
    found = _CLEF.fullmatch(mark.glyph)
    if not found:
        return mark.glyph
    clef, octave, small = found.groups()
    if mark.part == "numeral":
        return "clef15" if octave.startswith("15") else "clef8"
    return f"{clef}Change" if change or small else str(clef)


_CLEF = re.compile(r"([cfg]Clef)(8va|8vb|15ma|15mb)?(Change)?")


def _in_layer(element: Element, page: Page) -> bool:
    return element.parent >= 0 and page.elements[element.parent].kind == "layer"


def _name_text(mark: Mark, element: Element, page: Page) -> str:
    if element.kind == "fing" and mark.text in _FINGERS:
        return f"fingering{mark.text}"
    if element.kind == "label" and page.elements[element.parent].kind == "note":
        return "noteText"
    return _TEXTS.get(element.kind, "text")


_SLASH = "graceNoteSlashStem"  # Up or Down, by how it is drawn


def _name_slash(mark: Mark) -> _Name:
    assert mark.edges is not None
    xs, ys = mark.edges[:, 0], mark.edges[:, 1]
    rising = float(ys[xs.argmin()]) > float(ys[xs.argmax()])
    return _Name(f"{_SLASH}{'Up' if rising else 'Down'}")


def _systems(page: Page) -> NDArray[np.int64]:
    """(n,) the place of the system that each element is in; -1 outside."""
    elements = Elements.of(page.elements)
    places = np.arange(1, len(elements) + 1)
    return elements.inherited(np.where(elements.kind.are("system"), places, 0)) - 1


def _heights(marks: Marks, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) where the marks in *rows* begin, hundredths of a pixel from the top."""
    tops = marks.box[rows, 1]
    for place in np.flatnonzero(marks.drawing[rows] != BOX).tolist():
        tops[place] = mark_box(marks[int(rows[place])]).y0
    hundredths: NDArray[np.int64] = np.rint(100 * tops).astype(np.int64)
    return hundredths
