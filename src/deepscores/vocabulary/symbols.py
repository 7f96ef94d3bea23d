"""A page's marks → its symbols, each with its place in the music."""

from typing import NamedTuple

import numpy as np

from deepscores.geometry import Affine, Box
from deepscores.model import Facts, Mark, Music, Outline, Page, Symbol
from deepscores.outlines.contours import (
    Edges,
    bounds,
    bounds_within,
    disjoint,
    moved,
    on_page,
    rectangle,
)
from deepscores.vocabulary.barlines import split_barline
from deepscores.vocabulary.beams import join_beam
from deepscores.vocabulary.kinds import Drawn, find_symbols
from deepscores.vocabulary.relations import Draft, relate

_NO_FACTS = Facts()
_PITCHED = frozenset(("notehead", "note"))
_TIMED = frozenset(("notehead", "note", "rest", "mRest", "multiRest", "mRpt"))
_ON_STAFF = frozenset(("notehead", "note", "rest", "mRest", "accid", "clef", "keyAccid", "dots"))
_SIZED = frozenset((
    "notehead", "note", "stem", "flag", "dots", "accid", "rest", "beam", "artic", "fTrem",
))  # fmt: skip
_SLANTED = frozenset((
    "beam", "slur", "tie", "glissando", "tupletBracket", "graceNoteSlashStemUp",
    "graceNoteSlashStemDown", "laissezVibrer", "tremoloFingered", "systemDivider",
))  # fmt: skip


_HERE = Affine()
_new = tuple.__new__  # a named tuple from all its fields, in a third of its constructor's time


class Placed(NamedTuple):
    """A symbol and what it inks."""

    symbol: Symbol
    outline: Outline


class _Staff(NamedTuple):
    bottom: float  # y of the lowest line
    space: float  # between two lines


def place_symbols(page: Page, music: Music) -> list[Placed]:
    """All symbols of *page* in painting order, numbered from 1, with boxes and relations.

    Boxes end at the page's edge. What lies wholly off the page, or has no extent (a stem of no
    length), is left out: it inks nothing.
    """
    context = _Context(page, music)
    found: list[tuple[Drawn, Outline]] = []
    drafts: list[Draft] = []
    width, height = page.width, page.height
    for drawn in _in_order(find_symbols(page), page.staff_space):
        outline = _outline(drawn)
        box = outline.box or _box(outline)
        x0, y0, x1, y1 = box
        if x0 < 0 or y0 < 0 or x1 > width or y1 > height:
            x0, y0, x1, y1 = box = cut_box(outline, box, width, height)
        if x1 > x0 and y1 > y0:
            found.append((drawn, outline))
            drafts.append(context.draft(drawn, box, len(found)))
    staves = context.staves(drafts)
    placed: list[Placed] = []
    for draft, (drawn, outline), (parent, group) in zip(
        drafts, found, relate(drafts, page, music), strict=True
    ):
        staff = staves.get((draft.system, draft.staff))
        symbol = context.symbol(draft, drawn, outline, staff, parent, group)
        placed.append(_new(Placed, (symbol, outline)))
    return placed


def _in_order(drawn: list[Drawn], staff_space: float) -> list[Drawn]:
    """Staff lines, then the rest: the engraver paints a staff before what stands on it."""
    lines: list[Drawn] = []
    rest: list[Drawn] = []
    for one in drawn:
        if one.kind == "staffLine":
            lines.append(one)
        elif one.kind == "barline":
            rest += [Drawn(kind, marks) for kind, marks in split_barline(one.marks, staff_space)]
        elif one.kind == "beam" and len(one.marks) > 1:
            rest += [Drawn("beam", (line,)) for line in join_beam(one.marks)]
        else:
            rest.append(one)
    return lines + rest


