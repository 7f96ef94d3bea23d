"""Pictures and owners: who gets which pixel, at edges, in ties, and where strokes are thin."""

from math import floor

import numpy as np
import pytest

from deepscores.page.geometry import Affine, Box
from deepscores.page.model import Outline
from deepscores.page.painting.canvas import Canvas, Painting

PAPER, INK = 255, 0


def rectangle(x0: float, y0: float, x1: float, y1: float) -> Outline:
    return Outline(None, box=Box(x0, y0, x1, y1))


def contour(*corners: tuple[float, float]) -> np.ndarray:
    starts = np.array(corners, np.float64)
    return np.hstack([starts, np.roll(starts, -1, axis=0)])


def polygon(*corners: tuple[float, float]) -> Outline:
    return Outline(contour(*corners))


def paint(*outlines: Outline, width: int = 16, height: int = 12) -> Painting:
    return Canvas(width, height).paint(outlines)


def owners(painting: Painting) -> np.ndarray:
    return painting.owners.astype(np.int64)


def test_no_symbols_leave_the_page_blank() -> None:
    painting = paint()
    assert (painting.image == PAPER).all()
    assert not painting.owner_map.runs[:, 1].any()
    assert painting.visible_boxes.tolist() == [[0, 0, 0, 0]]


def test_a_rectangle_on_pixel_borders_is_exact() -> None:
    painting = paint(rectangle(2, 3, 7, 5))
    expected = np.full((12, 16), PAPER)
    expected[3:5, 2:7] = INK
    assert (painting.image == expected).all()
    assert painting.visible_boxes[1].tolist() == [2, 3, 7, 5]
    assert painting.visible_areas[1] == painting.whole_areas[1] == 10


@pytest.mark.parametrize("share", [0.125, 0.25, 0.5, 0.75, 0.875])
def test_ink_is_the_share_of_the_pixel_covered(share: float) -> None:
    for outline in (
        rectangle(4, 4, 4 + share, 5),
        rectangle(4, 4, 5, 4 + share),
        polygon((4, 4), (5, 4), (5, 4 + share), (4, 4 + share)),
        polygon((4, 4), (4, 4 + share), (5, 4 + share), (5, 4)),  # wound the other way
    ):
        assert PAPER - int(paint(outline).image[4, 4]) == int(255 * share + 0.5)


def test_an_outline_is_mapped_to_the_page() -> None:
    turned = Affine(a=0, b=2, c=-2, d=0, e=10, f=1)
    square = Outline(contour((0, 0), (2, 0), (2, 3), (0, 3)), turned)
    assert (paint(square).image == paint(rectangle(4, 1, 10, 5)).image).all()


def test_overlapping_contours_of_one_outline_count_once() -> None:
    first, second = contour((1, 1), (5, 1), (5, 5), (1, 5)), contour((3, 3), (8, 3), (8, 8), (3, 8))
    both = Outline(np.concatenate([first, second]))
    assert paint(both).image[4, 4] == INK


@pytest.mark.parametrize("place", [0.1 * tenth for tenth in range(5, 120, 10)])
def test_a_pixel_half_black_in_decimal_numbers_is_labelled(place: float) -> None:
    """Binary arithmetic makes a little less of some: 947.3 + 50 · 0.064 is 950.5 on paper."""
    decimal = round(place - 0.3, 1)
    stroke = contour((50, 1), (78, 1), (78, 5), (50, 5))
    shifted = Outline(stroke, Affine(0.064, 0, 0, 1, decimal - 2.9, 0))
    column = floor(decimal + 0.3)
    assert paint(shifted).owners[2, column] == 1
    assert paint(rectangle(decimal + 0.1 + 0.2, 1, 14, 5)).owners[2, column] == 1


def test_a_hole_is_paper() -> None:
    outer, inner = contour((1, 1), (9, 1), (9, 9), (1, 9)), contour((3, 3), (3, 7), (7, 7), (7, 3))
    painting = paint(Outline(np.concatenate([outer, inner])))
    assert painting.image[5, 5] == PAPER
    assert painting.visible_areas[1] == 64 - 16


