"""In which order items are taken: classes balanced, or page by page."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import torch.distributed
from numpy.typing import NDArray
from torch.utils.data import Sampler

from deepscores.errors import RecipeError
from deepscores.runs.streams import stream


class ByClass(Protocol):
    """A dataset that knows which of its items show a class."""

    def __len__(self) -> int: ...

    def items_by_class(self) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
        """Where each class begins, and the end; the items, or None if they are in that order."""


class ByPage(Protocol):
    """A dataset that knows which of its items belong to a page."""

    def __len__(self) -> int: ...

    def pages(self) -> NDArray[np.int64]:
        """Where the items of each page begin, and the end."""


class _Ranked(Sampler[int]):
    """One order of items per epoch, of which each rank takes an equal share."""

    def __init__(self, length: int, seed: int, rank: int | None, world_size: int | None) -> None:
        self.rank, self.world_size = resolve_rank(rank, world_size)
        self.seed, self.epoch = seed, 0
        self._share = -(-length // self.world_size)  # of each rank

    def set_epoch(self, epoch: int) -> None:
        """Take another order from the next iteration on."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self._share


class BalancedSampler(_Ranked):
    """Draws a class, then an item that shows it, so that rare classes come up as often as others.

    The share of a class is as its number of items to the power of *temperature*: 0, and every class
    comes up equally often; 1, and they do as the dataset has them. Within a class no item comes
    again before all have come. *samples* per epoch, by default as many as the dataset has, are
    shared among ranks, by default those of ``torch.distributed``. Tiles that are drawn for one
    class show others, too.
    """

    def __init__(
        self,
        dataset: ByClass,
        *,
        temperature: float = 0.0,
        samples: int | None = None,
        seed: int = 0,
        rank: int | None = None,
        world_size: int | None = None,
    ) -> None:
        if not 0 <= temperature <= 1:
            raise RecipeError(f"temperature: {temperature:g} is not between 0 and 1")
        if samples is not None and samples < 1:
            raise RecipeError(f"samples: {samples} is not at least 1")
        self._starts, self._items = dataset.items_by_class()
        counts = np.diff(self._starts).astype(np.float64)
        if not counts.any():
            raise RecipeError("no item of the dataset shows a class, so none can be balanced")
        powers = np.where(counts > 0, counts**temperature, 0)
        self.shares = powers / powers.sum()  # of the classes, by place
        super().__init__(samples or len(dataset), seed, rank, world_size)

    def __iter__(self) -> Iterator[int]:
        random = stream(self.seed, "balanced", self.epoch)
        total = self._share * self.world_size
        # Each class gets its share of the epoch, rounded down or up as one draw decides for all.
        ends = np.floor(np.cumsum(self.shares) * total + random.random() * (1 - 1e-9) + 1e-9)
        ends[-1] = total
        order = np.concatenate(
            [
                self._draw_items(random, place, int(count))
                for place, count in enumerate(np.diff(ends, prepend=0).tolist())
                if count > 0
            ]
        )
        return iter(random.permutation(order)[self.rank :: self.world_size].tolist())

    def _draw_items(self, random: np.random.Generator, place: int, count: int) -> NDArray[np.int64]:
        """*count* items of the class at *place*."""
        first, last = int(self._starts[place]), int(self._starts[place + 1])
        rounds = -(-count // (last - first))
        turns = [random.permutation(last - first) for _ in range(rounds)]
        items = np.concatenate(turns)[:count].astype(np.int64) + first
        return items if self._items is None else self._items[items]


class PageSampler(_Ranked):
    """All items in a random order that stays on a page until its items are through.

    A page is then read once and not once for each of its tiles. Ranks take runs of the order; some
    items come twice where they do not go into the number of ranks.
    """

    def __init__(
        self,
        dataset: ByPage,
        *,
        seed: int = 0,
        rank: int | None = None,
        world_size: int | None = None,
    ) -> None:
        self._starts = dataset.pages()
        super().__init__(len(dataset), seed, rank, world_size)

    def __iter__(self) -> Iterator[int]:
        random = stream(self.seed, "pages", self.epoch)
        pages = random.permutation(len(self._starts) - 1)
        runs = [random.permutation(np.arange(*self._starts[page : page + 2])) for page in pages]
        order = np.concatenate(runs) if runs else np.empty(0, np.int64)
        positions = np.arange(self._share) + self.rank * self._share
        return iter(order[positions % max(len(order), 1)].tolist())


def resolve_rank(rank: int | None, world_size: int | None) -> tuple[int, int]:
    """Rank and number of ranks, by default those of ``torch.distributed``."""
    if rank is None and world_size is None:
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            return torch.distributed.get_rank(), torch.distributed.get_world_size()
        return 0, 1
    if rank is None or world_size is None or not 0 <= rank < world_size:
        raise RecipeError(f"rank {rank} of world_size {world_size}: give both, rank from 0")
    return rank, world_size
