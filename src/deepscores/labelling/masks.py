"""Class ids of pixels, from who owns each."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray


def class_ids(
    numbers: NDArray[np.uint16], class_of: Mapping[int, int], symbols: int, classes: int
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """The class id of each of *numbers*, 0 for those that the label set leaves out.

    *class_of* maps symbol numbers, 1…*symbols*, to class ids. 8-bit up to 255
    *classes*, else 16-bit.

    >>> class_ids(np.array([0, 1, 2], np.uint16), {2: 7}, 2, 118).tolist()
    [0, 0, 7]
    """
    table: NDArray[np.uint8] | NDArray[np.uint16]
    table = np.zeros(symbols + 1, np.uint8) if classes < 256 else np.zeros(symbols + 1, np.uint16)
    table[list(class_of)] = list(class_of.values())
    return table[numbers]
