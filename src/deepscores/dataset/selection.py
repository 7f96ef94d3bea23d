"""Choose at most N items per class, uniformly at random, in whatever order they come.

Every item has a random 64-bit priority that depends on the seed and its own name alone; the N
lowest of each class are chosen. So shards can choose independently and be merged, a new score
displaces only as many items as it adds, and a smaller N chooses a subset of a larger one.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deepscores.runs.streams import key_hash

_STEP = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio, odd


def priorities(seed: int, stem: str, numbers: NDArray[np.integer]) -> NDArray[np.uint64]:
    """Random priorities of the symbols *numbers* on page *stem*; no two on a page are equal.

    >>> priorities(0, "bwv-66_p1", np.array([1, 2]))
    array([8788008288153019061, 1160323203841658554], dtype=uint64)
    """
    return page_priorities(seed, [stem], np.zeros(len(numbers), np.int64), numbers)


def page_priorities(
    seed: int, stems: Sequence[str], places: NDArray[np.integer], numbers: NDArray[np.integer]
) -> NDArray[np.uint64]:
    """The same of symbols on several pages: each one's page is ``stems[place]``."""
    starts = np.array([key_hash(seed, "priorities", stem) for stem in stems], np.uint64)
    return splitmix64(starts[places], numbers.astype(np.uint64))


def splitmix64(
    start: np.uint64 | NDArray[np.uint64], nth: NDArray[np.uint64]
) -> NDArray[np.uint64]:
    """The *nth* outputs (from 1) of the generator SplitMix64 seeded with *start*.

    Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014. Arithmetic
    is modulo 2**64, as NumPy computes with arrays of unsigned integers.
    """
    z = start + nth * _STEP
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


class Selection(NamedTuple):
    """Items as columns of equal length, sorted by class, then priority."""

    class_ids: NDArray[np.int32]
    priorities: NDArray[np.uint64]
    pages: NDArray[np.int64]
    numbers: NDArray[np.int64]


class PrioritySampler:
    """Collects items and keeps, per class, the *cap* items of lowest priority.

    Memory is that of about twice ``cap x classes`` items, however many are added. Add an item
    once; equal priorities are distinguished by page and number.
    """

    def __init__(self, cap: int) -> None:
        if cap < 0:
            raise ValueError(f"cannot choose {cap} items")
        self._cap = cap
        self._selected = _columns([], [], [], [])
        self._new: list[Selection] = []
        self._new_items = 0
        # By class id: the highest priority that can still be chosen.
        self._bars = np.empty(0, np.uint64)

    def add(
        self, class_ids: ArrayLike, priorities: ArrayLike, page: ArrayLike, numbers: ArrayLike
    ) -> None:
        """Add items; *page*, the place of their page in the plan, may be one number for all."""
        items = self._promising(_columns(class_ids, priorities, page, numbers))
        self._new.append(items)
        self._new_items += len(items.numbers)
        # Sorting only when as many are new as are kept makes adding cheap on average.
        if self._new_items > max(len(self._selected.numbers), 2**16):
            self._settle()

    def merge(self, selection: Selection) -> None:
        """Add what was chosen from another part of the data, with the same cap or a larger one."""
        self.add(*selection)

    def result(self) -> Selection:
        """The items chosen so far."""
        self._settle()
        return self._selected

    def _promising(self, items: Selection) -> Selection:
        unseen = int(items.class_ids.max(initial=-1)) + 1 - len(self._bars)
        if unseen > 0:
            top = np.full(unseen, np.iinfo(np.uint64).max)
            self._bars = np.concatenate([self._bars, top])
        return _take(items, items.priorities <= self._bars[items.class_ids])

    def _settle(self) -> None:
        columns_of_parts = zip(self._selected, *self._new, strict=True)
        candidates = Selection(*(np.concatenate(columns) for columns in columns_of_parts))
        order = np.lexsort(
            (candidates.numbers, candidates.pages, candidates.priorities, candidates.class_ids)
        )
        candidates = _take(candidates, order)
        first = np.searchsorted(candidates.class_ids, candidates.class_ids)
        rank = np.arange(len(first)) - first
        last = rank == self._cap - 1
        self._bars[candidates.class_ids[last]] = candidates.priorities[last]
        self._selected = _take(candidates, rank < self._cap)
        self._new, self._new_items = [], 0


def _columns(
    class_ids: ArrayLike, priorities: ArrayLike, page: ArrayLike, numbers: ArrayLike
) -> Selection:
    symbols = np.asarray(numbers, np.int64)
    return Selection(
        np.asarray(class_ids, np.int32),
        np.asarray(priorities, np.uint64),
        np.broadcast_to(np.asarray(page, np.int64), symbols.shape),
        symbols,
    )


def _take(items: Selection, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Selection:
    return Selection(
        items.class_ids[rows], items.priorities[rows], items.pages[rows], items.numbers[rows]
    )
