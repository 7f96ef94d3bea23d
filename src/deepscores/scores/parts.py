"""Repairs of the part list and of how parts begin."""

import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy

from lxml import etree

from deepscores.scores.limits import MAX_STAVES, parse_number
from deepscores.scores.noteheads import staff_of
from deepscores.scores.refusal import Refusal

_ID = re.compile(r"[A-Za-z_][\w.-]{0,63}", re.ASCII)
_QUARTERS = {"whole": 4.0, "half": 2.0, "quarter": 1.0, "eighth": 0.5, "16th": 0.25}
_ORDER = ("divisions", "key", "time", "staves", "clef")
# Elements whose id names an instrument elsewhere instead of naming the element itself.
_REFERRING = frozenset(
    {"instrument", "instrument-change", "midi-instrument", "midi-device", "play", "score-part"}
)


def list_parts(root: etree._Element) -> Iterator[str]:
    """Make part list and parts agree: Verovio draws only parts that are listed."""
    part_list = root.find("part-list")
    first = root.find("part")
    if first is None:
        raise Refusal("score without parts")
    if part_list is None:
        part_list = etree.Element("part-list")
        first.addprevious(part_list)
        yield "added: part-list"
    yield from _rename_parts(root, part_list)
    missing = dict.fromkeys(part.get("id", "") for part in root.iterfind("part"))
    for entry in part_list.findall("score-part"):
        part_id = entry.get("id", "")
        if part_id in missing:
            del missing[part_id]
        else:
            part_list.remove(entry)
            yield f"removed: listed part {part_id[:20]!r} that is not there or listed twice"
    for part_id in missing:
        entry = etree.SubElement(part_list, "score-part", {"id": part_id})
        etree.SubElement(entry, "part-name")
        yield f"added: part {part_id} to the part list"


def _rename_parts(root: etree._Element, part_list: etree._Element) -> Iterator[str]:
    """Give parts usable ids: a quote in one breaks the engine's XPath and ends the process."""
    parts, entries = root.findall("part"), part_list.findall("score-part")
    ids = [part.get("id", "") for part in parts]
    if all(_ID.fullmatch(part_id) for part_id in ids) and len(set(ids)) == len(ids):
        return
    if len(parts) != len(entries):
        raise Refusal("part ids are missing, unusable or used twice")
    for number, (part, entry) in enumerate(zip(parts, entries, strict=True), 1):
        part.set("id", f"P{number}")
        entry.set("id", f"P{number}")
    yield "renamed: parts, whose ids were missing, unusable or used twice"


def close_groups(root: etree._Element) -> Iterator[str]:
    """Remove ends of part groups that never began: the engine pops an empty stack and crashes."""
    open_groups: Counter[str] = Counter()
    for group in root.findall("part-list/part-group"):
        number, kind = group.get("number", "1"), group.get("type")
        if kind == "start":
            open_groups[number] += 1
        elif kind == "stop" and open_groups[number]:
            open_groups[number] -= 1
        else:
            _remove(group)
            yield f"removed: part-group {kind} number {number[:20]!r} without a start"


def open_parts(root: etree._Element) -> Iterator[str]:
    """Give every part attributes in its first measure: without, Verovio drops all its notes."""
    for part in root.findall("part"):
        first = part.find("measure")
        if first is None:
            continue
        attributes = first.find("attributes")
        if attributes is None:
            first.insert(0, _opening_attributes(root, part))
            yield f"added: attributes in the first measure of part {part.get('id')}"
        elif attributes.find("divisions") is None:
            attributes.insert(0, _divisions(root, part))
            yield f"added: divisions in the first measure of part {part.get('id')}"


def _opening_attributes(root: etree._Element, part: etree._Element) -> etree._Element:
    part_attributes = part.find("measure/attributes")
    score_attributes = root.find("part/measure/attributes")
    result = etree.Element("attributes")
    result.append(_divisions(root, part))
    # Clef and staves are the part's own; key and time are common to all parts.
    for source, tags in ((part_attributes, _ORDER[1:]), (score_attributes, ("key", "time"))):
        for tag in tags:
            if source is not None and result.find(tag) is None:
                result.extend(deepcopy(source.findall(tag)))
    if result.find("clef") is None:
        clef = etree.SubElement(result, "clef")
        etree.SubElement(clef, "sign").text = "G"
        etree.SubElement(clef, "line").text = "2"
    result[:] = sorted(result, key=lambda child: _ORDER.index(str(child.tag)))
    return result


