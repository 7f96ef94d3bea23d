"""Kinds against what was drawn: the glyphs that each may have, and the elements.

This says again, from SMuFL's and MEI's names alone, what `deepscores.page.symbols.kinds` decides by
what an engraver did: neither may call the other.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from deepscores.dataset.contents import PageContents

_CLEF = "(8v[ab]|15m[ab])?"
_DIGIT = r"(timeSig|tuplet)\d"

# Kind → a glyph that it may have besides that of its own name, and the elements that it is then of
# (none: of any). A group of the kind stands for itself in the glyph.
LOOKS: tuple[tuple[str, str, str], ...] = (
    # Glyphs that mean something else where they stand.
    (r"key([A-Z]\w*)", r"accidental\1", "keyAccid"),
    (r"([cfg]Clef)", rf"\1{_CLEF}", "clef"),
    (r"([cfg]Clef)Change", rf"\1{_CLEF}(Change)?", "clef"),
    (r"clef8", r"[cfg]Clef8v[ab](Change)?", "clef"),
    (r"clef15", r"[cfg]Clef15m[ab](Change)?", "clef"),
    (r"noteheadParenthesis(Left|Right)", r"accidentalParens\1", "notehead"),
    (r"chordSymbol(?!Extender)([A-Z]\w*)", r"figbass\1", "harm"),
    (r"restHNr", _DIGIT, "multiRestNum"),
    (r"repeatBarNumber", _DIGIT, "mRptNum"),
    # Glyphs one after another, or a line.
    (r"arpeggiato", r"wiggleArpeggiato\w*", "arpeg"),
    (r"trillLine", r"wiggleTrill|ornamentZigZagLine(No|With)RightEnd", ""),
    (r"trillLine", "", "trill"),
    (r"glissando", r"wiggleGlissando", ""),
    (r"glissando", "", "gliss"),
    (r"bracket", r"(bracket(Top|Bottom))?", "grpSym"),
    # Glyphs with one engraver or font, and strokes or letters with another.
    (r"graceNoteSlashStem(Up|Down)", "", "stem"),
    (r"augmentationDot", "", "dots"),
    (r"fingering[0-5]", "", "fing"),
    # Lines and shapes.
    (r"arpeggiatoBracket", "", "arpeg"),
    (r"barline\w+", "", "barLine"),
    (r"beam", "", "beam beamSpan"),
    (r"brace", "", "grpSym"),
    (r"bracketSpan", "", "bracketSpan"),
    (r"chordSymbolExtender", "", "harm"),
    (r"directionExtender", "", "dir"),
    (r"dynamic(Crescendo|Diminuendo)Hairpin", "", "hairpin"),
    (r"dynamicExtender", "", "dynam"),
    (r"figuredBassExtender", "", "f fb"),
    (r"fingeringEnclosure", "", "fing"),
    (r"laissezVibrer", "", "lv"),
    (r"ledgerLine", "", "ledgerLines"),
    (r"lyric(Hyphen|Extender)", "", "syl"),
    (r"mensuralNotehead", "", "notehead"),
    (r"ottavaLine", "", "octave"),
    (r"pedalLine", "", "pedal"),
    (r"rehearsalMarkEnclosure", "", "reh"),
    (r"restHBar", "", "multiRest"),
    (r"slur", "", "slur phrase"),
    (r"staffLine", "", "staff"),
    (r"stem", "", "stem"),
    (r"systemBarline", "", "system"),
    (r"systemDivider", "", "systemDivider"),
    (r"tempoExtender", "", "tempo"),
    (r"tie", "", "tie"),
    (r"tremoloFingered", "", "fTrem"),
    (r"tupletBracket", "", "tupletBracket"),
    (r"voltaBracket", "", "voltaBracket"),
    # Words.
    (r"chordSymbol", "", "harm"),
    (r"directionText", "", "dir"),
    (r"dynamicText", "", "dynam"),
    (r"figuredBass", "", "f fb"),
    (r"fingeringText", "", "fing"),
    (r"instrumentName", "", "label labelAbbr"),
    (r"lyrics", "", "syl"),
    (r"measureNumber", "", "mNum"),
    (r"noteText", "", "label"),
    (r"ornamentText", "", "ornam"),
    (r"ottavaText", "", "octave"),
    (r"page(Header|Footer)", "", "pgHead pgFoot"),
    (r"pedalText", "", "pedal"),
    (r"rehearsalMark", "", "reh"),
    (r"repeatText", "", "repeatMark"),
    (r"tabFret", "", "note"),
    (r"tempoText", "", "tempo"),
    (r"trillText", "", "trill"),
    (r"verseNumber", "", "verse"),
    (r"voltaText", "", "ending voltaBracket"),
    # What no class is for.
    (r"text|unclassified", "", ""),
)
# Elements all of whose symbols are of some kinds, whatever glyphs draw them.
KINDS_OF: dict[str, str] = {
    "keyAccid": r"key[A-Z]\w*",
    "ledgerLines": "ledgerLine",
    "multiRestNum": "restHNr",
    "mRptNum": "repeatBarNumber",
    "grpSym": "brace|bracket",
    "notehead": "(?!accidentalParens).*",
}


def _looks_of(kind: str) -> Iterator[tuple[str, list[str]]]:
    """The glyphs, as patterns, and elements of the rows of a kind."""
    for pattern, glyph, roles in LOOKS:
        match = re.fullmatch(pattern, kind)
        if match:
            group = match[1] if match.re.groups else ""
            yield glyph.replace(r"\1", group), roles.split()


@lru_cache(maxsize=4096)
def fault_of(kind: str, glyph: str, role: str) -> str:
    """Why a symbol of *kind* cannot be what *glyph* draws for an element *role*; "" if it can.

    >>> fault_of("dynamicMezzo", "dynamicPiano", "dynam")
    'drawn as dynamicPiano for dynam'
    >>> fault_of("keyFlat", "accidentalFlat", "keyAccid"), fault_of("stem", "", "stem")
    ('', '')
    """
    fits = glyph == kind or any(
        re.fullmatch(expected, glyph) and (not roles or role in roles)
        for expected, roles in _looks_of(kind)
    )
    if fits and re.fullmatch(KINDS_OF.get(role, ".*"), kind):
        return ""
    return f"drawn as {glyph or 'lines, a shape or text'} for {role or 'no element'}"


def wrong_kinds(page: PageContents) -> Iterator[tuple[object, str]]:
    """Symbols whose kind is not what the glyph and the element say."""
    symbols = page.symbols
    looks = zip(symbols.kinds, symbols.glyphs, symbols.roles, strict=True)
    for number, (kind, glyph, role) in enumerate(looks, start=1):
        fault = fault_of(kind, glyph, role)
        if fault:
            yield number, f"{kind}: {fault}"
