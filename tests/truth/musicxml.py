"""A plain reader of MusicXML, by the standard's text alone: the judge of what labels say.

It shares no code with the package. It reads the file as it was found, not as the package mended
it, and gives every note and sign an ``id``; the engraver passes ids on, so that each drawn symbol
can be held against the very element it was drawn from.
"""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from lxml import etree

Node = Any

_MARKED = (
    "note", "accidental", "clef", "dynamics", "fermata", "harmony", "metronome", "octave-shift",
    "pedal", "rehearsal", "slur", "tied", "tuplet", "wedge", "words",
)  # fmt: skip


class Note(NamedTuple):
    """One ``<note>``: a note, a rest, or a note of a chord."""

    id: str
    part: str
    index: int  # of its measure, from 0
    measure: str  # as numbered
    staff: int  # in the score, from 1
    voice: int
    step: str  # c…b; "" for a rest
    alter: float
    octave: int | None
    duration: Fraction  # quarter notes
    onset: Fraction  # quarter notes from the start of the score
    chord: str  # id of the chord's first note, or its own
    node: Node

    def has(self, path: str) -> bool:
        return self.node.find(path) is not None

    def text(self, path: str) -> str:
        return (self.node.findtext(path) or "").strip()


class Change(NamedTuple):
    """A clef, key or time signature from here on, on one staff."""

    id: str
    index: int  # of its measure
    staff: int  # in the score
    at: Fraction  # quarter notes from the measure's start
    node: Node


@dataclass
class Truth:
    """What the file says."""

    root: Node
    notes: list[Note] = field(default_factory=list)
    clefs: list[Change] = field(default_factory=list)
    keys: list[Change] = field(default_factory=list)
    times: list[Change] = field(default_factory=list)
    marked: dict[str, Node] = field(default_factory=dict)  # element by id
    measures: list[str] = field(default_factory=list)
    starts: list[Fraction] = field(default_factory=list)  # of the measures, quarter notes
    staves: dict[str, int] = field(default_factory=dict)  # first staff of a part, in the score

    def xml(self) -> bytes:
        """The score with its ids, for an engraver."""
        return bytes(etree.tostring(self.root, xml_declaration=True, encoding="utf-8"))


def read_truth(path: Path) -> Truth:
    """Read a MusicXML file, packed or not."""
    truth = Truth(_parse(path))
    _mark(truth)
    _Reader(truth).read()
    return truth


def _parse(path: Path) -> Node:
    data = path.read_bytes()
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            container = etree.fromstring(packed.read("META-INF/container.xml"))
            rootfile = next(node for node in container.iter() if "full-path" in node.attrib)
            data = packed.read(str(rootfile.get("full-path")))
    parser = etree.XMLParser(huge_tree=True, resolve_entities=False, no_network=True)
    return etree.fromstring(data, parser)


def _mark(truth: Truth) -> None:
    nodes = [*truth.root.iter(*_MARKED)]
    for signs in truth.root.iter("articulations", "ornaments", "technical"):
        nodes += [node for node in signs if isinstance(node.tag, str)]
    for number, node in enumerate(nodes, 1):
        node.set("id", f"x{number}")
        truth.marked[f"x{number}"] = node


class _Reader:
    """Walks the parts: where each measure starts is known once all have been walked."""

    def __init__(self, truth: Truth) -> None:
        self.truth = truth
        self.lengths: dict[int, Fraction] = {}
        self.resting: dict[int, Fraction] = {}  # of pickups, by parts that only rest

    def read(self) -> None:
        truth, staff = self.truth, 1
        parts = truth.root.findall("part")
        walked: list[list[Note]] = []
        for part in parts:
            truth.staves[part.get("id")] = staff
            walked.append(list(self.part(part, staff)))
            staff += _staves(part)
        longest = max(parts, key=lambda part: len(part.findall("measure")))
        truth.measures = [measure.get("number", "") for measure in longest.findall("measure")]
        now = Fraction(0)
        for index in range(len(truth.measures)):
            truth.starts.append(now)
            now += self.lengths.get(index) or self.resting.get(index, Fraction(0))
        for notes in walked:
            truth.notes += [
                note._replace(onset=note.onset + truth.starts[note.index]) for note in notes
            ]

    def part(self, part: Node, first_staff: int) -> Iterator[Note]:
        divisions = Fraction(1)
        count = _staves(part)
        for index, measure in enumerate(part.findall("measure")):
            now = latest = chord_start = Fraction(0)
            chord, voice = "", 1
            # In a pickup, a part that only rests may state a whole measure's rest.
            counts = measure.get("implicit") != "yes" or any(map(_sounds, measure.iter("note")))
            for node in measure:
                if node.tag == "attributes":
                    divisions = Fraction(node.findtext("divisions") or divisions)
                    self.attributes(node, index, first_staff, count, now)
                elif node.tag == "backup":
                    now -= _duration(node, divisions)
                elif node.tag == "forward":
                    now += _duration(node, divisions)
                elif node.tag == "note":
                    length = _duration(node, divisions)
                    if node.find("chord") is None:
                        chord, chord_start = node.get("id"), now
                        voice = int(node.findtext("voice") or 1)
                        now += length
                        if not fills_in(node):
                            latest = max(latest, now)
                    yield Note(
                        node.get("id"), part.get("id"), index, measure.get("number", ""),
                        first_staff + int(node.findtext("staff") or 1) - 1,
                        int(node.findtext("voice") or voice), *_pitch(node), length, chord_start,
                        chord, node,
                    )  # fmt: skip
            lengths = self.lengths if counts else self.resting
            lengths[index] = max(latest, lengths.get(index, Fraction(0)))

    def attributes(self, node: Node, index: int, staff: int, count: int, at: Fraction) -> None:
        truth = self.truth
        for tag, changes in (("clef", truth.clefs), ("key", truth.keys), ("time", truth.times)):
            for each in node.findall(tag):
                number = each.get("number")
                # A clef without a number is the first staff's, a key or time all staves'.
                one = [int(number or 1)] if number or tag == "clef" else range(1, count + 1)
                changes += [
                    Change(each.get("id", ""), index, staff + own - 1, at, each) for own in one
                ]


def _staves(part: Node) -> int:
    return max((int(node.text) for node in part.iter("staves")), default=1)


def _duration(node: Node, divisions: Fraction) -> Fraction:
    return Fraction((node.findtext("duration") or "0").strip()) / divisions


def _sounds(note: Node) -> bool:
    return note.find("pitch") is not None or note.find("unpitched") is not None


def fills_in(note: Node) -> bool:
    """Whether a rest without a note value only fills what notes of its voice have left over."""
    rest = note.find("rest")
    if rest is None or rest.get("measure") == "yes" or note.find("type") is not None:
        return False
    voice = note.findtext("voice")
    return any(
        other.findtext("voice") == voice and other.find("type") is not None
        for other in note.getparent().iterfind("note")
    )


def _pitch(node: Node) -> tuple[str, float, int | None]:
    pitch = node.find("pitch")
    if pitch is None:
        return "", 0.0, None
    alter = float(pitch.findtext("alter") or 0)
    return pitch.findtext("step").strip().lower(), alter, int(pitch.findtext("octave"))