def _divisions(root: etree._Element, part: etree._Element) -> etree._Element:
    divisions = etree.Element("divisions")
    stated = part.findtext(".//divisions") or root.findtext(".//divisions") or "1"
    divisions.text = _implied_divisions(part) or stated
    return divisions


def _implied_divisions(part: etree._Element) -> str | None:
    """Divisions of a quarter note, by the duration and type of a plain note."""
    for note in part.iterfind("measure/note"):
        quarters = _QUARTERS.get(note.findtext("type", ""))
        duration = parse_number(note.findtext("duration", ""))
        plain = note.find("dot") is None and note.find("time-modification") is None
        if quarters and duration and plain and (duration / quarters).is_integer():
            return str(int(duration / quarters))
    return None


def count_staves(root: etree._Element) -> Iterator[str]:
    """Make ``<staves>`` cover the staff numbers in use, and drop elements for other staves."""
    for part in root.findall("part"):
        attributes = part.find("measure/attributes")
        if attributes is None:
            continue
        stated = int(float(attributes.findtext("staves", "1")))
        staff_numbers = {staff_of(note) for note in part.iter("note")}
        used = max((int(float(staff)) for staff in staff_numbers), default=1)
        if used > stated:
            if used > MAX_STAVES:
                raise Refusal(f"staff {used} in part {part.get('id')}")
            _set_staves(attributes, used)
            yield f"raised: staves of part {part.get('id')} from {stated} to {used}"
        yield from _drop_beyond(part, max(used, stated))


def _set_staves(attributes: etree._Element, staves: int) -> None:
    element = attributes.find("staves")
    if element is None:
        element = etree.Element("staves")
        preceding = [child for child in attributes if child.tag in _ORDER[:3]]
        attributes.insert(len(preceding), element)
    element.text = str(staves)


def _drop_beyond(part: etree._Element, staves: int) -> Iterator[str]:
    # A clef for a missing staff is a null pointer in the engine.
    for element in list(part.iter("clef", "key", "time", "staff-details", "transpose", "staff")):
        stated = element.text if element.tag == "staff" else element.get("number")
        if stated is None:
            continue
        number = parse_number(stated)
        if number is None or not 1 <= number <= staves:
            _remove(element)
            yield f"removed: {element.tag!s} for staff {stated.strip()[:20]!r}"


def number_voices(root: etree._Element) -> Iterator[str]:
    """Number voices that have names: Verovio would read all of them as voice 1."""
    for part in root.iterfind("part"):
        voices = list(part.iter("voice"))
        names = dict.fromkeys((voice.text or "").strip() for voice in voices)
        if all(name.isascii() and name.isdigit() and 0 < int(name[:6]) < 1000 for name in names):
            continue
        numbers = {name: str(number) for number, name in enumerate(names, 1)}
        for voice in voices:
            voice.text = numbers[(voice.text or "").strip()]
        yield f"renumbered: voices of part {part.get('id')}"


def drop_bad_ids(root: etree._Element) -> Iterator[str]:
    """Drop ids that are not XML names or not unique: labels refer to elements by id."""
    used_ids = {part.get("id", "") for part in root.iterfind("part")}
    dropped = 0
    # One path for each part: a union or a second "//" makes libxml2 quadratic.
    for part in root.iterfind("part"):
        for element in _with_id(part):
            identity = element.get("id", "")
            if identity in used_ids or not _ID.fullmatch(identity):
                del element.attrib["id"]
                dropped += 1
            used_ids.add(identity)
    if dropped:
        yield f"removed: {dropped} ids that are no XML names or used twice"


def _with_id(part: etree._Element) -> Iterator[etree._Element]:
    elements = part.xpath("descendant::*[@id]")
    for element in elements if isinstance(elements, list) else ():
        if isinstance(element, etree._Element) and element.tag not in _REFERRING:
            yield element


def hide_empty_notes(root: etree._Element) -> Iterator[str]:
    """Turn notes without pitch into hidden rests, which take their time and draw nothing."""
    changed = 0
    for note in root.findall("part/measure/note"):
        if any(child.tag in ("pitch", "unpitched", "rest") for child in note):
            continue
        changed += 1
        following = next(note.itersiblings("note"), None)
        following_chord = None if following is None else following.find("chord")
        if note.find("chord") is not None:
            _remove(note)
        elif following_chord is not None:  # the next note of the chord becomes its first
            _remove(following_chord)
            _remove(note)
        else:
            note.set("print-object", "no")
            note.insert(0, etree.Element("rest"))
    if changed:
        yield f"hidden: {changed} notes without pitch"


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
