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
from deepscores.page.labels.label_sets import LabelSet, resolve_label_set
from deepscores.page.measuring.staff_space import SCALABLE, check_staff_space, known_staff_space
from deepscores.training.loaders.forms import (
    DetectionForm,
    Form,
    SegmentationForm,
    with_paper,
)
from deepscores.training.loaders.maps import MapReader
from deepscores.training.loaders.reading import PageReader
from deepscores.training.loaders.sharing import shared_counter
from deepscores.training.loaders.views import View, checked_view


class Tiles(Dataset[Any]):
    """Pictures of a dataset's pages in a *form*: the base of `Detection` and `Segmentation`."""

    classes: tuple[str, ...]  # names by class id; 0 is paper

    def __init__(
        self,
        dataset: str | Path,
        split: str,
        form: Form,
        view: View,
        *,
        labels: str | LabelSet | None = None,
        classes: Sequence[str] | str = (),
        staff_space: float | None = None,
        transform: Callable[..., Any] | None = None,
    ) -> None:
        check_staff_space(staff_space, SCALABLE)
        self.form, self.view, self.transform = form, checked_view(view), transform
        label_set = resolve_label_set(labels)
        self.index = open_index(dataset, label_set)
        label_classes = choose_classes(open_dataset(dataset).labels, label_set, classes)
        self.classes = with_paper(label_class.name for label_class in label_classes)
        self.reader = PageReader(
            Path(dataset), self.index, label_classes if classes else None, staff_space
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
        labelled_page = self.reader.page(int(self.places[page]))
        return self.view.part(labelled_page, nth, int(self._epoch))

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
        pairs_by_page = [_class_items(self, place) for place in range(len(self.places))]
        pairs = np.concatenate([np.empty((0, 2), np.int64), *pairs_by_page])
        pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
        starts = np.searchsorted(pairs[:, 0], np.arange(1, len(self.classes) + 1))
        return starts, pairs[:, 1]


def _counts(
    index: Index, places: NDArray[np.int32], view: View, staff_space: float | None
) -> NDArray[np.int64]:
    """How many samples each page gives."""
    columns = [index.pages[name].to_numpy()[places] for name in ("width", "height", "staff_space")]
    sizes = np.stack([column.astype(np.float64) for column in columns], axis=1)
    distinct, inverse = np.unique(sizes, axis=0, return_inverse=True)
    counts = [
        view.count(*scaled_size(int(width), int(height), known_staff_space(space), staff_space))
        for width, height, space in distinct.tolist()
    ]
    return np.array(counts, np.int64)[inverse.reshape(-1)]


def _class_items(tiles: Tiles, page: int) -> NDArray[np.int64]:
    """Pairs of a class id and an item of *page* that shows it, each once."""
    index, place, view = tiles.index, int(tiles.places[page]), tiles.view
    objects, row = index.objects(place), index.row(place)
    first = int(tiles.ends[page - 1]) if page else 0
    ids = tiles.reader.ids(objects.class_id)
    labelled = ids > 0
    ids, middle = ids[labelled], objects.box[labelled].reshape(-1, 2, 2).mean(axis=1)
    if view.tiles is None or view.crops is not None:
        items = np.arange(first, int(tiles.ends[page]))
        classes = np.unique(ids)
        return np.stack([np.repeat(classes, len(items)), np.tile(items, len(classes))], axis=1)
    width, height = scaled_size(
        row["width"], row["height"], known_staff_space(row["staff_space"]), tiles.reader.staff_space
    )
    middle = middle * np.array([width / row["width"], height / row["height"]])
    pairs = [np.empty((0, 2), np.int64)]
    for nth, window in enumerate(view.grid(width, height)):
        low = np.array([window.x, window.y])
        is_inside = ((middle >= low) & (middle < low + window.size)).all(axis=1)
        class_ids = np.unique(ids[is_inside]).astype(np.int64)
        pairs.append(np.stack([class_ids, np.full(len(class_ids), first + nth)], axis=1))
    return np.concatenate(pairs)


class Detection(Tiles):
    """Pages, or tiles of them, with boxes, oriented boxes and masks; see `DetectionForm`.

    *split* is ``train``, ``val``, ``test`` or ``all``; *labels* another label set than the
    dataset's; *classes* names or patterns of those to keep, which are then numbered anew.
    *tiles* px squares lie on a grid with *overlap* (an eighth by default), or are *crops* per page
    at random places, others in each epoch. *staff_space* rescales pages to so many pixels.
    *transform* takes and returns ``(image, target)``. Raise DatasetError for a dataset that cannot
    be used, RecipeError for invalid arguments.
    """

    def __init__(
        self,
        dataset: str | Path,
        split: str = "train",
        *,
        labels: str | LabelSet | None = None,
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
        labels: str | LabelSet | None = None,
        classes: Sequence[str] | str = (),
        tiles: int | None = None,
        overlap: int | None = None,
        crops: int | None = None,
        staff_space: float | None = None,
        seed: int = 0,
        transform: Callable[..., Any] | None = None,
    ) -> None:
        labels = resolve_label_set(labels)
        super().__init__(
            dataset, split, SegmentationForm(), View(tiles, overlap, crops, seed),
            labels=labels, classes=classes, staff_space=staff_space, transform=transform,
        )  # fmt: skip
        built_labels = open_dataset(dataset).labels
        label_classes = self.reader.classes
        is_own = labels is None or labels == built_labels
        self.maps = (
            MapReader(Path(dataset), self.index, label_classes)
            if is_own and staff_space is None
            else None
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
