"""What each mark of a page is: its kind, and which marks make one symbol.

A kind is a class of the label set ``full``: the SMuFL name of the glyph, or the name of the line,
shape or text. It follows from the mark and from the group it stands in, never from its looks.
"""

import re
from typing import NamedTuple

from deepscores.geometry import Box
from deepscores.model import Element, Mark, Page
from deepscores.outlines.contours import bounds, on_page

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


_Named = tuple[str, tuple[object, ...]]  # a kind, and what marks of one symbol share, if they do


_PLAIN: dict[str, _Named] = {
    group: (kind, ()) for group, (kind, whole) in _SHAPES.items() if not whole
}


class Drawn(NamedTuple):
    """One symbol's marks, in painting order."""

    kind: str
    marks: tuple[Mark, ...]

    @property
    def mark(self) -> Mark:
        return self.marks[0]


def mark_box(mark: Mark) -> Box:
    """Tight box of a mark, pixels of the page."""
    return mark.box or bounds(on_page(mark.edges, mark.to_page, None))


def find_symbols(page: Page) -> list[Drawn]:
    """Group the marks of *page* into symbols, ordered by their first mark.

    Every mark is in exactly one symbol.
    """
    places: dict[tuple[object, ...], int] = {}  # in the list below
    found: list[tuple[str, list[Mark]]] = []
    for mark in page.marks:
        kind, key = _name(mark, page)
        if key:
            key = (kind, *key)
            place = places.get(key)
            if place is not None:
                found[place][1].append(mark)
                continue
            places[key] = len(found)
        found.append((kind, [mark]))
    return [tuple.__new__(Drawn, (kind, tuple(marks))) for kind, marks in found]


def _name(mark: Mark, page: Page) -> _Named:
    element = page.elements[mark.element]
    if mark.glyph:
        return _name_glyph(mark, element, page)
    if mark.shape == "text":
        return _name_text(mark, element, page), ()
    special = _SPECIAL.get(element.kind)
    if special:
        return special(mark, page)
    plain = _PLAIN.get(element.kind)
    if plain:
        return plain
    kind, whole = _SHAPES.get(element.kind, ("unclassified", False))
    return kind, (mark.element,) if whole else ()


def _name_glyph(mark: Mark, element: Element, page: Page) -> _Named:
    name, kind = mark.glyph, element.kind
    if mark.shape == "text":  # a music character among words: a metronome note, an accidental
        # Verovio takes figured bass's accidentals for chord symbols too.
        return name.replace("figbass", "chordSymbol") if kind == "harm" else name, ()
    if kind == "keyAccid":
        return name.replace("accidental", "key"), ()
    if kind in _NUMBERS:
        return _NUMBERS[kind], (mark.element,)
    if kind == "grpSym":
        return "bracket", (mark.element,)
    if kind == "arpeg" and name.startswith(_ARPEGGIO):
        return "arpeggiato", (mark.element,)
    if name in _RUNS:
        return _RUNS[name], (mark.element,)
    if kind == "notehead" and name.startswith("accidentalParens"):
        return name.replace("accidentalParens", "noteheadParenthesis"), ()
    if kind == "clef":
        return _name_clef(mark, change=_in_layer(element, page)), ()
    return name, ()


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
    if element.kind == "fing" and mark.text in "012345" and len(mark.text) == 1:
        return f"fingering{mark.text}"
    if element.kind == "label" and page.elements[element.parent].kind == "note":
        return "noteText"
    return _TEXTS.get(element.kind, "text")


def _name_staff(mark: Mark, page: Page) -> _Named:
    # A staff's lines are drawn measure by measure; a line is one symbol across its system.
    system = _ancestor(mark.element, "system", page)
    return "staffLine", (system, round(mark_box(mark).y0, 2))


def _name_stem(mark: Mark, page: Page) -> _Named:
    if mark.edges is None or not mark.stroke:
        return "stem", ()
    xs, ys = mark.edges[:, 0], mark.edges[:, 1]
    rising = float(ys[xs.argmin()]) > float(ys[xs.argmax()])
    return ("graceNoteSlashStemUp" if rising else "graceNoteSlashStemDown"), ()


def _name_group(mark: Mark, page: Page) -> _Named:
    if mark.shape == "path":
        return "brace", (mark.element,)
    return "bracket", (mark.element,)


def _name_barline(mark: Mark, page: Page) -> _Named:
    return "barline", (mark.element,)


_SPECIAL = {
    "staff": _name_staff,
    "stem": _name_stem,
    "grpSym": _name_group,
    "barLine": _name_barline,
}


def _ancestor(index: int, kind: str, page: Page) -> int:
    while index >= 0 and page.elements[index].kind != kind:
        index = page.elements[index].parent
    return index
