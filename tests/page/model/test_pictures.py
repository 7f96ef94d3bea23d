"""Pictures as runs and as pixels: each stands for the other."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from deepscores.dataset.png.codec import encode_picture, encode_png
from deepscores.dataset.png.deflate import find_runs
from deepscores.page.model import PixelPicture, RunPicture, recolour_runs, spread_runs

pictures = arrays(
    np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.integers(0, 3)
)


@given(pictures, arrays(np.int64, 4, elements=st.integers(0, 2)))
def test_values_that_change_change_pixels(pixels: np.ndarray, table: np.ndarray) -> None:
    width = pixels.shape[1]
    runs = recolour_runs(find_runs(pixels), width, table)
    assert runs.dtype == np.int32
    assert np.array_equal(spread_runs(runs, width, np.int64), table[pixels])
    assert np.array_equal(runs, find_runs(table[pixels]))  # none longer, none in two


@given(pictures)
def test_runs_and_pixels_are_two_forms_of_one_picture(pixels: np.ndarray) -> None:
    runs = find_runs(pixels)
    for picture in (RunPicture(runs, pixels.shape[1]), PixelPicture(pixels)):
        assert picture.width == pixels.shape[1]
        assert np.array_equal(picture.runs, runs)
        assert np.array_equal(picture.pixels(np.uint16), pixels)
        assert picture.pixels(np.uint16).dtype == np.uint16
        assert encode_picture(picture, 1) == encode_png(pixels)
