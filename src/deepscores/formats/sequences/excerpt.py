"""Some measures of a score as MEI of their own: what a picture shows, and nothing else."""

from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass

from lxml import etree

from deepscores.formats.sequences.score import ID, MEI, SORTS, Node, Score, Signs, tag_of

_XMLNS = MEI[1:-1]
_VERSION = "5.1"  # what readers know; nothing here needs a later one
_ANCHORS = ("startid", "endid", "plist")
# The order in which MEI, and a staff, has them.
_SORTS = ("clef", "key", "meter")


@dataclass(frozen=True, slots=True)
class Span:
    """What a picture shows of a score; measures by their places."""

    first: int
    last: int
    staves: frozenset[int]
    timed: frozenset[int]  # those of the staves that begin with a time signature
    breaks: tuple[int, ...]  # measures that begin a further system
    drawn: frozenset[str]  # ids of what is drawn
    staff_names: frozenset[str]  # "label", "labelAbbr": how staves are named in the picture
    courtesy: frozenset[str]  # "keySig", "meterSig": what its end announces for the next measure


@dataclass(frozen=True, slots=True)
class Excerpt:
    """MEI, and how many of what crosses its edges was left out, by element."""

    text: str
    cut: Mapping[str, int]


def excerpt(score: Score, span: Span) -> Excerpt:
    """The measures of *span*, with the clefs, keys and meters that are in force where they begin.

    Ids stay. A time signature that is in force and not drawn is written as invisible. What stands
    beside the staves (slurs, dynamics, words …) is included if it is drawn and lies within. Ties
    across the edges are marked on the notes (``@tie``); slurs, hairpins and others are left out.
    """
    cut = Counter(span.courtesy)
    for name in sorted(span.drawn):
        if name in score.beside and not span.first <= score.place[name] <= span.last:
            cut[score.beside[name]] += score.beside[name] != "tie"
    root = etree.Element(f"{MEI}mei", nsmap={None: _XMLNS}, meiversion=_VERSION)
    statement = _sub(_sub(_sub(root, "meiHead"), "fileDesc"), "titleStmt")
    _sub(statement, "title")
    _sub(statement.getparent(), "pubStmt")
    body = _sub(_sub(_sub(_sub(root, "music"), "body"), "mdiv"), "score")
    body.append(_definition(score, span))
    _Copy(score, span, cut).into(score.body, _sub(body, "section"))
    _mark_ties(root, score, span)
    etree.indent(root, "  ")
    data: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return Excerpt(data.decode() + "\n", {name: cut[name] for name in sorted(cut) if cut[name]})


def _sub(parent: Node, tag: str) -> Node:
    return etree.SubElement(parent, f"{MEI}{tag}")


def _definition(score: Score, span: Span) -> Node:
    """The first score definition, with what is in force at the start of *span*."""
    definition = deepcopy(score.definition)
    definition.tail = None
    for child in list(definition):
        if tag_of(child) in ("pgHead", "pgFoot", "pgHead2", "pgFoot2") or tag_of(child) in SORTS:
            definition.remove(child)
    _name(definition, span.staff_names)
    for child in list(definition.iter(f"{MEI}instrDef")):  # how it is played, not what is drawn
        child.getparent().remove(child)
    for sign in list(definition.iter(f"{MEI}grpSym")):  # an attribute says as much, to more readers
        sign.getparent().set("symbol", sign.get("symbol", "none"))
        sign.getparent().remove(sign)
    in_force = score.in_force[span.first]
    for staff in list(definition.iter(f"{MEI}staffDef")):
        number = int(staff.get("n", "0"))
        for name in ("trans.semi", "trans.diat"):  # written pitches are what is drawn
            staff.attrib.pop(name, None)
        if number in span.staves:
            _begin(staff, in_force[number], timed=number in span.timed)
        else:
            staff.getparent().remove(staff)
    _drop_empty_groups(definition)
    return definition


def _name(definition: Node, drawn_names: frozenset[str]) -> None:
    """Leave the names that are drawn: where only the short ones are, these are the names."""
    for label in list(definition.iter(f"{MEI}label", f"{MEI}labelAbbr")):
        tag = tag_of(label)
        if tag not in drawn_names:
            label.getparent().remove(label)
        elif tag == "labelAbbr" and "label" not in drawn_names:
            label.tag = f"{MEI}label"


