"""The MEI elements of a page's grobs, nested as Verovio nests its groups."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from deepscores.engraving.lilypond.mei import NAMESPACE, identity, number, tag
from deepscores.engraving.lilypond.notation import Notation
from deepscores.page.model import Element

Node = Any

_NESTING = frozenset((
    "measure", "staff", "layer", "beam", "tuplet", "bTrem", "graceGrp", "chord", "note", "rest",
    "mRest", "verse",
))  # fmt: skip
# Parts of a note, chord or rest.
_PARTS = {
    "NoteHead": "notehead",
    "Stem": "stem",
    "Flag": "flag",
    "Dots": "dots",
}
_ACCIDENTALS = frozenset(("Accidental", "AccidentalCautionary", "AccidentalSuggestion"))
# What belongs to a staff and no element of the music.
_OF_STAFF = {
    "StaffSymbol": "",
    "LedgerLineSpanner": "ledgerLines",
    "Clef": "clef",
    "ClefModifier": "clef",
    "CueClef": "clef",
    "KeySignature": "keySig",
    "KeyCancellation": "keySig",
    "TimeSignature": "meterSig",
    "InstrumentName": "label",
}
_OF_MEASURE = {
    "BarLine": "barLine",
    "SpanBar": "barLine",
    "BarNumber": "mNum",
    "VoltaBracket": "voltaBracket",
}
_OF_SYSTEM = {
    "SystemStartBrace": "grpSym",
    "SystemStartBracket": "grpSym",
    "SystemStartSquare": "grpSym",
}


class Elements:
    """The elements of one page, made as they are met."""

    def __init__(self, notation: Notation, lines: Mapping[int, str]) -> None:
        self.notation = notation
        self.timeline = notation.timeline
        self.lines = lines
        self.found: list[Element] = []
        self._known: dict[tuple[object, ...], int] = {}
        self._systems: dict[str, int] = {}
        self.astray: set[str] = set()  # notes drawn at another time than the score's

    def of(self, grob: str, data: Mapping[str, str]) -> int:
        """The element that a grob with these data draws for."""
        system = self.system(data.get("data-system", "0"))
        if grob == "SystemStartBar" or not grob:
            return system
        if grob in _OF_SYSTEM:
            return self.child(system, _OF_SYSTEM[grob], "", data.get("number"))
        if grob in _OF_MEASURE:
            return self.of_measure(grob, system, data)
        if grob in _OF_STAFF:
            return self.of_staff(grob, system, data)
        node = self.notation.elements.get(self.lines.get(number(data.get("data-line")), ""))
        if node is None:
            return self.child(self.measure(system, data), grob, "")
        if grob == "NoteHead":
            when = 4 * Fraction(data.get("data-when") or "0")
            if when != self.notation.onsets.get(identity(node), when):
                self.astray.add(identity(node))
        return self.of_node(grob, node, system)

    def of_node(self, grob: str, node: Node, system: int) -> int:
        if grob in _PARTS:
            # A chord has one stem and flag; heads and dots are its notes' own.
            above = node.getparent()
            if grob in ("Stem", "Flag") and tag(above) == "chord":
                node = above
            return self.child(self.nested(node, system), _PARTS[grob], "")
        if grob == "StemTremolo":
            tremolo = next((one for one in node.iterancestors() if tag(one) == "bTrem"), node)
            return self.nested(tremolo, system)
        if grob in _ACCIDENTALS:
            accid = node.find(f"{NAMESPACE}accid")
            name = identity(accid) if accid is not None else ""
            return self.child(self.nested(node, system), "accid", name)
        if grob == "MultiMeasureRestNumber":
            return self.child(self.nested(node, system), "multiRestNum", "")
        if grob in ("TupletBracket", "TupletNumber"):
            kind = "tupletBracket" if grob == "TupletBracket" else "tupletNum"
            return self.child(self.nested(node, system), kind, "")
        return self.nested(node, system)

    def nested(self, node: Node, system: int) -> int:
        """The element of *node* below those of the nodes around it."""
        key = (system, node)
        if key not in self._known:
            above = node.getparent()
            # A verse's label hangs on the note, as it does in Verovio's groups.
            skipped = {"verse"} if tag(node) == "label" else set()
            while above is not None and tag(above) not in _NESTING - skipped:
                above = above.getparent()
            parent = self.nested(above, system) if above is not None else system
            self._known[key] = self.add(tag(node), identity(node), parent)
        return self._known[key]

    def system(self, start: str) -> int:
        """The system that begins at this moment."""
        if start not in self._systems:
            self._systems[start] = self.add("system", "", -1)
        return self._systems[start]

    def header(self, name: str) -> int:
        if ("header", name) not in self._known:
            self._known["header", name] = self.add("pgHead", name, -1)
        return self._known["header", name]

    def bar(self, data: Mapping[str, str]) -> int:
        """Index of the measure at the grob's moment, which LilyPond counts in whole notes."""
        return self.timeline.bar_at(4 * Fraction(data.get("data-when") or "0"))

    def measure(self, system: int, data: Mapping[str, str]) -> int:
        return self.nested(self.timeline.bars[self.bar(data)].node, system)

    def staff(self, system: int, data: Mapping[str, str]) -> int:
        index, place = self.bar(data), number(data.get("data-staff"))
        if data.get("data-break") == "-1" and index:
            index -= 1  # at the end of a line: a warning of what comes
        node = self.timeline.bars[index].staves.get(place)
        if node is None:
            node = next(
                (bar.staves[place] for bar in self.timeline.bars if place in bar.staves), None
            )
        return self.nested(node, system) if node is not None else system

    def of_staff(self, grob: str, system: int, data: Mapping[str, str]) -> int:
        staff = self.staff(system, data)
        kind = _OF_STAFF[grob]
        if not kind:
            return staff
        if kind == "ledgerLines":
            return self.child(staff, kind, "")
        when = 4 * Fraction(data.get("data-when") or "0")
        name = self.notation.signs.get((kind, number(data.get("data-staff")), when), "")
        if data.get("data-break") == "1" and self.ended_a_measure(name):
            name = ""  # a line begins with it, but it is the one drawn before
        element = self.child(staff, kind, name, when, data.get("data-break"))
        if kind == "keySig":
            return self.child(element, "keyAccid", "")
        return element

    def ended_a_measure(self, name: str) -> bool:
        """Whether a sign stands in a measure, after its notes."""
        node = self.notation.elements.get(name)
        layer = node.getparent() if node is not None else None
        return layer is not None and tag(layer) == "layer" and layer.index(node) > 0

    def of_measure(self, grob: str, system: int, data: Mapping[str, str]) -> int:
        index = self.bar(data)
        bars = self.timeline.bars
        kind = _OF_MEASURE[grob]
        when = 4 * Fraction(data.get("data-when") or "0")
        starts = data.get("data-break") == "1"  # a line
        opens = data.get("data-bar", "").startswith(".|:")  # a repeat
        if kind == "barLine" and index and bars[index].start == when and not (starts or opens):
            index -= 1  # the measure that it ends
        if kind == "barLine" and when >= bars[-1].end:
            index = len(bars) - 1
        node = bars[index].node
        if kind == "voltaBracket" and bars[index].ending is not None:
            return self.child(self.nested(bars[index].ending, system), kind, "")
        measure = self.nested(node, system)
        return self.child(measure, kind, "", starts, opens)

    def named(self, name: str, data: Mapping[str, str]) -> int:
        """The element of that id, or the grob's own."""
        node = self.notation.elements.get(name)
        system = self.system(data.get("data-system", "0"))
        if node is None:
            return self.measure(system, data)
        return self.nested(node, system)

    def ledger_of(self, element: int, place: int) -> int:
        """The ledger lines on staff *place* in the measure of a note's element."""
        while self.found[element].kind not in ("measure", "system"):
            element = self.found[element].parent
        measure = self.notation.elements.get(self.found[element].id)
        staves = measure.iterfind(f"{NAMESPACE}staff") if measure is not None else ()
        staff = next((one for one in staves if number(one.get("n")) == place), None)
        if staff is None:
            return self.child(element, "ledgerLines", "")
        return self.child(self.nested(staff, self.found[element].parent), "ledgerLines", "")

    def articulation(self, element: int) -> str:
        """MEI's name of an articulation; "" for another element."""
        kind, name, _, _ = self.found[element]
        node = self.notation.elements.get(name) if kind == "artic" else None
        return str(node.get("artic") or "") if node is not None else ""

    def child(self, parent: int, kind: str, name: str, *more: object) -> int:
        """The one child of *parent* of this kind, name and what else parts it from others."""
        key = (parent, kind, name, *more)
        if key not in self._known:
            self._known[key] = self.add(kind, name, parent)
        return self._known[key]

    def add(self, kind: str, name: str, parent: int) -> int:
        self.found.append(Element(kind, name, parent))
        return len(self.found) - 1
