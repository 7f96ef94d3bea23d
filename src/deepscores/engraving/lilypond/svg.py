"""LilyPond's SVG → marks in painting order, in pixels of the page.

Each grob is in a group with its name, the source line that caused it, its time and its staff
(``tags.ly``); these determine the MEI element that it belongs to.
"""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from deepscores.engraving.lilypond.elements import Elements
from deepscores.engraving.lilypond.glyphs import ARTICULATIONS, smufl_name
from deepscores.engraving.lilypond.mei import number
from deepscores.engraving.lilypond.notation import Notation
from deepscores.engraving.transforms import NUMBER, parse_transform
from deepscores.errors import EngravingError
from deepscores.page.geometry import Affine, Box
from deepscores.page.model import Mark, Page, Style
from deepscores.page.outlines import curves
from deepscores.page.outlines.contours import bounds, map_edges
from deepscores.page.outlines.text import Face, glyph_edges, shape

Node = Any
Edges = NDArray[np.float64]

_SVG = "{http://www.w3.org/2000/svg}"
_PARSER = etree.XMLParser(huge_tree=True, remove_comments=True, resolve_entities=False)
_FLATNESS = 0.001  # staff spaces: 0.02 px at 16 px
_GLYPH_FLATNESS = 0.3  # of 1000 units an em, which is four staff spaces
_GLYPH_SCALE = 0.004  # of a full-size glyph, staff spaces
_WITH_LEDGER_LINE = frozenset(("rests.0o", "rests.1o", "rests.M1o"))
_GROUPS = frozenset(("pgHead", "fing", "of"))  # of our markup's names: no single character
_OUTLINED = frozenset(("Slur", "PhrasingSlur", "Tie", "LaissezVibrerTie", "RepeatTie"))


class _Context(NamedTuple):
    """Attributes that a shape inherits from the groups around it."""

    grob: str = ""
    data: Mapping[str, str] = {}
    to_page: Affine = Affine()
    label: str = ""  # by our own markup command


class _Head(NamedTuple):
    """The horizontal extent of a notehead, and its element."""

    x0: float
    x1: float
    element: int


def _staff(context: _Context) -> tuple[str, str]:
    return context.data.get("data-system", ""), context.data.get("data-staff", "")


def read_page(
    svg: str, page: int, style: Style, notation: Notation, lines: Mapping[int, str]
) -> Page:
    """Read one page. *lines* are the elements that the source's lines stand for.

    Raise EngravingError for unknown elements, and for notes at another time than in the score:
    then LilyPond has misread measures or voices.
    """
    reader = _Reader(style, Elements(notation, lines))
    root = etree.fromstring(svg.encode(), _PARSER)
    space = style.staff_space
    reader.walk(root, _Context(to_page=Affine(a=space, d=space)))
    reader.give_ledgers_to_measures()
    if reader.elements.astray:
        raise EngravingError(
            f"page {page}", f"LilyPond draws {len(reader.elements.astray)} notes at a wrong time"
        )
    return Page(
        page,
        style.page_width,
        style.page_height,
        space,
        tuple(reader.elements.page_elements),
        tuple(reader.marks),
        "".join(sorted(set(reader.missing))),
    )


