"""Verovio's SVG → marks in painting order, in pixels of the page.

The SVG is read by a scanner for what Verovio writes, several times as fast as an XML parser; what
it does not know is an error, never passed over. Verovio's style sheet gives every filled shape a
hairline of one unit (0.1 px); it is not drawn: a mark is its font's or engraver's outline. What is
hidden (``visibility="hidden"``: print-object="no" in MusicXML) is no mark.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias, cast
from xml.sax.saxutils import unescape

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from deepscores.engravers.transforms import NUMBER, parse_transform
from deepscores.engravers.verovio.glyphs import glyph
from deepscores.engravers.verovio.lettering import Lettering, Piece, read_text, set_plain, styled
from deepscores.errors import EngravingError
from deepscores.geometry import Affine, Box
from deepscores.model import Element, Mark, Page
from deepscores.outlines import curves
from deepscores.outlines.slurs import slur_edges

Attributes: TypeAlias = Mapping[str, str]
Edges: TypeAlias = NDArray[np.float64]

_LINE = re.compile(r"M(-?\d+) (-?\d+) L(-?\d+) (-?\d+)")
_ATTRIBUTE = re.compile(r'([\w:.-]+)="([^"]*)"')
_TOKEN = re.compile(
    r"</g>"
    # 1 id, 2 class, 3 other attributes, 4 "/" of an empty group
    r'|<g(?: id="([^"]*)")? class="([^"]*)"((?: [\w:.-]+="[^"]*")*)(/?)>'
    # 5 code point, 6 x, 7 y, 8 scale
    r'|<use xlink:href="#(\w+)-\w+" transform="translate\((-?\d+), (-?\d+)\)'
    r' scale\(([\d.]+), [\d.]+\)"/>'
    # 9 … 12 ends of a line, 13 its width
    r'|<path d="M(-?\d+) (-?\d+) L(-?\d+) (-?\d+)" stroke-width="(\d+)"/>'
    # 14 the fourteen numbers of a slur or tie, 15 its pen
    r'|<path d="(M-?\d+,-?\d+ C[-\d, ]+ C[-\d, ]+)" stroke-width="(\d+)"'
    r' stroke-linecap="round" stroke-linejoin="round"/>'
    # 16 corners of a beam
    r'|<polygon points="([-\d, ]+)"/>'
    # 17 any other shape, 18 its attributes
    r"|<(path|polygon|polyline|rect|ellipse)((?: [\w:.-]+=\"[^\"]*\")*)\s*/>"
    # 19 a text
    r'|(<text(?: [\w:.-]+="[^"]*")*\s*(?:/>|>.*?</text>))'
    r'|<title(?: [\w:.-]+="[^"]*")*\s*(?:/>|>.*?</title>)'
    r"|\s+",
    re.DOTALL,
)
# Nine texts in ten: one run of letters in one size.
_PLAIN_TEXT = re.compile(
    r'<text x="(-?\d+)" y="(-?\d+)"(?: text-anchor="(\w+)")? font-size="0px">'
    r'<tspan id="\w+" class="text"><tspan font-size="([\d.]+)px">([^<]*)</tspan></tspan></text>'
)
_END = re.compile(r"\s*</svg>\s*</svg>\s*")
_START = '<g class="page-margin"'
_OVER_NOTES = frozenset(("beam", "tupletNum", "tupletBracket"))
_PENDING = np.zeros((1, 4))  # stands for a slur until all of the page are outlined
_FLATNESS = 0.2  # Verovio units: 0.02 px
_new = tuple.__new__  # a named tuple from all its fields, in a third of its constructor's time


class Sizes(NamedTuple):
    """What turns Verovio's numbers into pixels of our page."""

    width: int
    height: int
    staff_space: float
    pixels_per_unit: float  # a unit is a tenth of Verovio's page unit
    glyph_scale: float  # of a full-size glyph


def read_page(svg: str, number: int, font: str, sizes: Sizes) -> Page:
    """Read one page. Marks come in painting order: later ones cover earlier ones.

    Raise EngravingError for anything that is not known to be drawn by Verovio.
    """
    reader = _Reader(font, sizes)
    reader.read(svg)
    return Page(
        number,
        sizes.width,
        sizes.height,
        sizes.staff_space,
        tuple(reader.elements),
        tuple(reader.marks),
        "".join(sorted(set(reader.missing))),
    )


