"""What stands in a layer, in order: notes, chords, rests and changes, with beams and tuplets."""

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from deepscores.engraving.lilypond.durations import written
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


class Unwritten(Exception):
    """The score has something that this module cannot write; the text says what, in the plural."""


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
    """Where the score wants the stem of a note or chord: "up", "down" or ""."""
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
    return sum((written(one.node) for one in events), Fraction(0))


def leading_graces(layer: Node) -> list[Event]:
    """The grace notes before the first note of a measure."""
    found: list[Event] = []
    for event in events_of(layer):
        if is_grace(event.node):
            found.append(event)
        elif tag(event.node) in EVENTS:
            return found
    return []  # after the last note, where there is one


def events_of(layer: Node) -> Iterator[Event]:
    """What stands in a layer, in order, with the beams and tuplets that start and end there.

    Raise Unwritten for what LilyPond is not given.
    """
    yield from _flatten(list(_nodes(layer, Fraction(1), ())))


class _Leaf(NamedTuple):
    node: Node
    ratio: Fraction
    around: tuple[Node, ...]  # beams, tuplets, tremolos, from the outermost


def _nodes(node: Node, ratio: Fraction, around: tuple[Node, ...]) -> Iterator[_Leaf]:
    for child in node:
        name = tag(child)
        if name in _REFUSED:
            raise Unwritten(_REFUSED[name])
        if name == "tuplet":
            num, base = number(child.get("num")), number(child.get("numbase"))
            inner = ratio * Fraction(base, num) if num and base else ratio
            yield from _nodes(child, inner, (*around, child))
        elif name in _NESTS:
            yield from _nodes(child, ratio, (*around, child))
        elif name:
            yield _Leaf(child, ratio, around)


def _flatten(leaves: list[_Leaf]) -> Iterator[Event]:
    heads: dict[Node, int] = {}
    tails: dict[Node, int] = {}
    begins: dict[Node, int] = {}
    finishes: dict[Node, int] = {}
    for place, leaf in enumerate(leaves):
        for node in leaf.around:
            name = tag(node)
            if name == "beam" and _beamed(leaf.node, node):
                heads.setdefault(node, place)
                tails[node] = place
            elif name == "tuplet" and tag(leaf.node) in EVENTS and not is_grace(leaf.node):
                begins.setdefault(node, place)
                finishes[node] = place
    for place, leaf in enumerate(leaves):
        opens = tuple(one for one, head in heads.items() if head == place and tails[one] != place)
        closes = sum(tail == place and heads[one] != place for one, tail in tails.items())
        starts = tuple(one for one in leaf.around if begins.get(one) == place)
        ends = sum(finish == place for finish in finishes.values())
        tremolo = max((_strokes(one, leaf.node) for one in (leaf.node, *leaf.around)), default=0)
        yield Event(leaf.node, leaf.ratio, opens, closes, starts, ends, tremolo)


def _beamed(leaf: Node, beam: Node) -> bool:
    if tag(leaf) not in ("note", "chord"):
        return False
    if not is_grace(leaf):
        return True
    # Grace notes within a beam of plain notes are not its own.
    return all(
        is_grace(one) or tag(one.getparent()) == "chord" for one in beam.iter(f"{NAMESPACE}note")
    )


def _strokes(node: Node, leaf: Node) -> int:
    modifier = leaf.get("stem.mod") or first_note(leaf, "stem.mod")
    if is_grace(leaf) or (tag(node) != "bTrem" and not modifier):
        return 0
    strokes = number(modifier[:1], 0)
    flags = max(number(leaf.get("dur"), 4).bit_length() - 3, 0)
    return int(2 ** (2 + flags + (strokes or 3)))


def first_note(node: Node, name: str) -> str:
    """An attribute of a chord's first note that has it."""
    for note in node.iterfind(f"{NAMESPACE}note"):
        if note.get(name):
            return str(note.get(name))
    return ""
