"""A page's marks → its symbols, each with its place in the music."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from deepscores.page.geometry import Box
from deepscores.page.model import (
    Contours,
    Elements,
    Facts,
    Marks,
    Music,
    Outline,
    Outlines,
    Page,
    Symbol,
    Symbols,
    Words,
)
from deepscores.page.model.marks import BOX, SHAPE_CODES, SHAPES
from deepscores.page.outlines.contours import (
    Edges,
    bounds,
    bounds_within,
    make_disjoint,
    map_edges,
    on_page,
    rectangle,
)
from deepscores.page.symbols.barlines import Stroke, split_barline
from deepscores.page.symbols.beams import join_beam
from deepscores.page.symbols.kinds import SymbolMarks, find_symbols, mark_box
from deepscores.page.symbols.relations import Drafts, relate

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]
Flags = NDArray[np.bool_]

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
_new = tuple.__new__  # a named tuple from all its fields, in a third of its constructor's time


class PlacedSymbol(NamedTuple):
    """A symbol and what it inks."""

    symbol: Symbol
    outline: Outline


@dataclass(frozen=True, slots=True, eq=False)
class Placement(Sequence[PlacedSymbol]):
    """The symbols of a page and what they ink, in columns; each is there as a row, too."""

    symbols: Symbols
    outlines: Outlines

    @classmethod
    def of(cls, rows: Sequence[PlacedSymbol]) -> "Placement":
        """The columns of *rows*."""
        if isinstance(rows, Placement):
            return rows
        return cls(
            Symbols.of([placed.symbol for placed in rows]),
            Outlines.of([placed.outline for placed in rows]),
        )

    def __len__(self) -> int:
        return len(self.symbols)

    @overload
    def __getitem__(self, row: int) -> PlacedSymbol: ...
    @overload
    def __getitem__(self, row: slice) -> list[PlacedSymbol]: ...
    def __getitem__(self, row: int | slice) -> PlacedSymbol | list[PlacedSymbol]:
        if isinstance(row, slice):
            return list(map(PlacedSymbol, self.symbols[row], self.outlines[row]))
        return PlacedSymbol(self.symbols[row], self.outlines[row])

    def __iter__(self) -> Iterator[PlacedSymbol]:
        return map(PlacedSymbol, self.symbols, self.outlines)


def place_symbols(page: Page, music: Music) -> Placement:
    """All symbols of *page* in painting order, numbered from 1, with boxes and relations.

    Boxes end at the page's edge. What lies wholly off the page, or has no extent (a stem of no
    length), is left out: it inks nothing.
    """
    return _Placer(page, music).place()


class _Sketch(NamedTuple):
    """The symbols of a page before their place in the music is known."""

    kind: Words
    first: Places  # their first mark
    outlines: dict[int, Outline]  # by row: outlines that are not those of the first mark
    members: dict[int, Sequence[int]]  # by row: the marks of those that may have several


def _sketch(page: Page, marks: Marks) -> _Sketch:
    """The symbols in painting order: staff lines first, as the engraver paints a staff before what
    stands on it; barlines and beams as the lines that a reader sees.
    """
    drawn = find_symbols(page)
    barlines = drawn.kind.are("barline")
    plain = ~barlines
    plain[list(drawn.composites)] = False
    pieces = _pieces(page, marks, drawn, np.flatnonzero(~plain))
    simple = np.flatnonzero(plain)
    rows = np.concatenate([simple, np.array([piece.row for piece in pieces], np.int64)])
    first = [*drawn.first[simple].tolist(), *(piece.marks[0] for piece in pieces)]
    # Words of the pieces' kinds stand behind those of all kinds.
    code_of = {kind: code for code, kind in enumerate(drawn.kind.words)}
    codes = [code_of.setdefault(piece.kind, len(code_of)) for piece in pieces]
    kinds = Words(
        np.concatenate([drawn.kind.codes[simple], np.array(codes, np.int32)]), tuple(code_of)
    )
    order = np.lexsort((rows, ~kinds.are("staffLine")))
    place = order.argsort()[len(simple) :].tolist()  # of each piece
    outlines = {
        place_in_order: piece.outline
        for place_in_order, piece in zip(place, pieces, strict=True)
        if piece.outline
    }
    members = {
        place_in_order: piece.marks for place_in_order, piece in zip(place, pieces, strict=True)
    }
    kinds = Words(kinds.codes[order], kinds.words)
    return _Sketch(kinds, np.array(first, np.int64)[order], outlines, members)


class _Piece(NamedTuple):
    """A symbol of several marks, or one of several symbols that an element's marks are."""

    row: int  # among the symbols found
    kind: str
    marks: Sequence[int]
    outline: Outline | None  # None: that of its one mark


