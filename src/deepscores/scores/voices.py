"""Repairs of what Verovio would assign to the wrong voice, time or pitch."""

from collections.abc import Iterator

from lxml import etree

from deepscores.scores.limits import parse_number
from deepscores.scores.places import place_of

_ALTERS = {
    "sharp": "1", "flat": "-1", "double-sharp": "2", "sharp-sharp": "2", "flat-flat": "-2",
}  # fmt: skip
_VALUES = {
    quarters * (1.5 if dots else 1): (value, dots)
    for value, quarters in (
        ("breve", 8.0), ("whole", 4.0), ("half", 2.0), ("quarter", 1.0), ("eighth", 0.5),
        ("16th", 0.25), ("32nd", 0.125), ("64th", 0.0625),
    )
    for dots in (0, 1)
}  # fmt: skip
_BEFORE_VALUE = frozenset((
    "grace", "cue", "chord", "pitch", "unpitched", "rest", "duration", "tie", "instrument",
    "footnote", "level", "voice",
))  # fmt: skip


def switch_voices(root: etree._Element) -> Iterator[str]:
    """Insert an empty ``<backup>`` where the voice changes without one.

    Verovio changes voices at a ``<backup>`` only; else it appends the note to the previous voice,
    and shifts it in time if that is shorter.
    """
    changed = 0
    for measure in root.iterfind("part/measure"):
        if measure.find("backup") is None:
            continue
        voice: str | None = None
        for child in list(measure.iterchildren("note", "backup")):
            if child.tag == "backup":
                voice = None
            elif child.find("chord") is None:
                note_voice = (child.findtext("voice") or "").strip() or voice
                if voice is not None and note_voice != voice:
                    child.addprevious(_empty_backup())
                    changed += 1
                voice = note_voice
    if changed:
        yield f"separated: {changed} changes of voice without a backup"


def _empty_backup() -> etree._Element:
    backup = etree.Element("backup")
    etree.SubElement(backup, "duration").text = "0"
    return backup


def name_rests(root: etree._Element) -> Iterator[str]:
    """Give a note value to rests without one that share their voice, or replace them by time.

    Verovio takes any rest without a type for a whole measure's. That is right unless it shares
    its voice with notes; programs write such rests to make up for rounding.
    """
    for part in root.iterfind("part"):
        divisions = 1.0
        for node in list(part.iterfind("measure/*")):
            if node.tag == "attributes":
                divisions = parse_number(node.findtext("divisions", "")) or divisions
            elif node.tag == "note" and _lacks_value(node) and _shares_voice(node):
                quarters = (parse_number(node.findtext("duration", "")) or 0) / divisions
                place = place_of(node)
                if quarters in _VALUES:
                    _name(node, *_VALUES[quarters])
                    yield f"named: rest without a note value, {place}"
                else:
                    _pass_over(node)
                    yield f"passed: rest without a note value, {place}"


def name_graces(root: etree._Element) -> Iterator[str]:
    """Give grace notes without a note value one: beamed, Verovio draws them as long as a page."""
    count = 0
    for grace in root.iterfind("part/measure/note/grace"):
        note = grace.getparent()
        if note is not None and note.find("type") is None:
            _name(note, "eighth", 0)
            count += 1
    if count:
        yield f"named: {count} grace notes without a note value, as eighths"


def _name(note: etree._Element, value: str, dots: int) -> None:
    preceding = [child for child in note if child.tag in _BEFORE_VALUE]
    for tag in ("dot",) * dots + ("type",):
        element = etree.Element(tag)
        element.text = value if tag == "type" else None
        preceding[-1].addnext(element)


def _pass_over(note: etree._Element) -> None:
    forward = etree.Element("forward")
    forward.extend([child for child in note if child.tag in ("duration", "voice", "staff")])
    forward.tail = note.tail
    note.addprevious(forward)
    parent = note.getparent()
    if parent is not None:
        parent.remove(note)


def _lacks_value(note: etree._Element) -> bool:
    rest = note.find("rest")
    return (
        rest is not None
        and note.find("type") is None
        and note.find("duration") is not None
        and rest.get("measure") != "yes"
        and note.get("print-object") != "no"  # takes its time, shows nothing
    )


def _shares_voice(note: etree._Element) -> bool:
    voice = note.findtext("voice")
    neighbours = (*note.itersiblings("note"), *note.itersiblings("note", preceding=True))
    return any(
        neighbour.findtext("voice") == voice and neighbour.find("type") is not None
        for neighbour in neighbours
    )


def agree_accidentals(root: etree._Element) -> Iterator[str]:
    """Complete accidentals and alterations if one of the two is missing.

    Verovio keeps the alteration for itself where an accidental has no name, and keeps an
    accidental that alters nothing in force to the end of the score.
    """
    empty = added = 0
    for accidental in list(root.iterfind("part/measure/note/accidental")):
        note = accidental.getparent()
        pitch = None if note is None else note.find("pitch")
        if note is None or pitch is None:
            continue
        name = (accidental.text or "").strip()
        if not name:
            note.remove(accidental)
            empty += 1
        elif name in _ALTERS and pitch.find("alter") is None:
            step = pitch.find("step")
            if step is not None:
                alter = etree.Element("alter")
                alter.text = _ALTERS[name]
                step.addnext(alter)
                added += 1
    if empty:
        yield f"removed: {empty} accidentals without a name"
    if added:
        yield f"added: alter to {added} notes whose accidental states one"
