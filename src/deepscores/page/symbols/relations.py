"""Which symbol belongs to which: accidental → notehead → stem → beam, and the like."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.page.model import Elements, Facts, Music, Page, Words
from deepscores.page.model.packing import pack
from deepscores.page.symbols import links

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


_RELATED = _TO_NOTEHEAD | _STARTED | {
    "notehead", "stem", "beam", "clef", "barLine", "voltaBracket", "multiRestNum", "mRptNum", "reh",
}  # fmt: skip
_ELEMENTS: dict[str, int] = {
    **dict.fromkeys(_UNITS, links.UNIT),
    **dict.fromkeys(_STOPS, links.STOP),
    "layer": links.STOP | links.LAYER,
    "chord": links.UNIT | links.CHORD,
    "beam": links.BEAM,
}


class Drafts(NamedTuple):
    """What is needed of a page's symbols to relate them to each other, in columns."""

    kind: Words
    role: Words
    box: NDArray[np.float64]  # (n, 4)
    element: NDArray[np.int32]  # index into Page.elements
    id: Sequence[str]  # xml:id
    system: NDArray[np.int32]
    staff: NDArray[np.int32]
    text: Mapping[int, str]  # by row


def relate(drafts: Drafts, page: Page, music: Music) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """For each symbol the number of the one it belongs to (0 = none), and of its group."""
    elements_of_page = Elements.of(page.elements)
    enclosing = elements_of_page.parent
    keys = _keys(drafts, enclosing)
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    groups = first[place]
    parents = np.zeros(len(keys), np.int32)
    within = np.flatnonzero(drafts.kind.among(_INNER) & drafts.role.among(_RELATED)).tolist()
    flags = _flags(drafts)
    flags[within] &= ~links.TO_HEAD
    flags_of_kind = np.array(
        [_ELEMENTS.get(kind, 0) for kind in elements_of_page.kind.words] or [0], np.int32
    )
    elements = flags_of_kind[elements_of_page.kind.codes]
    links.link(enclosing, elements, flags, drafts.element, drafts.system, drafts.box, parents)
    kinds, roles = drafts.kind.tolist(), drafts.role
    starting = roles.among(_STARTED)
    for row in within:
        parent_within = _within(row, kinds, np.flatnonzero(groups == groups[row]).tolist())
        parents[row] = parent_within
        starting[row] &= not parent_within and kinds[row] == "dynamicExtender"
    starting &= flags & (links.TO_HEAD | links.TO_STEM | links.TO_BEAM) == 0
    starts = np.flatnonzero(starting).tolist()
    if starts:
        heads = _heads(drafts, flags, elements_of_page)
        for row in starts:
            parents[row] = _started(music.facts.get(drafts.id[row], _NO_FACTS), heads)
    return parents, (groups + 1).astype(np.int32)


_INNER = frozenset(_WITHIN)


def _keys(drafts: Drafts, enclosing: NDArray[np.int32]) -> NDArray[np.int64]:
    """Numbers that the symbols of one group share."""
    element = drafts.element.astype(np.int64)
    # The symbols of a note's stem, of one signature, of one bracket are one group.
    keys = np.where(drafts.role.among(_PARTS), enclosing[drafts.element], element)
    # Beyond the elements' numbers: symbols of no group, and beyond those the staves of systems.
    alone = drafts.role.among(_ALONE)
    keys[alone] = len(enclosing) + np.flatnonzero(alone)
    lines = np.flatnonzero(drafts.kind.are("staffLine"))
    if len(lines):
        system, staff = drafts.system[lines], drafts.staff[lines].astype(np.int64)
        staff -= staff.min()  # a score may number its staves as it likes
        staves = pack([system, staff], [int(system.max()) + 1, int(staff.max()) + 1])
        keys[lines] = len(enclosing) + len(keys) + staves
    return keys


def _flags(drafts: Drafts) -> NDArray[np.int32]:
    """What symbols are, and which links they want, for `links.link`."""
    role, kind = drafts.role, drafts.kind
    stem, beam = kind.are("stem"), role.are("beam")
    head = role.are("notehead")
    heads = role.among(_HEADS)
    heads[list(drafts.text)] = False
    slash = kind.where(lambda word: word.startswith("graceNoteSlash"))
    flags = np.zeros(len(heads), np.int32)
    flags[heads] |= links.IS_HEAD
    flags[stem & role.are("stem")] |= links.IS_STEM
    flags[kind.are("beam")] |= links.IS_BEAM
    flags[beam] |= links.BEAMS_OWN
    flags[head] |= links.TO_STEM
    flags[(stem | beam) & ~head & role.among(_RELATED)] |= links.TO_BEAM
    flags[(role.among(_TO_NOTEHEAD) | (slash & role.among(_RELATED))) & ~stem & ~beam] |= (
        links.TO_HEAD
    )
    return flags


def _within(row: int, kinds: list[str], group: list[int]) -> int:
    """The symbol of its own group that one belongs to."""
    kind_part = _WITHIN[kinds[row]]
    for candidate in group:
        if kind_part in kinds[candidate] and kinds[candidate] != kinds[row]:
            return candidate + 1
    return 0


def _heads(drafts: Drafts, flags: NDArray[np.int32], elements: Elements) -> dict[str, int]:
    """The first head of each note, chord and rest, by xml:id."""
    parents, stops = elements.parent.tolist(), elements.kind.among(_STOPS).tolist()
    units = elements.kind.among(_UNITS).tolist()
    heads: dict[str, int] = {}
    rows = np.flatnonzero(flags & links.IS_HEAD)
    for row, element in zip(rows.tolist(), drafts.element[rows].tolist(), strict=True):
        while element >= 0 and not stops[element]:
            if units[element]:
                heads.setdefault(elements.id[element], row + 1)
            element = parents[element]
    return heads


def _started(facts: Facts, heads: Mapping[str, int]) -> int:
    """The note at which a slur, a fermata … starts; if that is on another page, ends."""
    for key in ("startid", "plist", "endid"):
        first = facts.attributes.get(key, "").partition(" ")[0]
        head = heads.get(first.removeprefix("#"))
        if head:
            return head
    return 0
