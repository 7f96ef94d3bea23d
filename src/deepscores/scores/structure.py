"""Repairs of elements at places where MusicXML does not allow them, or out of order."""

from collections.abc import Iterator

from lxml import etree

from deepscores.scores.limits import parse_number
from deepscores.scores.noteheads import staff_of, tablature_staves
from deepscores.scores.places import place_of

_PARENTS = {
    "part": "score-partwise",
    "part-list": "score-partwise",
    "measure": "part",
    "score-part": "part-list",
    "part-group": "part-list",
    "note": "measure",
    "backup": "measure",
    "forward": "measure",
    "attributes": "measure",
    "barline": "measure",
    "direction": "measure",
    "harmony": "measure",
    "print": "measure",
    "pitch": "note",
    "unpitched": "note",
    "rest": "note",
    "chord": "note",
    "divisions": "attributes",
    "key": "attributes",
    "time": "attributes",
    "staves": "attributes",
    "clef": "attributes",
    "staff-details": "attributes",
    "transpose": "attributes",
    "measure-style": "attributes",
    "multiple-rest": "measure-style",
    "measure-repeat": "measure-style",
    "beat-repeat": "measure-style",
}
_UNIQUE = frozenset({"part-list", "pitch"})


def drop_misplaced(root: etree._Element) -> Iterator[str]:
    """Drop elements with a wrong parent, and all but the first of those that must be unique."""
    for element in list(root.iter(*_PARENTS)):
        parent = element.getparent()
        if parent is None:
            continue
        tag = str(element.tag)
        again = tag in _UNIQUE and next(parent.iterchildren(tag)) is not element
        if parent.tag != _PARENTS[tag] or again:
            reason = "twice" if again else f"inside <{parent.tag!s}>"
            yield f"removed: {tag} {reason}, {place_of(element)}"
            _remove(element)


def align_measures(root: etree._Element) -> Iterator[str]:
    """Number the measures of all parts alike.

    Verovio looks up a part's measure by its number, not by its place, and drops what it does not
    find.
    """
    parts = [part.findall("measure") for part in root.iterfind("part")]
    numbers = [measure.get("number", "") for measure in max(parts, key=len)]
    changed = 0
    for measures in parts:
        for measure, number in zip(measures, numbers, strict=False):
            if measure.get("number", "") != number:
                measure.set("number", number)
                changed += 1
    if changed:
        yield f"renumbered: {changed} measures that other parts number differently"


def start_chords(root: etree._Element) -> Iterator[str]:
    """Make a chord's second note its first if that is missing: Verovio would drop the chord."""
    changed = 0
    for measure in root.iterfind("part/measure"):
        begun = False
        for child in measure:
            if child.tag in ("backup", "forward"):
                begun = False
            elif child.tag == "note":
                chord, rests = None, False
                for part in child:  # several times as fast as find()
                    if part.tag == "chord" and chord is None:
                        chord = part
                    rests |= part.tag == "rest"
                if chord is not None and not begun:
                    child.remove(chord)
                    changed += 1
                begun = not rests
    if changed:
        yield f"begun: {changed} chords whose first note is missing"


def stay_in_measures(root: etree._Element) -> Iterator[str]:
    """Shorten a ``<backup>`` that goes back before the beginning of its measure."""
    for measure in root.iterfind("part/measure"):
        if measure.find("backup") is None:
            continue
        time = 0.0
        for child in measure.iterchildren("note", "backup", "forward"):
            if child.tag == "note" and (child.find("chord") is not None):
                continue
            duration = child.find("duration")
            length = 0.0 if duration is None else parse_number(duration.text or "") or 0.0
            if child.tag == "backup" and duration is not None and length > time:
                yield f"shortened: backup from {length:g} to {time:g}, {place_of(child)}"
                duration.text = f"{time:g}" if time < 1e5 else str(int(time))
                length = time
            time += -length if child.tag == "backup" else length


def hide_fretless(root: etree._Element) -> Iterator[str]:
    """Hide tablature notes without string and fret: on lute staves the engine never returns."""
    changed = 0
    for part in root.iterfind("part"):
        staves = tablature_staves(part)
        for note in part.iterfind("measure/note") if staves else ():
            on_tablature = "" in staves or staff_of(note) in staves
            if on_tablature and note.find("rest") is None and not _has_fret(note):
                note.set("print-object", "no")
                for child in list(note.iterchildren("pitch", "unpitched", "chord")):
                    note.remove(child)
                note.insert(0, etree.Element("rest"))
                changed += 1
    if changed:
        yield f"hidden: {changed} tablature notes without string and fret"


def _has_fret(note: etree._Element) -> bool:
    return any(
        technical.find("fret") is not None and technical.find("string") is not None
        for technical in note.iterfind("notations/technical")
    )


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
