"""Pictures of a page: as runs, which a drawn page has few of, or as pixels."""

from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

# An image as its stretches of one value: (n, 2) where each ends, as a flat index, and the value.
# They cover all of it in order, and end where a row ends.
Runs: TypeAlias = NDArray[np.int32]

_Value = TypeVar("_Value", bound=np.integer[Any])


class Picture(Protocol):
    """A picture of one channel. What needs runs, or pixels, asks for them."""

    @property
    def width(self) -> int:
        """In pixels."""

    @property
    def runs(self) -> Runs:
        """The picture as runs, each as long as it can be."""

    def pixels(self, kind: type[_Value]) -> NDArray[_Value]:
        """The picture (height, width) as numbers of a *kind*."""


class RunPicture(NamedTuple):
    """A picture whose runs are few, as those of drawn pages and owner maps are."""

    runs: Runs
    width: int

    def pixels(self, kind: type[_Value]) -> NDArray[_Value]:
        return spread_runs(self.runs, self.width, kind)


class PixelPicture(NamedTuple):
    """A picture in which neighbours differ, as those of scans do."""

    values: NDArray[np.uint8] | NDArray[np.uint16]  # (height, width)

    @property
    def width(self) -> int:
        return int(self.values.shape[1])

    @property
    def runs(self) -> Runs:
        return join_runs(np.arange(1, self.values.size + 1), self.values.ravel(), self.width)

    def pixels(self, kind: type[_Value]) -> NDArray[_Value]:
        return self.values.astype(kind)


def spread_runs(runs: Runs, width: int, kind: type[_Value]) -> NDArray[_Value]:
    """The pixels (height, *width*) that *runs* describe, as numbers of a *kind*.

    >>> spread_runs(np.array([[1, 0], [2, 7], [4, 5]], np.int32), 2, np.uint8).tolist()
    [[0, 7], [5, 5]]
    """
    lengths = np.diff(runs[:, 0], prepend=0)
    return np.repeat(runs[:, 1].astype(kind), lengths).reshape(-1, width)


def recolour_runs(runs: Runs, width: int, table: NDArray[np.integer[Any]]) -> Runs:
    """The runs of an image *width* pixels wide when each value becomes what *table* has for it.

    >>> recolour_runs(np.array([[1, 2], [2, 1], [4, 1]], np.int32), 2, np.array([0, 5, 5])).tolist()
    [[2, 5], [4, 5]]
    """
    return join_runs(runs[:, 0], table[runs[:, 1]], width)


def join_runs(ends: NDArray[Any], values: NDArray[Any], width: int) -> Runs:
    """The runs of stretches with these *ends* and *values*, neighbours of one row and value as one.

    >>> join_runs(np.array([1, 2, 4]), np.array([5, 5, 5]), 2).tolist()
    [[2, 5], [4, 5]]
    """
    last = np.ones(len(ends), np.bool_)
    last[:-1] = (values[1:] != values[:-1]) | (ends[:-1] % width == 0)
    return np.column_stack([ends[last], values[last]]).astype(np.int32)
