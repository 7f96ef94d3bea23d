"""Pages and tiles of a dataset as map-style datasets for detection and segmentation."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Dataset

from deepscores.dataset.index import Index, open_index
from deepscores.dataset.labelled import LabelledPage
from deepscores.dataset.labelled.classes import choose_classes
from deepscores.dataset.labelled.scaling import scaled_size
from deepscores.dataset.reader import open_dataset
from deepscores.errors import RecipeError
from deepscores.page.labels.label_sets import load_label_set
from deepscores.training.loaders.forms import DetectionForm, Form, SegmentationForm, named
from deepscores.training.loaders.maps import MapReader
from deepscores.training.loaders.reading import PageReader
from deepscores.training.loaders.sharing import shared_counter
from deepscores.training.loaders.views import View, checked_view

_LARGEST = (1, 200)  # pixels of a staff space


class Tiles(Dataset[Any]):
    """Pictures of a dataset's pages in a *form*; `Detection` and `Segmentation` are such."""

    classes: tuple[str, ...]  # names by class id; 0 is paper

    def __init__(
        self,
        dataset: str | Path,
        split: str,
        form: Form,
        view: View,
        *,
        labels: str | None = None,
        classes: Sequence[str] | str = (),
        staff_space: float | None = None,
        transform: Callable[..., Any] | None = None,
    ) -> None:
        if staff_space is not None and not _LARGEST[0] <= staff_space <= _LARGEST[1]:
            raise RecipeError(f"staff-space: {staff_space:g} px is not between 1 and 200")
        self.form, self.view, self.transform = form, checked_view(view), transform
        self.index = open_index(dataset, labels)
        chosen = choose_classes(open_dataset(dataset).labels, labels, classes)
        self.classes = named(one.name for one in chosen)
        self.reader = PageReader(
            Path(dataset), self.index, chosen if classes else None, staff_space
        )
        self.places = self.index.places(split)
        self.ends = np.cumsum(_counts(self.index, self.places, self.view, staff_space))
        self._epoch = shared_counter()

    def set_epoch(self, epoch: int) -> None:
        """Take other random places from the next iteration on, in running workers, too."""
        self._epoch.fill_(epoch)

    def __len__(self) -> int:
        return int(self.ends[-1]) if len(self.ends) else 0

    def __getitem__(self, item: int) -> Any:
        sample = self.sample(item)
        return sample if self.transform is None else self.transform(*sample)

    def sample(self, item: int) -> Any:
        """An item in its form, before it is transformed."""
        return self.form(self.part(item), int(item) % len(self))

    def part(self, item: int) -> LabelledPage:
        """The picture of an item with its objects, before it takes its form."""
        page, nth = self.place(item)
        found = self.reader.page(int(self.places[page]))
        return self.view.part(found, nth, int(self._epoch))

    def place(self, item: int) -> tuple[int, int]:
        """Which page of the split an item is of, and which part of it."""
        if not -len(self) <= item < len(self):
            raise IndexError(f"item {item} of {len(self)}")
        item = int(item) % len(self)
        page = int(np.searchsorted(self.ends, item, side="right"))
        return page, item - (int(self.ends[page - 1]) if page else 0)

    def pages(self) -> NDArray[np.int64]:
        """(pages + 1,) where the items of each page begin, and the end."""
        return np.concatenate([[0], self.ends])

    def items_by_class(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where each class begins, and the items that show it: what a sampler draws from.

        An item shows a class if the middle of an object's box is in it; with random places, if the
        page has one.
        """
        found = [_shown(self, place) for place in range(len(self.places))]
        pairs = np.concatenate([np.empty((0, 2), np.int64), *found])
        pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
        starts = np.searchsorted(pairs[:, 0], np.arange(1, len(self.classes) + 1))
        return starts, pairs[:, 1]


def _counts(
    index: Index, places: NDArray[np.int32], view: View, staff_space: float | None
) -> NDArray[np.int64]:
    """How many samples each page gives."""
    columns = [index.pages[name].to_numpy()[places] for name in ("width", "height", "staff_space")]
    sizes = np.stack([column.astype(np.float64) for column in columns], axis=1)
    distinct, which = np.unique(sizes, axis=0, return_inverse=True)
    counts = [
        view.count(*scaled_size(int(width), int(height), before, staff_space))
        for width, height, before in distinct.tolist()
    ]
    return np.array(counts, np.int64)[which.reshape(-1)]


def _shown(tiles: Tiles, page: int) -> NDArray[np.int64]:
    """Pairs of a class id and an item of *page* that shows it, each once."""
    index, place, view = tiles.index, int(tiles.places[page]), tiles.view
    objects, row = index.objects(place), index.row(place)
    first = int(tiles.ends[page - 1]) if page else 0
    ids = tiles.reader.ids(objects.class_id)
    kept = ids > 0
    ids, middle = ids[kept], objects.box[kept].reshape(-1, 2, 2).mean(axis=1)
    if view.tiles is None or view.crops is not None:
        items = np.arange(first, int(tiles.ends[page]))
        classes = np.unique(ids)
        return np.stack([np.repeat(classes, len(items)), np.tile(items, len(classes))], axis=1)
    width, height = scaled_size(
        row["width"], row["height"], row["staff_space"], tiles.reader.staff_space
    )
    middle = middle * np.array([width / row["width"], height / row["height"]])
    pairs = [np.empty((0, 2), np.int64)]
    for nth, window in enumerate(view.grid(width, height)):
        low = np.array([window.x, window.y])
        inside = ((middle >= low) & (middle < low + window.size)).all(axis=1)
        shown = np.unique(ids[inside]).astype(np.int64)
        pairs.append(np.stack([shown, np.full(len(shown), first + nth)], axis=1))
    return np.concatenate(pairs)


class Detection(Tiles):
    """Pages, or tiles of them, with boxes, oriented boxes and masks; see `DetectionForm`.

    *split* is ``train``, ``val``, ``test`` or ``all``; *labels* another label set than the
    dataset's; *classes* names or patterns of those to keep, which are then numbered anew.
    *tiles* px squares lie on a grid with *overlap* (an eighth by default), or are *crops* a page at
    random places, others in each epoch. *staff_space* rescales pages to so many pixels. *transform*
    takes and gives ``(image, target)``. Raise DatasetError or RecipeError for what cannot be.
    """

    def __init__(
        self,
        dataset: str | Path,
        split: str = "train",
        *,
        labels: str | None = None,
        classes: Sequence[str] | str = (),
        tiles: int | None = None,
        overlap: int | None = None,
        crops: int | None = None,
        staff_space: float | None = None,
        visibility: float = 0.5,
        masks: bool = False,
        seed: int = 0,
        transform: Callable[..., Any] | None = None,
    ) -> None:
        super().__init__(
            dataset, split, DetectionForm(visibility, masks), View(tiles, overlap, crops, seed),
            labels=labels, classes=classes, staff_space=staff_space, transform=transform,
        )  # fmt: skip


class Segmentation(Tiles):
    """Pages, or tiles of them, with a class id per pixel; the arguments are `Detection`'s.

    Under the dataset's own label set and in its own size, pages are read without their objects.
    """

    def __init__(
        self,
        dataset: str | Path,
        split: str = "train",
        *,
        labels: str | None = None,
        classes: Sequence[str] | str = (),
        tiles: int | None = None,
        overlap: int | None = None,
        crops: int | None = None,
        staff_space: float | None = None,
        seed: int = 0,
        transform: Callable[..., Any] | None = None,
    ) -> None:
        super().__init__(
            dataset, split, SegmentationForm(), View(tiles, overlap, crops, seed),
            labels=labels, classes=classes, staff_space=staff_space, transform=transform,
        )  # fmt: skip
        own = open_dataset(dataset).labels
        chosen = self.reader.chosen
        is_own = labels is None or load_label_set(labels) == own
        self.maps = (
            MapReader(Path(dataset), self.index, chosen) if is_own and staff_space is None else None
        )

    def sample(self, item: int) -> Any:
        """An item in its form, before it is transformed."""
        if self.maps is None:
            return super().sample(item)
        place, nth = self.place(item)
        page = self.maps.page(int(self.places[place]))
        size = (page.image.shape[1], page.image.shape[0])
        window = self.view.window(page.name, size, nth, int(self._epoch))
        return self.maps.sample(page, window)
