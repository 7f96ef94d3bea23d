"""Which tiles and which of their ink pixels a segmenting network learns from, and how they lean."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.dataset.labelled import Window
from deepscores.errors import DatasetError
from deepscores.runs.streams import stream
from deepscores.training.segment.ink import cut_tile
from deepscores.training.segment.pools import Pool

_INNER = 0.15  # of a tile: what it was drawn for is no nearer to its edge
_MIN_SHARE = 1e-7  # of a class in the ink; below it nothing can be measured


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tiles and points are drawn.

    An exponent of 0 draws every class equally often, one of 1 as often as the pages have it.
    """

    size: int  # pixels of a tile, each way; a multiple of 32
    points: int  # of a tile
    tile_exponent: float = 0.4  # of the objects of a class, for what a tile is drawn around
    point_exponent: float = 0.5  # of the pixels of a class in a tile, for its points
    anywhere: float = 0.25  # share of tiles that lie around any ink of any page


class Points(NamedTuple):
    """A tile and its pixels to learn from."""

    image: NDArray[np.uint8]  # (size, size)
    place: NDArray[np.int64]  # (points,) in the ravelled picture; none if the tile has no ink
    class_id: NDArray[np.int64]  # (points,)


class PointSampler:
    """Draws tiles around objects, those of rare classes more often, and points in them likewise.

    The same seed, epoch and number give the same points. Raise DatasetError for pages without any
    object.
    """

    def __init__(self, pool: Pool, sampling: Sampling, seed: int) -> None:
        self.pool, self.sampling, self.seed = pool, sampling, seed
        objects = pool.objects.astype(np.float64)
        if not objects.any():
            raise DatasetError("no labelled object to learn from; see --labels")
        powers = np.where(objects > 0, np.maximum(objects, 1) ** sampling.tile_exponent, 0)
        self.shares = powers / powers.sum()

    def points(self, epoch: int, number: int) -> Points:
        """The tile of that *number* in an epoch, with its points."""
        random = stream(self.seed, "tile", epoch, number)
        anywhere = random.random() < self.sampling.anywhere
        drawn_for = 0 if anywhere else 1 + int(random.choice(len(self.shares), p=self.shares))
        place, window = self.window(drawn_for, random)
        tile = cut_tile(self.pool.page(place), window)
        drawn = draw_points(tile.class_id, self.sampling, random)
        return Points(tile.image, tile.place[drawn], tile.class_id[drawn])

    def window(self, class_id: int, random: np.random.Generator) -> tuple[int, Window]:
        """A page and a square that begins on it, around an object of a class; 0: around any ink."""
        place, x, y = self._object(class_id, random) if class_id else self._ink(random)
        page, size = self.pool.page(place), self.sampling.size
        inner = random.uniform(_INNER * size, (1 - _INNER) * size, 2)
        left = int(np.clip(x - inner[0], 0, max(page.width - size, 0)))
        top = int(np.clip(y - inner[1], 0, max(page.height - size, 0)))
        return place, Window(left, top, size)

    def _ink(self, random: np.random.Generator) -> tuple[int, float, float]:
        place = int(random.integers(self.pool.pages))
        page = self.pool.page(place)
        if not len(page.column):
            return place, 0, 0
        pixel = int(random.integers(len(page.column)))
        row = int(np.searchsorted(page.starts, pixel, side="right")) - 1
        return place, float(page.column[pixel]), float(row)

    def _object(self, class_id: int, random: np.random.Generator) -> tuple[int, float, float]:
        nth = int(random.integers(self.pool.objects[class_id - 1]))
        place, (x0, y0, x1, y1) = self.pool.find(class_id, nth)
        return place, random.uniform(x0, x1), random.uniform(y0, y1)


