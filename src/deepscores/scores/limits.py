"""The values that MusicXML elements may have; others crash or hang the engine, or draw nonsense.

Found by mutating every element and attribute of a test suite and watching Verovio 6.4.1: what
killed it, or ran without end, is marked *kills* below.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from lxml import etree

from deepscores.scores.places import place_of
from deepscores.scores.refusal import Refusal

_NUMBER = re.compile(r"[+-]?(\d{1,12}(\.\d{0,12})?|\.\d{1,12})")
_BEATS = re.compile(r"\d{1,3}(\s*\+\s*\d{1,3})*")
_MAX_QUARTERS = 1024  # of one duration; a cadenza in one measure takes some 200
_MAX_BEATS = 512
_MAX_MEASURES = 200_000  # over all parts; a symphony has some 20,000
_MAX_PARTS = 256
MAX_STAVES = 32

Otherwise = Literal["refuse", "remove", "remove parent", "remove pair"]


@dataclass(frozen=True, slots=True)
class Limit:
    """The closed range of a number, and what happens to an element outside it."""

    low: float
    high: float
    otherwise: Otherwise = "refuse"
    integer: bool = True

    def holds(self, text: str) -> bool:
        number = parse_number(text)
        if number is None or not self.low <= number <= self.high:
            return False
        return not self.integer or number == int(number)


ELEMENTS = {
    "divisions": Limit(1, 1_000_000),  # kills: 0 or missing divides spaces without end
    "staves": Limit(1, MAX_STAVES),  # kills
    "beat-type": Limit(1, 1024),  # kills
    "staff-lines": Limit(0, 16),  # kills
    "fifths": Limit(-14, 14),
    "octave": Limit(-1, 10),  # MusicXML says 0 to 9; MIDI converters write -1 and 10
    "alter": Limit(-4, 4, integer=False),
    "tremolo": Limit(0, 8),
    "actual-notes": Limit(1, 1000),
    "normal-notes": Limit(1, 1000),
    "tuplet-number": Limit(1, 1000),
    "clef-octave-change": Limit(-4, 4),
    "line": Limit(-8, 16, "remove"),
    "staff": Limit(1, MAX_STAVES, "remove"),
    "staff-size": Limit(1, 1000, "remove", integer=False),
    "display-octave": Limit(-1, 10, "remove pair"),  # kills if not a number
    "degree-value": Limit(0, 100, "remove parent"),  # kills if not a number
    "string": Limit(0, 100, "remove"),  # kills from some 30,000 on
    "fret": Limit(0, 100, "remove"),
    "diatonic": Limit(-127, 127, "remove parent"),
    "chromatic": Limit(-127, 127, "remove parent", integer=False),
    "octave-change": Limit(-10, 10, "remove parent"),
}
# An empty tremolo is what some programs write for an unmeasured one.
_MAY_BE_EMPTY = frozenset({"tremolo", "line", "staff-size", "string", "fret"})

ATTRIBUTES = {
    ("repeat", "times"): Limit(0, 32),  # kills: the engine writes every pass out
    ("print", "blank-page"): Limit(0, 4),  # one blank page each
}
_BY_ATTRIBUTE = {tag: (name, limit) for (tag, name), limit in ATTRIBUTES.items()}


def parse_number(text: str) -> float | None:
    """The number *text* states in MusicXML's notation, or None.

    >>> parse_number(" -2 "), parse_number("1e9"), parse_number("")
    (-2.0, None, None)
    """
    text = text.strip()
    return float(text) if _NUMBER.fullmatch(text) else None


def check_size(root: etree._Element) -> Iterator[str]:
    """Refuse more parts and measures than any music has."""
    parts = root.findall("part")
    measures = sum(len(part) for part in parts)
    if len(parts) > _MAX_PARTS:
        raise Refusal(f"{len(parts)} parts; at most {_MAX_PARTS} are read")
    if measures > _MAX_MEASURES:
        raise Refusal(f"{measures} measures in all parts; at most {_MAX_MEASURES} are read")
    return iter(())


def limit_values(root: etree._Element) -> Iterator[str]:
    """Refuse or remove every value outside its limit."""
    for element in list(root.iter(*ELEMENTS)):
        limit = ELEMENTS[str(element.tag)]
        text = element.text or ""
        if limit.holds(text) or (not text.strip() and element.tag in _MAY_BE_EMPTY):
            continue
        if limit.otherwise == "refuse":
            raise Refusal(_complaint(element))
        yield f"removed: {_complaint(element)}"
        _remove(element, limit.otherwise)
    for element in root.iter(*_BY_ATTRIBUTE):
        name, limit = _BY_ATTRIBUTE[str(element.tag)]
        value = element.get(name)
        if value is not None and not limit.holds(value):
            yield f"removed: {element.tag!s} {name} {_quote(value)}, {place_of(element)}"
            del element.attrib[name]


def limit_text(root: etree._Element) -> Iterator[str]:
    """Shorten texts that the engine inserts into XPaths or reads as numbers."""
    for ending in root.iter("ending"):  # kills: it becomes part of an XPath in quotes
        number = ending.get("number", "")
        if "'" in number or len(number) > 100:
            ending.set("number", "1")
            yield f"replaced: ending number {_quote(number)}, {place_of(ending)}"
    for tempo in root.iter("per-minute"):  # kills: hundreds of digits overflow
        if len(tempo.text or "") > 100:
            yield f"removed: per-minute {_quote(tempo.text or '')}, {place_of(tempo)}"
            tempo.text = ""


def check_durations(root: etree._Element) -> Iterator[str]:
    """Refuse negative and endless durations: the engine fills them with spaces one by one."""
    for part in root.iterfind("part"):
        divisions = 1.0
        for element in part.iter("divisions", "duration"):
            number = parse_number(element.text or "")
            if element.tag == "divisions":
                divisions = number or 1.0
            elif number is None or number < 0:
                raise Refusal(_complaint(element))
            elif number > _MAX_QUARTERS * divisions:
                quarters = f"{number / divisions:g} quarter notes"
                raise Refusal(f"duration of {quarters}, {place_of(element)}")
    return iter(())


def check_time_signatures(root: etree._Element) -> Iterator[str]:
    """Refuse a time signature without numbers: the engine divides by its beat-type."""
    for time in list(root.iter("time", "interchangeable")):
        beats, types = time.findall("beats"), time.findall("beat-type")
        if len(beats) != len(types):
            missing = "beat-type" if len(beats) > len(types) else "beats"
            raise Refusal(f"time signature without {missing}, {place_of(time)}")
        for beat in beats:
            if not _sensible_beats(beat.text or ""):
                raise Refusal(_complaint(beat))
        parent = time.getparent()
        if not beats and parent is not None and (_is_empty(time) or not _opens_score(time)):
            yield f"removed: time signature without beats, {place_of(time)}"
            parent.remove(time)


def _sensible_beats(text: str) -> bool:
    if not _BEATS.fullmatch(text.strip()):
        return False
    counts = [int(count) for count in text.split("+")]
    return min(counts) > 0 and sum(counts) <= _MAX_BEATS


def _is_empty(time: etree._Element) -> bool:
    return time.tag == "time" and time.find("senza-misura") is None


def _opens_score(time: etree._Element) -> bool:
    # Verovio takes later time signatures from the first part alone; in other parts it still
    # reads the beat-type, finds none in a senza-misura, and divides by it: SIGFPE.
    part = next(time.iterancestors("part"), None)
    measure = next(time.iterancestors("measure"), None)
    if part is None or measure is None:
        return True
    first_part = next(part.itersiblings("part", preceding=True), None) is None
    return first_part or (measure.getprevious() is None and not _after_music(time))


def _after_music(time: etree._Element) -> bool:
    attributes = time.getparent()
    return attributes is not None and any(
        True for _ in attributes.itersiblings("note", "backup", "forward", preceding=True)
    )


def _remove(element: etree._Element, otherwise: Otherwise) -> None:
    parent = element.getparent()
    if parent is None:
        return
    if otherwise == "remove parent":
        grandparent = parent.getparent()
        if grandparent is not None:
            grandparent.remove(parent)
    elif otherwise == "remove pair":  # display-step means nothing without display-octave
        for child in parent.findall("display-step"):
            parent.remove(child)
        parent.remove(element)
    else:
        parent.remove(element)


def _complaint(element: etree._Element) -> str:
    value = (element.text or "").strip()
    return f"{element.tag!s} {_quote(value) if value else 'is empty'}, {place_of(element)}"


def _quote(value: str) -> str:
    return repr(value if len(value) <= 24 else value[:20] + "…")
