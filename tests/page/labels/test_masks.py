"""Class ids of pixels."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from deepscores.page.labels.masks import class_runs


@given(st.dictionaries(st.integers(1, 20), st.integers(1, 118)), st.lists(st.integers(0, 20)))
def test_every_run_gets_the_class_of_its_symbol(
    class_of: dict[int, int], numbers: list[int]
) -> None:
    owners = np.array([(3 * i, n) for i, n in enumerate(numbers, 1)], np.int32).reshape(-1, 2)
    before = owners.copy()
    expected = [[end, class_of.get(number, 0)] for end, number in before.tolist()]
    assert class_runs(owners, class_of, 20).tolist() == expected
    assert (owners == before).all()
