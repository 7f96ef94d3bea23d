"""Repairs of multiple rests, measure repeats and hidden staves."""

from collections.abc import Iterator

from lxml import etree

from deepscores.scores.limits import parse_number
from deepscores.scores.noteheads import shows_notehead, staff_of
from deepscores.scores.places import place_of


def check_multiple_rests(root: etree._Element) -> Iterator[str]:
    """Remove multiple rests that would hide notes.

    Verovio replaces the measures in all parts by the rest, even if only one part rests.
    """
    rests = list(root.iter("multiple-rest"))
    if not rests:
        return
    silent = _silent_measures(root)
    for rest in rests:
        start = _measure_number(rest)
        number = parse_number(rest.text or "")
        length = int(number) if number is not None else 0
        if not (1 <= length <= len(silent) - start and all(silent[start : start + length])):
            yield f"removed: multiple-rest over other music, {place_of(rest)}"
            _remove_style(rest)


def _silent_measures(root: etree._Element) -> list[bool]:
    parts = [part.findall("measure") for part in root.iterfind("part")]
    silent = [True] * max(map(len, parts), default=0)
    for measures in parts:
        for number, measure in enumerate(measures):
            if any(note.find("rest") is None for note in measure.iterfind("note")):
                silent[number] = False
    return silent


def _measure_number(element: etree._Element) -> int:
    measure = next(element.iterancestors("measure"))
    return sum(1 for _ in measure.itersiblings("measure", preceding=True))


def close_styles(root: etree._Element) -> Iterator[str]:
    """End measure repeats and slashes with their part; Verovio extends them into the next one."""
    for part in root.findall("part"):
        yield from _drop_wrong_repeats(part)
        measures = part.findall("measure")
        for tag in ("measure-repeat", "slash"):
            styles = list(part.iter(tag))
            if styles and styles[-1].get("type") == "start":
                attributes = etree.SubElement(measures[-1], "attributes")
                style = etree.SubElement(attributes, "measure-style")
                etree.SubElement(style, tag, {"type": "stop"})
                yield f"ended: {tag} at the end of part {part.get('id')}"


def _drop_wrong_repeats(part: etree._Element) -> Iterator[str]:
    staves = parse_number(part.findtext("measure/attributes/staves", "1")) or 1
    for repeat in list(part.iter("measure-repeat")):
        nothing_before = _measure_number(repeat) == 0
        if nothing_before or staves > 1:  # the engine would repeat all staves of the part
            reason = "with nothing to repeat" if nothing_before else "in a part of several staves"
            yield f"removed: measure-repeat {reason}, {place_of(repeat)}"
            _remove_style(repeat)


def _remove_style(style: etree._Element) -> None:
    measure_style = style.getparent()
    if measure_style is not None:
        measure_style.remove(style)


def hide_staves(root: etree._Element) -> Iterator[str]:
    """Hide a staff as long as the file says, or not at all.

    MusicXML hides it until further notice, Verovio for one measure. Hiding a staff that only
    rests belongs to the systems of the original layout, where empty staves were left out; in a
    new layout that would leave gaps in staves.
    """
    for part in root.findall("part"):
        numbers = dict.fromkeys(
            details.get("number", "")
            for details in part.iter("staff-details")
            if details.get("print-object") == "no"
        )
        measures = part.findall("measure") if numbers else []
        for number in numbers:
            for first, end in _hidden_runs(measures, number):
                yield from _settle_hiding(measures, first, end, number)


def _hidden_runs(measures: list[etree._Element], number: str) -> Iterator[tuple[int, int]]:
    start: int | None = None
    for index, measure in enumerate(measures):
        for details in measure.iterfind("attributes/staff-details[@print-object]"):
            if details.get("number", "") != number:
                continue
            if details.get("print-object") == "no":
                start = index if start is None else start
            elif start is not None:
                yield start, max(index, start + 1)
                start = None
    if start is not None:
        yield start, len(measures)


def _settle_hiding(
    measures: list[etree._Element], first: int, end: int, number: str
) -> Iterator[str]:
    run = measures[first:end]
    place = f"{place_of(run[0])}, {len(run)} measures"
    always_hidden = len(run) == len(measures)
    if not always_hidden and not any(_sounds(measure, number) for measure in run):
        for measure in run:
            for details in _details(measure, number):
                details.attrib.pop("print-object", None)
        yield f"shown: resting staff that another layout left out, {place}"
        return
    for measure in run:
        _hide(measure, number)
    if len(run) > 1:
        yield f"hidden: staff {number or '1'} throughout, {place}"


def _sounds(measure: etree._Element, number: str) -> bool:
    return any(
        shows_notehead(note) and number in ("", staff_of(note)) for note in measure.iterfind("note")
    )


def _details(measure: etree._Element, number: str) -> Iterator[etree._Element]:
    for details in measure.iterfind("attributes/staff-details"):
        if details.get("number", "") == number:
            yield details


def _hide(measure: etree._Element, number: str) -> None:
    attributes = measure.find("attributes")
    if attributes is None:
        attributes = etree.Element("attributes")
        measure.insert(0, attributes)
    for details in attributes.iterfind("staff-details"):
        if details.get("number", "") == number:
            details.set("print-object", "no")
            return
    details = etree.SubElement(attributes, "staff-details", {"print-object": "no"})
    if number:
        details.set("number", number)
