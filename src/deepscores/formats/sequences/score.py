"""The score behind pages: its measures in order, and the signs in force where each begins."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from lxml import etree

from deepscores.errors import DatasetError
from deepscores.formats.sequences.unfit import Unfit
from deepscores.scores.refusal import Refusal
from deepscores.scores.xml import parse_xml

Node = Any  # of lxml

MEI = "{http://www.music-encoding.org/ns/mei}"
ID = "{http://www.w3.org/XML/1998/namespace}id"
# What a staff begins with, by the sort of sign: a new one of a sort takes the place of the old.
SORTS = {
    "clef": "clef",
    "keySig": "key",
    "meterSig": "meter", "meterSigGrp": "meter", "mensur": "meter", "proport": "meter",
}  # fmt: skip
# Verovio's MEI has elements for these; what has attributes instead is not read.
_ATTRIBUTES = (
    "clef.shape", "clef.line", "key.sig", "keysig", "key.accid", "meter.count", "meter.sym",
    "mensur.sign", "clef.dis",
)  # fmt: skip

Signs = Mapping[str, Node]  # by sort


class Tie(NamedTuple):
    """A tie between two notes: where it is, and their ids."""

    name: str
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Score:
    """A score as MEI has it; its trees are read only."""

    body: Node  # <score>
    definition: Node  # the first <scoreDef>
    measures: tuple[Node, ...]
    place: Mapping[str, int]  # place among the measures, by the id of what is in them
    in_force: tuple[Mapping[int, Signs], ...]  # as each measure begins, by staff
    ties: tuple[Tie, ...]
    beside: Mapping[str, str]  # elements beside the staves (slurs, dynamics …) by id


def tag_of(node: Node) -> str:
    """The element's name without its namespace."""
    return etree.QName(node).localname


def read_score(path: Path) -> Score:
    """Read the MEI file *path* of a dataset.

    Raise DatasetError if that is not MEI, Unfit for MEI of a kind that Verovio does not write.
    """
    try:
        root = parse_xml(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, Refusal) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DatasetError(f"{path}: not readable as MEI: {reason}") from None
    body = root.find(f".//{MEI}score")
    definition = body.find(f"{MEI}scoreDef") if body is not None else None
    if definition is None:
        raise DatasetError(f"{path}: not readable as MEI: no score with a definition")
    if len(root.findall(f".//{MEI}score")) > 1:
        raise Unfit("several movements in one file")
    walk = _Walk(definition)
    walk.read(body)
    place = {
        node.get(ID): number
        for number, measure in enumerate(walk.measures)
        for node in measure.iter(f"{MEI}*")
        if node.get(ID)
    }
    ties = tuple(_ties(walk.measures, place))
    beside = {
        node.get(ID): tag_of(node)
        for measure in walk.measures
        for node in measure
        if tag_of(node) != "staff"
    }
    return Score(body, definition, tuple(walk.measures), place, tuple(walk.in_force), ties, beside)


def _ties(measures: list[Node], place: Mapping[str, int]) -> Iterator[Tie]:
    for measure in measures:
        for node in measure.iterfind(f"{MEI}tie"):
            start, end = (node.get(side, "").removeprefix("#") for side in ("startid", "endid"))
            if start in place and end in place:
                yield Tie(node.get(ID, ""), start, end)


class _Walk:
    """State of a walk through the score in document order."""

    def __init__(self, definition: Node) -> None:
        self.staves = {int(staff.get("n", "0")) for staff in definition.iter(f"{MEI}staffDef")}
        self.signs: dict[int, dict[str, Node]] = {number: {} for number in self.staves}
        self.measures: list[Node] = []
        self.in_force: list[Mapping[int, Signs]] = []

    def read(self, node: Node) -> None:
        for child in node:
            match tag_of(child):
                case "scoreDef":
                    self.define(child)
                case "staffDef":
                    self.define_staff(child)
                case "measure":
                    self.measure(child)
                case _:
                    self.read(child)

    def define(self, node: Node) -> None:
        _refuse_attributes(node)
        for child in node:
            if sort := SORTS.get(tag_of(child)):
                for signs in self.signs.values():
                    signs[sort] = child
        for staff in node.iter(f"{MEI}staffDef"):
            self.define_staff(staff)

    def define_staff(self, node: Node) -> None:
        _refuse_attributes(node)
        number = int(node.get("n", "0"))
        if number not in self.staves:
            raise Unfit(f"staff {number} begins in the middle of the score")
        for child in node:
            if sort := SORTS.get(tag_of(child)):
                self.signs[number][sort] = child

    def measure(self, node: Node) -> None:
        self.in_force.append({number: dict(signs) for number, signs in self.signs.items()})
        self.measures.append(node)
        for staff in node.iterfind(f"{MEI}staff"):
            signs = self.signs.get(int(staff.get("n", "0")))
            for child in staff.iter(*(f"{MEI}{tag}" for tag in SORTS)):
                if signs is None or child.get("sameas"):
                    continue
                if tag_of(child.getparent()) != "meterSigGrp":
                    signs[SORTS[tag_of(child)]] = child


def _refuse_attributes(node: Node) -> None:
    for name in _ATTRIBUTES:
        if node.get(name) is not None:
            raise Unfit(f"a <{tag_of(node)}> with the attribute {name!r}")
