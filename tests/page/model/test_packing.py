"""Rows that differ never get the same number."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepscores.page.model.packing import pack

SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=5)


@given(data=st.data(), sizes=SIZES)
def test_numbers_are_equal_where_rows_are_and_ordered_as_they_are(
    data: st.DataObject, sizes: list[int]
) -> None:
    row = st.tuples(*(st.integers(0, size - 1) for size in sizes))
    rows = data.draw(st.lists(row, max_size=20))
    columns = [np.array([row[place] for row in rows], np.int16) for place in range(len(sizes))]
    packed = pack(columns, sizes).tolist()
    ranks = {number: rank for rank, number in enumerate(sorted(set(packed)))}
    by_row = {row: rank for rank, row in enumerate(sorted(set(rows)))}
    assert [ranks[number] for number in packed] == [by_row[row] for row in rows]


@pytest.mark.parametrize("number", [-1, 9, 2**40])
def test_a_number_out_of_range_is_refused_and_not_carried_into_the_next_column(number: int) -> None:
    with pytest.raises(ValueError, match=rf"{number}…|…{number} is not within 0…8"):
        pack([np.array([1, 1]), np.array([3, number])], [2, 9])


def test_the_largest_rows_of_64_bits_have_numbers_and_more_are_refused() -> None:
    columns = [np.array([0, 2**31 - 1]), np.array([0, 2**31 - 1]), np.array([True, False])]
    assert pack(columns[:2], [2**31, 2**31]).tolist() == [0, 2**62 - 1]
    with pytest.raises(ValueError, match="64 bits cannot number"):
        pack(columns, [2**31, 2**31, 2])


def test_no_rows_have_no_numbers() -> None:
    assert pack([np.empty(0, np.int64)], [0]).tolist() == []