class _Reader:
    def __init__(self, style: Style, elements: Elements) -> None:
        self.font = style.music_font
        self.space = style.staff_space
        self.elements = elements
        self.marks: list[Mark] = []
        self.missing = ""
        self.grobs = 0
        self.heads: dict[tuple[str, str], list[_Head]] = {}  # by system and staff
        self.ledgers: list[tuple[int, tuple[str, str]]] = []  # places among the marks

    def walk(self, node: Node, context: _Context) -> None:
        for child in node:
            name = str(child.tag).removeprefix(_SVG)
            if name == "g":
                self.walk_group(child, context)
            elif name == "text":
                self.text(child, context)
            elif name in _SHAPES:
                self.shape(name, child, context)
            elif name not in ("style", "a", "title"):
                raise EngravingError("page", f"LilyPond drew an unknown element: {name}")

    def walk_group(self, node: Node, context: _Context) -> None:
        get = node.get
        if get("class"):
            self.grobs += 1
            data = {**node.attrib, "number": f"{self.grobs}"}
            context = context._replace(grob=get("class"), data=data)
            if context.grob == "MultiMeasureRest":
                first = len(self.marks)
                self.walk(node, context)
                if self.marks[first:] and self.kind(self.marks[first]) == "mRpt":
                    self.join_shapes(first, "repeat1Bar", "glyph")
                return
            if context.grob == "StemTremolo":
                first = len(self.marks)
                self.walk(node, context)
                self.join_shapes(first, f"tremolo{len(self.marks) - first}", "glyph")
                return
        if get("data-as"):
            first = len(self.marks)
            label = get("data-as")
            if label.partition(" ")[0] not in _GROUPS and context.label:
                label = context.label  # a character among words of an element of their own
            self.walk(node, context._replace(label=label))
            self.join_shapes(first, get("data-as"))
            return
        transform = get("transform")
        if transform:
            context = context._replace(to_page=context.to_page @ parse_transform(transform))
        self.walk(node, context)

    def kind(self, mark: Mark) -> str:
        return self.elements.page_elements[mark.element].kind

    def join_shapes(self, first: int, name: str, shape: str = "text") -> None:
        """Join several shapes into one sign: notehead, stem and flag of a metronome's note."""
        if name.partition(" ")[0] in _GROUPS or len(self.marks) <= first:
            return
        parts = self.marks[first:]
        edges = [
            curves.rectangle_edges(*mark.box)
            if mark.box
            else map_edges(_require(mark.edges), mark.to_page)
            for mark in parts
        ]
        mark = parts[0]._replace(
            edges=np.concatenate(edges),
            to_page=Affine(),
            box=None,
            shape=shape,
            glyph=name,
            font=self.font,
            text="",
            key="",
        )
        self.marks[first:] = [mark]

    def element(self, context: _Context) -> int:
        if context.label.startswith("pgHead"):
            return self.elements.header(context.label.partition(" ")[2])
        if context.label.startswith("of "):
            return self.elements.element_by_id(context.label[3:], context.data)
        return self.elements.element_for(context.grob, context.data)

    def shape(self, name: str, node: Node, context: _Context) -> None:
        if node.get("data-glyph"):
            self.glyph(node, context)
            return
        transform = node.get("transform")
        if transform:
            context = context._replace(to_page=context.to_page @ parse_transform(transform))
        element = self.element(context)
        width = _real(node, "stroke-width")
        box = _upright(name, node)
        if box is not None and not context.to_page.b:
            a, _, _, d, e, f = context.to_page
            x0, y0, x1, y1 = box
            place = Box(a * x0 + e, d * y0 + f, a * x1 + e, d * y1 + f)
            stroke = min(place.x1 - place.x0, place.y1 - place.y0)
            if context.grob == "LedgerLineSpanner":
                self.ledgers.append((len(self.marks), _staff(context)))
            self.marks.append(Mark(None, context.to_page, element, name, stroke=stroke, box=place))
            return
        edges = _SHAPES[name](node, context.grob)
        if len(edges):
            stroke = width * self.space if context.grob not in _OUTLINED else 0.0
            self.marks.append(Mark(edges, context.to_page, element, name, stroke=stroke))

    def glyph(self, node: Node, context: _Context) -> None:
        name, grob = node.get("data-glyph"), context.grob
        # Fonts' y points up; outlines' down.
        upright = parse_transform(node.get("transform") or "") @ Affine(d=-1)
        place = context.to_page @ upright
        edges, drawing = _glyph_edges(node.get("d") or "")
        if not len(edges):
            return
        if name in _WITH_LEDGER_LINE:
            self.ledger(edges, place, context)
            return
        if grob == "NoteHead":
            x0, _, x1, _ = bounds(map_edges(edges, place))
            self.heads.setdefault(_staff(context), []).append(_Head(x0, x1, self.element(context)))
        scale = round(abs(place.a) / (_GLYPH_SCALE * self.space), 4)
        element = self.element(context)
        kind = self.elements.page_elements[element].kind
        is_above = context.data.get("data-direction") != "-1"
        smufl = smufl_name(name, grob, is_above=is_above)
        articulation = self.elements.articulation(element) if grob == "Script" else ""
        if articulation in ARTICULATIONS:
            smufl = ARTICULATIONS[articulation].format("Above" if is_above else "Below")
        mark = Mark(
            edges,
            place,
            element,
            "glyph",
            smufl,
            self.font,
            scale,
            key=f"{self.font} {name} {drawing}",
        )
        if grob == "SystemStartBrace":
            mark = mark._replace(shape="path", glyph="", key="")
        elif grob == "Dots" or (smufl == "repeatDot" and context.data.get("data-bar") == ";"):
            mark = mark._replace(shape="ellipse", glyph="")
        elif kind == "keyAccid" or smufl or context.label:
            pass
        else:
            raise EngravingError("page", f"{grob} draws {name!r}, which has no SMuFL name")
        self.marks.append(mark)

    def give_ledgers_to_measures(self) -> None:
        """Assign ledger lines, which LilyPond draws per system, to the notes that they touch."""
        for place, staff in self.ledgers:
            box = self.marks[place].box
            heads = self.heads.get(staff, ())
            touching_heads = [
                head for head in heads if box and head.x0 < box.x1 and box.x0 < head.x1
            ]
            if touching_heads:
                element = self.elements.ledger_of(touching_heads[0].element, number(staff[1]))
                self.marks[place] = self.marks[place]._replace(element=element)

    def ledger(self, edges: Edges, place: Affine, context: _Context) -> None:
        """The ledger line of a rest: as wide as rest and line together, and about its height."""
        x0, y0, x1, y1 = bounds(map_edges(edges, place))
        reach = min(abs(y0 - place.f), abs(y1 - place.f))
        staff = self.elements.element_for("LedgerLineSpanner", context.data)
        box = Box(x0, place.f - reach, x1, place.f + reach)
        self.marks.append(Mark(None, place, staff, "rect", stroke=2 * reach, box=box))

    def text(self, node: Node, context: _Context) -> None:
        words = "".join(node.itertext()).strip("\n")
        size = _real(node, "font-size")
        face = Face(node.get("font-weight") == "bold", node.get("font-style") == "italic")
        if context.grob == "TupletNumber" and len(words) > 1:
            self.digits(words, size, face, context)
            return
        self.words(words, size, face, context)

    def digits(self, words: str, size: float, face: Face, context: _Context) -> None:
        """A number of several digits: each is a symbol."""
        pen = 0.0
        for letter in words:
            to_page = context.to_page @ Affine(e=pen)
            self.words(letter, size, face, context._replace(to_page=to_page))
            pen += shape(letter, size, face).advance

    def words(self, words: str, size: float, face: Face, context: _Context) -> None:
        laid = shape(words, size, face)
        self.missing += laid.missing
        outlines = [
            glyph_edges(placed.key) * placed.scale + (placed.x, placed.y, placed.x, placed.y)
            for placed in laid.glyphs
        ]
        if not outlines:
            return
        element = self.element(context)
        text = " ".join(words.split())
        mark = Mark(
            np.concatenate(outlines),
            context.to_page,
            element,
            "text",
            scale=size * self.space,
            text=text,
            key=f"LilyPond {size} {face.bold} {face.italic} {words}",
        )
        if context.grob == "ClefModifier":
            clef = "gClef15mb" if text == "15" else "gClef8vb"
            mark = mark._replace(shape="glyph", glyph=clef, part="numeral", font=self.font)
            mark = mark._replace(scale=1.0)
        elif context.grob == "TupletNumber":
            name = "tupletColon" if text == ":" else f"tuplet{text}"
            mark = mark._replace(glyph=name, font=self.font)
        self.marks.append(mark)


