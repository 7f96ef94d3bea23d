"""One picture with its labelled objects: a page of a dataset under a label set, or a part of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from deepscores.dataset.labelled.objects import Objects, labelled_objects, stored_objects
from deepscores.dataset.png.deflate import find_runs
from deepscores.dataset.reader import DatasetPage
from deepscores.errors import DatasetError
from deepscores.page.geometry import Affine, PageMap
from deepscores.page.labels.label_sets import LabelClass, LabelSet
from deepscores.page.labels.run_lengths import encode_rles, union_of_rles
from deepscores.page.model import Painting, Runs, recolour_runs, spread_runs

_OUTSIDE = 2**31 - 1

_Value = TypeVar("_Value", bound=np.integer[Any])


class Pixels(Protocol):
    """A picture, and which symbol owns each of its pixels."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""

    @property
    def image(self) -> NDArray[np.uint8]:
        """(height, width), 255 = paper."""

    @property
    def owners(self) -> NDArray[np.uint16]:
        """(height, width), symbol number per pixel, 0 = paper."""

    @property
    def owning(self) -> Runs:
        """`owners` as runs."""

    def ink(self, table: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Pixels whose symbol has a value in *table*: places in the ravelled picture, and values.

        *table* has a value per symbol number; 0 is none.
        """


class PixelsInMemory(NamedTuple):
    """`Pixels` in memory."""

    image: NDArray[np.uint8]
    owners: NDArray[np.uint16]

    @property
    def size(self) -> tuple[int, int]:
        height, width = self.image.shape
        return width, height

    @property
    def owning(self) -> Runs:
        runs: Runs = find_runs(self.owners)
        return runs

    def ink(self, table: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        pixels = np.flatnonzero(self.owners > 0)  # three times as quick as of the numbers
        values = table[self.owners.ravel()[pixels]]
        return pixels[values > 0], values[values > 0]


@dataclass(frozen=True)
class PixelsOnDisk:
    """The `Pixels` of a dataset's page; each file is read when it is first used.

    A use of boxes alone unpacks no picture. Reading raises DatasetError for files that are missing,
    damaged or do not fit the tables.
    """

    page: DatasetPage
    symbols: int  # of the page

    @property
    def size(self) -> tuple[int, int]:
        return int(self.page.row["width"]), int(self.page.row["height"])

    @cached_property
    def image(self) -> NDArray[np.uint8]:
        image = self.page.image
        self._require_size(image.size, image.shape[1], "image")
        return image

    @cached_property
    def owners(self) -> NDArray[np.uint16]:
        return spread_runs(self.owning, self.size[0], np.uint16)

    @cached_property
    def owning(self) -> Runs:
        runs, width = self.page.instance_runs
        self._require_size(int(runs[-1, 0]), width, "instance map")
        require_numbers(f"{self.page.folder}: {self.page.name}", runs[:, 1], self.symbols)
        return runs

    def ink(self, table: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        values = table[self.owning[:, 1]]
        labelled_runs = np.flatnonzero(values)
        ends = self.owning[:, 0].astype(np.int64)
        lengths = np.diff(ends, prepend=0)[labelled_runs]
        within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return np.repeat(ends[labelled_runs] - lengths, lengths) + within, np.repeat(
            values[labelled_runs], lengths
        )

    def _require_size(self, pixels: int, file_width: int, kind: str) -> None:
        width, height = self.size
        if (file_width, pixels // file_width) != (width, height):
            raise DatasetError(
                f"{self.page.folder}: {self.page.name}: the {kind} is {file_width} x "
                f"{pixels // file_width} px, the page {width} x {height} px"
            )


@dataclass(frozen=True)
class LabelledPage:
    """A picture and what is labelled in it.

    `symbols` and the numbers in `owners` are always those of the whole page; `to_picture` maps its
    pixels to the picture's.
    """

    name: str  # the page's; of a part of it with the part's place
    row: Mapping[str, Any]  # of pages.parquet
    pixels: Pixels
    symbols: pa.Table  # rows of the symbol table, by number
    objects: Objects
    to_picture: PageMap

    @property
    def image(self) -> NDArray[np.uint8]:
        """(height, width), 255 = paper."""
        return self.pixels.image

    @property
    def owners(self) -> NDArray[np.uint16]:
        """(height, width), symbol number per pixel, 0 = paper."""
        return self.pixels.owners

    @property
    def width(self) -> int:
        return self.pixels.size[0]

    @property
    def height(self) -> int:
        return self.pixels.size[1]

    @property
    def is_whole(self) -> bool:
        """Whether the picture is the page's own file, neither cut nor rescaled."""
        return self.to_picture == Affine() and self.name == self.row["page"]

    @cached_property
    def object_map(self) -> NDArray[np.int32]:
        """(height, width): place in `objects` + 1 per pixel, 0 = paper or unlabelled."""
        return self.map_of(np.arange(len(self.objects) + 1, dtype=np.int32))

    @cached_property
    def ink(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Labelled pixels: places in the ravelled picture, and in `objects`, those from 1."""
        pixels, places = self.pixels.ink(self.objects.of_symbol)
        return pixels, places.astype(np.int64)

    @cached_property
    def areas(self) -> NDArray[np.int64]:
        """(n,) pixels that each object owns here."""
        return np.bincount(self.ink[1], minlength=len(self.objects) + 1)[1:]

    @cached_property
    def visible_boxes(self) -> NDArray[np.int64]:
        """(n, 4) boxes around the pixels that each object owns here; zeros without any."""
        pixels, places = self.ink
        low = np.full((len(self.objects), 2), _OUTSIDE)
        high = np.zeros((len(self.objects), 2), np.int64)
        for side, values in enumerate((pixels % self.width, pixels // self.width)):
            np.minimum.at(low[:, side], places - 1, values)
            np.maximum.at(high[:, side], places - 1, values + 1)
        low[low == _OUTSIDE] = 0
        return np.concatenate([low, high], axis=1)

    @cached_property
    def class_map(self) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """(height, width): class id per pixel, 0 = paper or unlabelled."""
        ids = np.append(0, self.objects.class_id)
        if ids.max() < 256:
            return self.map_of(ids.astype(np.uint8))
        return self.map_of(ids.astype(np.uint16))

    def map_of(self, values: NDArray[_Value]) -> NDArray[_Value]:
        """(height, width): of each pixel the value of the object that owns it.

        *values* (n + 1,) are by place in `objects` + 1, the first for what none of them owns.
        """
        return values[self.objects.of_symbol][self.owners]

    def runs_of(self, values: NDArray[np.integer[Any]]) -> Runs:
        """`map_of` as runs, each as long as it can be; the pixels are not made."""
        return recolour_runs(self.pixels.owning, self.width, values[self.objects.of_symbol])

    @cached_property
    def visible_masks(self) -> list[str]:
        """The pixels that each object owns here, as COCO's compressed run lengths."""
        return encode_rles(*self.ink, len(self.objects), (self.height, self.width))

    @cached_property
    def whole_masks(self) -> list[str] | None:
        """The pixels that each object would own if nothing else were drawn, as `visible_masks`.

        None for a dataset that was built without whole masks, and for a part or another size of a
        page.
        """
        if "whole_mask" not in self.symbols.column_names or not self.is_whole:
            return None
        from_symbols = self.symbols["whole_mask"].to_pylist()
        return [
            union_of_rles([from_symbols[number - 1] for number in members], self.width, self.height)
            for members in self.objects.members()
        ]


def label_page(
    page: DatasetPage, labels: LabelSet | None = None, classes: Sequence[LabelClass] | None = None
) -> LabelledPage:
    """*page* with its objects, as the dataset labels them or by another label set.

    Of *classes* only, if given, whose ids are then their places there, from 1. Raise
    DatasetError for tables that are missing or damaged; pixels are `PixelsOnDisk`.
    """
    symbols = page.symbols
    if not np.array_equal(symbols["number"].to_numpy(), np.arange(1, symbols.num_rows + 1)):
        raise DatasetError(f"{page.folder}: {page.name}: its symbols are not numbered 1, 2, 3 …")
    objects = labelled_objects(symbols, labels) if labels else stored_objects(symbols)
    pixels = PixelsOnDisk(page, symbols.num_rows)
    labelled_page = LabelledPage(page.name, page.row, pixels, symbols, objects, Affine())
    return labelled_page if classes is None else select_classes(labelled_page, classes)


def painted_page(row: Mapping[str, Any], painting: Painting, symbols: pa.Table) -> LabelledPage:
    """A page that was just painted, as `label_page` would read it from a dataset.

    *row* is its row of ``pages.parquet``, *symbols* its rows of the symbol table.
    """
    pixels = PixelsInMemory(painting.image, painting.owners)
    return LabelledPage(str(row["page"]), row, pixels, symbols, stored_objects(symbols), Affine())


def require_fit(
    source: str, image: NDArray[np.uint8], owners: NDArray[np.uint16], symbols: int
) -> None:
    """Raise DatasetError, which names *source*, unless picture, instance map and table fit."""
    if image.shape != owners.shape:
        sizes = [f"{pixels.shape[1]} x {pixels.shape[0]} px" for pixels in (image, owners)]
        raise DatasetError(f"{source}: the image is {sizes[0]}, the instance map {sizes[1]}")
    require_numbers(source, owners, symbols)


def require_numbers(source: str, owners: NDArray[np.integer[Any]], symbols: int) -> None:
    """Raise DatasetError, which names *source*, if *owners* has numbers above *symbols*."""
    if symbols < owners.max(initial=0):
        raise DatasetError(
            f"{source}: symbol {owners.max()} in the instance map, of {symbols} in the table"
        )


def select_classes(page: LabelledPage, classes: Sequence[LabelClass]) -> LabelledPage:
    """*page* with objects of *classes* only; ids are places there, from 1."""
    old_ids = page.objects.class_id
    new_ids = np.zeros(
        max(int(old_ids.max(initial=0)), *(label_class.id for label_class in classes)) + 1, np.int32
    )
    new_ids[[label_class.id for label_class in classes]] = np.arange(1, len(classes) + 1)
    rows = np.flatnonzero(new_ids[old_ids])
    return replace(page, objects=page.objects.select(rows, class_id=new_ids[old_ids[rows]]))
