"""Which tiles and which of their ink pixels a segmenting network learns from, and how they lean."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.baselines.ink import InkPage, InkTile, cut_tile, pack_page
from deepscores.errors import DatasetError
from deepscores.labelled import Window
from deepscores.loaders.index import Index
from deepscores.loaders.reading import PageReader
from deepscores.streams import stream

_INNER = 0.15  # of a tile: what it was drawn for is no nearer to its edge
_LEAST_SHARE = 1e-7  # of a class in the ink; below it nothing can be measured


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tiles and points are drawn.

    An exponent of 0 draws every class equally often, one of 1 as often as the pages have it.
    """

    size: int  # pixels of a tile, each way
    points: int  # of a tile
    tile_exponent: float = 0.4  # of the objects of a class, for what a tile is drawn around
    point_exponent: float = 0.5  # of the pixels of a class in a tile, for its points
    anywhere: float = 0.25  # share of tiles that lie around any ink of any page


class Points(NamedTuple):
    """A tile and those of its pixels that are learned from."""

    image: NDArray[np.uint8]  # (size, size)
    place: NDArray[np.int64]  # (points,) in the ravelled picture; none if the tile has no ink
    class_id: NDArray[np.int64]  # (points,)


@dataclass(frozen=True)
class PageStore:
    """The pages of one split as their ink, each read when it is first asked for, then kept.

    Threads may ask at the same time.
    """

    dataset: Path
    index: Index
    split: str
    staff_space: float | None = None
    _held: dict[int, InkPage] = field(default_factory=dict)

    def page(self, place: int) -> InkPage:
        """The page at *place* in the index."""
        if place not in self._held:
            reader = PageReader(self.dataset, self.index, staff_space=self.staff_space)
            self._held[place] = pack_page(reader.page(place))
        return self._held[place]


class PointSampler:
    """Draws tiles around objects, those of rare classes more often, and points in them likewise.

    The same seed, epoch and number give the same points.
    """

    def __init__(self, store: PageStore, sampling: Sampling, seed: int) -> None:
        self.store, self.sampling, self.seed = store, sampling, seed
        index = store.index
        self.places = index.places(store.split)
        self.spans = np.array(
            [index.of_class("by_class", store.split, i + 1) for i in range(len(index.names))]
        ).reshape(-1, 2)
        self.objects = np.diff(self.spans, axis=1)[:, 0].astype(np.float64)  # of each class
        if not self.objects.any():
            raise DatasetError(f"{store.dataset}: no labelled object in the split {store.split!r}")
        powers = np.where(self.objects > 0, self.objects**sampling.tile_exponent, 0)
        self.shares = powers / powers.sum()
        self.sizes = np.stack([index.pages[side].to_numpy() for side in ("width", "height")])

    def window(self, random: np.random.Generator) -> tuple[int, Window]:
        """A page's place in the index, and a square that begins on the page."""
        anywhere = random.random() < self.sampling.anywhere
        place, x, y = self._ink(random) if anywhere else self._object(random)
        page, size = self.store.page(place), self.sampling.size
        inner = random.uniform(_INNER * size, (1 - _INNER) * size, 2)
        left = int(np.clip(x - inner[0], 0, max(page.width - size, 0)))
        top = int(np.clip(y - inner[1], 0, max(page.height - size, 0)))
        return place, Window(left, top, size)

    def points(self, epoch: int, number: int) -> Points:
        """The tile of that *number* in an epoch, with its points."""
        random = stream(self.seed, "tile", epoch, number)
        place, window = self.window(random)
        tile = cut_tile(self.store.page(place), window)
        drawn = drawn_points(tile.class_id, self.sampling, random)
        return Points(tile.image, tile.place[drawn], tile.class_id[drawn])

    def _ink(self, random: np.random.Generator) -> tuple[int, float, float]:
        """Any ink of any page."""
        place = int(random.choice(self.places))
        page = self.store.page(place)
        if not len(page.column):
            return place, 0, 0
        pixel = int(random.integers(len(page.column)))
        row = int(np.searchsorted(page.starts, pixel, side="right")) - 1
        return place, float(page.column[pixel]), float(row)

    def _object(self, random: np.random.Generator) -> tuple[int, float, float]:
        """A point in the box of any object of a class."""
        one = int(random.choice(len(self.shares), p=self.shares))
        columns = self.store.index.columns
        row = int(columns["by_class"][random.integers(*self.spans[one])])
        place = self.store.index.page_of(row)
        x0, y0, x1, y1 = columns["box"][row].tolist()
        page = self.store.page(place)
        width, height = self.sizes[:, place].tolist()
        x, y = random.uniform(x0, x1), random.uniform(y0, y1)
        return place, x * page.width / width, y * page.height / height


