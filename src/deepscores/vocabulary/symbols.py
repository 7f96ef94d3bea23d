"""A page's marks → its symbols, each with its place in the music."""

from typing import NamedTuple

import numpy as np

from deepscores.geometry import Box
from deepscores.model import Facts, Mark, Music, Outline, Page, Symbol
from deepscores.outlines.contours import Edges, bounds, moved, on_page, rectangle
from deepscores.vocabulary.barlines import split_barline
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


class Placed(NamedTuple):
    """A symbol and what it inks."""

    symbol: Symbol
    outline: Outline


class _Staff(NamedTuple):
    bottom: float  # y of the lowest line
    space: float  # between two lines


def place_symbols(page: Page, music: Music) -> list[Placed]:
    """All symbols of *page* in painting order, numbered from 1, with boxes and relations.

    What lies wholly off the page is left out.
    """
    context = _Context(page, music)
    found: list[tuple[Drawn, Outline]] = []
    drafts: list[Draft] = []
    for drawn in _in_order(find_symbols(page), page.staff_space):
        outline = _outline(drawn)
        box = _box(outline)
        if box.x1 > 0 and box.y1 > 0 and box.x0 < page.width and box.y0 < page.height:
            found.append((drawn, outline))
            drafts.append(context.draft(drawn, box, len(found)))
    staves = context.staves(drafts)
    links = relate(drafts, page, music)
    return [
        Placed(context.symbol(draft, *one, staves.get((draft.system, draft.staff)), *link), one[1])
        for draft, one, link in zip(drafts, found, links, strict=True)
    ]


def _in_order(drawn: list[Drawn], staff_space: float) -> list[Drawn]:
    """Staff lines, then the rest: the engraver paints a staff before what stands on it."""
    lines: list[Drawn] = []
    rest: list[Drawn] = []
    for one in drawn:
        if one.kind == "staffLine":
            lines.append(one)
        elif one.kind == "barline":
            rest += [Drawn(kind, marks) for kind, marks in split_barline(one.marks, staff_space)]
        else:
            rest.append(one)
    return lines + rest


def _outline(drawn: Drawn) -> Outline:
    mark = drawn.mark
    if len(drawn.marks) == 1:
        if mark.box:
            return Outline(None, box=mark.box)
        if mark.shape == "glyph":
            return Outline(mark.edges, mark.to_page, f"{mark.font} {mark.glyph} {mark.part}")
        assert mark.edges is not None
        return Outline(moved(mark.edges, mark.to_page))
    boxes = [mark.box for mark in drawn.marks if mark.box]
    if len(boxes) == len(drawn.marks):
        joined = _join(boxes)
        if len(joined) == 1:
            return Outline(None, box=joined[0])
        return Outline(np.concatenate([rectangle(box) for box in joined]))
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


_local_bounds: dict[str, Box] = {}  # of keyed outlines


def _box(outline: Outline) -> Box:
    if outline.box:
        return outline.box
    edges, to, key, _ = outline
    assert edges is not None
    if not len(edges):
        return Box(0, 0, 0, 0)
    if not key:
        return bounds(edges)
    if to.b or to.c:
        return bounds(moved(edges, to))
    if key not in _local_bounds:
        _local_bounds[key] = bounds(edges)
    box = _local_bounds[key]
    return Box(
        to.a * box.x0 + to.e, to.d * box.y0 + to.f, to.a * box.x1 + to.e, to.d * box.y1 + to.f
    )


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
        for element in page.elements:
            above = element.parent
            if element.kind == "system":
                systems += 1
                self.system.append(systems)
            else:
                self.system.append(self.system[above] if above >= 0 else 0)
            known = music.facts.get(element.id) if element.id else None
            self.facts.append(known or (self.facts[above] if above >= 0 else _NO_FACTS))

    def draft(self, drawn: Drawn, box: Box, number: int) -> Draft:
        mark = drawn.mark
        element = self.page.elements[mark.element]
        facts = self.facts[mark.element]
        return Draft(
            number,
            _refine(drawn.kind, facts),
            element.kind,
            box,
            mark.element,
            element.id or (self.page.elements[element.parent].id if element.parent >= 0 else ""),
            self.system[mark.element],
            facts.staff,
            mark.text,
        )

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
        mark = drawn.mark
        facts = self.facts[mark.element]
        role = draft.role
        pitched = role in _PITCHED and facts.step != ""
        timed = role in _TIMED
        sized = role in _SIZED
        position = None
        if staff and role in _ON_STAFF:
            y = mark.to_page.f if mark.shape == "glyph" else draft.box.centre.y
            position = round(2 * (staff.bottom - y) / (staff.space or self.page.staff_space))
        oriented: tuple[float, ...] = ()
        if draft.kind in _SLANTED and outline.edges is not None and not outline.key:
            oriented = oriented_box(outline.edges)
        return Symbol(
            draft.number,
            draft.kind,
            mark.glyph,
            role,
            mark.font,
            draft.box,
            oriented,
            draft.id,
            sized and _is_small(mark, facts),
            sized and facts.grace,
            facts.part,
            draft.system,
            facts.staff,
            facts.voice,
            facts.measure,
            position,
            facts.step if pitched else "",
            facts.alter if pitched else None,
            facts.octave if pitched else None,
            facts.duration if timed else None,
            facts.onset if timed else None,
            parent,
            group,
            mark.text,
        )


def _is_small(mark: Mark, facts: Facts) -> bool:
    if mark.shape == "glyph":
        return mark.scale < 0.9
    return facts.grace or facts.attributes.get("cue") == "true"


def _refine(kind: str, facts: Facts) -> str:
    """Kinds that only the score can tell apart."""
    if kind == "hairpin":
        falls = facts.attributes.get("form") == "dim"
        return "dynamicDiminuendoHairpin" if falls else "dynamicCrescendoHairpin"
    if kind == "lyricHyphen" and facts.attributes.get("con") == "u":
        return "lyricExtender"
    return kind
