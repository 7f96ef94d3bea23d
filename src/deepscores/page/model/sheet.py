"""A painted page with its symbols: picture and truth of one rasterisation."""

from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from deepscores.page.model.symbols import Symbols

# An image as its stretches of one value: (n, 2) where each ends, as a flat index, and the value.
# They cover all of it in order, and end where a row ends.
Runs: TypeAlias = NDArray[np.int32]

_Value = TypeVar("_Value", bound=np.integer[Any])


@dataclass(frozen=True, slots=True)
class Painting:
    """Picture and owners of a page. Symbols are numbered 1…n in painting order; 0 is paper."""

    width: int  # pixels
    height: int
    shades: Runs  # 0 = black … 255 = paper
    owning: Runs  # numbers of the symbols that own the pixels
    visible_boxes: NDArray[np.int64]  # (n + 1, 4), x0 y0 x1 y1 around owned pixels; zeros if none
    visible_areas: NDArray[np.int64]  # (n + 1,), pixels owned
    whole_areas: NDArray[np.int64]  # (n + 1,), pixels it would own if nothing else were drawn

    @property
    def image(self) -> NDArray[np.uint8]:
        """The picture, (height, width), 255 = paper; made anew each time."""
        return spread(self.shades, self.width, np.uint8)

    @property
    def owners(self) -> NDArray[np.uint16]:
        """The owner map, (height, width): symbol number per pixel, 0 = paper; made anew."""
        return spread(self.owning, self.width, np.uint16)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A painted page and its symbols."""

    symbols: Symbols
    painting: Painting
    whole_masks: tuple[str, ...] | None = None  # of the symbols in order: COCO's compressed counts


def spread(runs: Runs, width: int, kind: type[_Value]) -> NDArray[_Value]:
    """The pixels (height, *width*) that *runs* describe, as numbers of a *kind*.

    >>> spread(np.array([[1, 0], [2, 7], [4, 5]], np.int32), 2, np.uint8).tolist()
    [[0, 7], [5, 5]]
    """
    lengths = np.diff(runs[:, 0], prepend=0)
    return np.repeat(runs[:, 1].astype(kind), lengths).reshape(-1, width)


def recoloured(runs: Runs, width: int, table: NDArray[np.integer[Any]]) -> Runs:
    """The runs of an image *width* pixels wide when each value becomes what *table* has for it.

    >>> recoloured(np.array([[1, 2], [2, 1], [4, 1]], np.int32), 2, np.array([0, 5, 5])).tolist()
    [[2, 5], [4, 5]]
    """
    return joined(runs[:, 0], table[runs[:, 1]], width)


def joined(ends: NDArray[Any], values: NDArray[Any], width: int) -> Runs:
    """The runs of stretches with these *ends* and *values*, neighbours of one row and value as one.

    >>> joined(np.array([1, 2, 4]), np.array([5, 5, 5]), 2).tolist()
    [[2, 5], [4, 5]]
    """
    last = np.ones(len(ends), np.bool_)
    last[:-1] = (values[1:] != values[:-1]) | (ends[:-1] % width == 0)
    return np.column_stack([ends[last], values[last]]).astype(np.int32)
