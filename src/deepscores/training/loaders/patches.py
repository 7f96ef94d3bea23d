"""Patches around the objects of a dataset as a map-style dataset for classification."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from deepscores.dataset.index import open_index
from deepscores.dataset.labelled.classes import choose_classes
from deepscores.dataset.layout import IMAGES
from deepscores.dataset.reader import open_dataset
from deepscores.dataset.splits import SPLITS
from deepscores.errors import DatasetError, RecipeError
from deepscores.page.geometry import Box
from deepscores.page.labels.label_sets import LabelSet, resolve_label_set
from deepscores.page.labels.patches import cut_patch
from deepscores.training.loaders.forms import image_tensor
from deepscores.training.loaders.reading import read_pixels

_SOURCES = ("files", "pages")


class Patches(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """``(patch, label)``: uint8, (1, height, width), 255 = paper; int64, a place in `classes`.

    From the dataset's *files*: those in ``patches/``, of its own size and label set, at most as
    many per class as it was built with. Cut from its *pages*: every object of the split, by any
    label set, *size* px (width, height) around its box; each costs the reading of its page. Items
    are sorted by class. *split* and *classes* are as for `Detection`; *transform* takes and gives
    ``(patch, label)``. Raise DatasetError or RecipeError for what is not possible.
    """

    classes: tuple[str, ...]  # names by label, from 0: no patch is of paper

    def __init__(
        self,
        dataset: str | Path,
        split: str = "train",
        *,
        source: Literal["files", "pages"] = "files",
        labels: str | LabelSet | None = None,
        classes: Sequence[str] | str = (),
        size: tuple[int, int] | None = None,
        transform: Callable[..., Any] | None = None,
    ) -> None:
        opened = open_dataset(dataset)
        built_size = opened.info["recipe"].get("patches")
        self.size = _size(size or tuple(built_size or (45, 170)))
        if source not in _SOURCES:
            raise RecipeError(f"source: {source!r} is none of {', '.join(_SOURCES)}")
        if source == "files" and (labels or list(self.size) != built_size):
            raise RecipeError("source: files have the dataset's labels and size; give 'pages'")
        if split != "all" and split not in SPLITS:
            raise RecipeError(f"split: {split!r} is none of {', '.join(SPLITS)}, all")
        self.dataset, self.source, self.transform = Path(dataset), source, transform
        label_set = resolve_label_set(labels)
        self.index = open_index(dataset, label_set)
        label_classes = choose_classes(opened.labels, label_set, classes)
        self.classes = tuple(label_class.name for label_class in label_classes)
        self._kind = "by_class" if source == "pages" else "patched"
        buckets = (*SPLITS, "") if split == "all" else (split,)
        spans = [
            self.index.of_class(self._kind, b, each_class.id)
            for each_class in label_classes
            for b in buckets
        ]
        self._starts = np.array([start for start, _ in spans], np.int64)
        self._ends = np.cumsum([end - start for start, end in spans])
        self._buckets = len(buckets)

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getitem__(self, item: int) -> Any:
        label, row = self._row(item)
        sample = (image_tensor(self._picture(label, row)), torch.tensor(label))
        return sample if self.transform is None else self.transform(*sample)

    def picture(self, item: int) -> NDArray[np.uint8]:
        """The patch of an item alone, (height, width), 255 = paper."""
        return self._picture(*self._row(item))

    def rows(self) -> NDArray[np.int64]:
        """(items,): the object that each item shows, by its place in the `index`."""
        sizes = np.diff(self._ends, prepend=0)
        first = np.repeat(self._starts - (self._ends - sizes), sizes)
        rows: NDArray[np.int64] = self.index.columns[self._kind][first + np.arange(len(self))]
        return rows.astype(np.int64)

    def symbol(self, item: int) -> tuple[str, int]:
        """The page and the number of the first symbol of the object that an item shows."""
        return self._place(self._row(item)[1])

    def items_by_class(self) -> tuple[NDArray[np.int64], None]:
        """Where the items of each class begin, and the end."""
        return np.concatenate([[0], self._ends[self._buckets - 1 :: self._buckets]]), None

    def _row(self, item: int) -> tuple[int, int]:
        """The label and the object, by its place in the index, of an item."""
        if not -len(self) <= item < len(self):
            raise IndexError(f"item {item} of {len(self)}")
        item = int(item) % len(self)
        span = int(np.searchsorted(self._ends, item, side="right"))
        nth = item - (int(self._ends[span - 1]) if span else 0)
        row = self.index.columns[self._kind][self._starts[span] + nth]
        return span // self._buckets, int(row)

    def _picture(self, label: int, row: int) -> NDArray[np.uint8]:
        return self._cut(row) if self.source == "pages" else self._read(label, row)

    def _place(self, row: int) -> tuple[str, int]:
        page = self.index.pages["page"][self.index.page_of(row)].as_py()
        return page, int(self.index.columns["number"][row])

    def _read(self, label: int, row: int) -> NDArray[np.uint8]:
        page, number = self._place(row)
        path = self.dataset / "patches" / self.classes[label] / f"{page}-{number:05d}.png"
        patch = read_pixels(path)
        if patch.shape != self.size[::-1]:
            raise DatasetError(f"{path}: is not {self.size[0]} x {self.size[1]} px")
        return patch.astype(np.uint8, copy=False)

    def _cut(self, row: int) -> NDArray[np.uint8]:
        page, _ = self._place(row)
        image = _page_image(self.dataset / IMAGES / f"{page}.png")
        return cut_patch(image, Box(*self.index.columns["box"][row].tolist()), *self.size)


@lru_cache(maxsize=2)
def _page_image(path: Path) -> NDArray[np.uint8]:
    """The picture of a page; the next patch may be of the same."""
    return read_pixels(path).astype(np.uint8, copy=False)


def _size(size: Sequence[int]) -> tuple[int, int]:
    if len(size) != 2 or not all(1 <= side <= 4096 for side in size):
        raise RecipeError(f"size: {size!r} is not width and height, 1 to 4096 px each")
    return int(size[0]), int(size[1])
