"""Patches of a dataset, or of fresh pages, in one array: decoded once, then looked up."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepscores.dataset.labelled import LabelledPage
from deepscores.dataset.reader import open_dataset
from deepscores.errors import RecipeError
from deepscores.inference.models.patches import boxes_in_patches
from deepscores.page.geometry import Box
from deepscores.page.labels.patches import cut_patch
from deepscores.runs.streams import stream
from deepscores.training.loaders import Patches
from deepscores.training.loop.fresh_pages import FreshPages
from deepscores.training.loop.options import TrainOptions

_PER_CLASS = 5000  # maximum of patches that are cut from pages
_IN_MEMORY = 2 * 2**30  # bytes; larger arrays lie in a file
_FRESH_PAGES = 48  # per epoch
_TRAINING_SHARE = 0.8  # of a class that trains, by the paper's protocol


@dataclass(frozen=True)
class PatchSet:
    """Patches, sorted by label."""

    images: NDArray[np.uint8]  # (all, height, width), 255 = paper; several sets can share them
    rows: NDArray[np.int64]  # (n,) places there
    boxes: NDArray[np.float32]  # (n, 4) tight box of the object, in pixels of the patch
    labels: NDArray[np.int64]  # (n,) ascending
    classes: tuple[str, ...]  # names by label

    def __len__(self) -> int:
        return len(self.labels)

    def items_by_class(self) -> tuple[NDArray[np.int64], None]:
        """Where the patches of each class begin, and the end."""
        return np.searchsorted(self.labels, np.arange(len(self.classes) + 1)), None

    def select(self, rows: NDArray[np.int64]) -> "PatchSet":
        """The patches of *rows*, which ascend."""
        return PatchSet(
            self.images, self.rows[rows], self.boxes[rows], self.labels[rows], self.classes
        )


def read_patches(
    dataset: Path, split: str, options: TrainOptions, per_class: int = _PER_CLASS
) -> PatchSet:
    """The patches of *split* (``all``: of all): files of the dataset, or cut from its pages.

    They are cut for another label set, and where the dataset holds no patches. There are at most
    *per_class* of each class, chosen at random. Raise DatasetError for missing or damaged files.
    """
    has_files = bool(open_dataset(dataset).info["recipe"].get("patches"))
    use_files = has_files and options.labels is None and (dataset / "patches").is_dir()
    patches = Patches(
        dataset, split, source="files" if use_files else "pages", labels=options.labels
    )
    items = _draw_items(patches, options.seed, per_class)
    width, height = patches.size
    images = _allocate(len(items), height, width)
    rows = patches.rows()[items]
    for place in np.argsort(rows, kind="stable").tolist():  # page by page
        images[place] = patches.picture(int(items[place]))
    boxes = boxes_in_patches(patches.index.columns["box"][rows], width, height)
    starts, _ = patches.items_by_class()
    labels = np.searchsorted(starts, items, side="right") - 1
    return PatchSet(images, np.arange(len(items)), boxes, labels, patches.classes)


def by_works(
    dataset: Path, options: TrainOptions, per_class: int = _PER_CLASS
) -> tuple[PatchSet | None, PatchSet]:
    """Training and validation patches by the dataset's splits; `test` is not touched.

    At most *per_class* of each class train. With a recipe of fresh pages there are none yet.
    """
    training = None if options.recipe else read_patches(dataset, "train", options, per_class)
    return training, read_patches(dataset, "val", options)


def at_random(
    dataset: Path, options: TrainOptions, per_class: int = _PER_CLASS
) -> tuple[PatchSet, PatchSet]:
    """The paper's protocol: of all patches, 80 % of each class train, 20 % validate.

    There are at most *per_class* of each class.
    """
    if options.recipe:
        raise RecipeError("protocol: 'paper' takes patches of a dataset, not fresh pages")
    patches = read_patches(dataset, "all", options, per_class)
    starts, _ = patches.items_by_class()
    random = stream(options.seed, "paper's protocol")
    training = np.zeros(len(patches), bool)
    for start, end in zip(starts.tolist(), starts[1:].tolist(), strict=False):
        order = start + random.permutation(end - start)
        training[order[: round((end - start) * _TRAINING_SHARE)]] = True
    return patches.select(np.flatnonzero(training)), patches.select(np.flatnonzero(~training))


class FreshPatches:
    """Patches of pages that are engraved while training runs: other pages in each epoch."""

    def __init__(self, options: TrainOptions, size: tuple[int, int], classes: Sequence[str]):
        width, height = size
        self._classes = tuple(classes)
        self._pages = FreshPages(options, self._classes, _Cut(width, height))

    def epoch(self, number: int) -> PatchSet:
        """The patches of some pages; the same for the same epoch."""
        pages = self._pages.epoch(number, _FRESH_PAGES)
        labels = np.concatenate([page.labels for page in pages])
        order = np.argsort(labels, kind="stable")
        return PatchSet(
            np.concatenate([page.images for page in pages]),
            order,
            np.concatenate([page.boxes for page in pages])[order],
            labels[order],
            self._classes,
        )


@dataclass(frozen=True, slots=True)
class _Cut:
    """A form of samples: all patches of a page."""

    width: int
    height: int

    def __call__(self, page: LabelledPage, _image_id: int, /) -> PatchSet:
        objects = page.objects
        images = np.empty((len(objects), self.height, self.width), np.uint8)
        for place, box in enumerate(objects.box.tolist()):
            images[place] = cut_patch(page.image, Box(*box), self.width, self.height)
        boxes = boxes_in_patches(objects.box, self.width, self.height)
        labels = objects.class_id.astype(np.int64) - 1
        return PatchSet(images, np.arange(len(objects)), boxes, labels, ())


def _draw_items(patches: Patches, seed: int, per_class: int) -> NDArray[np.int64]:
    """Items at random, at most *per_class* of each class."""
    starts, _ = patches.items_by_class()
    random = stream(seed, "patches")
    items = [np.empty(0, np.int64)]
    for start, end in zip(starts.tolist(), starts[1:].tolist(), strict=False):
        items.append(np.sort(start + random.permutation(end - start)[:per_class]))
    return np.concatenate(items)


def _allocate(count: int, height: int, width: int) -> NDArray[np.uint8]:
    """An array for patches; a large one is mapped to an unnamed file."""
    if count * height * width <= _IN_MEMORY:
        return np.empty((count, height, width), np.uint8)
    with tempfile.TemporaryFile() as file:
        return np.memmap(file, np.uint8, "w+", shape=(count, height, width))
