"""How many noteheads a faithful engraving of a MusicXML score shows.

The engine silently drops notes of some broken input, so this number is compared with what it
drew. It was checked against Verovio 6.4.1 on music21's whole corpus; the rules below
explain all differences. Counting ``<note>`` by text search gives other numbers: notes with
``print-object="no"`` (Finale writes played-out trills so: 1,210 in a Haydn movement) are in
Verovio's SVG, in groups with ``visibility="hidden"``, and must be left out on both sides.
"""

from collections.abc import Iterator

from lxml import etree


def count_noteheads(root: etree._Element) -> int:
    """Count the notes of a ``score-partwise`` tree that show a notehead.

    Not shown: rests, notes with ``print-object="no"`` or ``<notehead>none``, notes on hidden and
    on tablature staves (digits), and notes under a measure repeat, whose sign stands for them.
    Cue and grace notes are shown. Notes under slash notation count, because Verovio draws them
    as they are and replaces only measure rests by slashes.
    """
    return sum(_shown_notes(part) for part in root.iterfind("part"))


def _shown_notes(part: etree._Element) -> int:
    tablature = tablature_staves(part)
    count = 0
    repeating = False
    for measure in part.iterfind("measure"):
        hidden = hidden_staves(measure)
        for child in measure:
            if child.tag == "note":
                if not repeating and shows_notehead(child):
                    staff = staff_of(child) if hidden or tablature else "1"
                    count += not _includes(staff, hidden) and not _includes(staff, tablature)
            elif child.tag == "attributes":
                repeating = _repeating_after(child, was_repeating=repeating)
    return count


def shows_notehead(note: etree._Element) -> bool:
    """Whether a ``<note>`` by itself is drawn with a head."""
    if note.get("print-object") == "no":
        return False
    sounding = False
    for child in note:
        if child.tag == "pitch" or child.tag == "unpitched":
            sounding = True
        elif child.tag == "rest" or (child.tag == "notehead" and child.text == "none"):
            return False
    return sounding


def staff_of(note: etree._Element) -> str:
    """The staff number of a note, as text; parts of one staff state none."""
    staff = next(note.iterchildren("staff"), None)  # several times as fast as findtext()
    return "1" if staff is None or not staff.text else staff.text.strip()


def hidden_staves(measure: etree._Element) -> frozenset[str]:
    """Numbers of the staves that this measure itself hides; ``""`` stands for all."""
    attributes = measure.find("attributes")
    if attributes is None:
        return frozenset()
    return frozenset(
        details.get("number", "")
        for details in attributes.iterfind("staff-details")
        if details.get("print-object") == "no"
    )


def tablature_staves(part: etree._Element) -> frozenset[str]:
    """Numbers of the staves that begin as tablature; ``""`` stands for all."""
    return frozenset(_tablature(part))


def _tablature(part: etree._Element) -> Iterator[str]:
    first = part.find("measure")  # "measure[1]" would walk over all measures
    for attributes in () if first is None else first.iterfind("attributes"):
        for details in attributes.iterfind("staff-details"):
            if details.find("staff-tuning") is not None:
                yield details.get("number", "")
        for clef in attributes.iterfind("clef"):
            if clef.findtext("sign") == "TAB":
                yield clef.get("number", "")


def _includes(staff: str, staves: frozenset[str]) -> bool:
    return bool(staves) and ("" in staves or staff in staves)


def _repeating_after(attributes: etree._Element, *, was_repeating: bool) -> bool:
    repeat = attributes.find("measure-style/measure-repeat")
    return was_repeating if repeat is None else repeat.get("type") == "start"
