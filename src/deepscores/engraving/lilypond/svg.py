"""LilyPond's SVG → marks in painting order, in pixels of the page.

Each grob stands in a group that tells its name, the line of the source that caused it, when it
happens and on which staff (``tags.ly``); from these follows the MEI element that it belongs to.
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
_LEDGERED = frozenset(("rests.0o", "rests.1o", "rests.M1o"))
_GROUPS = frozenset(("pgHead", "fing", "of"))  # of our markup's names: no single character
_OUTLINED = frozenset(("Slur", "PhrasingSlur", "Tie", "LaissezVibrerTie", "RepeatTie"))


class _Where(NamedTuple):
    """What the groups around a shape say."""

    grob: str = ""
    data: Mapping[str, str] = {}
    to_page: Affine = Affine()
    named: str = ""  # by our own markup command


class _Head(NamedTuple):
    """Where a notehead stands on its staff."""

    x0: float
    x1: float
    element: int


def _staff(where: _Where) -> tuple[str, str]:
    return where.data.get("data-system", ""), where.data.get("data-staff", "")


def read_page(
    svg: str, page: int, style: Style, notation: Notation, lines: Mapping[int, str]
) -> Page:
    """Read one page. *lines* are the elements that the source's lines stand for.

    Raise EngravingError for what LilyPond is not known to draw, and for notes that it draws at
    another time than the score has them: then it has measures or voices wrong.
    """
    reader = _Reader(style, Elements(notation, lines))
    root = etree.fromstring(svg.encode(), _PARSER)
    space = style.staff_space
    reader.walk(root, _Where(to_page=Affine(a=space, d=space)))
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
        tuple(reader.elements.found),
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

    def walk(self, node: Node, where: _Where) -> None:
        for child in node:
            name = str(child.tag).removeprefix(_SVG)
            if name == "g":
                self.walk_group(child, where)
            elif name == "text":
                self.text(child, where)
            elif name in _SHAPES:
                self.shape(name, child, where)
            elif name not in ("style", "a", "title"):
                raise EngravingError("page", f"LilyPond drew something unheard of: {name}")

    def walk_group(self, node: Node, where: _Where) -> None:
        get = node.get
        if get("class"):
            self.grobs += 1
            data = {**node.attrib, "number": f"{self.grobs}"}
            where = where._replace(grob=get("class"), data=data)
            if where.grob == "MultiMeasureRest":
                first = len(self.marks)
                self.walk(node, where)
                if self.marks[first:] and self.kind(self.marks[first]) == "mRpt":
                    self.join_named(first, "repeat1Bar", "glyph")
                return
            if where.grob == "StemTremolo":
                first = len(self.marks)
                self.walk(node, where)
                self.join_named(first, f"tremolo{len(self.marks) - first}", "glyph")
                return
        if get("data-as"):
            first = len(self.marks)
            named = get("data-as")
            if named.partition(" ")[0] not in _GROUPS and where.named:
                named = where.named  # a character among words of an element of their own
            self.walk(node, where._replace(named=named))
            self.join_named(first, get("data-as"))
            return
        transform = get("transform")
        if transform:
            where = where._replace(to_page=where.to_page @ parse_transform(transform))
        self.walk(node, where)

    def kind(self, mark: Mark) -> str:
        return self.elements.found[mark.element].kind

    def join_named(self, first: int, name: str, shape: str = "text") -> None:
        """Several shapes that are one sign: notehead, stem and flag of a metronome's note."""
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

    def element(self, where: _Where) -> int:
        if where.named.startswith("pgHead"):
            return self.elements.header(where.named.partition(" ")[2])
        if where.named.startswith("of "):
            return self.elements.named(where.named[3:], where.data)
        return self.elements.of(where.grob, where.data)

    def shape(self, name: str, node: Node, where: _Where) -> None:
        if node.get("data-glyph"):
            self.glyph(node, where)
            return
        own = node.get("transform")
        if own:
            where = where._replace(to_page=where.to_page @ parse_transform(own))
        element = self.element(where)
        width = _real(node, "stroke-width")
        box = _upright(name, node)
        if box is not None and not where.to_page.b:
            a, _, _, d, e, f = where.to_page
            x0, y0, x1, y1 = box
            place = Box(a * x0 + e, d * y0 + f, a * x1 + e, d * y1 + f)
            stroke = min(place.x1 - place.x0, place.y1 - place.y0)
            if where.grob == "LedgerLineSpanner":
                self.ledgers.append((len(self.marks), _staff(where)))
            self.marks.append(Mark(None, where.to_page, element, name, stroke=stroke, box=place))
            return
        edges = _SHAPES[name](node, where.grob)
        if len(edges):
            stroke = width * self.space if where.grob not in _OUTLINED else 0.0
            self.marks.append(Mark(edges, where.to_page, element, name, stroke=stroke))

    def glyph(self, node: Node, where: _Where) -> None:
        name, grob = node.get("data-glyph"), where.grob
        # Fonts' y points up; outlines' down.
        upright = parse_transform(node.get("transform") or "") @ Affine(d=-1)
        place = where.to_page @ upright
        edges, drawing = _glyph_edges(node.get("d") or "")
        if not len(edges):
            return
        if name in _LEDGERED:
            self.ledger(edges, place, where)
            return
        if grob == "NoteHead":
            x0, _, x1, _ = bounds(map_edges(edges, place))
            self.heads.setdefault(_staff(where), []).append(_Head(x0, x1, self.element(where)))
        scale = round(abs(place.a) / (_GLYPH_SCALE * self.space), 4)
        element = self.element(where)
        kind = self.elements.found[element].kind
        above = where.data.get("data-direction") != "-1"
        smufl = smufl_name(name, grob, above=above)
        articulation = self.elements.articulation(element) if grob == "Script" else ""
        if articulation in ARTICULATIONS:
            smufl = ARTICULATIONS[articulation].format("Above" if above else "Below")
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
        elif grob == "Dots" or (smufl == "repeatDot" and where.data.get("data-bar") == ";"):
            mark = mark._replace(shape="ellipse", glyph="")
        elif kind == "keyAccid" or smufl or where.named:
            pass
        else:
            raise EngravingError("page", f"{grob} draws {name!r}, which has no name in SMuFL")
        self.marks.append(mark)

    def give_ledgers_to_measures(self) -> None:
        """LilyPond draws a system's ledger lines together; each is of the note that it runs by."""
        for place, staff in self.ledgers:
            box = self.marks[place].box
            heads = self.heads.get(staff, ())
            near = [one for one in heads if box and one.x0 < box.x1 and box.x0 < one.x1]
            if near:
                element = self.elements.ledger_of(near[0].element, number(staff[1]))
                self.marks[place] = self.marks[place]._replace(element=element)

    def ledger(self, edges: Edges, place: Affine, where: _Where) -> None:
        """The ledger line of a rest: as wide as rest and line together, and about its height."""
        x0, y0, x1, y1 = bounds(map_edges(edges, place))
        reach = min(abs(y0 - place.f), abs(y1 - place.f))
        staff = self.elements.of("LedgerLineSpanner", where.data)
        box = Box(x0, place.f - reach, x1, place.f + reach)
        self.marks.append(Mark(None, place, staff, "rect", stroke=2 * reach, box=box))

    def text(self, node: Node, where: _Where) -> None:
        words = "".join(node.itertext()).strip("\n")
        size = _real(node, "font-size")
        face = Face(node.get("font-weight") == "bold", node.get("font-style") == "italic")
        if where.grob == "TupletNumber" and len(words) > 1:
            self.digits(words, size, face, where)
            return
        self.words(words, size, face, where)

    def digits(self, words: str, size: float, face: Face, where: _Where) -> None:
        """A number of several digits: each is a symbol."""
        pen = 0.0
        for letter in words:
            there = where.to_page @ Affine(e=pen)
            self.words(letter, size, face, where._replace(to_page=there))
            pen += shape(letter, size, face).advance

    def words(self, words: str, size: float, face: Face, where: _Where) -> None:
        laid = shape(words, size, face)
        self.missing += laid.missing
        outlines = [
            glyph_edges(one.key) * one.scale + (one.x, one.y, one.x, one.y) for one in laid.glyphs
        ]
        if not outlines:
            return
        element = self.element(where)
        shown = " ".join(words.split())
        mark = Mark(
            np.concatenate(outlines),
            where.to_page,
            element,
            "text",
            scale=size * self.space,
            text=shown,
            key=f"LilyPond {size} {face.bold} {face.italic} {words}",
        )
        if where.grob == "ClefModifier":
            clef = "gClef15mb" if shown == "15" else "gClef8vb"
            mark = mark._replace(shape="glyph", glyph=clef, part="numeral", font=self.font)
            mark = mark._replace(scale=1.0)
        elif where.grob == "TupletNumber":
            name = "tupletColon" if shown == ":" else f"tuplet{shown}"
            mark = mark._replace(glyph=name, font=self.font)
        self.marks.append(mark)