def draw_points(
    class_id: NDArray[np.int64], sampling: Sampling, random: np.random.Generator
) -> NDArray[np.int64]:
    """The places of the ink pixels of a tile to learn from; none if it has no ink.

    Draws at equal steps along the pixels in reading order, so that they are spread over the tile.
    """
    if not len(class_id):
        return np.empty(0, np.int64)
    counts = np.bincount(class_id)
    weight = np.maximum(counts, 1.0) ** (sampling.point_exponent - 1)
    ends = np.cumsum(weight[class_id])
    steps = (np.arange(sampling.points) + random.random()) * (ends[-1] / sampling.points)
    places: NDArray[np.int64] = np.searchsorted(ends, steps, side="right")
    return np.minimum(places, len(class_id) - 1)


class ClassShares(NamedTuple):
    """How often class ids occur, (classes + 1,); 0 is ink without a class."""

    drawn: NDArray[np.float64]  # share of the points
    natural: NDArray[np.float64]  # share of the pages' ink

    def adjustment(self, ids: Sequence[int]) -> NDArray[np.float32]:
        """(ids,) the logarithm of drawn by natural.

        Added to the logits while training, it leaves in them what the pages' ink is, however the
        points were drawn (Menon et al. 2021, "Long-tail learning via logit adjustment").
        """
        class_ids = list(ids)
        lean: NDArray[np.float64] = np.log(self.drawn[class_ids] / self.natural[class_ids])
        return lean.astype(np.float32)

    def tempering(self, ids: Sequence[int], exponent: float) -> NDArray[np.float32]:
        """(ids,) terms to add to logits, so that rarity counts less against a class.

        With an exponent of 0 nothing, with one of 1 as if all classes had as many pixels.
        """
        natural: NDArray[np.float64] = np.log(self.natural[list(ids)])
        added: NDArray[np.float64] = exponent * (natural.mean() - natural)
        return added.astype(np.float32)


def measure_shares(sampler: PointSampler, tiles: int, threads: int) -> ClassShares:
    """Measure on *tiles* tiles around each class, ten times as many anywhere, and on their pages.

    The pages' share of a class is the number of its objects, which the pool knows exactly, times
    their mean area on these pages.
    """
    pool, classes = sampler.pool, len(sampler.shares)
    anywhere, class_ids = sampler.sampling.anywhere, (np.flatnonzero(sampler.shares) + 1).tolist()
    tasks = [(0, nth, anywhere / (10 * tiles)) for nth in range(10 * tiles)]
    for class_id in class_ids:
        weight = (1 - anywhere) * sampler.shares[class_id - 1] / tiles
        tasks += [(class_id, nth, weight) for nth in range(tiles)]
    with ThreadPoolExecutor(threads) as threaded:
        measured = list(threaded.map(lambda task: _tile_shares(sampler, *task[:2]), tasks))
    drawn = np.sum(
        [task[2] * shares for task, (_, shares) in zip(tasks, measured, strict=True)], axis=0
    )
    places = sorted({place for place, _ in measured})
    areas, objects = np.zeros(classes + 1), np.zeros(classes + 1)
    for place in places:
        areas += pool.page(place).areas(classes)
        objects += np.bincount(pool.classes_on(place), minlength=classes + 1)
    objects[0] = len(places)
    totals = np.concatenate([[pool.pages], pool.objects])
    return ClassShares(_normalise(drawn), _normalise(areas / np.maximum(objects, 1) * totals))


def _tile_shares(sampler: PointSampler, class_id: int, nth: int) -> tuple[int, NDArray[np.float64]]:
    """The page of a tile, and the expected share of each class in its points."""
    place, window = sampler.window(class_id, stream(sampler.seed, "lean", class_id, nth))
    class_ids = cut_tile(sampler.pool.page(place), window).class_id
    counts = np.bincount(class_ids, minlength=len(sampler.shares) + 1).astype(np.float64)
    powers = np.where(counts > 0, np.maximum(counts, 1) ** sampler.sampling.point_exponent, 0)
    return place, powers / max(powers.sum(), 1)


def _normalise(amounts: NDArray[np.float64]) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = np.maximum(amounts / amounts.sum(), _MIN_SHARE)
    return shares
