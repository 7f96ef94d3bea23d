"""Which classes are lines: strokes whose length the music sets; the others are glyphs."""

from fnmatch import fnmatchcase

from deepscores.page.labels.label_sets import LabelClass

# Names in the label set `full`, as patterns, and why. A glyph has one outline, which only its size
# varies; a line is as long, or as bent, as what it spans, and often thinner than two pixels.
LINES: tuple[tuple[str, str], ...] = (
    ("stem", "from the notehead to the beam or an octave on"),
    ("beam", "from the first stem of a group to the last"),
    ("staff", "across the system"),
    ("staffLine", "across the system"),
    ("ledgerLine", "through or beside noteheads, wider through several"),
    ("*arline*", "over one staff or many"),
    ("systemDivider", "strokes between systems"),
    ("slur", "from the first note of a phrase to its last"),
    ("tie", "between two notes"),
    ("laissezVibrer", "a tie into nothing"),
    ("*Hairpin", "as long as the crescendo or diminuendo"),
    ("hairpin", "likewise"),
    ("bracket", "over the staves that it groups"),
    ("bracketSpan", "over the notes that it groups"),
    ("*Bracket", "over the notes that it groups: tuplets, voltas, ottavas, chords"),
    ("ottavaLine", "as long as the passage"),
    ("pedalLine", "as long as the pedal is held"),
    ("trillLine", "as long as the trill"),
    ("glissando", "between two notes"),
    ("arpeggiato", "as high as the chord"),
    ("tremoloFingered", "between two stems"),
    ("graceNoteSlash*", "as the stem and flag that it crosses"),
    ("restHBar", "across the measures that it counts"),
    ("*Extender", "dashes as far as the words hold"),
    ("lyricHyphen", "between two syllables"),
    ("*Enclosure", "around what it encloses"),
)


def is_line(label_class: LabelClass) -> bool:
    """Whether all that the class consists of are lines.

    Kinds decide, so that a class keeps its nature under another name.
    """
    kinds = (
        label_class.of
        or label_class.group
        or label_class.sequence
        or label_class.linked
        or (label_class.name,)
    )
    return all(_is_line(kind) for kind in kinds) or _is_line(label_class.name)


def _is_line(kind: str) -> bool:
    return any(fnmatchcase(kind, pattern) for pattern, _ in LINES)
