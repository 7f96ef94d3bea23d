"""Colours that distinguish classes."""

import numpy as np
from numpy.typing import NDArray


def class_colours(count: int) -> NDArray[np.uint8]:
    """(count, 3) red green blue, the first black; all different up to 256, as PASCAL VOC has them.

    Bits of the number go in turn to the highest bits of the three.

    >>> class_colours(3).tolist()
    [[0, 0, 0], [128, 0, 0], [0, 128, 0]]
    """
    numbers = np.arange(count)
    colours = np.zeros((count, 3), np.uint8)
    for bit in range(8):
        for channel in range(3):
            colours[:, channel] |= ((numbers >> (3 * bit + channel) & 1) << (7 - bit)).astype(
                np.uint8
            )
    return colours
