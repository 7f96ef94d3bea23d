"""An independent reader: the same SVG through an XML parser and SVG's plain rules."""

from collections.abc import Iterator
from math import cos, radians, sin
from typing import Any, NamedTuple

import pytest
from lxml import etree

from deepscores.engraving.verovio.engine import MUSIC_FONTS, VerovioEngraving, engrave, sizes
from deepscores.engraving.verovio.glyphs import glyph
from deepscores.engraving.verovio.svg import read_page
from deepscores.page.geometry import Affine
from deepscores.page.model import Mark, Page, Score, Style
from deepscores.page.symbols.kinds import mark_box
from tests.places import GOLDEN_SCORES

SCORES = GOLDEN_SCORES
SHAPES = ("path", "polygon", "polyline", "rect", "ellipse")


class Seen(NamedTuple):
    """A drawn element by the rules of SVG."""

    chain: tuple[str, ...]  # classes of the groups it is in, innermost first
    tag: str
    name: str  # code point of a glyph
    place: tuple[float, float]  # a glyph's origin, a shape's first point, in pixels
    end: tuple[float, float] = (0.0, 0.0)  # of a shape, its last point


def judge(svg: str) -> Iterator[Seen]:
    root: Any = etree.fromstring(svg.encode())
    width = float(root.get("width").removesuffix("px"))
    (definition,) = (node for node in root if node.get("class") == "definition-scale")
    view = [float(number) for number in definition.get("viewBox").split()]

    def walk(node: Any, chain: tuple[str, ...], to: Affine, visible: bool) -> Iterator[Seen]:
        tag = etree.QName(node).localname
        visible = {"hidden": False, "visible": True}.get(node.get("visibility"), visible)
        to = to @ transform(node.get("transform", ""))
        if tag == "g":
            # The style sheet of every page hides this class.
            visible = visible and "placeholder" not in node.get("class").split()
            chain = (node.get("class"), *chain)
            for child in node:
                yield from walk(child, chain, to, visible)
        elif tag == "use" and visible:
            name = node.get("{http://www.w3.org/1999/xlink}href")[1:].partition("-")[0]
            yield Seen(chain, "glyph", name, (to.e, to.f))
        elif tag in SHAPES and visible:
            yield Seen(chain, tag, "", point(node, tag, to, 0), point(node, tag, to, -2))

    for node in definition:
        yield from walk(node, (), Affine(width / view[2], 0, 0, width / view[2], 0, 0), True)


def transform(text: str) -> Affine:
    whole = Affine()
    for step in filter(None, (part.strip() for part in text.split(")"))):
        name, _, arguments = step.partition("(")
        values = [float(value) for value in arguments.replace(",", " ").split()]
        if name == "translate":
            whole = whole @ Affine(1, 0, 0, 1, *values)
        elif name == "scale":
            whole = whole @ Affine(values[0], 0, 0, values[-1], 0, 0)
        elif name == "rotate":
            turn, x, y = radians(values[0]), *values[1:]
            about = Affine(cos(turn), sin(turn), -sin(turn), cos(turn), 0, 0)
            whole = whole @ Affine(1, 0, 0, 1, x, y) @ about @ Affine(1, 0, 0, 1, -x, -y)
        else:
            pytest.fail(f"the judge knows no {name}")
    return whole


def point(node: Any, tag: str, to: Affine, place: int) -> tuple[float, float]:
    if tag == "rect":
        x, y = float(node.get("x")), float(node.get("y"))
    elif tag == "ellipse":
        x, y = float(node.get("cx")), float(node.get("cy"))
    else:
        d = (node.get("d") or node.get("points")).lstrip("M")
        numbers = d.replace(",", " ").replace("L", " ").replace("C", " ").split()
        x, y = float(numbers[place]), float(numbers[place:][1])
    return to.a * x + to.c * y + to.e, to.b * x + to.d * y + to.f


def chain_of(mark: Mark, page: Page) -> tuple[str, ...]:
    chain: list[str] = []
    index = mark.element
    while index >= 0:
        element = page.elements[index]
        chain.append(" ".join((element.kind, *element.qualifiers)))
        index = element.parent
    return tuple(chain)


def engraving_of(name: str) -> VerovioEngraving:
    text = (SCORES / name).read_text(encoding="utf-8")
    styles = [Style(music_font=font) for font in MUSIC_FONTS]
    return engrave(Score("s", "s", "", "", "musicxml", text), styles)


@pytest.mark.parametrize("name", sorted(path.name for path in SCORES.glob("*.musicxml")))
def test_scanner_sees_what_the_judge_sees(name: str) -> None:
    engraving = engraving_of(name)
    for index, number, _, svg in engraving.svgs():
        style = engraving.styles[index]
        page = read_page(svg, number, style.music_font, sizes(style))
        found = [mark for mark in page.marks if mark.shape != "text" and mark.part != "numeral"]
        wanted = list(judge(svg))
        assert len(wanted) > 100
        on_staff = [seen for seen in wanted if seen.chain[0].startswith("staff")]
        lines = [mark for mark in found if page.elements[mark.element].kind == "staff"]
        assert_same_ink(lines, on_staff)
        wanted = [seen for seen in wanted if not seen.chain[0].startswith("staff")]
        found = [mark for mark in found if page.elements[mark.element].kind != "staff"]
        assert len(found) == len(wanted)
        for mark, seen in zip(found, wanted, strict=True):
            assert chain_of(mark, page) == seen.chain
            assert mark.shape == seen.tag
            if seen.tag == "glyph":
                assert mark.glyph == glyph(style.music_font, seen.name).name
                assert (mark.to_page.e, mark.to_page.f) == pytest.approx(seen.place)
            else:
                assert touches(mark, seen.place)


def assert_same_ink(lines: list[Mark], segments: list[Seen]) -> None:
    """Staff lines are joined from what the engine draws measure by measure."""
    assert all(any(touches(line, seen.place) for line in lines) for seen in segments)
    assert all(any(touches(line, seen.end) for line in lines) for seen in segments)
    drawn = sum(abs(seen.end[0] - seen.place[0]) for seen in segments)
    assert sum(mark_box(line).width for line in lines) == pytest.approx(drawn)
    assert len(lines) < len(segments)


def touches(mark: Mark, point: tuple[float, float]) -> bool:
    """Whether *point* lies in the mark's box, widened by its pen."""
    x, y = point
    x0, y0, x1, y1 = mark_box(mark)
    reach = mark.stroke + 0.1
    return x0 - reach <= x <= x1 + reach and y0 - reach <= y <= y1 + reach
