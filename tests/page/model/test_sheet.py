"""Images as runs: they stand for the pixels that they were found in."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from deepscores.dataset.png.deflate import find_runs
from deepscores.page.model import recoloured, spread

pictures = arrays(
    np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.integers(0, 3)
)


@given(pictures, arrays(np.int64, 4, elements=st.integers(0, 2)))
def test_values_that_change_change_pixels(pixels: np.ndarray, table: np.ndarray) -> None:
    width = pixels.shape[1]
    runs = recoloured(find_runs(pixels), width, table)
    assert runs.dtype == np.int32
    assert np.array_equal(spread(runs, width, np.int64), table[pixels])
    assert np.array_equal(runs, find_runs(table[pixels]))  # none longer, none in two
