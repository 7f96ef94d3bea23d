"""Which symbol belongs to which: accidental → notehead → stem → beam, and the like."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from deepscores.geometry import Box
from deepscores.model import Facts, Music, Page

_TO_NOTEHEAD = frozenset(("accid", "dots", "artic", "flag", "syl", "verse", "bTrem", "note"))
_HEADS = frozenset(("notehead", "rest", "mRest", "multiRest", "note"))
_STARTED = frozenset((
    "fermata", "trill", "turn", "mordent", "ornam", "arpeg", "fing", "dynam", "hairpin", "slur",
    "tie", "lv", "breath", "caesura", "gliss", "pedal", "octave", "dir", "harm",
))  # fmt: skip
_NO_FACTS = Facts()
# Within one element's symbols: what hangs on what.
_WITHIN = {
    "trillLine": "ornamentTrill",
    "ottavaLine": "ottava",
    "pedalLine": "keyboardPedal",
    "clef8": "Clef",
    "clef15": "Clef",
    "restHNr": "restHBar",
    "repeatDot": "barline",
    "voltaText": "voltaBracket",
    "repeatBarNumber": "repeat",
    "rehearsalMarkEnclosure": "rehearsalMark",
    "dynamicExtender": "dynamic",
}


class Draft(NamedTuple):
    """What is needed of a symbol to relate it to others."""

    number: int
    kind: str
    role: str
    box: Box
    element: int  # index into Page.elements
    id: str  # xml:id
    system: int
    staff: int
    text: str


def relate(drafts: list[Draft], page: Page, music: Music) -> list[tuple[int, int]]:
    """For each symbol the number of the one it belongs to (0 = none), and of its group."""
    finder = _Finder(drafts, page, music)
    return [(finder.parent(draft), finder.group(draft)) for draft in drafts]


class _Finder:
    def __init__(self, drafts: list[Draft], page: Page, music: Music) -> None:
        self.page = page
        self.music = music
        self.by_group: dict[tuple[int, int], list[Draft]] = defaultdict(list)
        self.heads: dict[int, list[Draft]] = defaultdict(list)  # by element of note, chord, rest
        self.heads_of: dict[str, Draft] = {}  # by xml:id
        self.stems: dict[int, Draft] = {}
        self.beams: dict[int, list[Draft]] = defaultdict(list)  # by beam element; -1 - system
        self.unit_of = [self._unit(index) for index in range(len(page.elements))]
        for draft in drafts:
            self._note(draft, draft.element)

    def _note(self, symbol: Draft, element: int) -> None:
        self.by_group[self._group_key(symbol, element)].append(symbol)
        if symbol.role in _HEADS and not symbol.text:
            for above in self._up(element):
                kind = self.page.elements[above].kind
                if kind in ("note", "chord", "rest", "mRest", "multiRest"):
                    self.heads[above].append(symbol)
                    self.heads_of.setdefault(self.page.elements[above].id, symbol)
        elif symbol.kind == "stem":
            self.stems.setdefault(self.page.elements[element].parent, symbol)
        elif symbol.kind == "beam":
            if symbol.role == "beam":
                self.beams[element].append(symbol)
            else:  # a beam across measures or voices stands apart from its notes
                self.beams[-1 - symbol.system].append(symbol)

    def _up(self, element: int) -> Iterable[int]:
        while element >= 0:
            yield element
            element = self.page.elements[element].parent

    def _unit(self, index: int) -> int:
        """The element whose symbols form a group: a note's stem, one dynamic, one signature."""
        element = self.page.elements[index]
        if element.kind in ("flag", "keyAccid", "mRptNum", "multiRestNum", "voltaBracket"):
            return element.parent
        return index

    def _group_key(self, symbol: Draft, element: int) -> tuple[int, int]:
        if symbol.kind == "staffLine":
            return -symbol.system, symbol.staff
        if symbol.role == "ledgerLines" or symbol.role in ("system", "text"):
            return -1, -symbol.number
        return self.unit_of[element], 0

    def group(self, symbol: Draft) -> int:
        return self.by_group[self._group_key(symbol, symbol.element)][0].number

    def parent(self, symbol: Draft) -> int:
        role, element = symbol.role, symbol.element
        if role == "notehead":
            return self._stem_of(element)
        if symbol.kind == "stem":
            return self._beam_of(symbol, element)
        if role == "beam":  # its other lines belong to the first, which the stems reach
            first = self.beams[element][0].number
            return first if first != symbol.number else 0
        within = _WITHIN.get(symbol.kind)
        if within:
            for other in self.by_group[self._group_key(symbol, element)]:
                if within in other.kind and other.kind != symbol.kind:
                    return other.number
            if symbol.kind != "dynamicExtender":
                return 0
        if role in _TO_NOTEHEAD or symbol.kind.startswith("graceNoteSlash"):
            return self._head_near(symbol, element)
        if role in _STARTED:
            return self._head_started(symbol)
        return 0

    def _stem_of(self, element: int) -> int:
        for above in self._up(element):
            if above in self.stems:
                return self.stems[above].number
            if self.page.elements[above].kind in ("chord", "layer"):
                break
        return 0

    def _head_near(self, symbol: Draft, element: int) -> int:
        for above in self._up(element):
            heads = self.heads.get(above)
            if heads:
                middle = symbol.box.centre.y
                return min(heads, key=lambda head: abs(head.box.centre.y - middle)).number
            if self.page.elements[above].kind == "layer":
                break
        return 0

    def _head_started(self, symbol: Draft) -> int:
        """The note at which a slur, a fermata … starts; if that is on another page, ends."""
        facts = self.music.facts.get(symbol.id, _NO_FACTS)
        for key in ("startid", "endid"):
            head = self.heads_of.get(facts.attributes.get(key, "").removeprefix("#"))
            if head:
                return head.number
        return 0

    def _beam_of(self, stem: Draft, element: int) -> int:
        candidates: list[Draft] = []
        for above in self._up(element):
            if self.page.elements[above].kind == "beam":
                candidates = self.beams.get(above, [])
                break
        candidates = candidates or self.beams.get(-1 - stem.system, [])
        x = stem.box.centre.x
        reached = [
            beam
            for beam in candidates
            if beam.box.x0 - 1 <= x <= beam.box.x1 + 1
            and beam.box.y0 <= stem.box.y1 + 1
            and stem.box.y0 <= beam.box.y1 + 1
        ]
        return reached[0].number if reached else 0
