"""LilyPond's glyph names as SMuFL's."""

import re
from collections.abc import Iterable

_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_LENGTHS = ("8th", "16th", "32nd", "64th", "128th", "256th", "512th", "1024th")

_NAMES = {
    "noteheads.uM2": "noteheadDoubleWhole",
    "noteheads.dM2": "noteheadDoubleWhole",
    "noteheads.sM1": "noteheadDoubleWhole",
    "noteheads.sM1double": "noteheadDoubleWhole",
    "noteheads.sM1neomensural": "noteheadDoubleWholeSquare",
    "noteheads.srM1neomensural": "noteheadDoubleWholeSquare",
    "noteheads.s0neomensural": "noteheadWhole",
    "noteheads.s0": "noteheadWhole",
    "noteheads.s1": "noteheadHalf",
    "noteheads.s2": "noteheadBlack",
    "noteheads.s0cross": "noteheadXWhole",
    "noteheads.s1cross": "noteheadXHalf",
    "noteheads.s2cross": "noteheadXBlack",
    "noteheads.s2xcircle": "noteheadCircleX",
    "noteheads.s0diamond": "noteheadDiamondWhole",
    "noteheads.s1diamond": "noteheadDiamondHalf",
    "noteheads.s2diamond": "noteheadDiamondBlack",
    "noteheads.s0harmonic": "noteheadDiamondWhite",
    "noteheads.s2harmonic": "noteheadDiamondBlack",
    "noteheads.s0slash": "noteheadSlashWhiteWhole",
    "noteheads.s1slash": "noteheadSlashWhiteHalf",
    "noteheads.s2slash": "noteheadSlashHorizontalEnds",
    "noteheads.s0la": "noteheadSquareWhite",
    "noteheads.s1la": "noteheadSquareWhite",
    "noteheads.s2la": "noteheadSquareBlack",
    "noteheads.s0triangle": "noteheadTriangleUpWhole",
    "noteheads.s1triangle": "noteheadTriangleUpHalf",
    "noteheads.s2triangle": "noteheadTriangleUpBlack",
    "rests.0": "restWhole",
    "rests.1": "restHalf",
    "rests.2": "restQuarter",
    "rests.M1": "restDoubleWhole",
    "rests.M2": "restLonga",
    "rests.M3": "mensuralRestMaxima",
    "accidentals.sharp": "accidentalSharp",
    "accidentals.flat": "accidentalFlat",
    "accidentals.natural": "accidentalNatural",
    "accidentals.doublesharp": "accidentalDoubleSharp",
    "accidentals.flatflat": "accidentalDoubleFlat",
    "accidentals.sharp.slashslash.stem": "accidentalQuarterToneSharpStein",
    "accidentals.sharp.slashslash.stemstemstem": "accidentalThreeQuarterTonesSharpStein",
    "accidentals.mirroredflat": "accidentalQuarterToneFlatStein",
    "accidentals.mirroredflat.flat": "accidentalThreeQuarterTonesFlatZimmermann",
    "accidentals.leftparen": "accidentalParensLeft",
    "accidentals.rightparen": "accidentalParensRight",
    "clefs.G": "gClef",
    "clefs.F": "fClef",
    "clefs.C": "cClef",
    "clefs.G_change": "gClefChange",
    "clefs.F_change": "fClefChange",
    "clefs.C_change": "cClefChange",
    "clefs.percussion": "unpitchedPercussionClef1",
    "clefs.percussion_change": "unpitchedPercussionClef1",
    "timesig.C44": "timeSigCommon",
    "timesig.C22": "timeSigCutCommon",
    "plus": "timeSigPlus",
    "brackettips.up": "bracketTop",
    "brackettips.down": "bracketBottom",
    "dots.dot": "augmentationDot",
    "p": "dynamicPiano",
    "m": "dynamicMezzo",
    "f": "dynamicForte",
    "s": "dynamicSforzando",
    "r": "dynamicRinforzando",
    "z": "dynamicZ",
    "n": "dynamicNiente",
    "scripts.ufermata": "fermataAbove",
    "scripts.dfermata": "fermataBelow",
    "scripts.ushortfermata": "fermataShortAbove",
    "scripts.dshortfermata": "fermataShortBelow",
    "scripts.ulongfermata": "fermataLongAbove",
    "scripts.dlongfermata": "fermataLongBelow",
    "scripts.ustaccatissimo": "articStaccatissimoAbove",
    "scripts.dstaccatissimo": "articStaccatissimoBelow",
    "scripts.umarcato": "articMarcatoAbove",
    "scripts.dmarcato": "articMarcatoBelow",
    "scripts.uportato": "articTenutoStaccatoAbove",
    "scripts.dportato": "articTenutoStaccatoBelow",
    "scripts.upbow": "stringsUpBow",
    "scripts.downbow": "stringsDownBow",
    "scripts.flageolet": "stringsHarmonic",
    "scripts.open": "brassMuteOpen",
    "scripts.stopped": "pluckedLeftHandPizzicato",
    "scripts.snappizzicato": "pluckedSnapPizzicatoAbove",
    "scripts.trill": "ornamentTrill",
    "scripts.turn": "ornamentTurn",
    "scripts.reverseturn": "ornamentTurnInverted",
    "scripts.prall": "ornamentShortTrill",
    "scripts.mordent": "ornamentMordent",
    "scripts.prallprall": "ornamentTremblement",
    "scripts.trill_element": "wiggleTrill",
    "scripts.arpeggio": "wiggleArpeggiatoUp",
    "scripts.rcomma": "breathMarkComma",
    "scripts.caesura.straight": "caesura",
    "scripts.caesura.curved": "caesura",
    "scripts.segno": "segno",
    "scripts.coda": "coda",
    "scripts.varcoda": "codaSquare",
    "pedal.Ped": "keyboardPedalPed",
    "pedal.*": "keyboardPedalUp",
    "flags.ugrace": "graceNoteSlashStemUp",
    "flags.dgrace": "graceNoteSlashStemDown",
    **{f"flags.u{i}": f"flag{name}Up" for i, name in enumerate(_LENGTHS, start=3)},
    **{f"flags.d{i}": f"flag{name}Down" for i, name in enumerate(_LENGTHS, start=3)},
    **{f"rests.{i}": f"rest{name}" for i, name in enumerate(_LENGTHS, start=3)},
}
# LilyPond has one glyph for several of these signs; MEI's name decides.
ARTICULATIONS = {
    "stacciss": "articStaccatissimoWedge{}",
    "spicc": "articStaccatissimo{}",
    "stroke": "articStaccatissimoStroke{}",
    "stop": "brassMuteClosed",
    "lhpizz": "pluckedLeftHandPizzicato",
    "open": "brassMuteOpen",
    "harm": "stringsHarmonic",
}
_SIDED = {  # one glyph for both sides of a note
    "scripts.staccato": "articStaccato",
    "scripts.sforzato": "articAccent",
    "scripts.tenuto": "articTenuto",
}
_NUMBER = re.compile(r"(?:fattened\.)?(?:fixedwidth\.)?(" + "|".join(_DIGITS) + r")(?:\.alt)?")
# Digits are the same glyphs wherever they stand.
_DIGITS_OF = {
    "TimeSignature": "timeSig",
    "TupletNumber": "tuplet",
    "Fingering": "fingering",
    "MultiMeasureRestNumber": "timeSig",
    "PercentRepeatCounter": "timeSig",
}


