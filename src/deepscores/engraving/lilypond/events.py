"""The content of a layer in order: notes, chords, rests and changes, with beams and tuplets."""

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from deepscores.engraving.lilypond.durations import written_length
from deepscores.engraving.lilypond.mei import NAMESPACE, Node, number, tag

EVENTS = frozenset(
    ("note", "rest", "chord", "space", "mRest", "mSpace", "multiRest", "mRpt", "fTrem")
)
_NESTS = frozenset(("beam", "tuplet", "graceGrp", "bTrem", "app", "lem", "choice", "ligature"))
_REFUSED = {
    "mRpt2": "repeats of two measures",
    "multiRpt": "repeats of several measures",
    "beatRpt": "beat repeats",
    "halfmRpt": "repeats of half measures",
    "tabGrp": "tablatures",
}


class UnsupportedNotation(Exception):
    """Notation that cannot be written for LilyPond; the text names it, in the plural."""


class Event(NamedTuple):
    """Something that takes time, or a change between."""

    node: Node
    ratio: Fraction = Fraction(1)  # of the tuplets around it
    opens: tuple[Node, ...] = ()  # beams that start here
    closes: int = 0  # beams that end here
    tuplets: tuple[Node, ...] = ()  # that start before it
    ends: int = 0  # tuplets that end after it
    tremolo: int = 0  # strokes' note value: 32


def stem_direction(node: Node) -> str:
    """The direction of a note's or chord's stem in the score: "up", "down" or ""."""
    return str(node.get("stem.dir") or first_note(node, "stem.dir"))


def is_grace(node: Node) -> bool:
    """Whether a note or chord is a grace note."""
    if tag(node) not in ("note", "chord"):
        return False
    if node.get("grace") or first_note(node, "grace"):
        return True
    return tag(node.getparent()) == "graceGrp"


def grace_length(events: list[Event]) -> Fraction:
    """Quarter notes that grace notes take of LilyPond's grace time."""
    return sum((written_length(event.node) for event in events), Fraction(0))


def leading_graces(layer: Node) -> list[Event]:
    """The grace notes before the first note of a measure."""
    graces: list[Event] = []
    for event in events_of(layer):
        if is_grace(event.node):
            graces.append(event)
        elif tag(event.node) in EVENTS:
            return graces
    return []  # after the last note, where there is one


def events_of(layer: Node) -> Iterator[Event]:
    """The content of a layer in order, with the beams and tuplets that start and end there.

    May raise UnsupportedNotation.
    """
    yield from _flatten(list(_nodes(layer, Fraction(1), ())))


class _LayerItem(NamedTuple):
    node: Node
    ratio: Fraction
    ancestors: tuple[Node, ...]  # beams, tuplets, tremolos, from the outermost


def _nodes(node: Node, ratio: Fraction, ancestors: tuple[Node, ...]) -> Iterator[_LayerItem]:
    for child in node:
        name = tag(child)
        if name in _REFUSED:
            raise UnsupportedNotation(_REFUSED[name])
        if name == "tuplet":
            num, base = number(child.get("num")), number(child.get("numbase"))
            inner = ratio * Fraction(base, num) if num and base else ratio
            yield from _nodes(child, inner, (*ancestors, child))
        elif name in _NESTS:
            yield from _nodes(child, ratio, (*ancestors, child))
        elif name:
            yield _LayerItem(child, ratio, ancestors)


def _flatten(items: list[_LayerItem]) -> Iterator[Event]:
    heads: dict[Node, int] = {}
    tails: dict[Node, int] = {}
    begins: dict[Node, int] = {}
    finishes: dict[Node, int] = {}
    for place, item in enumerate(items):
        for node in item.ancestors:
            name = tag(node)
            if name == "beam" and _belongs_to_beam(item.node, node):
                heads.setdefault(node, place)
                tails[node] = place
            elif name == "tuplet" and tag(item.node) in EVENTS and not is_grace(item.node):
                begins.setdefault(node, place)
                finishes[node] = place
    for place, item in enumerate(items):
        opened_beams = tuple(
            node for node, head in heads.items() if head == place and tails[node] != place
        )
        closes = sum(tail == place and heads[node] != place for node, tail in tails.items())
        starts = tuple(node for node in item.ancestors if begins.get(node) == place)
        ends = sum(finish == place for finish in finishes.values())
        tremolo = max(
            (_strokes(node, item.node) for node in (item.node, *item.ancestors)), default=0
        )
        yield Event(item.node, item.ratio, opened_beams, closes, starts, ends, tremolo)


def _belongs_to_beam(item: Node, beam: Node) -> bool:
    if tag(item) not in ("note", "chord"):
        return False
    if not is_grace(item):
        return True
    # Grace notes within a beam of plain notes do not belong to it.
    return all(
        is_grace(note) or tag(note.getparent()) == "chord" for note in beam.iter(f"{NAMESPACE}note")
    )


def _strokes(node: Node, item: Node) -> int:
    modifier = item.get("stem.mod") or first_note(item, "stem.mod")
    if is_grace(item) or (tag(node) != "bTrem" and not modifier):
        return 0
    strokes = number(modifier[:1], 0)
    flags = max(number(item.get("dur"), 4).bit_length() - 3, 0)
    return int(2 ** (2 + flags + (strokes or 3)))


def first_note(node: Node, name: str) -> str:
    """An attribute of a chord's first note that has it."""
    for note in node.iterfind(f"{NAMESPACE}note"):
        if note.get(name):
            return str(note.get(name))
    return ""
