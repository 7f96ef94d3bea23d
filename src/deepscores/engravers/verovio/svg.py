"""Verovio's SVG → marks in painting order, in pixels of the page.

Verovio's style sheet gives every filled shape a hairline of one unit (0.1 px); it is not drawn:
a mark is its font's or engraver's outline, nothing more.
"""

import re
from collections.abc import Callable, Iterator
from math import cos, radians, sin
from typing import Any, NamedTuple

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from deepscores.engravers.verovio.glyphs import glyph
from deepscores.engravers.verovio.lettering import Lettering, read_text
from deepscores.errors import EngravingError
from deepscores.geometry import Affine, Box
from deepscores.model import Element, Mark, Page
from deepscores.outlines import curves

Node = Any  # lxml's element class is not public

_SVG = "{http://www.w3.org/2000/svg}"
_SVG_LENGTH = len(_SVG)
_HREF = "{http://www.w3.org/1999/xlink}href"
_TRANSFORM = re.compile(r"(\w+)\s*\(([^)]*)\)")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_LINE = re.compile(r"M(-?\d+) (-?\d+) L(-?\d+) (-?\d+)")
_PLACED = re.compile(r"translate\((-?\d+), (-?\d+)\) scale\(([\d.]+), ([\d.]+)\)")
_FLATNESS = 0.1  # Verovio units: 0.01 px
_PARSER = etree.XMLParser(huge_tree=True, remove_comments=True, resolve_entities=False)
# The style sheet in every SVG that Verovio writes; lyrics and titles carry attributes instead.
_BOLD = frozenset(("ending", "fing", "reh", "tempo"))
_ITALIC = frozenset(("dir", "dynam", "mNum"))


class Sizes(NamedTuple):
    """What turns Verovio's numbers into pixels of our page."""

    width: int
    height: int
    staff_space: float
    pixels_per_unit: float  # a unit is a tenth of Verovio's page unit
    glyph_scale: float  # of a full-size glyph


def read_page(svg: str, number: int, font: str, sizes: Sizes) -> Page:
    """Read one page. Marks come in painting order: later ones cover earlier ones."""
    reader = _Reader(font, sizes)
    root = etree.fromstring(svg.encode(), _PARSER)
    inner = root.find(f"{_SVG}svg")
    if inner is None:
        raise EngravingError(f"page {number}", "the engine wrote no page")
    reader.children(inner, -1, Affine(a=sizes.pixels_per_unit, d=sizes.pixels_per_unit), Lettering())
    return Page(
        number,
        sizes.width,
        sizes.height,
        sizes.staff_space,
        tuple(reader.elements),
        tuple(reader.marks),
        "".join(sorted(set(reader.missing))),
    )


class _Reader:
    """Collects elements and marks while walking the tree once."""

    def __init__(self, font: str, sizes: Sizes) -> None:
        self.font = font
        self.sizes = sizes
        self.elements: list[Element] = []
        self.marks: list[Mark] = []
        self.missing = ""

    def children(self, node: Node, element: int, to_page: Affine, lettering: Lettering) -> None:
        for child in node:
            tag = child.tag[_SVG_LENGTH:]
            if tag == "g":
                self.group(child, element, to_page, lettering)
            elif tag == "use":
                self.use(child, element, to_page)
            elif tag == "text":
                self.text(child, element, to_page, lettering)
            elif tag in _SHAPES:
                self.shape(child, tag, element, to_page)
            elif tag not in ("desc", "defs", "style", "title"):
                raise EngravingError(f"<{tag}>", "the engine drew something unheard of")

    def group(self, node: Node, element: int, to_page: Affine, lettering: Lettering) -> None:
        transform = node.get("transform")
        if transform:
            to_page = to_page @ parse_transform(transform)
        words = (node.get("class") or "").split()
        if words:
            if "placeholder" in words:  # marked hidden by Verovio's style sheet
                return
            kind, identity, *rest = words[0], node.get("id", ""), *words[1:]
            if not identity:  # a piece after a break names its element in the class
                identity = next((word[3:] for word in rest if word.startswith("id-")), "")
            self.elements.append(Element(kind, identity, element, tuple(rest)))
            element = len(self.elements) - 1
            if kind in _BOLD:
                lettering = lettering._replace(bold=True)
            elif kind in _ITALIC:
                lettering = lettering._replace(italic=True)
            elif kind == "label":
                lettering = lettering._replace(bold=False)
        self.children(node, element, to_page, lettering)

    def use(self, node: Node, element: int, to_page: Affine) -> None:
        code = node.get(_HREF, "")[1:].partition("-")[0]
        try:
            found = glyph(self.font, code)
        except KeyError as missing:
            raise EngravingError(f"U+{code}", str(missing.args[0])) from None
        place = parse_transform(node.get("transform", ""))
        self.marks.append(
            Mark(
                found.edges,
                to_page @ place,
                element,
                "glyph",
                found.name,
                found.font,
                round(place.a / self.sizes.glyph_scale, 4),
            )
        )

    def shape(self, node: Node, tag: str, element: int, to_page: Affine) -> None:
        box = _upright(node, tag)
        if box and not to_page.b:
            width = float(node.get("stroke-width", 0)) * self.sizes.pixels_per_unit
            a, _, _, d, e, f = to_page
            place = Box(a * box[0] + e, d * box[1] + f, a * box[2] + e, d * box[3] + f)
            self.marks.append(Mark(None, to_page, element, tag, stroke=width, box=place))
            return
        edges = _SHAPES[tag](node)
        if len(edges):
            width = float(node.get("stroke-width", 0)) * self.sizes.pixels_per_unit
            self.marks.append(Mark(edges, to_page, element, tag, stroke=width))

    def text(self, node: Node, element: int, to_page: Affine, lettering: Lettering) -> None:
        for piece in read_text(node, lettering, self.font):
            self.missing += piece.missing
            if len(piece.edges):
                self.marks.append(
                    Mark(
                        piece.edges,
                        to_page,
                        element,
                        "text",
                        piece.glyph,
                        piece.font,
                        piece.size * self.sizes.pixels_per_unit,
                        piece.text,
                    )
                )


