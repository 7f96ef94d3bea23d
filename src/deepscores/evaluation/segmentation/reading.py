"""Maps of class ids: those of a dataset's pages, and those that a model predicts."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepscores.dataset.labelled import label_page
from deepscores.dataset.png.codec import decode_png, decode_values
from deepscores.dataset.reader import DatasetPage
from deepscores.errors import DatasetError
from deepscores.page.labels.label_sets import LabelSet

ClassMap = NDArray[np.uint8] | NDArray[np.uint16]

_MASKS = "masks"
_GREY, _DEEP = 0, 8  # a PNG's colours, and its bits per pixel


def find_masks(predictions: Path) -> Path:
    """The folder with the maps: *predictions*, or its ``masks/``; DatasetError without one."""
    if not predictions.is_dir():
        raise DatasetError(f"{predictions}: not a folder of PNGs with class ids")
    folder = predictions / _MASKS
    return folder if folder.is_dir() else predictions


def true_classes(
    page: DatasetPage, labels: LabelSet | None, classes: int
) -> tuple[ClassMap, NDArray[np.uint8]]:
    """The class id of each pixel of a page, and its picture, each (height, width).

    By *labels*, or as the dataset has it; ids up to *classes*. Raise DatasetError where they do not
    fit each other.
    """
    if labels is not None:
        labelled = label_page(page, labels)
        return labelled.class_map, labelled.image
    truth, image = page.mask, page.image
    if truth.shape != image.shape:
        raise DatasetError(f"{page.folder}: {page.name}: image and mask are of different sizes")
    if truth.max(initial=0) > classes:
        raise DatasetError(f"{page.folder}: {page.name}: class {truth.max()} in its mask")
    return truth, image


def read_classes(path: Path, shape: tuple[int, ...], classes: int) -> ClassMap:
    """The map in a PNG, grey of 8 or 16 bits or by a palette, of *shape* (height, width).

    Raise DatasetError for a file that is not such a map, of another size, or with ids above
    *classes*.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror}") from None
    is_grey = data[25:26] == bytes([_GREY])
    if is_grey and data[24] < _DEEP:  # readers stretch these to 0…255
        raise DatasetError(f"{path}: grey of {data[24]} bits; class ids need 8 or 16, or a palette")
    values = decode_png(data, str(path)) if is_grey else decode_values(data, str(path))
    if values.shape != shape:
        sizes = [f"{size[1]} x {size[0]} px" for size in (values.shape, shape)]
        raise DatasetError(f"{path}: {sizes[0]}, its page is {sizes[1]}")
    highest = int(values.max(initial=0))
    if highest > classes:
        raise DatasetError(f"{path}: a pixel of value {highest}; class ids are 0 to {classes}")
    return values.astype(np.uint16) if classes > 255 else values.astype(np.uint8)
