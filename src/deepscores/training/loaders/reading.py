"""Pages of a dataset with their objects, for a process that reads some of them again and again."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from deepscores.dataset.columns import SYMBOLS
from deepscores.dataset.index import Index
from deepscores.dataset.labelled import LabelledPage, rescale
from deepscores.dataset.labelled.page import PixelsInMemory, require_fit, select_classes
from deepscores.dataset.layout import IMAGES, INSTANCES
from deepscores.dataset.png.codec import decode_png
from deepscores.page.geometry import Affine
from deepscores.page.labels.label_sets import LabelClass
from deepscores.runs.files import read_bytes

_MAX_CACHED_PAGES = 2  # pages kept at hand in each process

Page = TypeVar("Page")


class Latest(Generic[Page]):
    """The last few pages read, for the next tile of one of them; they stay in their process."""

    def __init__(self) -> None:
        self._pages: OrderedDict[int, Page] = OrderedDict()

    def __reduce__(self) -> tuple[Any, ...]:
        return Latest, ()

    def get(self, place: int, read: Callable[[int], Page]) -> Page:
        """The page at *place*, read by *read* unless it is cached."""
        if place not in self._pages:
            while len(self._pages) >= _MAX_CACHED_PAGES:
                self._pages.popitem(last=False)
            self._pages[place] = read(place)
        self._pages.move_to_end(place)
        return self._pages[place]


@dataclass
class PageReader:
    """Reads labelled pages; the last few are cached, for the next tile of the same page.

    Pickled for another process, it takes no page, file or memory map with it.
    """

    dataset: Path
    index: Index
    classes: Sequence[LabelClass] | None = None  # those to keep, numbered from 1 in this order
    staff_space: float | None = None
    _latest: Latest[LabelledPage] = field(default_factory=Latest)

    def page(self, place: int) -> LabelledPage:
        """The page at *place* in the index; its `symbols` have no rows."""
        return self._latest.get(place, self._read)

    def ids(self, class_ids: NDArray[Any]) -> NDArray[np.int64]:
        """The numbers here of class ids of the index, 0 for classes that are not kept."""
        return own_ids(self.index, self.classes, class_ids)

    def _read(self, place: int) -> LabelledPage:
        row = self.index.row(place)
        name = str(row["page"])
        image = self.image(name)
        owners = self._pixels(INSTANCES, name).astype(np.uint16, copy=False)
        location = f"{self.dataset}: {name}"
        require_fit(location, image, owners, self.index.symbols(place))
        objects = self.index.objects(place)
        pixels = PixelsInMemory(image, owners)
        page = LabelledPage(name, row, pixels, SYMBOLS.empty_table(), objects, Affine())
        if self.classes is not None:
            page = select_classes(page, self.classes)
        return page if self.staff_space is None else rescale(page, self.staff_space)

    def image(self, name: str) -> NDArray[np.uint8]:
        """The picture of a page, as it is on the disk."""
        return self._pixels(IMAGES, name).astype(np.uint8, copy=False)

    def _pixels(self, kind: str, name: str) -> NDArray[np.uint8] | NDArray[np.uint16]:
        return read_pixels(self.dataset / kind / f"{name}.png")


def own_ids(
    index: Index, classes: Sequence[LabelClass] | None, ids: NDArray[Any]
) -> NDArray[np.int64]:
    """The places of class *ids* of *index* among *classes*, from 1, 0 for others; None: *ids*."""
    if classes is None:
        return ids.astype(np.int64)
    table = np.zeros(len(index.names) + 1, np.int64)
    table[[label_class.id for label_class in classes]] = np.arange(1, len(classes) + 1)
    renumbered: NDArray[np.int64] = table[ids]
    return renumbered


def read_pixels(path: Path) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """A grey PNG; raise DatasetError if it is missing or damaged."""
    return decode_png(read_bytes(path), str(path))