EDGES = {
    "left": (-3, 4, 2, 6),
    "right": (13, 4, 20, 6),
    "top": (4, -5, 6, 2),
    "bottom": (4, 10, 6, 30),
    "corner": (-2, -2, 1, 1),
    "other corner": (15, 11, 99, 99),
    "everywhere": (-7, -7, 40, 40),
}


@pytest.mark.parametrize("box", EDGES.values(), ids=EDGES)
@pytest.mark.parametrize("slanted", [False, True])
def test_what_lies_beyond_the_page_is_cut_off(
    box: tuple[float, float, float, float], slanted: bool
) -> None:
    x0, y0, x1, y1 = box
    if slanted:
        outline = polygon((x0, y0), (x1, y0 + 0.5), (x1, y1), (x0 - 0.25, y1))
    else:
        outline = rectangle(*box)
    if outline.box:
        moved = rectangle(x0 + 50, y0 + 50, x1 + 50, y1 + 50)
    else:
        moved = outline._replace(to_page=Affine(e=50, f=50))
    large = paint(moved, width=120, height=120).image[50:62, 50:66]
    assert (paint(outline).image == large).all()


OUTSIDE = [(-9, 4, -2, 6), (17, 4, 20, 6), (4, -9, 6, -1), (4, 13, 6, 15), (16, 0, 18, 12)]


@pytest.mark.parametrize("box", OUTSIDE)
def test_what_lies_wholly_outside_owns_nothing(box: tuple[float, float, float, float]) -> None:
    painting = paint(rectangle(*box), rectangle(1, 1, 3, 3))
    assert set(painting.owner_map.runs[:, 1].tolist()) == {0, 2}
    assert painting.visible_areas.tolist() == [0, 0, 4]
    assert painting.whole_areas[1] == 0


def test_ink_of_two_symbols_is_one_over_the_other() -> None:
    half = rectangle(4, 4, 5, 4.5)
    ink = PAPER - int(paint(half, half).image[4, 4])
    assert ink == 255 - ((255 - 128) * (255 - 128) + 127) // 255


def test_a_pixel_is_labelled_from_half_ink_on() -> None:
    wide = rectangle(0, 0, 4, 4)  # keeps the symbols from being thin
    below, above = paint(wide, rectangle(6, 6, 7, 6.498)), paint(wide, rectangle(6, 6, 7, 6.502))
    assert PAPER - int(below.image[6, 6]) == 127
    assert PAPER - int(above.image[6, 6]) == 128
    assert owners(above)[6, 6] == 2


def test_two_light_symbols_make_a_labelled_pixel_together() -> None:
    painting = paint(rectangle(2, 2, 6, 3.4), rectangle(2, 3.7, 6, 5))
    # Row 3: 40 % and 30 %, together 58 % of ink, which is the first one's.
    assert PAPER - int(painting.image[3, 3]) >= 128
    assert owners(painting)[3, 2:6].tolist() == [1, 1, 1, 1]


def test_the_symbol_that_covers_most_owns_the_pixel() -> None:
    most, less = rectangle(2, 2, 4, 3.8), rectangle(2, 3.4, 4, 6)
    assert owners(paint(most, less))[3, 2] == 1
    assert owners(paint(less, most))[3, 2] == 2


def test_ties_go_to_the_symbol_painted_last() -> None:
    painting = paint(rectangle(2, 2, 6, 6), rectangle(4, 2, 8, 6), rectangle(5, 2, 9, 6))
    assert owners(painting)[3].tolist() == [0, 0, 1, 1, 2, 3, 3, 3, 3] + [0] * 7
    assert painting.visible_areas.tolist() == [0, 8, 4, 16]
    assert painting.whole_areas.tolist() == [0, 16, 16, 16]


def test_a_covered_symbol_keeps_its_number_and_owns_nothing() -> None:
    painting = paint(rectangle(3, 3, 5, 5), rectangle(2, 2, 8, 8))
    assert painting.visible_areas.tolist() == [0, 0, 36]
    assert painting.whole_areas.tolist() == [0, 4, 36]
    assert painting.visible_boxes[1].tolist() == [0, 0, 0, 0]