def _pieces(page: Page, marks: Marks, drawn: SymbolMarks, rows: Places) -> list[_Piece]:
    pieces: list[_Piece] = []
    strokes = _strokes(marks, drawn)
    for row in rows.tolist():
        kind, members = drawn.kind.words[drawn.kind.codes[row]], drawn.marks_of(row)
        if kind == "barline":
            for name, part in split_barline(strokes[row], page.staff_space):
                pieces.append(_Piece(row, name, part, _joint_outline(marks, part)))
        elif kind == "beam":
            for joined, line in join_beam([(mark, marks[mark]) for mark in members]):
                outline = Outline(line.edges, line.to_page, line.key, line.box)
                pieces.append(_Piece(row, kind, joined, outline))
        else:
            pieces.append(_Piece(row, kind, members, _joint_outline(marks, members)))
    return pieces


def _strokes(marks: Marks, drawn: SymbolMarks) -> dict[int, list[Stroke]]:
    """The strokes of each barline, by its place in *drawn*."""
    rows = np.flatnonzero(drawn.kind.are("barline")).tolist()
    members_of_rows = [drawn.marks_of(row) for row in rows]
    all_marks = np.array([mark for members in members_of_rows for mark in members], np.int64)
    boxes, shapes = marks.box[all_marks].tolist(), marks.shape[all_marks].tolist()
    solid, widths = (marks.drawing[all_marks] == BOX).tolist(), marks.stroke[all_marks].tolist()
    strokes = []
    for mark, box, shape, is_box, width in zip(
        all_marks.tolist(), boxes, shapes, solid, widths, strict=True
    ):
        x0, y0, _, y1 = box if is_box else mark_box(marks[mark])
        strokes.append(_new(Stroke, (y0, x0, y1, mark, width, SHAPES[shape], is_box)))
    strokes_in_order = iter(strokes)
    return {
        row: [next(strokes_in_order) for _ in members]
        for row, members in zip(rows, members_of_rows, strict=True)
    }


def _joint_outline(marks: Marks, members: Sequence[int]) -> Outline | None:
    """The outline of several marks; None for one, whose outline is its own."""
    if len(members) == 1:
        return None
    mark_rows = np.asarray(members)
    if (marks.drawing[mark_rows] == BOX).all():
        joined = _join(list(map(Box._make, marks.box[mark_rows].tolist())))
        if len(joined) == 1:
            return Outline(None, box=joined[0])
        return Outline(np.concatenate([rectangle(box) for box in make_disjoint(joined)]))
    rows = [marks[mark] for mark in mark_rows.tolist()]
    return Outline(np.concatenate([on_page(mark.edges, mark.to_page, mark.box) for mark in rows]))


def _join(boxes: list[Box]) -> list[Box]:
    """Lines drawn in segments, as unbroken lines: no seam where antialiased ends meet."""
    lines: dict[tuple[bool, float, float], list[tuple[float, float]]] = {}
    for x0, y0, x1, y1 in boxes:
        lying = x1 - x0 > y1 - y0
        position = (round(y0, 3), round(y1, 3)) if lying else (round(x0, 3), round(x1, 3))
        lines.setdefault((lying, *position), []).append((x0, x1) if lying else (y0, y1))
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