def parse_transform(text: str) -> Affine:
    """SVG's transform attribute, as far as Verovio uses it.

    >>> parse_transform("translate(3, 4) scale(2, 2)")
    Affine(a=2.0, b=0.0, c=0.0, d=2.0, e=3.0, f=4.0)
    """
    placed = _PLACED.fullmatch(text)
    if placed:
        x, y, sx, sy = map(float, placed.groups())
        return Affine(sx, 0.0, 0.0, sy, x, y)
    whole = Affine()
    for name, arguments in _TRANSFORM.findall(text):
        values = [float(number) for number in _NUMBER.findall(arguments)]
        match name, values:
            case "translate", [x, y]:
                step = Affine(e=x, f=y)
            case "scale", [x, y]:
                step = Affine(a=x, d=y)
            case "scale", [x]:
                step = Affine(a=x, d=x)
            case "rotate", [degrees, x, y]:
                a, b = cos(radians(degrees)), sin(radians(degrees))
                step = Affine(a, b, -b, a, x - a * x + b * y, y - b * x - a * y)
            case _:
                raise EngravingError(text, "a transform unheard of")
        whole = whole @ step
    return whole


def _upright(node: Node, tag: str) -> tuple[float, float, float, float] | None:
    """The rectangle that a plain upright line or box covers: nine in ten shapes are one."""
    get = node.get
    if tag == "path":
        line = _LINE.fullmatch(get("d", ""))
        if not line or get("stroke-dasharray"):
            return None
        x0, y0, x1, y1 = map(float, line.groups())
        reach = float(get("stroke-width", 1)) / 2
        cap = 0.0 if get("stroke-linecap", "butt") == "butt" else reach
        if x0 == x1:
            return x0 - reach, min(y0, y1) - cap, x0 + reach, max(y0, y1) + cap
        if y0 == y1:
            return min(x0, x1) - cap, y0 - reach, max(x0, x1) + cap, y0 + reach
    elif tag == "rect" and not _hollow(node):
        x, y, width, height = (float(get(key, 0)) for key in ("x", "y", "width", "height"))
        return (x, y, x + width, y + height) if width > 0 and height > 0 else None
    return None


def _points(text: str) -> NDArray[np.float64]:
    return np.array(_NUMBER.findall(text), np.float64).reshape(-1, 2)


def _hollow(node: Node) -> bool:
    return node.get("fill") == "none" or node.get("fill-opacity") == "0"


def _stroked(
    lines: Iterator[NDArray[np.float64]] | list[NDArray[np.float64]], node: Node, closed: bool
) -> NDArray[np.float64]:
    width = float(node.get("stroke-width", 1))
    pattern = [float(number) for number in _NUMBER.findall(node.get("stroke-dasharray", ""))]
    if pattern:
        lines = [piece for line in lines for piece in curves.dash(line, pattern)]
        closed = False
    strokes = [
        curves.stroke_edges(
            line,
            width,
            closed=closed,
            cap=node.get("stroke-linecap", "butt"),
            join=node.get("stroke-linejoin", "miter"),
            tolerance=_FLATNESS,
        )
        for line in lines
        if len(line) > 1
    ]
    return np.concatenate(strokes) if strokes else np.zeros((0, 4))


def _path(node: Node) -> NDArray[np.float64]:
    d = node.get("d", "")
    width = float(node.get("stroke-width", 0))
    if _hollow(node) or not ("C" in d or "c" in d or "A" in d or "Z" in d or "z" in d):
        return _stroked(curves.polyline_points(d, _FLATNESS), node, False)
    edges = curves.path_edges(d, _FLATNESS)
    return curves.offset_edges(edges, width / 2, _FLATNESS) if width else edges


def _polygon(node: Node) -> NDArray[np.float64]:
    corners = _points(node.get("points", ""))
    if _hollow(node):
        return _stroked([corners], node, True)
    return curves.polygon_edges(corners)


def _polyline(node: Node) -> NDArray[np.float64]:
    return _stroked([_points(node.get("points", ""))], node, False)


def _rect(node: Node) -> NDArray[np.float64]:
    x, y, width, height = (float(node.get(key, 0)) for key in ("x", "y", "width", "height"))
    if _hollow(node):
        corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
        return _stroked([np.array(corners)], node, True)
    return curves.rectangle_edges(x, y, x + width, y + height)


def _ellipse(node: Node) -> NDArray[np.float64]:
    cx, cy, rx, ry = (float(node.get(key, 0)) for key in ("cx", "cy", "rx", "ry"))
    edges = curves.ellipse_edges(cx, cy, rx, ry, _FLATNESS)
    return _stroked([edges[:, :2]], node, True) if _hollow(node) else edges


_SHAPES: dict[str, Callable[[Node], NDArray[np.float64]]] = {
    "path": _path,
    "polygon": _polygon,
    "polyline": _polyline,
    "rect": _rect,
    "ellipse": _ellipse,
}