def _outline(drawn: Drawn) -> Outline:
    if len(drawn.marks) == 1:
        mark = drawn.marks[0]
        if mark.box:
            return _new(Outline, (None, _HERE, "", mark.box))
        return _new(Outline, (mark.edges, mark.to_page, mark.key, None))
    boxes = [mark.box for mark in drawn.marks if mark.box]
    if len(boxes) == len(drawn.marks):
        joined = _join(boxes)
        if len(joined) == 1:
            return Outline(None, box=joined[0])
        return Outline(np.concatenate([rectangle(box) for box in disjoint(joined)]))
    return Outline(
        np.concatenate([on_page(mark.edges, mark.to_page, mark.box) for mark in drawn.marks])
    )


def _join(boxes: list[Box]) -> list[Box]:
    """Lines drawn in segments, as unbroken lines: no seam where antialiased ends meet."""
    lines: dict[tuple[bool, float, float], list[tuple[float, float]]] = {}
    for x0, y0, x1, y1 in boxes:
        lying = x1 - x0 > y1 - y0
        across = (round(y0, 3), round(y1, 3)) if lying else (round(x0, 3), round(x1, 3))
        lines.setdefault((lying, *across), []).append((x0, x1) if lying else (y0, y1))
    return [
        Box(start, low, end, high) if lying else Box(low, start, high, end)
        for (lying, low, high), spans in lines.items()
        for start, end in _merge(spans)
    ]


def _merge(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    merged: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1] + 1e-3:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


_MOST_BOUNDS = 20_000
_local_bounds: dict[str, Box] = {}  # of keyed outlines


def _box(outline: Outline) -> Box:
    edges, to, key, _ = outline
    assert edges is not None
    if not len(edges):
        return Box(0, 0, 0, 0)
    if to.b or to.c:
        return bounds(moved(edges, to))
    box = _local_bounds.get(key)
    if box is None:
        box = bounds(edges)
        if key:
            if len(_local_bounds) > _MOST_BOUNDS:
                _local_bounds.clear()
            _local_bounds[key] = box
    x0, y0, x1, y1 = box
    a, _, _, d, e, f = to
    return Box(a * x0 + e, d * y0 + f, a * x1 + e, d * y1 + f)


def cut_box(outline: Outline, box: Box, width: int, height: int) -> Box:
    """The box of what lies on the page; without extent if nothing does."""
    edges, to, _, _ = outline
    if edges is None:
        return box.clipped(width, height)
    return bounds_within(moved(edges, to), width, height) or Box(0, 0, 0, 0)


def oriented_box(edges: Edges) -> tuple[float, ...]:
    """Corners x y × 4 of the box along a slanted symbol, clockwise from its top left.

    The box lies along the longest edge of a beam, and from end to end of a curve.
    """
    few = len(edges) <= 8
    rows = edges.tolist() if few else []
    if few:
        ux, uy = max(
            ((x1 - x0, y1 - y0) for x0, y0, x1, y1 in rows), key=lambda v: v[0] * v[0] + v[1] * v[1]
        )
    else:
        ux, uy = (edges[edges[:, 0].argmax(), :2] - edges[edges[:, 0].argmin(), :2]).tolist()
    length = (ux * ux + uy * uy) ** 0.5 * (1 if ux >= 0 else -1)
    if not length:
        return ()
    ux, uy = ux / length, uy / length
    if few:
        along = [x * ux + y * uy for x, y, _, _ in rows]
        across = [y * ux - x * uy for x, y, _, _ in rows]
        s0, s1, t0, t1 = min(along), max(along), min(across), max(across)
    else:
        xs, ys = edges[:, 0], edges[:, 1]
        s, t = xs * ux + ys * uy, ys * ux - xs * uy
        s0, s1, t0, t1 = float(s.min()), float(s.max()), float(t.min()), float(t.max())
    return (
        s0 * ux - t0 * uy, s0 * uy + t0 * ux, s1 * ux - t0 * uy, s1 * uy + t0 * ux,
        s1 * ux - t1 * uy, s1 * uy + t1 * ux, s0 * ux - t1 * uy, s0 * uy + t1 * ux,
    )  # fmt: skip


