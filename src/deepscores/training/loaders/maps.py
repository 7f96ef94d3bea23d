"""Pages of a dataset with a class id per pixel, straight from its files, without their objects."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from deepscores.dataset.index import Index
from deepscores.dataset.labelled import Window
from deepscores.dataset.labelled.tiles import PAPER, cut_pixels
from deepscores.dataset.layout import IMAGES, MASKS
from deepscores.errors import DatasetError
from deepscores.page.labels.label_sets import LabelClass
from deepscores.training.loaders.forms import image_tensor
from deepscores.training.loaders.reading import Latest, own_ids, read_pixels


class MappedPage(NamedTuple):
    """A page, and which class in the dataset's own label set each pixel is of."""

    name: str
    image: NDArray[np.uint8]  # (height, width), 255 = paper
    classes: NDArray[np.uint8] | NDArray[np.uint16]  # (height, width), 0 = paper or unlabelled


@dataclass
class MapReader:
    """Reads pictures and class maps of pages under the label set that they were built with.

    Two 8-bit files per page, where objects under any label set need the 16-bit map of symbols.
    """

    dataset: Path
    index: Index  # under the dataset's own label set
    classes: Sequence[LabelClass] | None = None  # those to keep, numbered from 1 in this order
    _latest: Latest[MappedPage] = field(default_factory=Latest)

    def __post_init__(self) -> None:
        all_ids = np.arange(len(self.index.names) + 1)
        self._ids = own_ids(self.index, self.classes, all_ids)  # new id by id in the files

    def page(self, place: int) -> MappedPage:
        """The page at *place* in the index."""
        return self._latest.get(place, self._read)

    def sample(self, page: MappedPage, window: Window | None) -> tuple[torch.Tensor, torch.Tensor]:
        """The part of *page* in *window*, or all of it, in `SegmentationForm`."""
        if window is None:
            return image_tensor(page.image), torch.from_numpy(self._ids.take(page.classes))
        classes: NDArray[Any] = cut_pixels(page.classes, window, 0)
        image = cut_pixels(page.image, window, PAPER)
        return image_tensor(image), torch.from_numpy(self._ids.take(classes))

    def _read(self, place: int) -> MappedPage:
        name = str(self.index.pages["page"][place].as_py())
        image, classes = (
            read_pixels(self.dataset / kind / f"{name}.png") for kind in (IMAGES, MASKS)
        )
        page = f"{self.dataset}: {name}"
        if image.shape != classes.shape:
            sizes = [f"{pixels.shape[1]} x {pixels.shape[0]} px" for pixels in (image, classes)]
            raise DatasetError(f"{page}: the image is {sizes[0]}, the class map {sizes[1]}")
        if classes.max(initial=0) >= len(self._ids):
            raise DatasetError(
                f"{page}: class {classes.max()} in the class map, of {len(self._ids) - 1}"
            )
        return MappedPage(name, image.astype(np.uint8, copy=False), classes)
