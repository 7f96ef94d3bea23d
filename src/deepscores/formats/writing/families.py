"""Families of classes: what COCO calls supercategories."""

from fnmatch import fnmatchcase

# The first pattern that fits decides.
_FAMILIES = (
    ("text", ("text*", "lyric*", "page*", "*Text*", "*Name*", "*Number*")),
    ("grace note", ("graceNote*",)),
    ("notehead", ("notehead*",)),
    ("clef", ("*Clef*", "clef*")),
    ("rest", ("rest*", "multiRest*", "measureRest*")),
    ("key signature", ("keyFlat*", "keySharp*", "keyNatural*", "keySig*")),
    ("accidental", ("accidental*",)),
    ("time signature", ("timeSig*",)),
    ("flag", ("flag*",)),
    ("articulation", ("artic*",)),
    ("dynamic", ("dynamic*",)),
    ("ornament", ("ornament*", "arpeggiato*", "tremolo*", "wiggle*", "glissando*")),
    ("fermata", ("fermata*", "breath*", "caesura*")),
    ("tuplet", ("tuplet*",)),
    ("fingering", ("fingering*", "pluck*", "figbass*")),
    ("pedal and bowing", ("keyboardPedal*", "strings*")),
    ("repeat", ("repeat*", "segno*", "coda*", "volta*", "simile*")),
    ("barline", ("*arline*",)),
    ("staff", ("staff*", "ledgerLine*")),
    ("grouping", ("brace*", "bracket*", "*Bracket*", "ottava*")),
    ("stem and beam", ("stem*", "beam*")),
    ("curve", ("slur*", "tie*", "laissezVibrer*")),
    ("augmentation dot", ("augmentationDot*",)),
)
OTHER = "other"


def family_of(name: str) -> str:
    """The family of the class called *name*, in any label set.

    >>> family_of("noteheadBlackOnLine"), family_of("gClef8vb")
    ('notehead', 'clef')
    """
    for family, patterns in _FAMILIES:
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            return family
    return OTHER
