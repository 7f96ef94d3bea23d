"""Which symbol belongs to which: accidental → notehead → stem → beam, and the like."""

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
_UNITS = frozenset(("note", "chord", "rest", "mRest", "multiRest"))
_STOPS = frozenset(("layer", "staff", "measure"))
_PARTS = frozenset(("flag", "keyAccid", "mRptNum", "multiRestNum", "voltaBracket"))
_ALONE = frozenset(("ledgerLines", "system", "text", "notehead"))
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


_RELATED = (
    _TO_NOTEHEAD
    | _STARTED
    | {
        "notehead",
        "stem",
        "beam",
        "clef",
        "barLine",
        "voltaBracket",
        "multiRestNum",
        "mRptNum",
        "reh",
    }
)


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
    return [
        (
            finder.parent(draft) if draft.role in _RELATED else 0,
            number if key is None else finder.by_group[key][0].number,
        )
        for number, (draft, key) in enumerate(zip(drafts, finder.keys, strict=True), 1)
    ]


class _Finder:
    def __init__(self, drafts: list[Draft], page: Page, music: Music) -> None:
        self.page = page
        self.music = music
        self.by_group: dict[object, list[Draft]] = {}
        self.keys: list[object] = []  # of groups, by draft
        self.heads: dict[int, list[Draft]] = {}  # by element of note, chord, rest
        self.heads_of: dict[str, Draft] = {}  # by xml:id
        self.stems: dict[int, Draft] = {}
        self.beams: dict[int, list[Draft]] = {}  # by beam element; -1 - system
        elements = page.elements
        for draft in drafts:
            role, element = draft.role, draft.element
            if draft.kind == "staffLine":
                key: object = (draft.system, draft.staff)
            elif role in _ALONE:
                key = None
            else:
                # The symbols of a note's stem, of one signature, of one bracket are one group.
                key = elements[element].parent if role in _PARTS else element
            self.keys.append(key)
            if key is not None:
                self.by_group.setdefault(key, []).append(draft)
            if role in _HEADS:
                if not draft.text:
                    self._note_head(draft)
            elif role == "stem" and draft.kind == "stem":
                self.stems.setdefault(elements[element].parent, draft)
            elif draft.kind == "beam":
                # A beam across measures or voices stands apart from its notes.
                place = element if role == "beam" else -1 - draft.system
                self.beams.setdefault(place, []).append(draft)

    def _note_head(self, draft: Draft) -> None:
        elements = self.page.elements
        above = draft.element
        while above >= 0 and elements[above].kind not in _STOPS:
            element = elements[above]
            if element.kind in _UNITS:
                self.heads.setdefault(above, []).append(draft)
                self.heads_of.setdefault(element.id, draft)
            above = element.parent

    def _up(self, element: int) -> Iterable[int]:
        while element >= 0:
            yield element
            element = self.page.elements[element].parent

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
            for other in self.by_group.get(self.keys[symbol.number - 1], ()):
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
        for key in ("startid", "plist", "endid"):
            first = facts.attributes.get(key, "").partition(" ")[0]
            head = self.heads_of.get(first.removeprefix("#"))
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