def _begin(staff: Node, signs: Signs, *, timed: bool) -> None:
    for child in list(staff):
        if tag_of(child) in SORTS:
            staff.remove(child)
    place = sum(tag_of(child) in ("label", "labelAbbr") for child in staff)
    for sort in _SORTS:
        if sort not in signs:
            continue
        sign = deepcopy(signs[sort])
        sign.tail = None
        if tag_of(signs[sort].getparent()) == "scoreDef":  # one for all staves: an id has one owner
            for node in sign.iter(f"{MEI}*"):
                node.attrib.pop(ID, None)
        if sort == "meter" and not timed:
            sign.set("visible", "false")
        staff.insert(place, sign)
        place += 1


def _drop_empty_groups(node: Node) -> None:
    while True:
        empty = [
            group
            for group in node.iter(f"{MEI}staffGrp")
            if group.find(f".//{MEI}staffDef") is None and group.getparent() is not None
        ]
        if not empty:
            return
        for group in empty:
            if group.getparent() is not None:
                group.getparent().remove(group)


class _Copy:
    """Copies what is in the span, in document order."""

    def __init__(self, score: Score, span: Span, cut: Counter[str]) -> None:
        self.score, self.span, self.cut = score, span, cut
        self.measures_seen = 0  # measures so far

    def into(self, source: Node, target: Node) -> None:
        span = self.span
        for child in source:
            tag = tag_of(child)
            if tag == "measure":
                if span.first <= self.measures_seen <= span.last:
                    self._measure(child, target)
                self.measures_seen += 1
            elif tag in ("scoreDef", "staffDef"):
                if span.first < self.measures_seen <= span.last:
                    target.append(self._change(child))
            elif child.find(f".//{MEI}measure") is not None:
                self._wrap(child, target)

    def _wrap(self, child: Node, target: Node) -> None:
        first_measure = self.measures_seen
        wrapper = etree.Element(child.tag, child.attrib)
        self.into(child, wrapper)
        if not len(wrapper):
            return
        if tag_of(child) == "ending" and first_measure < self.span.first:
            # Its number stands where it began, in an earlier picture.
            self.cut["ending"] += 1
            wrapper.tag = f"{MEI}section"
            for name in list(wrapper.attrib):
                if name != ID:
                    del wrapper.attrib[name]
        target.append(wrapper)

    def _change(self, node: Node) -> Node:
        change = deepcopy(node)
        change.tail = None
        for staff in list(change.iter(f"{MEI}staffDef")):
            if int(staff.get("n", "0")) not in self.span.staves and staff is not change:
                staff.getparent().remove(staff)
        _drop_empty_groups(change)
        return change

    def _measure(self, node: Node, target: Node) -> None:
        if self.measures_seen in self.span.breaks:
            _sub(target, "sb")
        measure = deepcopy(node)
        measure.tail = None
        for child in list(measure):
            keeps = self._keeps_staff if tag_of(child) == "staff" else self._keeps_event
            if not keeps(child):
                measure.remove(child)
        for verse in measure.iter(f"{MEI}verse"):  # MusicXML's name of it, which is not drawn
            verse.attrib.pop("label", None)
        target.append(measure)

    def _keeps_staff(self, node: Node) -> bool:
        return int(node.get("n", "0")) in self.span.staves

    def _keeps_event(self, node: Node) -> bool:
        if node.get(ID) not in self.span.drawn:
            return False
        staves = {int(staff) for staff in node.get("staff", "").split() if staff.isdigit()}
        if staves and not staves & self.span.staves:
            return False
        if self._lies_within(node):
            return True
        if tag_of(node) != "tie":  # marked on the notes
            self.cut[tag_of(node)] += 1
        return False

    def _lies_within(self, node: Node) -> bool:
        ends = [self.measures_seen + _measures_on(node.get("tstamp2", ""))]
        for name in _ANCHORS:
            names = node.get(name, "").split()
            ends.extend(self.score.place.get(anchor.removeprefix("#"), -1) for anchor in names)
        return all(self.span.first <= end <= self.span.last for end in ends)


def _measures_on(stamp: str) -> int:
    """How many measures after its start something ends: ``2m+1.5`` says two."""
    count, _, _ = stamp.partition("m")
    return int(count) if count.isdigit() and "m" in stamp else 0


def _mark_ties(root: Node, score: Score, span: Span) -> None:
    notes: dict[str, Node] = {note.get(ID): note for note in root.iter(f"{MEI}note")}
    for tie in score.ties:
        begins, ends = (
            span.first <= score.place[name] <= span.last for name in (tie.start, tie.end)
        )
        if begins == ends or tie.name not in span.drawn:
            continue
        note = notes.get(tie.start if begins else tie.end)
        if note is not None:
            mark = "i" if begins else "t"
            note.set("tie", mark if note.get("tie") in (None, mark) else "m")