def _require(edges: Edges | None) -> Edges:
    assert edges is not None
    return edges


@lru_cache(maxsize=4096)
def _glyph_edges(d: str) -> tuple[Edges, str]:
    """A glyph's outline and its hash: a font has different outlines for different sizes."""
    edges = curves.path_edges(d, _GLYPH_FLATNESS) if d else np.zeros((0, 4))
    edges = edges * (1, -1, 1, -1)
    edges.setflags(write=False)
    return edges, blake2b(d.encode(), digest_size=8).hexdigest()


def _real(node: Node, name: str, default: float = 0.0) -> float:
    return float(node.get(name) or default)


def _upright(name: str, node: Node) -> tuple[float, float, float, float] | None:
    """The rectangle that an upright line or box covers; rounded corners are ignored."""
    if name == "rect":
        x, y, width, height = (_real(node, key) for key in ("x", "y", "width", "height"))
        return (x, y, x + width, y + height) if width > 0 and height > 0 else None
    if name == "line" and not node.get("stroke-dasharray"):
        x1, y1, x2, y2 = (_real(node, key) for key in ("x1", "y1", "x2", "y2"))
        reach = _real(node, "stroke-width") / 2
        cap_length = reach if node.get("stroke-linecap", "butt") != "butt" else 0.0
        if y1 == y2:
            return min(x1, x2) - cap_length, y1 - reach, max(x1, x2) + cap_length, y1 + reach
        if x1 == x2:
            return x1 - reach, min(y1, y2) - cap_length, x1 + reach, max(y1, y2) + cap_length
    return None


