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

_HELD = 2  # pages kept at hand in each process

Page = TypeVar("Page")


class Latest(Generic[Page]):
    """The last few pages read, for the next tile of one of them; they stay in their process."""

    def __init__(self) -> None:
        self._held: OrderedDict[int, Page] = OrderedDict()

    def __reduce__(self) -> tuple[Any, ...]:
        return Latest, ()

    def get(self, place: int, read: Callable[[int], Page]) -> Page:
        """The page at *place*, by *read* unless it is at hand."""
        if place not in self._held:
            while len(self._held) >= _HELD:
                self._held.popitem(last=False)
            self._held[place] = read(place)
        self._held.move_to_end(place)
        return self._held[place]


@dataclass
class PageReader:
    """Reads labelled pages; the last few stay at hand, for the next tile of the same page.

    Sent to another process it takes no page, file or memory map along.
    """

    dataset: Path
    index: Index
    chosen: Sequence[LabelClass] | None = None  # classes, whose ids are then places here, from 1
    staff_space: float | None = None
    _latest: Latest[LabelledPage] = field(default_factory=Latest)

    def page(self, place: int) -> LabelledPage:
        """The page at *place* in the index; its `symbols` have no rows."""
        return self._latest.get(place, self._read)

    def ids(self, own: NDArray[Any]) -> NDArray[np.int64]:
        """What class ids of the index are here, 0 for those that were not chosen."""
        return own_ids(self.index, self.chosen, own)

    def _read(self, place: int) -> LabelledPage:
        row = self.index.row(place)
        name = str(row["page"])
        image = self.image(name)
        owners = self._pixels(INSTANCES, name).astype(np.uint16, copy=False)
        where = f"{self.dataset}: {name}"
        require_fit(where, image, owners, self.index.symbols(place))
        objects = self.index.objects(place)
        pixels = PixelsInMemory(image, owners)
        page = LabelledPage(name, row, pixels, SYMBOLS.empty_table(), objects, Affine())
        if self.chosen is not None:
            page = select_classes(page, self.chosen)
        return page if self.staff_space is None else rescale(page, self.staff_space)

    def image(self, name: str) -> NDArray[np.uint8]:
        """The picture of a page, as it is on the disk."""
        return self._pixels(IMAGES, name).astype(np.uint8, copy=False)

    def _pixels(self, kind: str, name: str) -> NDArray[np.uint8] | NDArray[np.uint16]:
        return read_pixels(self.dataset / kind / f"{name}.png")


def own_ids(
    index: Index, chosen: Sequence[LabelClass] | None, ids: NDArray[Any]
) -> NDArray[np.int64]:
    """What class *ids* of *index* are among *chosen* classes, 0 for others; themselves if None."""
    if chosen is None:
        return ids.astype(np.int64)
    table = np.zeros(len(index.names) + 1, np.int64)
    table[[one.id for one in chosen]] = np.arange(1, len(chosen) + 1)
    found: NDArray[np.int64] = table[ids]
    return found


def read_pixels(path: Path) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """A grey PNG; raise DatasetError if it is missing or damaged."""
    return decode_png(read_bytes(path), str(path))
