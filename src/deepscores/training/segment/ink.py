"""Pages held in memory as their ink, from which tiles are cut at any place."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.dataset.labelled import LabelledPage, Window
from deepscores.inference.models.segmentation import INK

_PAPER = 255


class InkPage(NamedTuple):
    """A page without its paper: the pixels that are not white, row after row.

    That is a third of the size of its picture and class map, and a tile is cut without touching
    the rest of the page.
    """

    height: int
    width: int
    starts: NDArray[np.int64]  # (height + 1,) where each row's pixels begin, and the end
    column: NDArray[np.unsignedinteger]  # (n,)
    grey: NDArray[np.uint8]  # (n,) below 255
    class_id: NDArray[np.uint8] | NDArray[np.uint16]  # (n,) 0: unlabelled

    def areas(self, classes: int) -> NDArray[np.int64]:
        """(classes + 1,) pixels of each class id that are ink, so dark that they can be labelled.

        Those of 0 are ink that is not labelled; paper is not counted.
        """
        return np.bincount(self.class_id[self.grey < INK], minlength=classes + 1)


class InkTile(NamedTuple):
    """A square of a page and its ink, with a class or 0 for each pixel."""

    image: NDArray[np.uint8]  # (size, size), 255 = paper
    place: NDArray[np.int64]  # (n,) of the pixels that are ink, in the ravelled picture
    class_id: NDArray[np.int64]  # (n,) theirs


def pack_page(page: LabelledPage) -> InkPage:
    """*page* as its ink; picture and labels can be made of it again, exactly."""
    pixels = np.flatnonzero(page.image != _PAPER)
    ids = np.concatenate([[0], page.objects.class_id])[page.objects.of_symbol]
    rows = np.arange(page.height + 1) * page.width
    return InkPage(
        page.height,
        page.width,
        np.searchsorted(pixels, rows),
        (pixels % page.width).astype(np.min_scalar_type(page.width)),
        page.image.ravel()[pixels],
        _small(ids)[page.owners.ravel()[pixels]],
    )


def _small(ids: NDArray[np.int64]) -> NDArray[np.uint8] | NDArray[np.uint16]:
    return ids.astype(np.uint8) if ids.max() < 256 else ids.astype(np.uint16)


def cut_tile(page: InkPage, window: Window) -> InkTile:
    """The part of *page* in *window*, which begins on it; beyond the page is paper."""
    x, y, size = window
    last = min(y + size, page.height)
    lengths = np.diff(page.starts[y : last + 1])
    part = slice(page.starts[y], page.starts[last])
    column = page.column[part].astype(np.int64) - x
    is_inside = (column >= 0) & (column < size)
    place = (np.repeat(np.arange(last - y) * size, lengths) + column)[is_inside]
    grey = page.grey[part][is_inside]
    image = np.full(size * size, _PAPER, np.uint8)
    image[place] = grey
    dark = grey < INK
    class_id = page.class_id[part][is_inside][dark].astype(np.int64)
    return InkTile(image.reshape(size, size), place[dark], class_id)


def whole_page(page: InkPage, multiple: int) -> InkTile:
    """All of *page*, filled up with paper to multiples of pixels, with its ink."""
    height, width = (-(-side // multiple) * multiple for side in (page.height, page.width))
    row = np.repeat(np.arange(page.height), np.diff(page.starts))
    image = np.full((height, width), _PAPER, np.uint8)
    image[row, page.column] = page.grey
    dark = page.grey < INK
    place = row[dark] * width + page.column[dark]
    return InkTile(image, place, page.class_id[dark].astype(np.int64))
