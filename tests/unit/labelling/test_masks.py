"""Class ids of pixels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepscores.labelling.masks import class_ids


@given(st.dictionaries(st.integers(1, 20), st.integers(1, 118)), st.lists(st.integers(0, 20)))
def test_every_pixel_gets_the_class_of_its_symbol(
    class_of: dict[int, int], numbers: list[int]
) -> None:
    ids = class_ids(np.array(numbers, np.uint16), class_of, 20, 118)
    assert ids.tolist() == [class_of.get(number, 0) for number in numbers]


@pytest.mark.parametrize(("classes", "kind"), [(118, np.uint8), (255, np.uint8), (256, np.uint16)])
def test_the_depth_follows_the_number_of_classes(classes: int, kind: type[np.generic]) -> None:
    ids = class_ids(np.array([1], np.uint16), {1: classes}, 1, classes)
    assert ids.dtype == kind
    assert ids.tolist() == [classes]
