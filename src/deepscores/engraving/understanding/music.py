"""The music of a score, read from Verovio's MEI: pitch, time and place by element id."""

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

from lxml import etree

from deepscores.page.model import Facts, Music

Node = Any

_MEI = "{http://www.music-encoding.org/ns/mei}"
_ID = "{http://www.w3.org/XML/1998/namespace}id"
_PARSER = etree.XMLParser(huge_tree=True, remove_comments=True, resolve_entities=False)
_ALTER = {
    "s": 1.0, "f": -1.0, "n": 0.0, "x": 2.0, "ss": 2.0, "ff": -2.0, "xs": 3.0, "sx": 3.0, "ts": 3.0,
    "tf": -3.0, "su": 1.5, "sd": 0.5, "fu": -0.5, "fd": -1.5, "nu": 0.5, "nd": -0.5, "1qs": 0.5,
    "1qf": -0.5, "3qs": 1.5, "3qf": -1.5, "ns": 1.0, "nf": -1.0,
}  # fmt: skip
_QUARTERS = frozenset(("1qs", "1qf", "3qs", "3qf"))
_CLOCK = re.compile(r' isodate="[^"]*"')  # Verovio writes the current time into its MEI
_LENGTH = {"long": Fraction(16), "breve": Fraction(8), "maxima": Fraction(32)}
_TIMED = frozenset((
    "note", "rest", "space", "chord", "mRest", "mSpace", "mRpt", "multiRest", "tabGrp",
))  # fmt: skip
_MEASURE_LONG = frozenset(("mRest", "mSpace", "mRpt"))  # as long as their measure
_NESTS = frozenset((
    "beam", "tuplet", "bTrem", "fTrem", "graceGrp", "ligature", "app", "lem", "choice",
))  # fmt: skip


def read_music(mei: str, parts: Iterable[str] = ()) -> Music:
    """Read *mei* once; the result serves every layout of the score.

    *parts* are the parts' ids in the source, which the engine passes on to a part's staff or group
    of staves. Without them, a labelled group of staves is a part, and so is any other staff.
    """
    mei = _CLOCK.sub("", mei)
    root = etree.fromstring(mei.encode(), _PARSER)
    walk = _Walk(frozenset(parts))
    score = root.find(f".//{_MEI}score")
    if score is not None:
        walk.score(score)
    return Music(mei, walk.facts, tuple(walk.parts), walk.measures, walk.notes)