THIN = {
    "upright": (polygon((5.3, 1), (5.6, 1), (5.6, 11), (5.3, 11)), "column"),
    "upright over a border": (polygon((4.9, 1), (5.2, 1), (5.2, 11), (4.9, 11)), "column"),
    "lying": (polygon((1, 5.3), (15, 5.3), (15, 5.6), (1, 5.6)), "row"),
    "lying, as a box": (rectangle(1, 5.9, 15, 6.2), "row"),
    "slanted": (polygon((1, 3), (15, 8), (15, 8.3), (1, 3.3)), "row"),
    "steep": (polygon((3, 1), (3.3, 1), (7.3, 11), (7, 11)), "column"),
    "a slur's hairline": (
        polygon((1, 8), (4, 5.1), (8, 4), (12, 5.1), (15, 8), (12, 5.3), (8, 4.2), (4, 5.3)),
        "row",
    ),
}


@pytest.mark.parametrize(("outline", "lies"), THIN.values(), ids=THIN)
def test_a_thin_stroke_keeps_one_pixel_in_each_slice(outline: Outline, lies: str) -> None:
    painting = paint(outline)
    owned = owners(painting) == 1
    slices = owned.sum(axis=0 if lies == "row" else 1)
    inked = (painting.image < PAPER).any(axis=0 if lies == "row" else 1)
    assert slices[inked].tolist() == [1] * int(inked.sum())
    assert not slices[~inked].any()
    darkest = np.where(owned, painting.image, PAPER).min(axis=0 if lies == "row" else 1)
    assert (darkest == painting.image.min(axis=0 if lies == "row" else 1)).all()


def test_a_thin_stroke_on_a_heavy_symbol_yields_to_it() -> None:
    line = rectangle(1, 5.3, 15, 5.6)
    painting = paint(line, rectangle(4, 2, 8, 9))
    assert owners(painting)[5].tolist() == [0] + [1] * 3 + [2] * 4 + [1] * 7 + [0]


def test_a_speck_is_not_lost() -> None:
    painting = paint(rectangle(5.4, 5.4, 5.6, 5.6))
    assert np.argwhere(painting.owners).tolist() == [[5, 5]]


def test_the_canvas_is_blank_after_every_page() -> None:
    canvas = Canvas(130, 40)
    pages = [
        [rectangle(1.5, 2, 60, 30), polygon((0, 0), (129, 3), (129, 3.3), (0, 0.3))],
        [rectangle(-5, -5, 3, 3), rectangle(127, 37, 140, 50), polygon((4, 4), (90, 8), (7, 39))],
        [],
    ]
    fresh = [Canvas(130, 40).paint(page) for page in pages]
    for _ in range(2):
        for page, expected in zip(pages, fresh, strict=True):
            again = canvas.paint(page)
            for name in ("visible_boxes", "visible_areas", "whole_areas"):
                assert np.array_equal(getattr(again, name), getattr(expected, name)), name
            for name in ("picture", "owner_map"):
                runs, expected_runs = (getattr(one, name).runs for one in (again, expected))
                assert np.array_equal(runs, expected_runs), name


def test_a_painting_keeps_its_arrays_when_the_canvas_paints_again() -> None:
    canvas = Canvas(16, 12)
    first = canvas.paint([rectangle(1, 1, 4, 4)])
    shades, owners = first.picture.runs.copy(), first.owner_map.runs.copy()
    canvas.paint([rectangle(0, 0, 16, 12), rectangle(2, 2, 3, 3)])
    assert (first.picture.runs == shades).all()
    assert (first.owner_map.runs == owners).all()


def test_more_symbols_than_a_cell_can_number_are_refused_not_given_to_another() -> None:
    dot = rectangle(0, 0, 1, 1)
    assert owners(paint(*[dot] * 65_535)).max() == 65_535
    with pytest.raises(ValueError, match="65536 symbols, over 65535"):
        paint(*[dot] * 65_536)