def _bounds_of(contours: Sequence[Contours]) -> Numbers:
    """Tight boxes of *contours* in their own units, (n, 4)."""
    bounds_found = np.zeros((len(contours), 4))
    fresh: list[int] = []
    for place, (_, key) in enumerate(contours):
        cached = _local_bounds.get(key)
        if cached is None:
            fresh.append(place)
        else:
            bounds_found[place] = cached
    fresh = [place for place in fresh if len(contours[place].edges)]
    if fresh:
        starts = np.cumsum([0, *(len(contours[place].edges) for place in fresh[:-1])])
        points = np.concatenate([contours[place].edges[:, :2] for place in fresh])
        bounds_found[fresh, :2] = np.minimum.reduceat(points, starts)
        bounds_found[fresh, 2:] = np.maximum.reduceat(points, starts)
        if len(_local_bounds) > _MOST_BOUNDS:
            _local_bounds.clear()
        for place in fresh:
            if contours[place].key:
                _local_bounds[contours[place].key] = Box(*bounds_found[place].tolist())
    return bounds_found


def _boxes(outlines: Outlines) -> Numbers:
    """Tight boxes of *outlines* on the page, (n, 4); without extent where nothing is drawn."""
    boxes = outlines.box.copy()
    drawn = np.flatnonzero(outlines.contour >= 0)
    inner = _bounds_of(outlines.contours)[outlines.contour[drawn]]
    a, b, c, d, e, f = outlines.to_page[drawn].T
    boxes[drawn] = np.stack(
        [a * inner[:, 0] + e, d * inner[:, 1] + f, a * inner[:, 2] + e, d * inner[:, 3] + f], axis=1
    )
    for row in drawn[(b != 0) | (c != 0)].tolist():
        outline = outlines[row]
        assert outline.edges is not None
        boxes[row] = bounds(map_edges(outline.edges, outline.to_page)) if len(outline.edges) else 0
    return boxes


def cut_box(outline: Outline, box: Box, width: int, height: int) -> Box:
    """The box of what lies on the page; without extent if nothing does."""
    edges, to_page, _, _ = outline
    if edges is None:
        return box.clipped(width, height)
    return bounds_within(map_edges(edges, to_page), width, height) or Box(0, 0, 0, 0)


def oriented_box(edges: Edges) -> tuple[float, ...]:
    """Corners x y × 4 of the box along a slanted symbol, clockwise from its top left.

    The box lies along the longest edge of a beam, and from end to end of a curve.
    """
    is_small = len(edges) <= 8
    rows = edges.tolist() if is_small else []
    if is_small:
        ux, uy = max(
            ((x1 - x0, y1 - y0) for x0, y0, x1, y1 in rows), key=lambda v: v[0] * v[0] + v[1] * v[1]
        )
    else:
        ux, uy = (edges[edges[:, 0].argmax(), :2] - edges[edges[:, 0].argmin(), :2]).tolist()
    length = (ux * ux + uy * uy) ** 0.5 * (1 if ux >= 0 else -1)
    if not length:
        return ()
    ux, uy = ux / length, uy / length
    if is_small:
        lengthwise = [x * ux + y * uy for x, y, _, _ in rows]
        crosswise = [y * ux - x * uy for x, y, _, _ in rows]
        s0, s1, t0, t1 = min(lengthwise), max(lengthwise), min(crosswise), max(crosswise)
    else:
        xs, ys = edges[:, 0], edges[:, 1]
        s, t = xs * ux + ys * uy, ys * ux - xs * uy
        s0, s1, t0, t1 = float(s.min()), float(s.max()), float(t.min()), float(t.max())
    return (
        s0 * ux - t0 * uy, s0 * uy + t0 * ux, s1 * ux - t0 * uy, s1 * uy + t0 * ux,
        s1 * ux - t1 * uy, s1 * uy + t1 * ux, s0 * ux - t1 * uy, s0 * uy + t1 * ux,
    )  # fmt: skip


