"""The scanner of Verovio's SVG: what it reads, what it leaves out, what it refuses."""

import pytest

from deepscores.engraving.transforms import parse_transform
from deepscores.engraving.verovio.engine import engrave, sizes
from deepscores.engraving.verovio.svg import PageScale, read_page
from deepscores.errors import EngravingError
from deepscores.page.geometry import Affine, Box
from deepscores.page.model import Mark, Page, Score, Style
from deepscores.page.symbols.kinds import mark_box

# One unit a pixel; a glyph of scale 0.72 is full size.
SIZES = PageScale(1000, 1000, 18.0, 1.0, 0.72)
LINE = '<path d="M10 20 L10 120" stroke-width="4"/>'
HEAD = '<use xlink:href="#E0A4-abc" transform="translate(100, 200) scale(0.72, 0.72)"/>'


def page(inside: str, font: str = "Bravura") -> Page:
    svg = (
        '<svg><svg class="definition-scale"><g class="page-margin" transform="translate(0, 0)">'
        f"{inside}</g></svg></svg>"
    )
    return read_page(svg, 1, font, SIZES)


def group(kind: str, inside: str, more: str = "") -> str:
    return f'<g id="x-{kind}" class="{kind}"{more}>{inside}</g>'


def only(read: Page) -> Mark:
    (mark,) = read.marks
    return mark


def test_upright_line_is_a_box() -> None:
    mark = only(page(group("stem", LINE)))
    assert mark.box == Box(8, 20, 12, 120)
    assert (mark.shape, mark.stroke) == ("path", 4)


def test_staff_line_drawn_measure_by_measure_is_one_mark_and_its_gaps_stay() -> None:
    def segment(left: int, right: int, y: int = 50) -> str:
        return group("staff", f'<path d="M{left} {y} L{right} {y}" stroke-width="10"/>')

    segments = [segment(0, 100), segment(0, 100, 90), segment(100, 200), segment(100, 150, 90)]
    apart = [segment(300, 400), segment(400, 500), segment(200, 220)]
    read = page(group("system", "".join(segments + apart)) + group("system", segment(220, 240)))
    assert [(mark.box.x0, mark.box.x1, mark.box.y0) for mark in read.marks if mark.box] == [
        (0, 200, 45), (0, 150, 85), (300, 500, 45), (200, 220, 45), (220, 240, 45),
    ]  # fmt: skip


def test_glyph_is_named_and_placed() -> None:
    mark = only(page(group("notehead", HEAD)))
    assert (mark.glyph, mark.font, mark.scale) == ("noteheadBlack", "Bravura", 1.0)
    assert mark.to_page == Affine(0.72, 0, 0, 0.72, 100, 200)


def test_glyph_that_the_font_lacks_comes_from_the_fallback() -> None:
    tab = '<use xlink:href="#EBE0-abc" transform="translate(0, 0) scale(0.72, 0.72)"/>'
    assert only(page(group("note", tab), "Gootville")).font == "Leipzig"


def test_glyph_of_no_font_is_refused() -> None:
    with pytest.raises(EngravingError, match="no glyph"):
        page(group("note", HEAD.replace("E0A4", "FFFF")))


@pytest.mark.parametrize(
    "inside",
    [
        "<circle r='3'/>",
        '<image xlink:href="x.png"/>',
        "loose text",
        '<path d="M0 0 L5 5" stroke-width="4"/></g><g',
        "<!-- remark -->",
    ],
)
def test_unknown_element_is_refused(inside: str) -> None:
    with pytest.raises(EngravingError, match="unknown element"):
        page(group("note", inside))


def test_page_without_content_is_refused() -> None:
    with pytest.raises(EngravingError, match="no page"):
        read_page("<svg/>", 1, "Bravura", SIZES)


def test_unknown_transform_is_refused() -> None:
    with pytest.raises(EngravingError, match="unknown transform"):
        parse_transform("skewX(3)")


