"""Several columns of whole numbers as one: equal rows get equal numbers, in the columns' order."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LARGEST = 2**63 - 1


def pack(
    columns: Sequence[NDArray[np.integer[Any] | np.bool_]], sizes: Sequence[int]
) -> NDArray[np.int64]:
    """(n,) one number per row; the first column counts most.

    Column i holds numbers 0…sizes[i] - 1. Raise ValueError if one does not, or if 64 bits cannot
    number all combinations: two rows that differ never get the same number.

    >>> pack([np.array([0, 1, 1]), np.array([2, 0, 2])], [2, 3]).tolist()
    [2, 3, 5]
    """
    packed: NDArray[np.int64] = np.zeros(len(columns[0]), np.int64)
    step = 1
    for column, size in zip(reversed(columns), reversed(sizes), strict=True):
        numbers = column.astype(np.int64)
        # Read without its sign, a negative number is larger than any size.
        if len(numbers) and int(numbers.view(np.uint64).max()) >= size:
            raise ValueError(f"{numbers.min()}…{numbers.max()} is not within 0…{size - 1}")
        numbers *= step
        packed += numbers
        step *= max(int(size), 1)
        if step > _LARGEST:
            raise ValueError(f"64 bits cannot number the combinations of {tuple(sizes)} values")
    return packed