def _require(edges: Edges | None) -> Edges:
    assert edges is not None
    return edges


@lru_cache(maxsize=4096)
def _glyph_edges(d: str) -> tuple[Edges, str]:
    """A glyph's outline, and a number for it: a font draws a glyph otherwise for other sizes."""
    edges = curves.path_edges(d, _GLYPH_FLATNESS) if d else np.zeros((0, 4))
    edges = edges * (1, -1, 1, -1)
    edges.setflags(write=False)
    return edges, blake2b(d.encode(), digest_size=8).hexdigest()


def _real(node: Node, name: str, default: float = 0.0) -> float:
    return float(node.get(name) or default)


def _upright(name: str, node: Node) -> tuple[float, float, float, float] | None:
    """The rectangle that an upright line or box covers; corners are taken for square."""
    if name == "rect":
        x, y, width, height = (_real(node, key) for key in ("x", "y", "width", "height"))
        return (x, y, x + width, y + height) if width > 0 and height > 0 else None
    if name == "line" and not node.get("stroke-dasharray"):
        x1, y1, x2, y2 = (_real(node, key) for key in ("x1", "y1", "x2", "y2"))
        reach = _real(node, "stroke-width") / 2
        more = reach if node.get("stroke-linecap", "butt") != "butt" else 0.0
        if y1 == y2:
            return min(x1, x2) - more, y1 - reach, max(x1, x2) + more, y1 + reach
        if x1 == x2:
            return x1 - reach, min(y1, y2) - more, x1 + reach, max(y1, y2) + more
    return None


def _line(node: Node, _: str) -> Edges:
    ends = [(_real(node, "x1"), _real(node, "y1")), (_real(node, "x2"), _real(node, "y2"))]
    return _stroked([np.array(ends)], node)


def _stroked(lines: list[NDArray[np.float64]], node: Node) -> Edges:
    width = _real(node, "stroke-width")
    pattern = [float(one) for one in NUMBER.findall(node.get("stroke-dasharray") or "")]
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
        return _stroked(curves.polyline_points(d, _FLATNESS), node)
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
