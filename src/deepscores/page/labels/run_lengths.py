"""Masks as COCO's compressed run lengths.

Counts are of pixels out of and in the mask in turn, column after column. From the third on each is
written as its difference from the last but one, five bits a character.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from deepscores.page.model.packing import pack

_MAX_LETTERS = 7  # characters of a count: 35 bits


def encode_rles(
    pixels: NDArray[np.int64], places: NDArray[np.int64], count: int, shape: tuple[int, int]
) -> list[str]:
    """The masks of the values 1…*count*, one after another, as `pycocotools.mask.encode` has them.

    *pixels* are places in the ravelled picture of *shape* (height, width), *places* the values
    there. Of a picture that is mostly paper these are few.

    >>> picture = np.array([[0, 1, 1], [1, 0, 2]], np.int32)
    >>> pixels = np.flatnonzero(picture)
    >>> encode_rles(pixels, picture.ravel()[pixels], 2, picture.shape)
    ['121O0', '51']
    """
    height, width = shape
    y, x = np.divmod(pixels, width)
    size = height * width
    # Each value's pixels together, column after column; no stretch goes on into the next value's.
    keys = np.sort(pack([places, x * height + y], [count + 1, size + 1]))
    first = np.flatnonzero(np.diff(keys, prepend=-2) != 1)
    last = np.append(first[1:], len(keys))[: len(first)] - 1
    values, starts = np.divmod(keys[first], size + 1)
    runs = np.bincount(values, minlength=count + 1)[1:]
    return _packed(starts, keys[last] % (size + 1) + 1, runs, size)


def union_of_rles(masks: Sequence[str], width: int, height: int) -> str:
    """The mask of all pixels of *masks*, which are of one size."""
    if len(masks) == 1:
        return masks[0]
    edges: list[tuple[int, int]] = []
    for mask in masks:
        place = 0
        for number, length in enumerate(_counts(mask)):
            if number % 2:
                edges.append((place, place + length))
            place += length
    merged: list[list[int]] = []
    for start, end in sorted(edges):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(end, merged[-1][1])
        else:
            merged.append([start, end])
    columns = np.array(merged, np.int64).reshape(-1, 2)
    return _packed(columns[:, 0], columns[:, 1], np.array([len(merged)]), width * height)[0]


def _packed(
    starts: NDArray[np.int64], ends: NDArray[np.int64], runs: NDArray[np.int64], size: int
) -> list[str]:
    """Masks of *runs* stretches each, which lie one mask after another in *starts* and *ends*."""
    # Every mask's counts: of each stretch what is before it and its own, then what is left.
    base = np.concatenate([[0], np.cumsum(2 * runs + 1)])
    mask = np.repeat(np.arange(len(runs)), runs)
    place = 2 * np.arange(len(starts)) + mask
    counts = np.zeros(base[-1], np.int64)
    is_first = np.ones(len(starts), np.bool_)
    is_first[1:] = mask[1:] != mask[:-1]
    previous_ends = np.where(is_first, 0, np.concatenate([[0], ends[:-1]]))
    counts[place] = starts - previous_ends
    counts[place + 1] = ends - starts
    last_end = np.zeros(len(runs), np.int64)
    last_end[mask] = ends
    counts[base[1:] - 1] = size - last_end
    within = np.arange(len(counts)) - np.repeat(base[:-1], np.diff(base))
    shifted = counts.copy()
    back = np.flatnonzero(within > 2)
    shifted[back] -= counts[back - 2]
    is_written = np.ones(len(counts), np.bool_)
    is_written[base[1:] - 1] = (counts[base[1:] - 1] > 0) | (runs == 0)
    letters, lengths = _letters(shifted)
    lengths[~is_written] = 0
    letters = letters[(np.arange(_MAX_LETTERS) < lengths[:, None])]
    text = letters.tobytes().decode("ascii")
    cuts = np.concatenate([[0], np.cumsum(lengths)])[base]
    return [text[start:end] for start, end in pairwise(cuts.tolist())]


def _letters(numbers: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """(n, _MOST) characters of each number, and how many of them it has."""
    letters = np.zeros((len(numbers), _MAX_LETTERS), np.uint8)
    lengths = np.zeros(len(numbers), np.int64)
    goes_on_before = np.ones(len(numbers), np.bool_)
    rest = numbers.copy()
    for step in range(_MAX_LETTERS):
        bits = rest & 31
        rest >>= 5
        lengths += goes_on_before
        # Done when what is left is the sign alone, which the fifth bit says.
        goes_on = goes_on_before & np.where(bits & 16, rest != -1, rest != 0)
        letters[:, step] = bits + np.where(goes_on, 32, 0) + 48
        goes_on_before = goes_on
    return letters, lengths


def decode_rle(counts: str, width: int, height: int) -> NDArray[np.bool_]:
    """The mask (height, width) that COCO's compressed *counts* stand for.

    Raise ValueError if they are not of so many pixels.

    >>> decode_rle("1210", 3, 2).astype(int).tolist()
    [[0, 1, 1], [1, 0, 1]]
    """
    lengths = list(_counts(counts))
    if sum(lengths) != width * height:
        raise ValueError(f"a mask of {sum(lengths)} pixels is none of {width} x {height}")
    is_in_mask = np.arange(len(lengths)) % 2 == 1
    return np.repeat(is_in_mask, lengths).reshape(width, height).T


def crop_rle(counts: str, height: int) -> tuple[int, int, NDArray[np.bool_]]:
    """The mask that *counts* stand for, cut to its pixels: their left and top, and the array.

    Its picture is *height* high and may be large; only the part with the mask is made.

    >>> crop_rle("1210", 2)
    (0, 0, array([[False,  True,  True],
           [ True, False,  True]]))
    """
    edges = np.cumsum(list(_counts(counts)), dtype=np.int64)
    starts, ends = edges[:-1:2], edges[1::2]
    if not len(ends):
        return 0, 0, np.zeros((0, 0), np.bool_)
    left, right = int(starts[0]) // height, (int(ends[-1]) - 1) // height + 1
    # From the left column's top to the right one's bottom: out of the mask, in it, and so on.
    between = np.diff(edges[: 2 * len(ends)], prepend=left * height, append=right * height)
    columns = np.repeat(np.arange(len(between)) % 2 == 1, between).reshape(-1, height)
    rows = np.flatnonzero(columns.any(axis=0))
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    return left, top, columns[:, top:bottom].T


def pixels_of_rle(counts: str | Sequence[int], width: int, height: int) -> NDArray[np.int64]:
    """The pixels of a mask as places in the ravelled picture, ascending.

    Counts are compressed or plain. Raise ValueError if they are not of so many pixels.

    >>> pixels_of_rle("1210", 3, 2).tolist(), pixels_of_rle([1, 2, 1, 2], 3, 2).tolist()
    ([1, 2, 3, 5], [1, 2, 3, 5])
    """
    lengths = np.array(list(_counts(counts)) if isinstance(counts, str) else counts, np.int64)
    if lengths.sum() != width * height or (lengths < 0).any():
        raise ValueError(f"a mask of {lengths.sum()} pixels is none of {width} x {height}")
    starts = (np.cumsum(lengths) - lengths)[1::2]
    mask_lengths = lengths[1::2]
    # Each pixel's place within its stretch, then down the columns.
    within = np.arange(mask_lengths.sum()) - np.repeat(
        np.cumsum(mask_lengths) - mask_lengths, mask_lengths
    )
    x, y = np.divmod(np.repeat(starts, mask_lengths) + within, height)
    mask_pixels: NDArray[np.int64] = np.sort(y * width + x)
    return mask_pixels


def _counts(text: str) -> Iterator[int]:
    counts: list[int] = []
    number, shift = 0, 0
    for letter in text:
        bits = ord(letter) - 48
        number |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:  # negative
            number -= 1 << shift
        if len(counts) > 2:
            number += counts[-2]
        counts.append(number)
        yield number
        number, shift = 0, 0