class _Walk:
    """State of a walk through the score in document order."""

    def __init__(self, part_ids: frozenset[str]) -> None:
        self.part_ids = part_ids  # ids of the parts in the source, if they are known
        self.facts: dict[str, Facts] = {}
        self.parts: list[str] = []
        self.part_of: dict[int, str] = {}
        self.ppq: dict[int, int] = {}
        self.bar = Fraction(4)  # length of a measure by the time signature, quarter notes
        self.measure_length = self.bar  # length of the current measure
        self.measure_start = Fraction(0)
        self.measures = 0
        self.notes = 0

    def score(self, node: Node) -> None:
        for child in node:
            tag = child.tag[len(_MEI) :]
            if tag == "scoreDef":
                self.definition(child)
            elif tag == "staffDef":
                self.staff_definition(child, "")
            elif tag == "measure":
                self.measure(child)
            else:
                self.score(child)

    def definition(self, node: Node, part: str = "") -> None:
        if node.get("ppq"):  # divisions change somewhere: only note values can be used
            self.ppq.clear()
        for child in node:
            tag = child.tag[len(_MEI) :]
            if tag == "staffGrp":
                # A part of several staves is a group with the part's id.
                self.definition(child, child.get(_ID, "") if self.is_part(child) else part)
            elif tag == "staffDef":
                self.staff_definition(child, part)
            elif tag == "meterSig":
                self.meter(child)
        self.meter(node)

    def is_part(self, group: Node) -> bool:
        if self.part_ids:
            return group.get(_ID) in self.part_ids
        return group.find(f"{_MEI}staffDef") is not None and group.find(f"{_MEI}label") is not None

    def staff_definition(self, node: Node, part: str) -> None:
        number = _integer(node.get("n"))
        if number not in self.part_of:
            self.part_of[number] = part or node.get(_ID, "")
            if self.part_of[number] not in self.parts:
                self.parts.append(self.part_of[number])
        if node.get("ppq"):
            self.ppq[number] = _integer(node.get("ppq"))
        for meter in node.iter(f"{_MEI}meterSig"):
            self.meter(meter)
        self.meter(node)

    def meter(self, node: Node) -> None:
        count, unit = (
            node.get("count") or node.get("meter.count"),
            node.get("unit") or node.get("meter.unit"),
        )
        if count and unit and _integer(unit):
            beats = sum(_integer(beat) for beat in count.split("+"))
            if beats:
                self.bar = Fraction(4 * beats, _integer(unit))

    def measure(self, node: Node) -> None:
        self.measures += 1
        name = node.get("n", "")
        sounding: list[tuple[Node, int]] = []
        resting: list[tuple[Node, int]] = []
        for staff in node.iter(f"{_MEI}staff"):
            number = _integer(staff.get("n"))
            part = self.part_of.get(number, "")
            self.facts[staff.get(_ID, "")] = Facts(number, measure=name, part=part)
            for layer in staff.iterfind(f"{_MEI}layer"):
                is_measure_long = any(child.tag[len(_MEI) :] in _MEASURE_LONG for child in layer)
                (resting if is_measure_long else sounding).append((layer, number))
        length = self.longest(sounding, name)
        # A whole-measure rest in a pickup is as long as the pickup.
        self.measure_length = length if length and node.get("metcon") == "false" else self.bar
        length = max(length, self.longest(resting, name))
        for child in node:
            if child.tag != f"{_MEI}staff":
                self.facts[child.get(_ID, "")] = self.event_of_measure(child, name)
        self.facts[node.get(_ID, "")] = Facts(measure=name, onset=float(self.measure_start))
        self.measure_start += length or self.bar

    def event_of_measure(self, node: Node, measure: str) -> Facts:
        """The facts of a slur, a dynamic …, which belongs to the staff where it starts."""
        first = node.get("startid") or node.get("plist") or ""
        start = self.facts.get(first.partition(" ")[0].removeprefix("#"), Facts())
        staff = _integer((node.get("staff") or "0").split()[0]) or start.staff
        return Facts(
            staff, start.voice, measure, self.part_of.get(staff, ""), attributes=dict(node.attrib)
        )

    def longest(self, layers: list[tuple[Node, int]], measure: str) -> Fraction:
        ends = [self.layer(layer, staff, measure) for layer, staff in layers]
        return max(ends, default=self.measure_start) - self.measure_start

    def layer(self, layer: Node, staff: int, measure: str) -> Fraction:
        voice = _integer(layer.get("n"))
        place = Facts(staff, voice, measure, self.part_of.get(staff, ""))
        self.facts[layer.get(_ID, "")] = place
        time = self.measure_start
        for node, ratio in _events(layer, Fraction(1)):
            time += self.event(node, time, ratio, place)
        return time

    def event(self, node: Node, onset: Fraction, ratio: Fraction, place: Facts) -> Fraction:
        """Record the facts of *node*; return its duration."""
        tag = node.tag[len(_MEI) :]
        if tag not in _TIMED:
            self.facts[node.get(_ID, "")] = place._replace(
                onset=float(onset), attributes=dict(node.attrib)
            )
            return Fraction(0)
        length = self.length(node, tag, ratio, place.staff)
        grace = node.get("grace") is not None or node.getparent().tag == f"{_MEI}graceGrp"
        takes = Fraction(0) if grace else length
        fact = place._replace(
            duration=float(takes),
            onset=float(onset),
            grace=grace,
            attributes=dict(node.attrib),
        )
        if node.get("staff"):  # drawn on another staff than its voice's
            fact = fact._replace(staff=_integer(node.get("staff")))
        self.facts[node.get(_ID, "")] = fact
        notes = [node] if tag == "note" else list(node.iter(f"{_MEI}note"))
        for note in notes:
            self.note(note, fact)
        return takes

    def length(self, node: Node, tag: str, ratio: Fraction, staff: int) -> Fraction:
        if tag in _MEASURE_LONG:
            return self.measure_length
        if tag == "multiRest":
            return self.bar * max(_integer(node.get("num")), 1)
        # The MusicXML's duration takes precedence over the note value.
        ppq, ticks = self.ppq.get(staff, 0), _integer(node.get("dur.ppq"))
        if not ticks and tag == "chord":
            first = node.find(f"{_MEI}note")
            ticks = _integer(first.get("dur.ppq")) if first is not None else 0
        if ppq and ticks:
            return Fraction(ticks, ppq)
        source = node
        if tag == "chord" and node.get("dur") is None:
            source = node.find(f"{_MEI}note")
        if source is None:
            return Fraction(0)
        return _written(source) * ratio

    def note(self, node: Node, fact: Facts) -> None:
        self.notes += 1
        accid = node.find(f"{_MEI}accid")
        sounding = node.get("accid.ges") or node.get("accid")
        if sounding is None and accid is not None:
            written = accid.get("accid", "")
            # Verovio 6.4 records only one of three quarter tones in accid.ges.
            sounding = written if written in _QUARTERS else accid.get("accid.ges") or written
        # Under an ottava, as in MusicXML, the sounding octave.
        octave = node.get("oct.ges") or node.get("oct")
        fact = fact._replace(
            step=node.get("pname", ""),
            alter=_ALTER.get(sounding or "", 0.0),
            octave=int(octave) if octave else None,
            grace=fact.grace or node.get("grace") is not None,
            attributes=dict(node.attrib),
        )
        if node.get("staff"):
            fact = fact._replace(staff=_integer(node.get("staff")))
        self.facts[node.get(_ID, "")] = fact
        for child in node.iterdescendants():
            self.facts[child.get(_ID, "")] = fact._replace(attributes=dict(child.attrib))


def _events(node: Node, ratio: Fraction) -> Iterator[tuple[Node, Fraction]]:
    """Yield the timed elements of a layer in order, with the ratio of their tuplets."""
    for child in node:
        tag = child.tag[len(_MEI) :]
        if tag == "tuplet":
            num, base = _integer(child.get("num")), _integer(child.get("numbase"))
            inner = ratio * Fraction(base, num) if num and base else ratio
            yield from _events(child, inner)
        elif tag in _NESTS:
            yield from _events(child, ratio)
        else:
            yield child, ratio


def _written(node: Node) -> Fraction:
    """Length in quarter notes by note value and dots.

    >>> _written(etree.fromstring('<note dur="4" dots="1"/>'))
    Fraction(3, 2)
    """
    value = node.get("dur") or ""
    base = _LENGTH.get(value, Fraction(0))
    if value.isdigit() and int(value):
        base = Fraction(4, int(value))
    return base * (2 - Fraction(1, 2 ** min(_integer(node.get("dots")), 8)))


def _integer(text: str | None) -> int:
    try:
        return int(text or 0)
    except ValueError:
        return 0