def drawn_points(
    class_id: NDArray[np.int64], sampling: Sampling, random: np.random.Generator
) -> NDArray[np.int64]:
    """Which of a tile's ink pixels to learn from; none if it has none.

    Draws at equal steps along the pixels in reading order, so that they are spread over the tile.
    """
    if not len(class_id):
        return np.empty(0, np.int64)
    counts = np.bincount(class_id)
    weight = np.maximum(counts, 1.0) ** (sampling.point_exponent - 1)
    ends = np.cumsum(weight[class_id])
    steps = (np.arange(sampling.points) + random.random()) * (ends[-1] / sampling.points)
    return np.searchsorted(ends, steps, side="right").clip(0, len(class_id) - 1)


class Lean(NamedTuple):
    """How often class ids come up, (classes + 1,), 0 being ink without a class."""

    drawn: NDArray[np.float64]  # share of the points
    natural: NDArray[np.float64]  # share of the pages' ink

    def adjustment(self, ids: Sequence[int]) -> NDArray[np.float32]:
        """(ids,) the logarithm of drawn by natural.

        Added to the logits while training, it leaves in them what the pages' ink is, however the
        points were drawn (Menon et al. 2021, "Long-tail learning via logit adjustment").
        """
        taken = list(ids)
        return np.log(self.drawn[taken] / self.natural[taken]).astype(np.float32)


def measure_lean(sampler: PointSampler, tiles: int, threads: int) -> Lean:
    """Measure on *tiles* tiles, and on the pages that they are of.

    The pages' share of a class is the number of its objects, which the index knows exactly, times
    their mean area on these pages.
    """
    classes, index = len(sampler.objects), sampler.store.index
    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(lambda number: _tile_shares(sampler, number), range(tiles)))
    places = sorted({place for place, _shares in found})
    areas, objects = np.zeros(classes + 1), np.zeros(classes + 1)
    for place in places:
        areas += sampler.store.page(place).areas(classes)
        ids = index.columns["class_id"][slice(*index.span("object", place))]
        objects += np.bincount(ids, minlength=classes + 1)
    objects[0] = len(places)
    whole = np.concatenate([[len(sampler.places)], sampler.objects])
    natural = areas / np.maximum(objects, 1) * whole
    return Lean(_normal(sum(shares for _place, shares in found)), _normal(natural))


def _tile_shares(sampler: PointSampler, number: int) -> tuple[int, NDArray[np.float64]]:
    """Of a tile its page, and the share of its points that each class is to be expected to have."""
    place, window = sampler.window(stream(sampler.seed, "lean", number))
    class_id = cut_tile(sampler.store.page(place), window).class_id
    counts = np.bincount(class_id, minlength=len(sampler.objects) + 1)
    powers = np.where(counts > 0, counts**sampler.sampling.point_exponent, 0)
    return place, powers / max(powers.sum(), 1)


def _normal(amounts: NDArray[np.float64]) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = np.maximum(amounts / amounts.sum(), _LEAST_SHARE)
    return shares