_Drawing: TypeAlias = tuple[Edges, str, str, Edges | None, str]  # edges, name, font, numeral, key


class _Group(NamedTuple):
    """Where the scanner is."""

    element: int
    to_page: Affine
    hidden: bool


@dataclass(slots=True)
class _StaffLine:
    """A staff line as far as it was read."""

    mark: int  # of its first segment
    right: str  # where it ends, as Verovio writes it


class _Reader:
    """Collects elements and marks in one pass."""

    def __init__(self, font: str, sizes: Sizes) -> None:
        self.font = font
        self.sizes = sizes
        self.elements: list[Element] = []
        self.marks: list[Mark] = []
        self.missing = ""
        self.slurs: list[tuple[int, list[float], float]] = []  # place among marks, controls, pen
        self.hides = False
        self.system = -1  # the element at hand
        self.staff_lines: dict[tuple[int, str, str], _StaffLine] = {}  # the last at each height
        self.all_staff_lines: list[_StaffLine] = []
        self.lettered: dict[int, Attributes] = {}  # elements that style the text within
        self.letterings: dict[int, Lettering] = {}
        self.glyphs: dict[str, _Drawing] = {}
        self.scales: dict[str, tuple[float, float]] = {}

    def read(self, svg: str) -> None:
        scale = self.sizes.pixels_per_unit
        group = _Group(-1, Affine(a=scale, d=scale), False)
        above: list[_Group] = []
        position = svg.find(_START)
        if position < 0:
            raise EngravingError("page", "the engine wrote no page")
        # Not in the documentation, but faster than match() at every position.
        scan = _TOKEN.scanner(svg, position).match  # type: ignore[attr-defined]
        while token := scan():
            position = token.end()
            kind = token.lastindex
            if kind is None:
                if token[0] == "</g>":
                    group = above.pop()
            elif kind == 4:
                if not token[4]:
                    above.append(group)
                    group = self.enter(group, token)
            elif group.hidden:
                continue
            elif kind == 8:
                self.use(token, group)
            elif kind == 13:
                self.line(token, group)
            elif kind == 15:
                self.slur(token[14], float(token[15]), group)
            elif kind == 16:
                self.polygon(token[16], group)
            elif kind == 18:
                self.shape(token[17], dict(_ATTRIBUTE.findall(token[18])), group)
            else:
                self.text(token[19], group)
        if above or not _END.fullmatch(svg, position):
            snippet = " ".join(svg[position : position + 60].split())
            raise EngravingError(snippet, "the engine drew something unheard of")
        self.outline_slurs()
        for line in self.all_staff_lines:
            mark = self.marks[line.mark]
            if mark.box:
                right = mark.to_page.a * int(line.right) + mark.to_page.e
                self.marks[line.mark] = mark._replace(box=mark.box._replace(x1=right))
        if self.hides:
            self.drop_beams_of_hidden_notes()

    def enter(self, group: _Group, token: "re.Match[str]") -> _Group:
        identity, name, more = token.group(1, 2, 3)
        element, to_page, hidden = group
        words: tuple[str, ...] = ()
        if " " in name:
            name, *rest = name.split(" ")
            words = tuple(rest)
            if not identity:  # a piece after a break names its element in the class
                identity = next((word[3:] for word in words if word.startswith("id-")), "")
            if "placeholder" in words:  # hidden by Verovio's style sheet
                hidden = True
        self.elements.append(_new(Element, (name, identity or "", element, words)))
        element = len(self.elements) - 1
        if name == "system":
            self.system = element
        if more:
            attributes = dict(_ATTRIBUTE.findall(more))
            if "transform" in attributes:
                to_page = to_page @ parse_transform(attributes["transform"])
            if "visibility" in attributes:
                hidden = attributes["visibility"] == "hidden"
                self.hides |= hidden
            self.lettered[element] = attributes
        return _new(_Group, (element, to_page, hidden))

    def use(self, token: "re.Match[str]", group: _Group) -> None:
        code, x, y, scale = token.group(5, 6, 7, 8)
        element, to_page, _ = group
        found = self.glyph(code)
        size, relative = self.scale(scale)
        if to_page.b:
            place = to_page @ Affine(size, 0.0, 0.0, size, float(x), float(y))
        else:
            a, _, _, d, e, f = to_page
            place = _new(Affine, (a * size, 0.0, 0.0, d * size, a * int(x) + e, d * int(y) + f))
        edges, name, font, numeral, key = found
        fields = (edges, place, element, "glyph", name, font, relative, "", 0.0, "", None, key)
        mark = _new(Mark, fields)
        self.marks.append(mark)
        if numeral is not None:
            self.marks.append(mark._replace(edges=numeral, part="numeral", key=f"{key} numeral"))

    def scale(self, scale: str) -> tuple[float, float]:
        """A glyph's scale, and that against a full-size glyph."""
        known = self.scales.get(scale)
        if known is None:
            size = float(scale)
            known = self.scales[scale] = (size, round(size / self.sizes.glyph_scale, 4))
        return known

    def glyph(self, code: str) -> _Drawing:
        known = self.glyphs.get(code)
        if known is None:
            try:
                found = glyph(self.font, code)
            except KeyError as missing:
                raise EngravingError(f"U+{code}", str(missing.args[0])) from None
            known = (found.edges, found.name, found.font, found.numeral, found.key)
            self.glyphs[code] = known
        return known

    def line(self, token: "re.Match[str]", group: _Group) -> None:
        element, to_page, _ = group
        if self.elements[element].kind == "staff" and self.lengthens(token):
            return
        x0, y0, x1, y1, width = map(int, token.group(9, 10, 11, 12, 13))
        a, b, _, d, e, f = to_page
        if b or (x0 != x1 and y0 != y1):
            path = f"M{x0} {y0} L{x1} {y1}"
            self.shape("path", {"d": path, "stroke-width": f"{width}"}, group)
            return
        reach = width / 2
        if x0 == x1:
            y0, y1 = (y0, y1) if y0 < y1 else (y1, y0)
            box = (a * (x0 - reach) + e, d * y0 + f, a * (x0 + reach) + e, d * y1 + f)
        else:
            x0, x1 = (x0, x1) if x0 < x1 else (x1, x0)
            box = (a * x0 + e, d * (y0 - reach) + f, a * x1 + e, d * (y0 + reach) + f)
        reals = (a * width, "", _new(Box, box), "")
        self.marks.append(_new(Mark, (None, to_page, element, "path", "", "", 1.0, "", *reals)))

    def lengthens(self, token: "re.Match[str]") -> bool:
        """Join a staff line's segment to the line: Verovio draws it measure by measure."""
        left, y, right, width = token.group(9, 10, 11, 13)
        key = (self.system, y, width)
        line = self.staff_lines.get(key)
        if line and line.right == left:
            line.right = right
            return True
        line = self.staff_lines[key] = _StaffLine(len(self.marks), right)
        self.all_staff_lines.append(line)
        return False

    def box(
        self, box: tuple[float, float, float, float], tag: str, width: float, group: _Group
    ) -> None:
        element, to_page, _ = group
        a, _, _, d, e, f = to_page
        place = Box(a * box[0] + e, d * box[1] + f, a * box[2] + e, d * box[3] + f)
        self.marks.append(Mark(None, to_page, element, tag, stroke=a * width, box=place))

    def shape(self, tag: str, node: Attributes, group: _Group) -> None:
        width = float(node.get("stroke-width", 0))
        box = _upright(node, tag)
        if box and not group.to_page.b:
            self.box(box, tag, width, group)
            return
        self.outline(_SHAPES[tag](node), tag, width, group)

    def outline(self, edges: NDArray[np.float64], tag: str, width: float, group: _Group) -> None:
        if len(edges):
            stroke = width * self.sizes.pixels_per_unit
            self.marks.append(Mark(edges, group.to_page, group.element, tag, stroke=stroke))

    def polygon(self, points: str, group: _Group) -> None:
        numbers = [float(number) for number in points.replace(",", " ").split()]
        corners = list(zip(numbers[::2], numbers[1::2], strict=True))
        ends = [*corners[1:], corners[0]]
        edges = np.array([(*start, *end) for start, end in zip(corners, ends, strict=True)])
        self.outline(edges, "polygon", 0.0, group)

    def slur(self, d: str, width: float, group: _Group) -> None:
        controls = [float(number) for number in NUMBER.findall(d)]
        if len(controls) != 14 or controls[:2] != controls[-2:]:
            self.shape("path", {"d": d, "stroke-width": f"{width}"}, group)
            return
        self.slurs.append((len(self.marks), controls, width))
        self.outline(_PENDING, "path", width, group)

    def outline_slurs(self) -> None:
        """Outline the slurs of the page together, which takes a tenth of the time."""
        if self.slurs:
            places, controls, widths = zip(*self.slurs, strict=True)
            for place, edges in zip(places, slur_edges(controls, widths, _FLATNESS), strict=True):
                self.marks[place] = self.marks[place]._replace(edges=edges)

    def drop_beams_of_hidden_notes(self) -> None:
        """Verovio hides notes, but not their beam and the number and bracket of their tuplet."""
        shown: set[int] = set()  # elements with marks in them, besides those
        for mark in self.marks:
            element = mark.element
            if self.elements[element].kind not in _OVER_NOTES:
                while element >= 0 and element not in shown:
                    shown.add(element)
                    element = self.elements[element].parent
        self.marks = [mark for mark in self.marks if self.is_over_notes(mark, shown)]

    def is_over_notes(self, mark: Mark, shown: set[int]) -> bool:
        kind, _, parent, _ = self.elements[mark.element]
        if kind not in _OVER_NOTES:
            return True
        return (mark.element if kind == "beam" else parent) in shown

    def text(self, source: str, group: _Group) -> None:
        lettering = self.lettering(group.element)
        x, y = 0.0, 0.0
        plain = _PLAIN_TEXT.fullmatch(source)
        if plain:
            left, top, anchor, points, text = plain.groups()
            x, y = float(left), float(top)
            pieces: Iterable[Piece] = set_plain(
                unescape(text), anchor or "start", float(points), lettering
            )
        else:
            pieces = read_text(etree.fromstring(source), lettering, self.font)
        element, to_page, _ = group
        for edges, words, size, name, font, missing, key, dx, dy in pieces:
            self.missing += missing
            if len(edges):
                pixels = size * self.sizes.pixels_per_unit
                place = to_page @ Affine(e=x + dx, f=y + dy)
                fields = (
                    edges,
                    place,
                    element,
                    "text",
                    name,
                    font,
                    pixels,
                    words,
                    0.0,
                    "",
                    None,
                    key,
                )
                self.marks.append(_new(Mark, fields))

    def lettering(self, element: int) -> Lettering:
        """What text in *element* inherits."""
        if element < 0:
            return Lettering()
        known = self.letterings.get(element)
        if known is None:
            kind, _, parent, _ = self.elements[element]
            known = styled(self.lettering(parent), kind, self.lettered.get(element, {}))
            self.letterings[element] = known
        return known


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
    more = 0.0 if cap == "butt" else reach
    if x0 == x1:
        return x0 - reach, min(y0, y1) - more, x0 + reach, max(y0, y1) + more
    if y0 == y1:
        return min(x0, x1) - more, y0 - reach, max(x0, x1) + more, y0 + reach
    return None


