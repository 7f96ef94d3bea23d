"""Pages of a dataset with their objects, for a process that reads some of them again and again."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepscores.auditing.own import read_bytes
from deepscores.formats.png import decode_png
from deepscores.formats.tables import SYMBOLS
from deepscores.geometry import Affine
from deepscores.labelled import LabelledPage, rescaled
from deepscores.labelled.page import of_classes, require_fit
from deepscores.loaders.index import Index
from deepscores.pipeline.samples import IMAGES, INSTANCES
from deepscores.vocabulary.labels import LabelClass

_HELD = 2  # pages kept at hand in each process


@dataclass
class PageReader:
    """Reads labelled pages; the last few stay at hand, for the next tile of the same page.

    Sent to another process it takes no page, file or memory map along.
    """

    dataset: Path
    index: Index
    chosen: Sequence[LabelClass] | None = None  # classes, whose ids are then places here, from 1
    staff_space: float | None = None
    _held: "OrderedDict[int, LabelledPage]" = field(default_factory=OrderedDict)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_held": OrderedDict()}

    def page(self, place: int) -> LabelledPage:
        """The page at *place* in the index; its `symbols` have no rows."""
        if place not in self._held:
            while len(self._held) >= _HELD:
                self._held.popitem(last=False)
            self._held[place] = self._read(place)
        self._held.move_to_end(place)
        return self._held[place]

    def ids(self, own: NDArray[np.int32]) -> NDArray[np.int64]:
        """What class ids of the index are here, 0 for those that were not chosen."""
        if self.chosen is None:
            return own.astype(np.int64)
        ids = np.zeros(len(self.index.names) + 1, np.int64)
        ids[[one.id for one in self.chosen]] = np.arange(1, len(self.chosen) + 1)
        return ids[own]

    def _read(self, place: int) -> LabelledPage:
        row = self.index.row(place)
        name = str(row["page"])
        image = self.image(name)
        owners = self._pixels(INSTANCES, name).astype(np.uint16, copy=False)
        where = f"{self.dataset}: {name}"
        require_fit(where, image, owners, self.index.symbols(place))
        objects = self.index.objects(place)
        page = LabelledPage(name, row, image, owners, SYMBOLS.empty_table(), objects, Affine())
        if self.chosen is not None:
            page = of_classes(page, self.chosen)
        return page if self.staff_space is None else rescaled(page, self.staff_space)

    def image(self, name: str) -> NDArray[np.uint8]:
        """The picture of a page, as it is on the disk."""
        return self._pixels(IMAGES, name).astype(np.uint8, copy=False)

    def _pixels(self, kind: str, name: str) -> NDArray[np.uint8] | NDArray[np.uint16]:
        return read_pixels(self.dataset / kind / f"{name}.png")


def read_pixels(path: Path) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """A grey PNG; raise DatasetError if it is missing or damaged."""
    return decode_png(read_bytes(path), str(path))