def _line(node: Node, _: str) -> Edges:
    ends = [(_real(node, "x1"), _real(node, "y1")), (_real(node, "x2"), _real(node, "y2"))]
    return _stroke([np.array(ends)], node)


def _stroke(lines: list[NDArray[np.float64]], node: Node) -> Edges:
    width = _real(node, "stroke-width")
    pattern = [float(length) for length in NUMBER.findall(node.get("stroke-dasharray") or "")]
    if pattern:
        lines = [piece for line in lines for piece in curves.dash(line, pattern)]
    cap = node.get("stroke-linecap", "butt")
    strokes = [
        curves.stroke_edges(line, width, cap=cap, join="round", tolerance=_FLATNESS)
        for line in lines
        if len(line) > 1
    ]
    return np.concatenate(strokes) if strokes else np.zeros((0, 4))


def _path(node: Node, _: str) -> Edges:
    d = node.get("d") or ""
    width = _real(node, "stroke-width")
    if node.get("fill") == "none" or node.get("stroke-dasharray"):
        return _stroke(curves.polyline_points(d, _FLATNESS), node)
    edges = curves.path_edges(d, _FLATNESS)
    if not width or not len(edges):
        return edges
    try:
        return curves.offset_edges(edges, width / 2, _FLATNESS)
    except ValueError:
        return edges


def _polygon(node: Node, _: str) -> Edges:
    points = np.array(NUMBER.findall(node.get("points") or ""), np.float64).reshape(-1, 2)
    return curves.polygon_edges(points)


def _rect(node: Node, _: str) -> Edges:
    x, y, width, height = (_real(node, key) for key in ("x", "y", "width", "height"))
    return curves.rectangle_edges(x, y, x + width, y + height)


def _circle(node: Node, _: str) -> Edges:
    r = _real(node, "r")
    cx, cy = _real(node, "cx"), _real(node, "cy")
    rx, ry = _real(node, "rx", r), _real(node, "ry", r)
    edges = curves.ellipse_edges(cx, cy, rx, ry, _FLATNESS)
    if node.get("fill") == "none":
        width = _real(node, "stroke-width")
        return curves.stroke_edges(edges[:, :2], width, closed=True, tolerance=_FLATNESS)
    return edges


_SHAPES = {
    "line": _line,
    "path": _path,
    "polygon": _polygon,
    "rect": _rect,
    "circle": _circle,
    "ellipse": _circle,
}
