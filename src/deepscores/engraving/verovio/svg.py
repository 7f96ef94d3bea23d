"""Verovio's SVG → marks in painting order, in pixels of the page.

The SVG is split by a scanner for what Verovio writes, many times as fast as an XML parser; what
it does not know is an error, never ignored. Verovio's style sheet gives every filled shape a
hairline of one unit (0.1 px); it is not drawn: a mark is its font's or engraver's outline. Hidden
shapes (``visibility="hidden"``: print-object="no" in MusicXML) are not marks.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias, cast
from xml.sax.saxutils import unescape

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from deepscores.engraving.transforms import NUMBER, parse_transform
from deepscores.engraving.verovio import scanner
from deepscores.engraving.verovio.glyphs import glyph
from deepscores.engraving.verovio.lettering import (
    STYLED,
    Lettering,
    Piece,
    read_text,
    set_plain,
    style_of,
)
from deepscores.errors import EngravingError
from deepscores.page.geometry import Affine, Box
from deepscores.page.model import Drawing, Elements, Mark, Marks, Page, Words
from deepscores.page.model.marks import BOX, SHAPE_CODES, OrderedMarks, join
from deepscores.page.outlines import curves
from deepscores.page.outlines.slurs import slur_edges

Attributes: TypeAlias = Mapping[str, str]
Edges: TypeAlias = NDArray[np.float64]
Numbers: TypeAlias = NDArray[np.float64]
Tokens: TypeAlias = NDArray[np.int32]
Places: TypeAlias = NDArray[np.int64]

_LINE = re.compile(r"M(-?\d+) (-?\d+) L(-?\d+) (-?\d+)")
_ATTRIBUTE = re.compile(r'([\w:.-]+)="([^"]*)"')
# Nine texts in ten: one run of letters in one size.
_PLAIN_TEXT = re.compile(
    r'<text x="(-?\d+)" y="(-?\d+)"(?: text-anchor="(\w+)")? font-size="0px">'
    r'<tspan id="\w+" class="text"><tspan font-size="([\d.]+)px">([^<]*)</tspan></tspan></text>'
)
_END = re.compile(r"\s*</svg>\s*</svg>\s*")
_START = '<g class="page-margin"'
_OVER_NOTES = frozenset(("beam", "tupletNum", "tupletBracket"))
_FLATNESS = 0.2  # Verovio units: 0.02 px
_PARTS = 2  # of a token: the body of its glyph before the numeral
_new = tuple.__new__  # a named tuple from all its fields, in a third of its constructor's time


class PageScale(NamedTuple):
    """The page's size, and the scale from Verovio's numbers to pixels."""

    width: int
    height: int
    staff_space: float
    pixels_per_unit: float  # a unit is a tenth of Verovio's page unit
    glyph_scale: float  # of a full-size glyph


def read_page(svg: str, number: int, font: str, sizes: PageScale) -> Page:
    """Read one page. Marks come in painting order: later ones cover earlier ones.

    Raise EngravingError for any unknown element.
    """
    reader = _Reader(svg, font, sizes)
    marks = reader.read()
    return Page(
        number,
        sizes.width,
        sizes.height,
        sizes.staff_space,
        reader.elements,
        marks,
        "".join(sorted(set(reader.missing))),
    )


def _scan_page(svg: str) -> scanner.Scan:
    start = svg.find(_START)
    if start < 0:
        raise EngravingError("page", "the engine wrote no page")
    scan = scanner.scan(svg, start)
    if not (scan.complete and _END.fullmatch(svg, scan.end)):
        snippet = " ".join(svg[scan.end : scan.end + 60].split())
        raise EngravingError(snippet, "the engine drew an unknown element")
    return scan


class _Reader:
    """Reads elements from groups, and marks from the shapes in them."""

    def __init__(self, svg: str, font: str, sizes: PageScale) -> None:
        self.svg = svg
        self.font = font
        self.sizes = sizes
        self.scan = _scan_page(svg)
        self.missing = ""
        count = len(self.scan.groups)
        # By element: whether it is hidden, and the indices of its map and lettering below.
        self.hidden = np.zeros(count, np.bool_)
        self.map_of = np.zeros(count, np.int64)
        self.lettering_of = np.zeros(count, np.int64)
        self.maps = [Affine(a=sizes.pixels_per_unit, d=sizes.pixels_per_unit)]
        self.letterings = [Lettering()]
        self.elements = self.read_groups()
        self.map_rows = np.array(self.maps, np.float64)

    def read_groups(self) -> Elements:
        svg, groups = self.svg, self.scan.groups
        id0, id1, name0, name1, more0, more1, _, _, class1 = groups.T.tolist()
        kinds = [svg[a:b] for a, b in zip(name0, name1, strict=True)]
        ids = [svg[a:b] for a, b in zip(id0, id1, strict=True)]
        words: dict[int, tuple[str, ...]] = {}
        for element in np.flatnonzero(groups[:, scanner.NAME + 1] < groups[:, -1]).tolist():
            words[element] = tuple(svg[name1[element] + 1 : class1[element]].split(" "))
            if not ids[element]:  # a piece after a break has its element's id in the class
                element_ids = (word[3:] for word in words[element] if word.startswith("id-"))
                ids[element] = next(element_ids, "")
            if "placeholder" in words[element]:  # hidden by Verovio's style sheet
                self.set_within(element, self.hidden, True)
        for element, kind in enumerate(kinds):
            if kind in STYLED or more1[element] > more0[element]:
                text = svg[more0[element] : more1[element]]
                self.style(element, kind, dict(_ATTRIBUTE.findall(text)))
        return Elements(Words.of(kinds), ids, groups[:, scanner.PARENT], words)

    def style(self, element: int, kind: str, attributes: Attributes) -> None:
        """Record the attributes of *element* for all within it; nested ones override them later."""
        parent = self.scan.groups[element, scanner.PARENT]
        if "transform" in attributes:
            outer = self.maps[self.map_of[parent] if parent >= 0 else 0]
            self.set_within(element, self.map_of, len(self.maps))
            self.maps.append(outer @ parse_transform(attributes["transform"]))
        if "visibility" in attributes:
            self.set_within(element, self.hidden, attributes["visibility"] == "hidden")
        inherited = self.letterings[self.lettering_of[parent] if parent >= 0 else 0]
        self.set_within(element, self.lettering_of, len(self.letterings))
        self.letterings.append(style_of(inherited, kind, attributes))

    def set_within(self, element: int, column: NDArray[Any], value: object) -> None:
        column[element : self.scan.groups[element, scanner.END]] = value

    def read(self) -> Marks:
        tokens = self.scan.tokens
        is_shown = ~self.hidden[tokens[:, 1]]
        kinds = tokens[:, 0] * is_shown
        rows = [np.flatnonzero(kinds == kind) for kind in range(scanner.TEXT + 1)]
        glyphs = self.read_glyphs(tokens, rows[scanner.USE])
        lines, aslant = self.read_lines(tokens, rows[scanner.LINE])
        slurs = self.read_slurs(tokens, rows[scanner.SLUR])
        polygons = self.read_polygons(tokens, rows[scanner.POLYGON])
        shapes = self.read_shapes(tokens, rows[scanner.SHAPE], aslant)
        texts = self.read_texts(tokens, rows[scanner.TEXT])
        marks = join((*glyphs, lines, slurs, polygons, shapes, texts))
        # Verovio hides notes, but not their beam and the number and bracket of their tuplet.
        return marks if is_shown.all() else self.drop_beams_of_hidden_notes(marks)

    def maps_of(self, tokens: Tokens) -> Numbers:
        """The maps of *tokens* to the page, (n, 6)."""
        return self.map_rows[self.map_of[tokens[:, 1]]]

    def read_glyphs(self, tokens: Tokens, rows: Places) -> list[OrderedMarks]:
        uses = tokens[rows]
        a, b, c, d, e, f = self.maps_of(uses).T
        x, y = uses[:, 3], uses[:, 4]
        size = uses[:, 5] / 10.0 ** uses[:, 6]
        to_page = np.stack(
            [a * size, b * size, c * size, d * size, a * x + c * y + e, b * x + d * y + f], axis=1
        )
        codes, drawing = np.unique(uses[:, 2], return_inverse=True)
        drawings = [_drawings(self.font, code) for code in codes.tolist()]
        bodies = Marks(
            tuple(glyph_drawings[0] for glyph_drawings in drawings),
            drawing.astype(np.int32),
            to_page,
            uses[:, 1],
            np.full(len(uses), SHAPE_CODES["glyph"], np.uint8),
            self.relative(size),
            np.zeros(len(uses)),
            np.zeros((len(uses), 4)),
        )
        order = rows * _PARTS
        divided = np.array([len(glyph_drawings) > 1 for glyph_drawings in drawings], np.bool_)
        if not divided.any():
            return [OrderedMarks(bodies, order)]
        is_divided = divided[drawing]
        numerals = replace(
            bodies.select(is_divided),
            drawings=tuple(glyph_drawings[-1] for glyph_drawings in drawings),
        )
        return [OrderedMarks(bodies, order), OrderedMarks(numerals, order[is_divided] + 1)]

    def relative(self, sizes: Numbers) -> Numbers:
        """Glyphs' scales against that of a full-size glyph."""
        distinct, place = np.unique(sizes, return_inverse=True)
        full_size = self.sizes.glyph_scale
        scales = np.array([round(size / full_size, 4) for size in distinct.tolist()], np.float64)
        return scales[place]

    def read_lines(self, tokens: Tokens, rows: Places) -> tuple[OrderedMarks, Places]:
        """Upright lines as boxes, and the rows of tokens that are other lines."""
        lines = tokens[rows]
        is_kept = self.join_staff_lines(lines)
        lines, rows = lines[is_kept], rows[is_kept]
        maps = self.maps_of(lines)
        a, b, _, d, e, f = maps.T
        x0, y0, x1, y1, width = lines[:, 2:].T
        standing = x0 == x1
        upright = (b == 0) & (standing | (y0 == y1))
        reach = width / 2
        half_width, half_height = reach * standing, reach * ~standing
        box = np.stack(
            [
                a * (np.minimum(x0, x1) - half_width) + e,
                d * (np.minimum(y0, y1) - half_height) + f,
                a * (np.maximum(x0, x1) + half_width) + e,
                d * (np.maximum(y0, y1) + half_height) + f,
            ],
            axis=1,
        )
        count = len(lines)
        marks = Marks(
            (),
            np.full(count, BOX, np.int32),
            maps,
            lines[:, 1],
            np.full(count, SHAPE_CODES["path"], np.uint8),
            np.ones(count),
            a * width,
            box,
        )
        if upright.all():
            return OrderedMarks(marks, rows * _PARTS), rows[:0]
        return OrderedMarks(marks.select(upright), rows[upright] * _PARTS), rows[~upright]

    def join_staff_lines(self, lines: Tokens) -> NDArray[np.bool_]:
        """Flags of the *lines* to keep: Verovio draws a staff line measure by measure.

        The first segment of each is lengthened, in *lines*, to the end of the last.
        """
        is_kept = np.ones(len(lines), np.bool_)
        systems = np.flatnonzero(self.elements.kind.are("system"))
        rows = np.flatnonzero(self.elements.kind.are("staff")[lines[:, 1]])
        system_of = np.searchsorted(systems, lines[rows, 1])
        last: dict[tuple[int, int, int], list[int]] = {}  # row and right end, by height and width
        staff_lines: list[list[int]] = []
        merged_rows: list[int] = []
        segments = zip(rows.tolist(), system_of.tolist(), lines[rows, 2:].tolist(), strict=True)
        for row, system, (left, y, right, _, width) in segments:
            line = last.get((system, y, width))
            if line and line[1] == left:
                line[1] = right
                merged_rows.append(row)
            else:
                last[system, y, width] = line = [row, right]
                staff_lines.append(line)
        is_kept[merged_rows] = False
        if staff_lines:
            first, right_ends = np.array(staff_lines).T
            lines[first, 4] = right_ends
        return is_kept

    def read_slurs(self, tokens: Tokens, rows: Places) -> OrderedMarks:
        slurs = tokens[rows]
        # All of the page at once, which takes a tenth of the time.
        controls = self.scan.numbers[slurs[:, 2, None] + np.arange(14)]
        outlines = slur_edges(controls, slurs[:, 3].tolist(), _FLATNESS) if len(slurs) else []
        return self.outline_marks(slurs, outlines, "path", slurs[:, 3], rows)

    def read_polygons(self, tokens: Tokens, rows: Places) -> OrderedMarks:
        polygons, numbers = tokens[rows], self.scan.numbers.astype(np.float64)
        outlines: list[Edges] = []
        for first, count in polygons[:, 2:4].tolist():
            edges = np.empty((count // 2, 4))
            edges[:, :2] = numbers[first : first + count].reshape(-1, 2)
            edges[:-1, 2:], edges[-1, 2:] = edges[1:, :2], edges[0, :2]
            outlines.append(edges)
        return self.outline_marks(polygons, outlines, "polygon", np.zeros(len(polygons)), rows)

    def outline_marks(
        self,
        tokens: Tokens,
        outlines: Sequence[Edges],
        shape: str,
        widths: NDArray[Any],
        rows: Places,
    ) -> OrderedMarks:
        """Marks with individual outlines."""
        count = len(tokens)
        marks = Marks(
            tuple(map(Drawing, outlines)),
            np.arange(count, dtype=np.int32),
            self.maps_of(tokens),
            tokens[:, 1],
            np.full(count, SHAPE_CODES[shape], np.uint8),
            np.ones(count),
            widths * self.sizes.pixels_per_unit,
            np.zeros((count, 4)),
        )
        return OrderedMarks(marks, rows * _PARTS)

    def read_shapes(self, tokens: Tokens, rows: Places, aslant: Places) -> OrderedMarks:
        """All other shapes, and lines that are neither horizontal nor vertical."""
        marks: list[Mark] = []
        order: list[int] = []
        for place in rows.tolist():
            _, element, name0, name1, more0, more1, _ = tokens[place].tolist()
            attributes = dict(_ATTRIBUTE.findall(self.svg[more0:more1]))
            shapes = self.shape(self.svg[name0:name1], attributes, element)
            marks += shapes
            order += [place * _PARTS] * len(shapes)
        for place in aslant.tolist():
            _, element, x0, y0, x1, y1, width = tokens[place].tolist()
            path = {"d": f"M{x0} {y0} L{x1} {y1}", "stroke-width": f"{width}"}
            shapes = self.shape("path", path, element)
            marks += shapes
            order += [place * _PARTS] * len(shapes)
        return OrderedMarks(Marks.of(marks), np.array(order, np.int64))

    def shape(self, tag: str, node: Attributes, element: int) -> list[Mark]:
        to_page = self.maps[self.map_of[element]]
        width = float(node.get("stroke-width", 0))
        box = _upright(node, tag)
        if box and not to_page.b:
            a, _, _, d, e, f = to_page
            place = Box(a * box[0] + e, d * box[1] + f, a * box[2] + e, d * box[3] + f)
            return [Mark(None, to_page, element, tag, stroke=a * width, box=place)]
        edges = _SHAPES[tag](node)
        stroke = width * self.sizes.pixels_per_unit
        return [Mark(edges, to_page, element, tag, stroke=stroke)] if len(edges) else []

    def read_texts(self, tokens: Tokens, token_rows: Places) -> OrderedMarks:
        drawings: list[Drawing] = []
        elements: list[int] = []
        rows: list[tuple[float, float, float]] = []  # size, and the origin
        order: list[int] = []
        texts = zip(token_rows.tolist(), *tokens[token_rows, 1:4].T.tolist(), strict=True)
        for place, element, start, end in texts:
            left, top, pieces = self.text(self.svg[start:end], element)
            for edges, words, size, name, font, missing, key, right, down in pieces:
                self.missing += missing
                if len(edges):
                    drawings.append(_new(Drawing, (edges, name, font, "", words, key)))
                    elements.append(element)
                    rows.append((size, left + right, top + down))
                    order.append(place * _PARTS)
        sizes, x, y = np.array(rows, np.float64).reshape(-1, 3).T
        to_page = self.map_rows[self.map_of[elements]]
        a, b, c, d, e, f = to_page.T
        to_page[:, 4:] = np.stack([a * x + c * y + e, b * x + d * y + f], axis=1)
        count = len(drawings)
        marks = Marks(
            tuple(drawings),
            np.arange(count, dtype=np.int32),
            to_page,
            np.array(elements, np.int32),
            np.full(count, SHAPE_CODES["text"], np.uint8),
            sizes * self.sizes.pixels_per_unit,
            np.zeros(count),
            np.zeros((count, 4)),
        )
        return OrderedMarks(marks, np.array(order, np.int64))

    def text(self, source: str, element: int) -> tuple[float, float, Iterable[Piece]]:
        """The position and the pieces of a text."""
        lettering = self.letterings[self.lettering_of[element]]
        plain = _PLAIN_TEXT.fullmatch(source)
        if not plain:
            return 0.0, 0.0, read_text(etree.fromstring(source), lettering, self.font)
        left, top, anchor, points, text = plain.groups()
        pieces = set_plain(unescape(text), anchor or "start", float(points), lettering)
        return float(left), float(top), pieces

    def drop_beams_of_hidden_notes(self, marks: Marks) -> Marks:
        """*marks* without beams and tuplet numbers or brackets of hidden notes only."""
        elements, groups = self.elements, self.scan.groups
        is_over = elements.kind.among(_OVER_NOTES)
        if not is_over.any():
            return marks
        has = np.zeros(len(elements), np.int64)  # a mark other than those
        has[marks.element[~is_over[marks.element]]] = 1
        marked_before = np.concatenate([[0], np.cumsum(has)])
        is_shown = marked_before[groups[:, scanner.END]] > marked_before[:-1]
        beams = elements.kind.are("beam")
        is_kept = ~is_over | np.where(beams, is_shown, is_shown[elements.parent])
        return marks.select(is_kept[marks.element])


@lru_cache(maxsize=20_000)
def _drawings(font: str, code: int) -> tuple[Drawing, ...]:
    """The drawings of a glyph: itself, or an octave clef and its numeral."""
    try:
        drawn = glyph(font, f"{code:04X}")
    except KeyError as missing:
        raise EngravingError(f"U+{code:04X}", str(missing.args[0])) from None
    drawing = Drawing(drawn.edges, drawn.name, drawn.font, key=drawn.key)
    if drawn.numeral is None:
        return (drawing,)
    numeral = drawing._replace(edges=drawn.numeral, part="numeral", key=f"{drawn.key} numeral")
    return drawing, numeral


def _upright(node: Attributes, tag: str) -> tuple[float, float, float, float] | None:
    """The rectangle that a plain upright line or box covers."""
    get = node.get
    if tag == "path":
        line = _LINE.fullmatch(get("d", ""))
        if not line or get("stroke-dasharray"):
            return None
        x0, y0, x1, y1 = map(float, line.groups())
        return _line_box(
            x0, y0, x1, y1, float(get("stroke-width", 1)), get("stroke-linecap", "butt")
        )
    if tag == "rect" and not _hollow(node):
        x, y, width, height = (float(get(key, 0)) for key in ("x", "y", "width", "height"))
        return (x, y, x + width, y + height) if width > 0 and height > 0 else None
    return None


def _line_box(
    x0: float, y0: float, x1: float, y1: float, width: float, cap: str
) -> tuple[float, float, float, float] | None:
    reach = width / 2
    cap_length = 0.0 if cap == "butt" else reach
    if x0 == x1:
        return x0 - reach, min(y0, y1) - cap_length, x0 + reach, max(y0, y1) + cap_length
    if y0 == y1:
        return min(x0, x1) - cap_length, y0 - reach, max(x0, x1) + cap_length, y0 + reach
    return None


def _points(text: str) -> NDArray[np.float64]:
    return np.array(NUMBER.findall(text), np.float64).reshape(-1, 2)


def _hollow(node: Attributes) -> bool:
    return node.get("fill") == "none" or node.get("fill-opacity") == "0"


def _stroke(
    lines: Iterable[NDArray[np.float64]], node: Attributes, *, closed: bool
) -> NDArray[np.float64]:
    width = float(node.get("stroke-width", 1))
    pattern = [float(number) for number in NUMBER.findall(node.get("stroke-dasharray", ""))]
    if pattern:
        lines = [piece for line in lines for piece in curves.dash(line, pattern)]
        closed = False
    strokes = [
        curves.stroke_edges(
            line,
            width,
            closed=closed,
            cap=cast("curves.Cap", node.get("stroke-linecap", "butt")),
            join=cast("curves.Join", node.get("stroke-linejoin", "miter")),
            tolerance=_FLATNESS,
        )
        for line in lines
        if len(line) > 1
    ]
    return np.concatenate(strokes) if strokes else np.zeros((0, 4))


def _path(node: Attributes) -> NDArray[np.float64]:
    d = node.get("d", "")
    width = float(node.get("stroke-width", 0))
    if _hollow(node) or not ("C" in d or "c" in d or "A" in d or "Z" in d or "z" in d):
        return _stroke(curves.polyline_points(d, _FLATNESS), node, closed=False)
    edges = curves.path_edges(d, _FLATNESS)
    return curves.offset_edges(edges, width / 2, _FLATNESS) if width else edges


def _polygon(node: Attributes) -> NDArray[np.float64]:
    corners = _points(node.get("points", ""))
    if _hollow(node):
        return _stroke([corners], node, closed=True)
    return curves.polygon_edges(corners)


def _polyline(node: Attributes) -> NDArray[np.float64]:
    return _stroke([_points(node.get("points", ""))], node, closed=False)


def _rect(node: Attributes) -> NDArray[np.float64]:
    x, y, width, height = (float(node.get(key, 0)) for key in ("x", "y", "width", "height"))
    if _hollow(node):
        corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
        return _stroke([np.array(corners)], node, closed=True)
    return curves.rectangle_edges(x, y, x + width, y + height)


def _ellipse(node: Attributes) -> NDArray[np.float64]:
    cx, cy, rx, ry = (float(node.get(key, 0)) for key in ("cx", "cy", "rx", "ry"))
    edges = curves.ellipse_edges(cx, cy, rx, ry, _FLATNESS)
    return _stroke([edges[:, :2]], node, closed=True) if _hollow(node) else edges


_SHAPES: dict[str, Callable[[Attributes], NDArray[np.float64]]] = {
    "path": _path,
    "polygon": _polygon,
    "polyline": _polyline,
    "rect": _rect,
    "ellipse": _ellipse,
}
