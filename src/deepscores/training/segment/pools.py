"""Where tiles are cut from: the pages of a dataset's split, or pages made while training runs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from deepscores.dataset.index import Index
from deepscores.dataset.labelled import LabelledPage
from deepscores.training.loaders.reading import PageReader
from deepscores.training.segment.ink import InkPage, pack_page

_MAX_CACHED_PAGES = 2_000  # of one or two megabytes each


class Pool(Protocol):
    """Pages, numbered from 0, with their objects by class."""

    @property
    def pages(self) -> int:
        """The number of pages."""

    @property
    def objects(self) -> NDArray[np.int64]:
        """(classes,) the number of objects of each class, by id - 1."""

    def page(self, place: int) -> InkPage:
        """One page."""

    def classes_on(self, place: int) -> NDArray[np.int64]:
        """(n,) class ids of its objects."""

    def find(self, class_id: int, nth: int) -> tuple[int, NDArray[np.float64]]:
        """The page of the *nth* object of a class, and its box x0 y0 x1 y1 in its pixels."""


@dataclass(frozen=True)
class DatasetPool:
    """The pages of one split, each read on first use, then cached while there is room.

    Pages are rescaled to *staff_space*. Threads may read at the same time.
    """

    dataset: Path
    index: Index
    split: str
    staff_space: float | None = None
    _cached: dict[int, InkPage] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @cached_property
    def _places(self) -> NDArray[np.int32]:
        return self.index.places(self.split)

    @property
    def pages(self) -> int:
        return len(self._places)

    @cached_property
    def objects(self) -> NDArray[np.int64]:
        return np.diff(self._spans, axis=1)[:, 0]

    @cached_property
    def _spans(self) -> NDArray[np.int64]:
        ids = range(1, len(self.index.names) + 1)
        spans = [self.index.of_class("by_class", self.split, class_id) for class_id in ids]
        return np.array(spans, np.int64).reshape(-1, 2)

    @cached_property
    def _sizes(self) -> NDArray[np.int64]:
        return np.stack([self.index.pages[side].to_numpy() for side in ("width", "height")], 1)

    def page(self, place: int) -> InkPage:
        page = self._cached.get(place)
        if page is None:
            page = self.read(place)
            with self._lock:
                if len(self._cached) >= _MAX_CACHED_PAGES:
                    del self._cached[next(iter(self._cached))]  # the oldest
                self._cached[place] = page
        return page

    def read(self, place: int) -> InkPage:
        """As `page`, without the cache. Raise DatasetError for what is missing or damaged."""
        reader = PageReader(self.dataset, self.index, staff_space=self.staff_space)
        return pack_page(reader.page(int(self._places[place])))

    def classes_on(self, place: int) -> NDArray[np.int64]:
        rows = slice(*self.index.span("object", int(self._places[place])))
        return self.index.columns["class_id"][rows].astype(np.int64)

    def find(self, class_id: int, nth: int) -> tuple[int, NDArray[np.float64]]:
        columns = self.index.columns
        row = int(columns["by_class"][self._spans[class_id - 1, 0] + nth])
        page_place = self.index.page_of(row)
        place = int(np.searchsorted(self._places, page_place))
        page = self.page(place)
        scale = np.array([page.width, page.height]) / self._sizes[page_place]
        return place, columns["box"][row] * np.tile(scale, 2)


class FreshPage(NamedTuple):
    """A page made in memory, with its objects."""

    page: InkPage
    box: NDArray[np.float64]  # (n, 4)
    class_id: NDArray[np.int64]  # (n,)


class FreshPool:
    """Pages of an epoch that were made for it."""

    def __init__(self, fresh_pages: Sequence[FreshPage], classes: int) -> None:
        self._fresh_pages = fresh_pages
        self._page = np.repeat(
            np.arange(len(fresh_pages)), [len(fresh.class_id) for fresh in fresh_pages]
        )
        self._box = np.concatenate([np.empty((0, 4)), *(fresh.box for fresh in fresh_pages)])
        class_id = np.concatenate(
            [np.empty(0, np.int64), *(fresh.class_id for fresh in fresh_pages)]
        )
        self._order = np.argsort(class_id, kind="stable")
        self._starts = np.searchsorted(class_id[self._order], np.arange(1, classes + 2))

    @property
    def pages(self) -> int:
        return len(self._fresh_pages)

    @property
    def objects(self) -> NDArray[np.int64]:
        return np.diff(self._starts)

    def page(self, place: int) -> InkPage:
        return self._fresh_pages[place].page

    def classes_on(self, place: int) -> NDArray[np.int64]:
        return self._fresh_pages[place].class_id

    def find(self, class_id: int, nth: int) -> tuple[int, NDArray[np.float64]]:
        row = int(self._order[self._starts[class_id - 1] + nth])
        return int(self._page[row]), self._box[row]


def fresh_page(page: LabelledPage, _image_id: int, /) -> FreshPage:
    """A fresh page in the form that `FreshPool` takes."""
    objects = page.objects
    return FreshPage(pack_page(page), objects.box, objects.class_id.astype(np.int64))