def _points(text: str) -> NDArray[np.float64]:
    return np.array(NUMBER.findall(text), np.float64).reshape(-1, 2)


def _hollow(node: Attributes) -> bool:
    return node.get("fill") == "none" or node.get("fill-opacity") == "0"


def _stroked(
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
        return _stroked(curves.polyline_points(d, _FLATNESS), node, closed=False)
    edges = curves.path_edges(d, _FLATNESS)
    return curves.offset_edges(edges, width / 2, _FLATNESS) if width else edges


def _polygon(node: Attributes) -> NDArray[np.float64]:
    corners = _points(node.get("points", ""))
    if _hollow(node):
        return _stroked([corners], node, closed=True)
    return curves.polygon_edges(corners)


def _polyline(node: Attributes) -> NDArray[np.float64]:
    return _stroked([_points(node.get("points", ""))], node, closed=False)


def _rect(node: Attributes) -> NDArray[np.float64]:
    x, y, width, height = (float(node.get(key, 0)) for key in ("x", "y", "width", "height"))
    if _hollow(node):
        corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
        return _stroked([np.array(corners)], node, closed=True)
    return curves.rectangle_edges(x, y, x + width, y + height)


def _ellipse(node: Attributes) -> NDArray[np.float64]:
    cx, cy, rx, ry = (float(node.get(key, 0)) for key in ("cx", "cy", "rx", "ry"))
    edges = curves.ellipse_edges(cx, cy, rx, ry, _FLATNESS)
    return _stroked([edges[:, :2]], node, closed=True) if _hollow(node) else edges


_SHAPES: dict[str, Callable[[Attributes], NDArray[np.float64]]] = {
    "path": _path,
    "polygon": _polygon,
    "polyline": _polyline,
    "rect": _rect,
    "ellipse": _ellipse,
}