def smufl_name(glyph: str, grob: str, *, is_above: bool) -> str:
    """The SMuFL name of the *glyph* that *grob* draws; "" if unknown.

    >>> smufl_name("three", "TimeSignature", is_above=True)
    'timeSig3'
    """
    if grob in ("BarLine", "SpanBar") and glyph == "dots.dot":
        return "repeatDot"
    if grob == "Parentheses" and glyph.startswith("accidentals."):
        return _NAMES[glyph].replace("accidentalParens", "noteheadParenthesis")
    if glyph in _SIDED:
        return _SIDED[glyph] + ("Above" if is_above else "Below")
    digit = _NUMBER.fullmatch(glyph)
    if digit:
        prefix = _DIGITS_OF.get(grob, "")
        return f"{prefix}{_DIGITS.index(digit[1])}" if prefix else ""
    return _NAMES.get(glyph, "")


def smufl_names(glyphs: Iterable[str]) -> frozenset[str]:
    """The SMuFL names that *glyphs* of a font can be drawn for.

    >>> sorted(smufl_names(["scripts.tenuto"]))
    ['articTenutoAbove', 'articTenutoBelow']
    """
    return frozenset(
        name
        for glyph in glyphs
        for grob in ("", "BarLine", *_DIGITS_OF)
        for is_above in (True, False)
        if (name := smufl_name(glyph, grob, is_above=is_above))
    )
