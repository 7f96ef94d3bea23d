"""Each symbol's own mask: what it would own alone, as COCO's own tools read it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco

from deepscores.engraving.verovio.engine import engrave
from deepscores.page.geometry import Box
from deepscores.page.labels.run_lengths import decode_rle
from deepscores.page.model import Outline, Score, Style
from deepscores.page.painting.canvas import Canvas
from deepscores.page.painting.whole_masks import whole_masks
from deepscores.page.sheets import SheetMaker
from deepscores.page.symbols.placing import place_symbols
from tests.places import GOLDEN_SCORES

# Its C code asks numpy in a way that numpy 2 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
WIDTH, HEIGHT = 13, 9
GOLDEN = GOLDEN_SCORES

number = st.integers(-12, 60).map(lambda quarter: quarter / 4) | st.floats(-4, 16, width=32)
corners = st.lists(st.tuples(number, number), min_size=3, max_size=6)
size = st.floats(0.05, 9) | st.sampled_from([0.25, 0.5, 1.0, 3.0])


def polygon(points: list[tuple[float, float]]) -> Outline:
    starts = np.array(points, np.float64)
    return Outline(np.hstack([starts, np.roll(starts, -1, axis=0)]))


def box(corner: tuple[float, float], width: float, height: float) -> Outline:
    return Outline(None, box=Box(*corner, corner[0] + width, corner[1] + height))


outlines = st.builds(polygon, corners) | st.builds(box, st.tuples(number, number), size, size)


def alone(outline: Outline, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    return Canvas(width, height).paint([outline]).owners > 0


def judged(counts: str, width: int = WIDTH, height: int = HEIGHT) -> Any:
    return coco.decode({"size": [height, width], "counts": counts.encode()}).astype(bool)


def written(mask: np.ndarray) -> str:
    return coco.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()


@given(st.lists(outlines, min_size=1, max_size=5))
def test_a_mask_is_what_its_symbol_owns_alone(shapes: list[Outline]) -> None:
    for counts, shape in zip(whole_masks(shapes, WIDTH, HEIGHT), shapes, strict=True):
        assert (judged(counts) == alone(shape)).all()
        assert counts == written(alone(shape))
        assert (decode_rle(counts, WIDTH, HEIGHT) == alone(shape)).all()


@pytest.mark.parametrize("side", [1, 2, 7, 700])
def test_a_page_all_black_and_one_all_white(side: int) -> None:
    full, empty = whole_masks([box((-1, -1), side + 2, side + 2), box((-9, -9), 1, 1)], side, side)
    assert full == written(np.ones((side, side)))
    assert empty == written(np.zeros((side, side)))


@pytest.mark.parametrize("name", sorted(path.name for path in GOLDEN.glob("*.musicxml")))
@pytest.mark.parametrize("space", [8, 16])
def test_masks_of_an_engraved_page(name: str, space: int) -> None:
    style = Style("Leland", staff_space=space)
    score = Score("s", "s", "", "", "musicxml", (GOLDEN / name).read_text("utf-8"))
    engraving = engrave(score, [style])
    (_, page, _), *_ = engraving.pages()
    sheet = SheetMaker(page.width, page.height, whole_masks=True).make_sheet(page, engraving.music)
    placed = place_symbols(page, engraving.music)
    canvas = Canvas(page.width, page.height)
    assert sheet.whole_masks is not None
    areas = coco.area(
        [
            {"size": [page.height, page.width], "counts": counts.encode()}
            for counts in sheet.whole_masks
        ]
    )
    assert areas.tolist() == sheet.painting.whole_areas[1:].tolist()
    for one, counts in list(zip(placed, sheet.whole_masks, strict=True))[::7]:
        mask = judged(counts, page.width, page.height)
        assert (mask == (canvas.paint([one.outline]).owners > 0)).all()


def test_sheets_have_no_masks_unless_asked() -> None:
    score = Score("s", "s", "", "", "musicxml", (GOLDEN / "song.musicxml").read_text("utf-8"))
    engraving = engrave(score, [Style()])
    (_, page, _), *_ = engraving.pages()
    assert SheetMaker(page.width, page.height).make_sheet(page, engraving.music).whole_masks is None
