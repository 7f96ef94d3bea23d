"""Patches: centred, in full context, padded with paper."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepscores.page.geometry import Box
from deepscores.page.labels.patches import PAPER, cut_patch

PAGE = np.random.default_rng(1).integers(0, 255, (60, 50)).astype(np.uint8)  # no paper in it


@pytest.mark.parametrize("size", [(45, 170), (44, 20), (1, 1), (7, 2), (200, 300)])
def test_a_patch_has_the_size_asked_for(size: tuple[int, int]) -> None:
    width, height = size
    patch = cut_patch(PAGE, Box(20, 20, 25, 30), width, height)
    assert patch.shape == (height, width)
    assert patch.dtype == np.uint8


def test_a_patch_shows_the_page_around_the_centre_of_the_box() -> None:
    # Centre (25, 30): 2 pixels to either side of pixel 25, 1 of pixel 30.
    assert (cut_patch(PAGE, Box(23, 29, 28, 32), 5, 3) == PAGE[29:32, 23:28]).all()
    assert (cut_patch(PAGE, Box(20, 20, 30, 40), 10, 20) == PAGE[20:40, 20:30]).all()


def test_what_is_beyond_the_page_is_paper() -> None:
    patch = cut_patch(PAGE, Box(0, 0, 1, 1), 5, 5)
    assert (patch[2:, 2:] == PAGE[:3, :3]).all()
    assert (patch[:2] == PAPER).all()
    assert (patch[:, :2] == PAPER).all()
    assert (cut_patch(PAGE, Box(500, 500, 501, 501), 5, 5) == PAPER).all()


def test_the_page_is_left_as_it_was() -> None:
    before = PAGE.copy()
    cut_patch(PAGE, Box(3, 3, 4, 4), 9, 9)[:] = 0
    assert (before == PAGE).all()


side = st.floats(-20, 80, allow_nan=False)


@given(side, side, st.floats(0, 30), st.floats(0, 30), st.integers(1, 40), st.integers(1, 40))
def test_a_patch_equals_a_window_of_the_padded_page(
    x: float, y: float, w: float, h: float, width: int, height: int
) -> None:
    padded = np.pad(PAGE, 100, constant_values=PAPER)
    patch = cut_patch(PAGE, Box(x, y, x + w, y + h), width, height)
    found = [
        (top, left)
        for top in range(padded.shape[0] - height + 1)
        for left in range(padded.shape[1] - width + 1)
        if abs(top - 100 + height / 2 - (y + h / 2)) <= 0.5 + 1e-9
        and abs(left - 100 + width / 2 - (x + w / 2)) <= 0.5 + 1e-9
    ]
    windows = [padded[top : top + height, left : left + width] for top, left in found]
    assert any((patch == window).all() for window in windows)
