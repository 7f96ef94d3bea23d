import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from skimage.draw import polygon2mask

from deepscores.page.labels.polygons import Corners, join_loops, trace


def traced(picture: NDArray[np.int64], count: int) -> list[list[Corners]]:
    pixels = np.flatnonzero(picture)
    return trace(pixels, picture.ravel()[pixels], count, picture.shape)


def painted(corners: Corners, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """The pixels whose centres lie in a polygon, by scikit-image, to which centres are whole."""
    found: NDArray[np.bool_] = polygon2mask(shape, corners[:, ::-1] - 0.5)
    return found


pictures = st.tuples(st.integers(1, 12), st.integers(1, 12)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.integers(0, 3))
)


@settings(max_examples=200)
@given(pictures)
def test_painting_the_polygon_gives_the_mask_back(picture: NDArray[np.int64]) -> None:
    for value, loops in enumerate(traced(picture, 3), start=1):
        mask = picture == value
        assert bool(loops) == mask.any()
        if loops:
            assert (painted(join_loops(loops), picture.shape) == mask).all()


@settings(max_examples=200)
@given(pictures)
def test_sides_run_along_the_edges_of_pixels_and_have_length(picture: NDArray[np.int64]) -> None:
    for loops in filter(None, traced(picture, 3)):
        corners = join_loops(loops)
        sides = np.roll(corners, -1, axis=0) - corners
        assert (np.count_nonzero(sides, axis=1) == 1).all()


def test_a_hole_runs_the_other_way_round() -> None:
    picture = np.ones((3, 3), np.int64)
    picture[1, 1] = 0
    outer, hole = traced(picture, 1)[0]
    assert outer.tolist() == [[0, 0], [3, 0], [3, 3], [0, 3]]
    assert sorted(hole.tolist()) == [[1, 1], [1, 2], [2, 1], [2, 2]]
    assert signed(hole) < 0 < signed(outer)


def signed(corners: Corners) -> int:
    x, y = corners.T
    return int((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())


def test_pixels_that_touch_at_a_corner_are_one_outline() -> None:
    assert [len(loops) for loops in traced(np.eye(4, dtype=np.int64), 1)] == [1]


def test_parts_are_joined_by_bridges_to_the_nearest() -> None:
    picture = np.array([[1, 0, 0, 1, 0, 1]])
    corners = join_loops(traced(picture, 1)[0])
    bridges = {(x, y) for x, y in corners.tolist()}
    assert bridges == {(x, y) for x in (0, 1, 3, 4, 5, 6) for y in (0, 1)}
    assert (painted(corners, picture.shape) == picture).all()


def test_what_owns_no_pixel_has_no_outline() -> None:
    assert traced(np.zeros((2, 3), np.int64), 2) == [[], []]
    assert [len(loops) for loops in traced(np.array([[0, 2]]), 3)] == [0, 1, 0]


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1)])
def test_the_whole_picture_is_its_own_outline(shape: tuple[int, int]) -> None:
    ((corners,),) = traced(np.ones(shape, np.int64), 1)
    height, width = shape
    assert corners.tolist() == [[0, 0], [width, 0], [width, height], [0, height]]
