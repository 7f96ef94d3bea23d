"""The measures of a score with their times, and the changes at each, staff by staff."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

from lxml import etree

from deepscores.engraving.lilypond.mei import NAMESPACE, Node, exact, identity, number, tag
from deepscores.page.model import Facts, Music

_BARS = {  # the end of a measure and the start of the next, as MEI names them → LilyPond's barline
    ("rptend", "rptstart"): ":|.|:",
    ("dbl", "rptstart"): ".|:-||",
    ("", "rptstart"): ".|:",
    ("end", "rptstart"): ".|:",
    ("rptboth", ""): ":|.|:",
    ("rptend", ""): ":|.",
    ("rptstart", ""): ".|:",
    ("dbl", ""): "||",
    ("end", ""): "|.",
    ("heavy", ""): ".",
    ("dashed", ""): "!",
    ("dotted", ""): ";",
    ("invis", ""): "",
}
PLAIN = "|"


@dataclass(slots=True)
class Bar:
    """One measure."""

    node: Node
    start: Fraction  # quarter notes from the start of the score
    length: Fraction
    unit: int  # of its beats: 4 for quarter notes
    changes: dict[int, list[Node]] = field(default_factory=dict)  # clef, keySig … by staff
    staves: dict[int, Node] = field(default_factory=dict)
    ending: Node | None = None
    grace: Fraction = Fraction(0)  # length in quarter notes of the grace notes before its start

    @property
    def counts(self) -> int:
        """How many measures it stands for: several where all staves rest together."""
        rest = self.node.find(f".//{NAMESPACE}multiRest")
        return max(number(rest.get("num"), 1), 1) if rest is not None else 1

    @property
    def id(self) -> str:
        return identity(self.node)

    @property
    def end(self) -> Fraction:
        return self.start + self.length


@dataclass(slots=True)
class Timeline:
    """The measures of a score and the group of its staves."""

    bars: list[Bar]
    group: Node  # the staffGrp
    head: Node | None  # the pgHead
    staves: list[int]  # their numbers from top to bottom
    definitions: dict[int, Node]  # their first staffDef
    starts: list[Fraction]
    numbered: bool = True  # measures show their numbers
    hides: bool = False  # staves that rest throughout a system are left out

    def bar_at(self, time: Fraction) -> int:
        """Index of the measure at *time*; the last one for the end of the score."""
        return max(bisect_right(self.starts, time) - 1, 0)

    def barline(self, index: int) -> str:
        """The barline at the end of a measure."""
        right = self.bars[index].node.get("right") or ""
        following = self.bars[index + 1].node if index + 1 < len(self.bars) else None
        left = following.get("left") or "" if following is not None else ""
        left = left if left == "rptstart" else ""
        right = "" if right == "single" else right
        return _BARS.get((right, left)) or _BARS.get((right, ""), PLAIN)


def read_timeline(root: Node, music: Music) -> Timeline | None:
    """Walk the score in document order; None if it holds no measure."""
    score = root.find(f".//{NAMESPACE}score")
    if score is None:
        return None
    walk = _Walk(music.facts)
    walk.walk(score, None)
    if not walk.bars or walk.group is None:
        return None
    _set_lengths(walk.bars, music.facts)
    return Timeline(
        walk.bars,
        walk.group,
        walk.head,
        list(walk.definitions),
        walk.definitions,
        [bar.start for bar in walk.bars],
        walk.numbered,
        # Verovio's rule for scores that do not state it.
        _count_symbols(walk.group) > 1,
    )


class _Walk:
    def __init__(self, facts: Mapping[str, Facts]) -> None:
        self.facts = facts
        self.bars: list[Bar] = []
        self.group: Node | None = None
        self.head: Node | None = None
        self.definitions: dict[int, Node] = {}
        self.pending: dict[int, list[Node]] = {}
        self.unit = 4
        self.numbered = True

    def walk(self, node: Node, ending: Node | None) -> None:
        for child in node:
            match tag(child):
                case "scoreDef":
                    self.define(child)
                case "staffDef":
                    self.define_staff(child)
                case "measure":
                    self.measure(child, ending)
                case "ending":
                    self.walk(child, child)
                case "":
                    pass
                case _:
                    self.walk(child, ending)

    def define(self, node: Node) -> None:
        common: list[Node] = []
        self.numbered &= node.get("mnum.visible") != "false"
        for child in node:
            match tag(child):
                case "staffGrp":
                    if self.group is None:
                        self.group = child
                    for staff in child.iter(f"{NAMESPACE}staffDef"):
                        self.define_staff(staff)
                case "pgHead":
                    self.head = child if self.head is None else self.head
                case "clef" | "keySig" | "meterSig" | "meterSigGrp":
                    common.append(child)
        common += spell_out(node)
        for staff_number in self.definitions:
            for child in common:
                self.change(staff_number, child)

    def define_staff(self, node: Node) -> None:
        place = number(node.get("n"))
        self.definitions.setdefault(place, node)
        for child in (*spell_out(node), *node):
            if tag(child) in ("clef", "keySig", "meterSig", "meterSigGrp"):
                self.change(place, child)

    def change(self, staff: int, node: Node) -> None:
        # A later definition, nearer to the staff, replaces an earlier one.
        pending = self.pending.get(staff, [])
        remaining = [change for change in pending if tag(change) != tag(node)]
        self.pending[staff] = [*remaining, node]
        if tag(node) == "meterSig" and node.get("unit"):
            self.unit = number(node.get("unit"), 4) or 4

    def measure(self, node: Node, ending: Node | None) -> None:
        start = exact(self.facts.get(identity(node), Facts()).onset)
        staves = {number(staff.get("n")): staff for staff in node.iterfind(f"{NAMESPACE}staff")}
        bar = Bar(node, start, Fraction(0), self.unit, self.pending, staves, ending)
        self.bars.append(bar)
        self.pending = {}


def _count_symbols(group: Node) -> int:
    """Braces and brackets before staves."""
    symbols = [inner.get("symbol") for inner in group.iter(f"{NAMESPACE}staffGrp")]
    return sum(map(bool, symbols)) + len(list(group.iter(f"{NAMESPACE}grpSym")))


def spell_out(node: Node) -> list[Node]:
    """Clef, key and time from attributes of a definition, as elements.

    >>> [tag(node) for node in spell_out(etree.fromstring('<scoreDef keysig="2s"/>'))]
    ['keySig']
    """
    elements = []
    for name, attributes in _ATTRIBUTES.items():
        values = {key: node.get(short) for short, key in attributes.items() if node.get(short)}
        if values:
            elements.append(etree.Element(NAMESPACE + name, values))
    return elements


_ATTRIBUTES = {
    "clef": {
        "clef.shape": "shape",
        "clef.line": "line",
        "clef.dis": "dis",
        "clef.dis.place": "dis.place",
    },
    "keySig": {"keysig": "sig", "key.sig": "sig"},
    "meterSig": {"meter.count": "count", "meter.unit": "unit", "meter.sym": "sym"},
}


def _set_lengths(bars: list[Bar], facts: Mapping[str, Facts]) -> None:
    for bar, following in pairwise(bars):
        bar.length = following.start - bar.start
    last = bars[-1]
    ends = [last.start]
    for node in last.node.iter():
        fact = facts.get(identity(node))
        if fact and fact.onset is not None and fact.duration:
            ends.append(exact(fact.onset) + exact(fact.duration))
    last.length = max(ends) - last.start or Fraction(4)
