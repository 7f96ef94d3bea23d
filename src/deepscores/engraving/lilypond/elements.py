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
# What belongs to a staff and not to an element of the music.
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
    """The elements of one page, created on first use."""

    def __init__(self, notation: Notation, lines: Mapping[int, str]) -> None:
        self.notation = notation
        self.timeline = notation.timeline
        self.lines = lines
        self.page_elements: list[Element] = []
        self._indices: dict[tuple[object, ...], int] = {}
        self._systems: dict[str, int] = {}
        self.astray: set[str] = set()  # notes drawn at another time than the score's

    def element_for(self, grob: str, data: Mapping[str, str]) -> int:
        """The element that a grob with these data belongs to."""
        system = self.system(data.get("data-system", "0"))
        if grob == "SystemStartBar" or not grob:
            return system
        if grob in _OF_SYSTEM:
            return self.child(system, _OF_SYSTEM[grob], "", data.get("number"))
        if grob in _OF_MEASURE:
            return self.element_for_measure(grob, system, data)
        if grob in _OF_STAFF:
            return self.element_for_staff(grob, system, data)
        node = self.notation.elements.get(self.lines.get(number(data.get("data-line")), ""))
        if node is None:
            return self.child(self.measure(system, data), grob, "")
        if grob == "NoteHead":
            when = 4 * Fraction(data.get("data-when") or "0")
            if when != self.notation.onsets.get(identity(node), when):
                self.astray.add(identity(node))
        return self.element_for_node(grob, node, system)

    def element_for_node(self, grob: str, node: Node, system: int) -> int:
        if grob in _PARTS:
            # A chord has one stem and flag; heads and dots belong to its notes.
            chord = node.getparent()
            if grob in ("Stem", "Flag") and tag(chord) == "chord":
                node = chord
            return self.child(self.nested_element(node, system), _PARTS[grob], "")
        if grob == "StemTremolo":
            tremolos = (group for group in node.iterancestors() if tag(group) == "bTrem")
            return self.nested_element(next(tremolos, node), system)
        if grob in _ACCIDENTALS:
            accid = node.find(f"{NAMESPACE}accid")
            name = identity(accid) if accid is not None else ""
            return self.child(self.nested_element(node, system), "accid", name)
        if grob == "MultiMeasureRestNumber":
            return self.child(self.nested_element(node, system), "multiRestNum", "")
        if grob in ("TupletBracket", "TupletNumber"):
            kind = "tupletBracket" if grob == "TupletBracket" else "tupletNum"
            return self.child(self.nested_element(node, system), kind, "")
        return self.nested_element(node, system)

    def nested_element(self, node: Node, system: int) -> int:
        """The element of *node*, nested in those of its ancestors."""
        key = (system, node)
        if key not in self._indices:
            ancestor = node.getparent()
            # A verse's label belongs to the note, as in Verovio's groups.
            skipped = {"verse"} if tag(node) == "label" else set()
            while ancestor is not None and tag(ancestor) not in _NESTING - skipped:
                ancestor = ancestor.getparent()
            parent = self.nested_element(ancestor, system) if ancestor is not None else system
            self._indices[key] = self.add(tag(node), identity(node), parent)
        return self._indices[key]

    def system(self, start: str) -> int:
        """The system that begins at this moment."""
        if start not in self._systems:
            self._systems[start] = self.add("system", "", -1)
        return self._systems[start]

    def header(self, name: str) -> int:
        if ("header", name) not in self._indices:
            self._indices["header", name] = self.add("pgHead", name, -1)
        return self._indices["header", name]

    def bar(self, data: Mapping[str, str]) -> int:
        """Index of the measure at the grob's moment, which LilyPond counts in whole notes."""
        return self.timeline.bar_at(4 * Fraction(data.get("data-when") or "0"))

    def measure(self, system: int, data: Mapping[str, str]) -> int:
        return self.nested_element(self.timeline.bars[self.bar(data)].node, system)

    def staff(self, system: int, data: Mapping[str, str]) -> int:
        index, place = self.bar(data), number(data.get("data-staff"))
        if data.get("data-break") == "-1" and index:
            index -= 1  # at the end of a line: a courtesy sign for the next one
        node = self.timeline.bars[index].staves.get(place)
        if node is None:
            node = next(
                (bar.staves[place] for bar in self.timeline.bars if place in bar.staves), None
            )
        return self.nested_element(node, system) if node is not None else system

    def element_for_staff(self, grob: str, system: int, data: Mapping[str, str]) -> int:
        staff = self.staff(system, data)
        kind = _OF_STAFF[grob]
        if not kind:
            return staff
        if kind == "ledgerLines":
            return self.child(staff, kind, "")
        when = 4 * Fraction(data.get("data-when") or "0")
        name = self.notation.signs.get((kind, number(data.get("data-staff")), when), "")
        if data.get("data-break") == "1" and self.ended_a_measure(name):
            name = ""  # repeated at the start of a line: the sign itself was drawn before
        element = self.child(staff, kind, name, when, data.get("data-break"))
        if kind == "keySig":
            return self.child(element, "keyAccid", "")
        return element

    def ended_a_measure(self, name: str) -> bool:
        """Whether a sign stands in a measure, after its notes."""
        node = self.notation.elements.get(name)
        layer = node.getparent() if node is not None else None
        return layer is not None and tag(layer) == "layer" and layer.index(node) > 0

    def element_for_measure(self, grob: str, system: int, data: Mapping[str, str]) -> int:
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
            return self.child(self.nested_element(bars[index].ending, system), kind, "")
        measure = self.nested_element(node, system)
        return self.child(measure, kind, "", starts, opens)

    def element_by_id(self, name: str, data: Mapping[str, str]) -> int:
        """The element with the id *name*, else the grob's measure."""
        node = self.notation.elements.get(name)
        system = self.system(data.get("data-system", "0"))
        if node is None:
            return self.measure(system, data)
        return self.nested_element(node, system)

    def ledger_of(self, element: int, place: int) -> int:
        """The ledger lines on staff *place* in the measure of a note's element."""
        while self.page_elements[element].kind not in ("measure", "system"):
            element = self.page_elements[element].parent
        measure = self.notation.elements.get(self.page_elements[element].id)
        staves = measure.iterfind(f"{NAMESPACE}staff") if measure is not None else ()
        staff = next((staff for staff in staves if number(staff.get("n")) == place), None)
        if staff is None:
            return self.child(element, "ledgerLines", "")
        return self.child(
            self.nested_element(staff, self.page_elements[element].parent), "ledgerLines", ""
        )

    def articulation(self, element: int) -> str:
        """MEI's name of an articulation; "" for another element."""
        kind, name, _, _ = self.page_elements[element]
        node = self.notation.elements.get(name) if kind == "artic" else None
        return str(node.get("artic") or "") if node is not None else ""

    def child(self, parent: int, kind: str, name: str, *qualifiers: object) -> int:
        """The child of *parent* with this kind, name and other *qualifiers*."""
        key = (parent, kind, name, *qualifiers)
        if key not in self._indices:
            self._indices[key] = self.add(kind, name, parent)
        return self._indices[key]

    def add(self, kind: str, name: str, parent: int) -> int:
        self.page_elements.append(Element(kind, name, parent))
        return len(self.page_elements) - 1