class _Context:
    """Looks up, for the elements of a page, what the score says and where the staves lie."""

    def __init__(self, page: Page, music: Music) -> None:
        self.page = page
        self.system: list[int] = []
        self.facts: list[Facts] = []
        systems = 0
        known = music.facts.get
        for kind, identity, above, _ in page.elements:
            if kind == "system":
                systems += 1
                self.system.append(systems)
            else:
                self.system.append(self.system[above] if above >= 0 else 0)
            facts = known(identity) if identity else None
            self.facts.append(facts or (self.facts[above] if above >= 0 else _NO_FACTS))

    def draft(self, drawn: Drawn, box: Box, number: int) -> Draft:
        index, text = drawn.marks[0].element, drawn.marks[0].text
        role, identity, parent, _ = self.page.elements[index]
        facts = self.facts[index]
        if not identity and parent >= 0:
            identity = self.page.elements[parent].id
        kind = _refine(drawn.kind, facts) if drawn.kind in _REFINED else drawn.kind
        system, staff = self.system[index], facts.staff
        return _new(Draft, (number, kind, role, box, index, identity, system, staff, text))

    def staves(self, drafts: list[Draft]) -> dict[tuple[int, int], _Staff]:
        lines: dict[tuple[int, int], list[float]] = {}
        for draft in drafts:
            if draft.kind == "staffLine":
                middle = (draft.box.y0 + draft.box.y1) / 2
                lines.setdefault((draft.system, draft.staff), []).append(middle)
        return {
            place: _Staff(max(ys), (max(ys) - min(ys)) / (len(ys) - 1) if len(ys) > 1 else 0)
            for place, ys in lines.items()
        }

    def symbol(
        self,
        draft: Draft,
        drawn: Drawn,
        outline: Outline,
        staff: _Staff | None,
        parent: int,
        group: int,
    ) -> Symbol:
        mark = drawn.marks[0]
        number, kind, role, box, element, identity, system, _, text = draft
        facts = self.facts[element]
        oriented: tuple[float, ...] = ()
        if kind in _SLANTED and outline.edges is not None and not outline.key:
            oriented = oriented_box(moved(outline.edges, outline.to_page))
        small = grace = False
        if role in _SIZED:
            small, grace = _is_small(mark, facts), facts.grace
        position = None
        if staff and role in _ON_STAFF:
            y = mark.to_page.f if mark.shape == "glyph" else box.centre.y
            position = round(2 * (staff.bottom - y) / (staff.space or self.page.staff_space))
        pitch = (facts.step, facts.alter, facts.octave)
        fields = (
            number, kind, mark.glyph, role, mark.font, box, oriented, identity, small, grace,
            facts.part, system, facts.staff, facts.voice, facts.measure, position,
            *(pitch if role in _PITCHED and facts.step else _NO_PITCH),
            *((facts.duration, facts.onset) if role in _TIMED else _NO_TIME),
            parent, group, text,
        )  # fmt: skip
        return _new(Symbol, fields)


_NO_PITCH = ("", None, None)
_NO_TIME = (None, None)


def _is_small(mark: Mark, facts: Facts) -> bool:
    if mark.shape == "glyph":
        return mark.scale < 0.9
    return facts.grace or facts.attributes.get("cue") == "true"


_REFINED = frozenset(("hairpin", "lyricHyphen"))


def _refine(kind: str, facts: Facts) -> str:
    """Kinds that only the score can tell apart."""
    if kind == "hairpin":
        falls = facts.attributes.get("form") == "dim"
        return "dynamicDiminuendoHairpin" if falls else "dynamicCrescendoHairpin"
    if kind == "lyricHyphen" and facts.attributes.get("con") == "u":
        return "lyricExtender"
    return kind
