"""Masks from COCO's compressed run lengths."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray


def decode_rle(counts: str, width: int, height: int) -> NDArray[np.bool_]:
    """The mask (height, width) that COCO's compressed *counts* stand for.

    Counts are of pixels out of and in the mask in turn, column after column. Raise ValueError if
    they are not of so many pixels.

    >>> decode_rle("1210", 3, 2).astype(int).tolist()
    [[0, 1, 1], [1, 0, 1]]
    """
    lengths = list(_counts(counts))
    if sum(lengths) != width * height:
        raise ValueError(f"a mask of {sum(lengths)} pixels is none of {width} x {height}")
    inside = np.arange(len(lengths)) % 2 == 1
    return np.repeat(inside, lengths).reshape(width, height).T


def _counts(text: str) -> Iterator[int]:
    found: list[int] = []
    number, shift = 0, 0
    for letter in text:
        bits = ord(letter) - 48
        number |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:  # negative
            number -= 1 << shift
        if len(found) > 2:
            number += found[-2]
        found.append(number)
        yield number
        number, shift = 0, 0
