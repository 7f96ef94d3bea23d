"""Repairs of what Verovio would read into the wrong voice, time or pitch."""

from collections.abc import Iterator

from lxml import etree

from deepscores.scores.places import place_of

_ALTERS = {
    "sharp": "1", "flat": "-1", "double-sharp": "2", "sharp-sharp": "2", "flat-flat": "-2",
}  # fmt: skip


def switch_voices(root: etree._Element) -> Iterator[str]:
    """Go back by nothing where the voice changes without going back.

    Verovio changes voices at a ``<backup>`` only; else it appends the note to the voice before,
    and shifts it in time where that is shorter.
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
                own = (child.findtext("voice") or "").strip() or voice
                if voice is not None and own != voice:
                    child.addprevious(_going_back_by_nothing())
                    changed += 1
                voice = own
    if changed:
        yield f"separated: {changed} changes of voice without a backup"


def _going_back_by_nothing() -> etree._Element:
    backup = etree.Element("backup")
    etree.SubElement(backup, "duration").text = "0"
    return backup


def pass_nameless_rests(root: etree._Element) -> Iterator[str]:
    """Pass over rests without a note value among notes that have one.

    Verovio takes any rest without a type for a whole measure's, and so it is, unless it shares
    its voice with others; programs that round write such rests to make ends meet.
    """
    for rest in list(root.iterfind("part/measure/note/rest")):
        note = rest.getparent()
        duration = None if note is None else note.find("duration")
        if note is None or duration is None or _is_whole(note, rest) or not _has_company(note):
            continue
        forward = etree.Element("forward")
        forward.append(duration)
        forward.extend([child for child in note if child.tag in ("voice", "staff")])
        forward.tail = note.tail
        place = place_of(note)
        note.getparent().replace(note, forward)  # type: ignore[union-attr]
        yield f"passed: rest without a note value, {place}"


def _is_whole(note: etree._Element, rest: etree._Element) -> bool:
    return note.find("type") is not None or rest.get("measure") == "yes"


def _has_company(note: etree._Element) -> bool:
    voice = note.findtext("voice")
    others = (*note.itersiblings("note"), *note.itersiblings("note", preceding=True))
    return any(
        other.findtext("voice") == voice and other.find("type") is not None for other in others
    )


def agree_accidentals(root: etree._Element) -> Iterator[str]:
    """Let accidentals and alterations agree where one of the two is missing.

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