def test_hidden_group_has_no_marks_and_its_neighbours_do() -> None:
    hidden = group("note", LINE + group("notehead", HEAD), ' visibility="hidden"')
    assert [mark.shape for mark in page(hidden + group("stem", LINE)).marks] == ["path"]


def test_shown_group_in_a_hidden_one_has_marks() -> None:
    shown = group("stem", LINE, ' visibility="visible"')
    assert len(page(group("note", HEAD + shown, ' visibility="hidden"')).marks) == 1


def test_beam_of_hidden_notes_is_hidden() -> None:
    beam = '<polygon points="0,0 100,0 100,8 0,8"/>'
    note = group("note", group("notehead", HEAD), ' visibility="hidden"')
    assert not page(group("beam", beam + note)).marks
    assert len(page(group("beam", beam + note + group("note", HEAD))).marks) == 2


def test_piece_after_a_break_has_the_id_of_its_element() -> None:
    read = page('<g class="tie id-t1 spanning"><path d="M0 0 L5 0" stroke-width="2"/></g>')
    element = read.elements[only(read).element]
    assert (element.kind, element.id, element.qualifiers) == ("tie", "t1", ("id-t1", "spanning"))


def test_elements_know_their_parents() -> None:
    read = page(group("chord", group("note", group("notehead", HEAD)) + group("stem", LINE)))
    chain = []
    index = read.marks[0].element
    while index >= 0:
        chain.append(read.elements[index].kind)
        index = read.elements[index].parent
    assert chain == ["notehead", "note", "chord", "page-margin"]


def test_rotated_group_turns_its_shapes() -> None:
    turned = group(
        "fTrem", '<path d="M0 0 L100 0" stroke-width="10"/>', ' transform="rotate(90 0 0)"'
    )
    box = mark_box(only(page(turned)))
    assert [round(side, 6) for side in box] == [-5, 0, 5, 100]


def test_nested_translations_add_up() -> None:
    inner = group("stem", LINE, ' transform="translate(5, 7)"')
    outer = group("note", inner, ' transform="translate(100, 200)"')
    assert only(page(outer)).box == Box(113, 227, 117, 327)


@pytest.mark.parametrize(("anchor", "share"), [("start", 0.0), ("middle", 0.5), ("end", 1.0)])
def test_text_stands_at_its_anchor(anchor: str, share: float) -> None:
    text = (
        f'<text x="500" y="100" font-size="0px" text-anchor="{anchor}">'
        '<tspan font-size="40px">HH</tspan></text>'
    )
    mark = only(page(group("dir", text)))
    box = mark_box(mark)
    assert mark.text == "HH"
    assert abs(500 - share * (box.x1 - box.x0) - box.x0) < 3
    assert 70 < box.y0 < box.y1 <= 100.5


@pytest.mark.parametrize("space", [8.0, 16.0, 24.0, 40.0])
def test_staff_space_is_as_asked_for(space: float) -> None:
    tune = (
        '<score-partwise><part-list><score-part id="P1"><part-name/></score-part></part-list>'
        '<part id="P1"><measure number="1"><attributes><divisions>1</divisions></attributes><note>'
        "<pitch><step>C</step><octave>5</octave></pitch><duration>4</duration><type>whole</type>"
        "</note></measure></part></score-partwise>"
    )
    style = Style(staff_space=space, page_width=2000, page_height=1600)
    engraving = engrave(Score("s", "s", "", "", "musicxml", tune), [style])
    (engraved,) = engraving.pages()
    lines = [
        mark_box(mark).centre.y
        for mark in engraved.page.marks
        if engraved.page.elements[mark.element].kind == "staff"
    ]
    gaps = {round(b - a, 2) for a, b in zip(sorted(lines), sorted(lines)[1:], strict=False)}
    assert gaps == {space}
    head = next(mark for mark in engraved.page.marks if mark.glyph == "noteheadWhole")
    box = mark_box(head)
    assert head.scale == 1.0
    assert abs((box.y1 - box.y0) / space - 1.0) < 0.12
    assert sizes(style).width == engraved.page.width == 2000
