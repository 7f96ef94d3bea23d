"""Whole pages with their boxes, in memory, for training and validating detectors."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from deepscores.dataset.index import Index, open_index
from deepscores.dataset.labelled import LabelledPage
from deepscores.dataset.labelled.scaling import scaled_size
from deepscores.dataset.reader import open_dataset
from deepscores.errors import DatasetError
from deepscores.page.measuring.staff_space import common_staff_space, known_staff_space
from deepscores.runs.streams import stream
from deepscores.training.detect.tiles import TrainPage
from deepscores.training.loaders.reading import PageReader
from deepscores.training.loop.ahead import make_ahead
from deepscores.training.loop.fresh_pages import FreshPages
from deepscores.training.loop.options import TrainOptions

_FRESH_PAGES = 64  # per epoch
_EPOCHS_PER_DRAWING = 4  # on the same pages, where not all fit into memory


class PageSource:
    """The pages of a dataset, at one staff space, read on demand.

    *most_pixels* limits the pages in memory; beyond it, they are replaced every few epochs.
    """

    def __init__(self, dataset: Path, options: TrainOptions, most_pixels: int) -> None:
        self.index: Index = open_index(dataset, options.labels)
        self._reader = PageReader(dataset, self.index)
        self._options, self._most_pixels = options, most_pixels
        self.label_set = (options.labels or open_dataset(dataset).labels).name
        self._fresh = FreshPages(options, self.index.names, _train_page) if options.recipe else None
        self._pages_by_drawing: dict[int, list[TrainPage]] = {}  # by number of the drawing
        self._has_all = self._pixels("train") <= most_pixels

    @property
    def staff_space(self) -> float | None:
        """Pixels between staff lines on every page, if they all have the same."""
        if self._options.staff_space is not None:
            return self._options.staff_space
        return common_staff_space(np.unique(self.index.pages["staff_space"].to_numpy()))

    def objects(self, split: str) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """Boxes and class ids of all objects of a split."""
        columns = self.index.columns
        objects = []
        for place in self._places(split).tolist():
            rows = slice(*self.index.span("object", place))
            objects.append((columns["box"][rows] * self._factor(place), columns["class_id"][rows]))
        boxes, class_ids = (np.concatenate(parts) for parts in zip(*objects, strict=True))
        return boxes.astype(np.float32), class_ids.astype(np.int32)

    def epoch(self, number: int) -> list[TrainPage]:
        """The pages to train on in an epoch; they depend on its number alone."""
        if self._fresh is not None:
            return self._fresh.epoch(number, _FRESH_PAGES)
        drawing = 0 if self._has_all else number // _EPOCHS_PER_DRAWING
        if drawing not in self._pages_by_drawing:
            self._pages_by_drawing = {}  # freed before others are read
            self._pages_by_drawing[drawing] = self._draw_pages(drawing)
        return self._pages_by_drawing[drawing]

    def _draw_pages(self, drawing: int) -> list[TrainPage]:
        """As many pages of the split ``train`` as fit into memory, in the order of their names."""
        places = self._places("train")
        random = stream(self._options.seed, "pages", drawing)
        pages = list(self._read(random.permutation(places), self._most_pixels))
        return sorted(pages, key=lambda page: page.name)

    def spread(self, split: str, limit: int) -> list[TrainPage]:
        """At most *limit* pages of a split, evenly spread over it."""
        places = self._places(split)
        spread_places = np.unique(np.linspace(0, len(places) - 1, min(limit, len(places))).round())
        return [self.read(int(places[int(place)])) for place in spread_places]

    def read(self, place: int) -> TrainPage:
        """One page."""
        row, objects = self.index.row(place), self.index.objects(place)
        image = self._reader.image(str(row["page"]))
        height, width = image.shape
        staff_space = known_staff_space(row["staff_space"])
        size = scaled_size(width, height, staff_space, self._options.staff_space)
        box = objects.box
        if size != (width, height):
            image = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS))
            box = box * np.tile(np.array(size) / (width, height), 2)
        return TrainPage(str(row["page"]), image, box.astype(np.float32), objects.class_id)

    def _places(self, split: str) -> NDArray[np.int32]:
        places = self.index.places(split)
        if not len(places):
            raise DatasetError(f"{self._reader.dataset}: no page of the split {split!r}")
        return places

    def _factor(self, place: int) -> float:
        """The factor by which the page at *place* is enlarged."""
        staff_space = known_staff_space(self.index.pages["staff_space"][place].as_py())
        target_space = self._options.staff_space
        return 1.0 if staff_space is None or target_space is None else target_space / staff_space

    def _pixels(self, split: str) -> float:
        """The pixels of all pages of a split."""
        pages = self.index.pages
        places = self.index.places(split)
        sizes = np.stack([pages[side].to_numpy()[places] for side in ("width", "height")])
        factors = np.array([self._factor(place) for place in places.tolist()])
        return float((sizes.astype(np.float64).prod(axis=0) * factors**2).sum())

    def _read(self, places: NDArray[np.int32], most_pixels: int) -> Iterator[TrainPage]:
        """The first of *places*, as many as fit into memory, at least one."""
        pixels = 0
        for page in make_ahead(self.read, places.tolist(), self._options.workers or 0):
            pixels += page.image.size
            if pixels > most_pixels and pixels > page.image.size:
                return
            yield page


def _train_page(page: LabelledPage, _image_id: int, /) -> TrainPage:
    """A fresh page in the form that a detector is trained on."""
    objects = page.objects
    return TrainPage(page.name, page.image, objects.box.astype(np.float32), objects.class_id)
