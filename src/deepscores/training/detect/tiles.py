"""Tiles of pages for training a detector: pages stay in memory, rare classes are drawn often."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from deepscores.errors import DatasetError
from deepscores.inference.models.detections import HeatLayout
from deepscores.runs.streams import stream
from deepscores.training.detect.shapes import channel_objects
from deepscores.training.detect.targets import TileObjects
from deepscores.training.loop.ahead import make_ahead

PAPER = 255
_JITTER = 0.35  # maximum offset of the drawn object from the tile's middle, as a share of its side
_BEYOND = 16  # pixels of a tile that may lie beyond the page


@dataclass(frozen=True, slots=True, eq=False)
class TrainPage:
    """A picture and its objects."""

    name: str
    image: NDArray[np.uint8]  # (height, width), 255 = paper
    box: NDArray[np.float32]  # (n, 4) x0 y0 x1 y1 in its pixels
    class_id: NDArray[np.int32]  # (n,) from 1


class TileBatch(NamedTuple):
    """Tiles (n, 1, side, side), uint8, 255 = paper, and the objects in them."""

    image: Tensor
    objects: TileObjects


@dataclass(frozen=True, slots=True)
class TileRules:
    """How tiles are drawn."""

    side: int  # pixels
    batch: int  # tiles per batch
    temperature: float = 0.3  # 0: classes are drawn equally often; 1: by their number of objects
    anywhere: float = 0.1  # share of tiles that are drawn for no class


class TileSampler:
    """Draws tiles of *pages*, most of them around an object of a class that is drawn first."""

    def __init__(
        self, pages: Sequence[TrainPage], layout: HeatLayout, rules: TileRules, seed: int
    ) -> None:
        self.rules, self.seed = rules, seed
        self._images = [page.image for page in pages]
        objects = [channel_objects(page.box, page.class_id, layout)[:2] for page in pages]
        self._boxes = [box for box, _ in objects]
        self._channels = [channel for _, channel in objects]
        counts = [len(box) for box in self._boxes]
        if not sum(counts):
            raise DatasetError("no objects to train on; another label set may have some (labels)")
        self._page = np.repeat(np.arange(len(pages)), counts)
        self._row = np.concatenate([np.arange(count) for count in counts])
        channel = np.concatenate(self._channels)
        self._order = np.argsort(channel, kind="stable")
        self._counts = np.bincount(channel, minlength=len(layout.channels))
        shares = np.where(self._counts, self._counts.astype(np.float64) ** rules.temperature, 0)
        self._shares = np.cumsum(shares / shares.sum())

    def __len__(self) -> int:
        """Batches in an epoch: as many tiles as would cover the pages."""
        pixels = sum(image.size for image in self._images)
        return int(-(-pixels // (self.rules.side**2 * self.rules.batch)))

    def batches(
        self, epoch: int, skip: int, *, threads: int = 0, pinned: bool = False
    ) -> Iterator[TileBatch]:
        """The batches of an epoch but for the first *skip*; each depends on its number alone.

        *threads* draw them ahead, into *pinned* memory for a graphics card.
        """
        draw = partial(self._pinned if pinned else self.draw, epoch)
        yield from make_ahead(draw, range(skip, len(self)), threads)

    def _pinned(self, epoch: int, number: int) -> TileBatch:
        image, objects = self.draw(epoch, number)
        return TileBatch(
            image.pin_memory(), TileObjects(*(tensor.pin_memory() for tensor in objects))
        )

    def draw(self, epoch: int, number: int) -> TileBatch:
        """One batch."""
        random = stream(self.seed, "tiles", epoch, number)
        side = self.rules.side
        image = np.full((self.rules.batch, 1, side, side), PAPER, np.uint8)
        parts = []
        for place in range(self.rules.batch):
            page, corner = self._place(random)
            _copy(self._images[page], corner, image[place, 0])
            low = np.tile(corner, 2).astype(np.float32)
            box = self._boxes[page] - low
            rows = np.flatnonzero((box[:, :2] < side).all(axis=1) & (box[:, 2:] > 0).all(axis=1))
            parts.append((np.full(len(rows), place), self._channels[page][rows], box[rows]))
        columns = [
            torch.from_numpy(np.concatenate(parts_of_column))
            for parts_of_column in zip(*parts, strict=True)
        ]
        return TileBatch(torch.from_numpy(image), TileObjects(*columns))

    def _place(self, random: np.random.Generator) -> tuple[int, NDArray[np.int64]]:
        """Which page, and where on it the tile's corner is, x and y."""
        side = self.rules.side
        if random.random() < self.rules.anywhere:
            page = int(random.integers(len(self._images)))
            middle = random.random(2) * self._images[page].shape[::-1]
        else:
            channel = int(np.searchsorted(self._shares, random.random() * (1 - 1e-9), "right"))
            first = int(self._counts[:channel].sum())
            place = self._order[first + int(random.integers(self._counts[channel]))]
            page = int(self._page[place])
            box = self._boxes[page][self._row[place]]
            middle = (box[:2] + box[2:]) / 2 + random.uniform(-_JITTER, _JITTER, 2) * side
        height, width = self._images[page].shape
        last = np.maximum(np.array([width, height]) - side + _BEYOND, -_BEYOND)
        corner = np.round(middle - side / 2).astype(np.int64)
        return page, corner.clip(-_BEYOND, last)


def _copy(page: NDArray[np.uint8], corner: NDArray[np.int64], tile: NDArray[np.uint8]) -> None:
    """Fill *tile* with what *page* has from *corner* on; beyond the page it stays as it is."""
    side = len(tile)
    x, y = corner.tolist()
    part = page[max(y, 0) : max(y + side, 0), max(x, 0) : max(x + side, 0)]
    top, left = max(-y, 0), max(-x, 0)
    tile[top : top + part.shape[0], left : left + part.shape[1]] = part
