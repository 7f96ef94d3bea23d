"""The labels of the paper's method, on a page small enough to count its pixels.

Recolouring and boxing need nothing that the tests do not have anyhow. CairoSVG is of the optional
extra ``bench`` and needs the system's Cairo: tests that paint are skipped without it.
"""

import numpy as np
import pytest
from lxml import etree

from benchmarks.colour_mask import LabelledBox, box_labels, encode_classes, paint_labels, recolour
from benchmarks.common import MissingTool, import_extra
from deepscores.dataset.png.codec import decode_png

# As LilyPond writes it: a unit of the page is a pixel here.
PAGE = b"""<svg xmlns="http://www.w3.org/2000/svg" width="1894" height="2668"
  viewBox="0 0 1894 2668">
<style type="text/css">tspan { white-space: pre; }</style>
<g transform="translate(5, 5)"><rect width="3" height="3" fill="currentColor"/></g>
<g transform="translate(9, 9)"><text fill="currentColor">Allegro</text></g>
<g class="StaffSymbol">
  <g><line x1="0" y1="100.5" x2="90" y2="100.5" stroke="currentColor" stroke-width="1"/></g>
  <g><line x1="0" y1="120.5" x2="90" y2="120.5" stroke="currentColor" stroke-width="1"/></g>
</g>
<g class="KeySignature">
  <g transform="translate(10, 95)">
    <path data-glyph="accidentals.flat" d="M0 0h4v10h-4z" fill="currentColor"/></g>
  <g transform="translate(20, 95)">
    <path data-glyph="accidentals.flat" d="M0 0h4v10h-4z" fill="currentColor"/></g>
</g>
<g class="NoteHead"><g transform="translate(40, 90)">
  <path data-glyph="noteheads.s2" d="M0 0h8v6h-8z" fill="currentColor"/></g></g>
<g class="LyricText"><g><text fill="currentColor">Ach</text></g></g>
<g class="Stem"><rect x="47" y="60" width="1" height="34" fill="currentColor"/></g>
</svg>"""

NAMES = ("StaffSymbol", "accidentals.flat", "accidentals.flat", "noteheads.s2", "Stem")


def test_every_symbol_is_numbered_and_named_in_painting_order() -> None:
    assert recolour(PAGE, {}).names == NAMES


def test_a_glyph_is_a_symbol_and_lines_of_a_grob_are_one() -> None:
    root = etree.fromstring(recolour(PAGE, {}).svg)
    colours = [element.get("color") for element in root.iter() if element.get("color")]
    assert colours == ["#010001", "#010001", "#020002", "#020003", "#030004", "#040005"]


def test_what_is_no_symbol_is_not_painted() -> None:
    tags = {etree.QName(element).localname for element in etree.fromstring(recolour(PAGE, {}).svg)}
    assert tags == {"g"}
    assert b"<text" not in recolour(PAGE, {}).svg
    assert b"<rect" in recolour(PAGE, {}).svg  # the stem; not the rectangle outside any grob
    assert recolour(PAGE, {}).svg.count(b"<rect") == 1


def test_a_class_keeps_its_number_from_page_to_page() -> None:
    classes = {"noteheads.s2": 1}
    recolour(PAGE, classes)
    assert classes == {"noteheads.s2": 1, "StaffSymbol": 2, "accidentals.flat": 3, "Stem": 4}


def test_a_hidden_symbol_gets_no_box() -> None:
    numbers = np.array([[0, 1, 3], [0, 1, 0]], np.uint16)
    boxes = box_labels(numbers, ("a", "hidden", "c"))
    assert boxes == [LabelledBox("a", 1, 0, 2, 2), LabelledBox("c", 2, 0, 3, 1)]


def test_an_empty_page_has_no_boxes() -> None:
    assert box_labels(np.zeros((4, 4), np.uint16), ()) == []


def test_the_mask_is_written_as_it_is() -> None:
    mask = np.array([[0, 1], [2, 255]], np.uint8)
    assert decode_png(encode_classes(mask)).tolist() == mask.tolist()


def test_a_missing_module_names_the_extra() -> None:
    with pytest.raises(MissingTool, match=r"deepscores\[bench\]"):
        import_extra("deepscores_has_no_such_module")


def test_a_missing_library_of_the_system_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_cairo(_: str) -> None:
        raise OSError('no library called "cairo-2" was found\nlibcairo.so.2: cannot open')

    monkeypatch.setattr("importlib.import_module", without_cairo)
    with pytest.raises(MissingTool, match=r"apt install libcairo2.*cairo-2"):
        import_extra("cairosvg")


@pytest.fixture
def cairosvg() -> None:
    try:
        import_extra("cairosvg")
    except MissingTool as error:
        pytest.skip(str(error))


@pytest.mark.usefixtures("cairosvg")
def test_boxes_from_the_mask_are_where_the_symbols_were_drawn() -> None:
    page = recolour(PAGE, {})
    _, numbers = paint_labels(page.svg)
    assert box_labels(numbers, page.names) == [
        LabelledBox("StaffSymbol", 0, 100, 90, 121),
        LabelledBox("accidentals.flat", 10, 95, 14, 105),
        LabelledBox("accidentals.flat", 20, 95, 24, 105),
        LabelledBox("noteheads.s2", 40, 90, 48, 96),
        LabelledBox("Stem", 47, 60, 48, 94),
    ]


@pytest.mark.usefixtures("cairosvg")
def test_every_pixel_has_the_class_of_its_symbol() -> None:
    names: dict[str, int] = {}
    page = recolour(PAGE, names)
    classes, numbers = paint_labels(page.svg)
    of_symbol = np.array([0, *(names[name] for name in page.names)])
    assert (classes == of_symbol[numbers]).all()
