"""Which kinds of symbols may belong to which: a stem to a beam, an articulation to a note."""

from fnmatch import fnmatchcase
from functools import cache

_HEADS = ("notehead*", "mensuralNotehead", "rest*", "tabFret")
_NOTES = ("notehead*", "mensuralNotehead", "tabFret")

# Child kind → kinds its parent may have. The first row that fits counts; a kind without a row
# has no parent.
PARENTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("stem", ("beam",)),
    ("beam", ("beam",)),
    ("notehead*", ("stem",)),
    ("mensuralNotehead", ("stem",)),
    ("flag*", (*_NOTES, "stem")),
    ("graceNoteSlash*", (*_NOTES, "stem")),
    ("augmentationDot", _HEADS),
    ("metAugmentationDot", ()),
    ("accidental*", (*_NOTES, "ornament*")),
    ("artic*", _NOTES),
    ("strings*", _NOTES),
    ("fermata*", (*_HEADS, "barline*")),
    ("trillLine", (*_HEADS, "ornamentTrill")),
    ("ornament*", _HEADS),
    ("ottava*", (*_HEADS, "ottava*")),
    ("keyboardPedal*", _HEADS),
    ("pedal*", (*_HEADS, "keyboardPedal*", "pedal*")),
    ("clef8", ("*Clef*",)),
    ("clef15", ("*Clef*",)),
    ("restHNr", ("restHBar",)),
    ("repeatDot", ("barline*",)),
    ("voltaText", ("voltaBracket",)),
    ("repeatBarNumber", ("repeat*",)),
    ("rehearsalMarkEnclosure", ("rehearsalMark",)),
    ("dynamicExtender", (*_HEADS, "dynamic*")),
    ("dynamic*", _HEADS),
    ("slur", _HEADS),
    ("tie", _HEADS),
    ("laissezVibrer", _HEADS),
    ("lyric*", _HEADS),
    ("verseNumber", _HEADS),
    ("tremolo*", _HEADS),
    ("arpeggiato*", _HEADS),
    ("glissando", _HEADS),
    ("fingering*", _HEADS),
    ("breath*", _HEADS),
    ("caesura*", _HEADS),
    ("direction*", _HEADS),
    ("chordSymbol*", _HEADS),
    *((kind, ()) for kind in (
        "staffLine", "ledgerLine", "barline*", "systemBarline", "systemDivider", "brace",
        "bracket*", "page*", "instrumentName", "measureNumber", "timeSig*", "key*", "gClef*",
        "fClef*", "cClef*", "rest*", "tuplet*", "tempo*", "voltaBracket", "rehearsalMark",
        "repeat*",
    )),
    ("*", _HEADS),  # rarer glyphs at a note: plucked, brass, wind, Schenkerian …
)  # fmt: skip


@cache
def may_belong(child: str, parent: str) -> bool:
    """Whether a symbol of kind *child* may have a parent of kind *parent*.

    >>> may_belong("flag8thUp", "noteheadBlack"), may_belong("flag8thUp", "restHalf")
    (True, False)
    """
    allowed = next(parents for kind, parents in PARENTS if fnmatchcase(child, kind))
    return any(fnmatchcase(parent, pattern) for pattern in allowed)