class _Placer:
    """Places the symbols of one page."""

    def __init__(self, page: Page, music: Music) -> None:
        self.page = page
        self.music = music
        self.marks = Marks.of(page.marks)
        self.elements = Elements.of(page.elements)
        self.facts = music.columns
        self.system_of, self.facts_of = self.places()

    def places(self) -> tuple[NDArray[np.int32], Places]:
        """By element: its system, from 1, and the row of its facts or of those around it."""
        elements = self.elements
        systems = elements.kind.are("system")
        get = self.facts.place.get
        facts = [get(identity, 0) for identity in elements.id]
        return (
            elements.inherited(np.where(systems, np.cumsum(systems), 0)).astype(np.int32),
            elements.inherited(np.array(facts, np.int64)),
        )

    def place(self) -> Placement:
        sketch = _sketch(self.page, self.marks)
        outlines = self.outlines(sketch)
        boxes = self.cut(outlines, _boxes(outlines))
        drawn = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
        rows = np.flatnonzero(drawn)
        outlines = Outlines(
            outlines.contours, outlines.contour[rows], outlines.to_page[rows], outlines.box[rows]
        )
        kind = Words(sketch.kind.codes[rows], sketch.kind.words)
        return Placement(self.symbols(kind, sketch.first[rows], boxes[rows], outlines), outlines)

    def outlines(self, sketch: _Sketch) -> Outlines:
        """What each symbol inks: what its first mark draws, or an outline of its own."""
        marks, first = self.marks, sketch.first
        drawing, to_page, box = marks.drawing[first], marks.to_page[first], marks.box[first]
        contours = [_new(Contours, (drawn.edges, drawn.key)) for drawn in marks.drawings]
        for row, (edges, own_map, key, place) in sketch.outlines.items():
            if edges is None:
                drawing[row], box[row] = -1, place
            else:
                drawing[row], to_page[row] = len(contours), own_map
                contours.append(Contours(edges, key))
        return Outlines(contours, drawing, to_page, box)

    def cut(self, outlines: Outlines, boxes: Numbers) -> Numbers:
        """*boxes* as far as they lie on the page."""
        width, height = self.page.width, self.page.height
        over = (boxes[:, :2] < 0).any(axis=1) | (boxes[:, 2:] > (width, height)).any(axis=1)
        for row in np.flatnonzero(over).tolist():
            boxes[row] = cut_box(outlines[row], Box(*boxes[row].tolist()), width, height)
        return boxes

    def symbols(self, kind: Words, first: Places, boxes: Numbers, outlines: Outlines) -> Symbols:
        marks, facts = self.marks, self.facts
        element = marks.element[first]
        fact_rows = self.facts_of[element]
        roles, ids = self.roles(element)
        kind = self.refined(kind, fact_rows)
        glyphs, fonts, texts = self.drawn(first)
        system, staff = self.system_of[element], facts.staff[fact_rows]
        drafts = Drafts(kind, roles, boxes, element, ids, system, staff, texts)
        parent, group = relate(drafts, self.page, self.music)
        sized = roles.among(_SIZED)
        is_glyph = marks.shape[first] == SHAPE_CODES["glyph"]
        small = np.where(
            is_glyph, marks.scale[first] < _SMALL, facts.grace[fact_rows] | facts.cue[fact_rows]
        )
        pitched = roles.among(_PITCHED) & (facts.step.codes[fact_rows] != 0)
        timed = roles.among(_TIMED)
        y = np.where(is_glyph, marks.to_page[first, 5], (boxes[:, 1] + boxes[:, 3]) / 2)
        return Symbols(
            kind=kind,
            glyph=glyphs,
            role=roles,
            font=fonts,
            box=boxes,
            oriented=self.oriented(kind, outlines),
            element=ids,
            small=sized & small,
            grace=sized & facts.grace[fact_rows],
            part=Words(facts.part.codes[fact_rows], facts.part.words),
            system=system,
            staff=staff,
            voice=facts.voice[fact_rows],
            measure=Words(facts.measure.codes[fact_rows], facts.measure.words),
            staff_position=self.staff_positions(
                kind, system, staff, boxes, y, roles.among(_ON_STAFF)
            ),
            step=Words(np.where(pitched, facts.step.codes[fact_rows], 0), facts.step.words),
            alter=np.where(pitched, facts.alter[fact_rows], np.nan),
            octave=np.where(pitched, facts.octave[fact_rows], np.nan),
            duration=np.where(timed, facts.duration[fact_rows], np.nan),
            onset=np.where(timed, facts.onset[fact_rows], np.nan),
            parent=parent,
            group=group,
            text=texts,
        )

    def refined(self, kind: Words, fact_rows: Places) -> Words:
        """*kind*, more exact where only the score can tell; *fact_rows* are of the facts."""
        rows = np.flatnonzero(kind.among(_REFINED)).tolist()
        if not rows:
            return kind
        codes, code_of = kind.codes.copy(), {word: code for code, word in enumerate(kind.words)}
        for row in rows:
            name = _refine(kind.words[codes[row]], self.facts.rows[fact_rows[row]])
            codes[row] = code_of.setdefault(name, len(code_of))
        return Words(codes, tuple(code_of))

    def roles(self, element: NDArray[np.int32]) -> tuple[Words, list[str]]:
        """Of each symbol the kind of its element, and that element's id or the one's around it."""
        elements = self.elements
        ids, parents = elements.id, elements.parent.tolist()
        element_ids = [
            ids[place] or (ids[parents[place]] if parents[place] >= 0 else "")
            for place in element.tolist()
        ]
        return Words(elements.kind.codes[element], elements.kind.words), element_ids

    def drawn(self, first: Places) -> tuple[Words, Words, dict[int, str]]:
        """Glyph, font and text of each symbol."""
        drawing = self.marks.drawing[first]
        drawings = self.marks.drawings
        glyph_of = Words.of(
            [*(drawn_shape.glyph for drawn_shape in drawings), ""]
        )  # a box is the last
        font_of = Words.of([*(drawn_shape.font for drawn_shape in drawings), ""])
        has_text = np.array(
            [bool(drawn_shape.text) for drawn_shape in drawings] + [False], np.bool_
        )
        texts = {
            row: drawings[drawing[row]].text for row in np.flatnonzero(has_text[drawing]).tolist()
        }
        return (
            Words(glyph_of.codes[drawing], glyph_of.words),
            Words(font_of.codes[drawing], font_of.words),
            texts,
        )

    def oriented(self, kind: Words, outlines: Outlines) -> dict[int, tuple[float, ...]]:
        corners_of: dict[int, tuple[float, ...]] = {}
        for row in np.flatnonzero(kind.among(_SLANTED) & (outlines.contour >= 0)).tolist():
            edges, to_page, key, _ = outlines[row]
            if edges is not None and not key:
                corners = oriented_box(map_edges(edges, to_page))
                if corners:
                    corners_of[row] = corners
        return corners_of

    def staff_positions(
        self,
        kind: Words,
        system: NDArray[np.int32],
        staff: NDArray[np.int32],
        boxes: Numbers,
        y: Numbers,
        on_staff: Flags,
    ) -> Numbers:
        """Half staff spaces above the bottom line of each symbol's staff; NaN off a staff."""
        lines = np.flatnonzero(kind.are("staffLine"))
        middles = (boxes[lines, 1] + boxes[lines, 3]) / 2
        staves: dict[tuple[int, int], list[float]] = {}
        for key in zip(
            system[lines].tolist(), staff[lines].tolist(), middles.tolist(), strict=True
        ):
            staves.setdefault(key[:2], []).append(key[2])
        bottoms, spaces = np.full(len(y), np.nan), np.full(len(y), self.page.staff_space)
        for (system_, staff_), ys in staves.items():
            on_this_staff = (system == system_) & (staff == staff_)
            bottoms[on_this_staff] = max(ys)
            if len(ys) > 1:
                spaces[on_this_staff] = (max(ys) - min(ys)) / (len(ys) - 1) or self.page.staff_space
        return np.where(on_staff, np.rint(2 * (bottoms - y) / spaces), np.nan)


_SMALL = 0.9  # of a full-size glyph
_REFINED = frozenset(("hairpin", "lyricHyphen"))


def _refine(kind: str, facts: Facts) -> str:
    """Kinds that only the score can tell apart."""
    if kind == "hairpin":
        falls = facts.attributes.get("form") == "dim"
        return "dynamicDiminuendoHairpin" if falls else "dynamicCrescendoHairpin"
    if kind == "lyricHyphen" and facts.attributes.get("con") == "u":
        return "lyricExtender"
    return kind
