"""What each mark of a page is: its kind, and which marks make one symbol.

A kind is a class of the label set ``full``: the SMuFL name of the glyph, or the name of the line,
shape or text. It follows from the mark and from the group it stands in, never from its looks.
"""

from typing import NamedTuple

import numpy as np

from deepscores.geometry import Box
from deepscores.model import Element, Mark, Page
from deepscores.outlines.contours import bounds, contours, on_page

# Shapes, by the group that draws them: kind, and whether one group's shapes are one symbol.
_SHAPES: dict[str, tuple[str, bool]] = {
    "arpeg": ("arpeggiatoBracket", True),
    "beam": ("beam", False),
    "beamSpan": ("beam", False),
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
    groups: dict[tuple[object, ...], int] = {}  # place in the lists below
    kinds: list[str] = []
    members: list[list[Mark]] = []
    for mark in page.marks:
        for kind, piece, key in _name(mark, page):
            if key:
                key = (kind, *key)
                place = groups.get(key)
                if place is not None:
                    members[place].append(piece)
                    continue
                groups[key] = len(kinds)
            kinds.append(kind)
            members.append([piece])
    return [Drawn(kind, tuple(marks)) for kind, marks in zip(kinds, members, strict=True)]


def _name(mark: Mark, page: Page) -> list[tuple[str, Mark, tuple[object, ...]]]:
    """The kind of *mark* and what it is grouped by; composite glyphs come apart."""
    element = page.elements[mark.element]
    if mark.glyph:
        return _name_glyph(mark, element, page)
    if mark.shape == "text":
        return [(_name_text(mark, element, page), mark, ())]
    if element.kind in _SPECIAL:
        kind, key = _SPECIAL[element.kind](mark, element, page)
        return [(kind, mark, key)]
    kind, whole = _SHAPES.get(element.kind, ("unclassified", False))
    return [(kind, mark, (mark.element,) if whole else ())]


def _name_glyph(
    mark: Mark, element: Element, page: Page
) -> list[tuple[str, Mark, tuple[object, ...]]]:
    name = mark.glyph
    if mark.shape == "text":  # a music character among words: a metronome note, an accidental
        return [(name, mark, ())]
    if element.kind == "keyAccid":
        return [(name.replace("accidental", "key"), mark, ())]
    if element.kind in _NUMBERS:
        return [(_NUMBERS[element.kind], mark, (mark.element,))]
    if element.kind == "grpSym":
        return [("bracket", mark, (mark.element,))]
    if element.kind == "arpeg" and name.startswith(_ARPEGGIO):
        return [("arpeggiato", mark, (mark.element,))]
    if name in _RUNS:
        return [(_RUNS[name], mark, (mark.element,))]
    if element.kind == "notehead" and name.startswith("accidentalParens"):
        return [(name.replace("accidentalParens", "noteheadParenthesis"), mark, ())]
    if element.kind == "clef":
        return [(kind, piece, ()) for kind, piece in split_clef(mark, _in_layer(element, page))]
    return [(name, mark, ())]


def split_clef(mark: Mark, change: bool) -> list[tuple[str, Mark]]:
    """A clef and its octave numeral, which SMuFL draws as one glyph, as two marks.

    A clef within the music (*change*) is ``gClefChange`` and so on, whatever glyph the font has.
    """
    name = mark.glyph.removesuffix("Change")
    base, _, octave = next(
        ((clef, "", name.removeprefix(clef)) for clef in _CLEFS if name.startswith(clef)),
        (name, "", ""),
    )
    kind = f"{base}Change" if (change or name != mark.glyph) and base in _CLEFS else base
    numeral = "clef15" if octave.startswith("15") else "clef8" if octave.startswith("8") else ""
    if not numeral:
        return [(kind if base in _CLEFS and not octave else name, mark)]
    body, digits = _split_contours(mark, above=octave.endswith("a"))
    if digits is None:
        return [(kind, body)]
    return [(kind, body), (numeral, digits)]


_CLEFS = ("gClef", "cClef", "fClef")


def _split_contours(mark: Mark, *, above: bool) -> tuple[Mark, Mark | None]:
    """Cut a glyph's contours into a body and what stands clear *above* (or below) it."""
    assert mark.edges is not None  # a glyph
    pieces = contours(mark.edges)
    spans = [(float(piece[:, 1].min()), float(piece[:, 1].max())) for piece in pieces]
    top, bottom = max(spans, key=lambda span: span[1] - span[0])
    reach = 0.1 * (bottom - top)  # numerals may touch the clef's tail
    apart = [
        (low + high) / 2 < top + reach if above else (low + high) / 2 > bottom - reach
        for low, high in spans
    ]
    if not any(apart):
        return mark, None
    digits = np.concatenate([piece for piece, is_apart in zip(pieces, apart, strict=True) if is_apart])
    body = np.concatenate([piece for piece, is_apart in zip(pieces, apart, strict=True) if not is_apart])
    return mark._replace(edges=body, part="body"), mark._replace(edges=digits, part="numeral")


def _in_layer(element: Element, page: Page) -> bool:
    return element.parent >= 0 and page.elements[element.parent].kind == "layer"


def _name_text(mark: Mark, element: Element, page: Page) -> str:
    if element.kind == "fing" and mark.text in "012345" and len(mark.text) == 1:
        return f"fingering{mark.text}"
    if element.kind == "label" and page.elements[element.parent].kind == "note":
        return "noteText"
    return _TEXTS.get(element.kind, "text")


def _name_staff(mark: Mark, element: Element, page: Page) -> tuple[str, tuple[object, ...]]:
    # A staff's lines are drawn measure by measure; a line is one symbol across its system.
    system = _ancestor(mark.element, "system", page)
    return "staffLine", (system, round(mark_box(mark).y0, 2))


def _name_stem(mark: Mark, element: Element, page: Page) -> tuple[str, tuple[object, ...]]:
    if mark.edges is None or not mark.stroke:
        return "stem", ()
    xs, ys = mark.edges[:, 0], mark.edges[:, 1]
    rising = float(ys[xs.argmin()]) > float(ys[xs.argmax()])
    return ("graceNoteSlashStemUp" if rising else "graceNoteSlashStemDown"), ()


def _name_group(mark: Mark, element: Element, page: Page) -> tuple[str, tuple[object, ...]]:
    if mark.shape == "path":
        return "brace", (mark.element,)
    return "bracket", (mark.element,)


def _name_barline(mark: Mark, element: Element, page: Page) -> tuple[str, tuple[object, ...]]:
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
