"""All that a dataset says of a page, read at once: pixels, labelled objects, symbols.

The tables may be damaged or old: numbers that cannot be are as wrong here, but do no harm.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from deepscores.dataset.annotations import Annotation
from deepscores.dataset.columns import SIDES, VISIBLE_SIDES
from deepscores.dataset.layout import INSTANCES, MASKS, PATCHES
from deepscores.dataset.png.codec import decode_png
from deepscores.dataset.reader import Dataset, DatasetPage
from deepscores.errors import DatasetError
from deepscores.page.geometry import Box
from deepscores.page.labels.readability import Readability
from deepscores.runs.files import read_bytes

_LINES = ("staffLine", "ledgerLine", "stem")
_FARTHEST = 1e6  # pixels: what damaged tables hold beyond it is as wrong there
_NUMBERS = ("number", "object", "class_id", "visible_area", "whole_area", "parent", "group")
_COLUMNS = ("page", "class", "kind", "smufl", "role", *SIDES, *VISIBLE_SIDES, *_NUMBERS)
HALF = 128  # of 255: the ink from which a pixel is labelled

Pixels = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.uint32]


class ObjectBoxes(NamedTuple):
    """Labelled objects, whatever the dataset's format."""

    ids: list[str]  # how findings name them
    class_ids: NDArray[np.int64]
    names: list[str]  # of their classes
    boxes: NDArray[np.float64]  # (n, 4), x0 y0 x1 y1 in pixels, as the file means them


class SymbolColumns(NamedTuple):
    """The symbol table of a page, in columns: symbol n is row n - 1."""

    numbers: NDArray[np.int64]
    objects: NDArray[np.int64]
    class_ids: NDArray[np.int64]
    names: list[str]  # of classes
    kinds: list[str]
    glyphs: list[str]  # SMuFL names of what was drawn, "" for lines, shapes and text
    roles: list[str]  # MEI names of the elements, or the engraver's names of their parts
    boxes: NDArray[np.float64]  # (n, 4)
    visible: NDArray[np.int64]  # (n, 4), zeros where there is none
    visible_areas: NDArray[np.int64]
    whole_areas: NDArray[np.int64]
    parents: NDArray[np.int64]
    groups: NDArray[np.int64]

    def as_objects(self) -> ObjectBoxes:
        """Every symbol as an object of its kind."""
        ids = [str(number) for number in range(1, len(self.kinds) + 1)]
        return ObjectBoxes(ids, self.class_ids, self.kinds, self.boxes)

    def objects_of_page(self) -> ObjectBoxes:
        """The labelled objects that the table has, by number."""
        labelled = np.flatnonzero(self.objects)
        numbers, first, member = np.unique(
            self.objects[labelled], return_index=True, return_inverse=True
        )
        boxes = np.empty((len(numbers), 4))
        boxes[:, :2], boxes[:, 2:] = np.inf, -np.inf
        np.minimum.at(boxes[:, :2], member, self.boxes[labelled, :2])
        np.maximum.at(boxes[:, 2:], member, self.boxes[labelled, 2:])
        rows = labelled[first]
        return ObjectBoxes(
            [str(number) for number in numbers],
            self.class_ids[rows],
            [self.names[row] for row in rows],
            boxes,
        )


class OwnedPixels(NamedTuple):
    """The pixels that have an owner."""

    places: NDArray[np.int64]  # flat indices, ascending
    numbers: NDArray[np.int64]
    ink: NDArray[np.uint8]  # 255 = black


class StoredPatch(NamedTuple):
    """A patch that was cut from the page."""

    folder: str  # name of its class
    number: int
    pixels: NDArray[np.uint8]


class Terms(NamedTuple):
    """What a dataset says of all its pages."""

    class_names: tuple[str, ...]  # of the label set, by id - 1
    patch_size: tuple[int, int]
    limits: Readability
    imported: bool  # its labels were made by others

    @classmethod
    def of(cls, dataset: Dataset) -> "Terms":
        """Those of *dataset*; raise DatasetError for limits that are none."""
        return cls(
            dataset.class_names, dataset.patch_size, dataset.readability, dataset.is_imported
        )


@dataclass(frozen=True)
class PageContents:
    """A page of a dataset with everything that the dataset says of it."""

    name: str
    row: dict[str, Any]  # of pages.parquet
    image: NDArray[np.uint8]
    classes: NDArray[np.uint8] | NDArray[np.uint16]
    instances: NDArray[np.uint16]
    annotations: list[Annotation]
    symbols: SymbolColumns
    patches: list[StoredPatch]
    class_names: tuple[str, ...]  # of the label set, by id - 1
    patch_size: tuple[int, int]
    limits: Readability
    imported: bool = False  # its labels were made by others

    @property
    def height(self) -> int:
        return int(self.image.shape[0])

    @property
    def width(self) -> int:
        return int(self.image.shape[1])

    @cached_property
    def objects(self) -> ObjectBoxes:
        return self.symbols.objects_of_page()

    @cached_property
    def owned(self) -> OwnedPixels:
        places = np.flatnonzero(self.instances != 0)  # several times as fast with bools
        numbers = self.instances.ravel()[places].astype(np.int64)
        return OwnedPixels(places, numbers, 255 - self.image.ravel()[places])

    @cached_property
    def areas(self) -> NDArray[np.int64]:
        """Owned pixels by symbol number, from 0."""
        return np.bincount(self.owned.numbers, minlength=len(self.symbols.kinds) + 1)

    @cached_property
    def lines(self) -> tuple[int, ...]:
        """Symbols that run through or along others as a rule, and cover little of them."""
        return tuple(
            number for number, kind in enumerate(self.symbols.kinds, start=1) if kind in _LINES
        )

    def places_of(self, symbol: int) -> NDArray[np.int64]:
        """Flat indices of the pixels that *symbol* owns around its boxes, ascending."""
        x0, y0, x1, y1 = self.window(symbol)
        y, x = np.nonzero(self.instances[y0:y1, x0:x1] == symbol)
        return np.asarray((y + y0) * self.width + x + x0)

    def covered_by_others(self, symbol: int) -> NDArray[np.bool_]:
        """Whether each pixel around *symbol* may hold ink of another one.

        Of the size of `window`: where other symbols' vectors can reach.
        """
        x0, y0, x1, y1 = self.window(symbol)
        boxes = self.symbols.boxes
        covered: NDArray[np.bool_] = np.zeros((max(y1 - y0, 0), max(x1 - x0, 0)), np.bool_)
        beside = (boxes[:, :2] >= (x1, y1)) | (boxes[:, 2:] <= (x0, y0))
        beside[symbol - 1] = True
        neighbours = np.flatnonzero(~beside.any(axis=1))
        inner = np.floor(boxes[neighbours, :2] - (x0, y0)).clip(0).astype(int)
        outer = np.ceil(boxes[neighbours, 2:] - (x0, y0)).astype(int)
        for (left, top), (right, bottom) in zip(inner.tolist(), outer.tolist(), strict=True):
            covered[top:bottom, left:right] = True
        return covered

    def window(self, symbol: int) -> tuple[int, int, int, int]:
        """The pixels around a symbol's box and its visible box, one more on each side."""
        low = np.floor(self.symbols.boxes[symbol - 1, :2]).astype(int) - 1
        high = np.ceil(self.symbols.boxes[symbol - 1, 2:]).astype(int) + 1
        visible_box = self.symbols.visible[symbol - 1]
        if visible_box.any():
            low, high = np.minimum(low, visible_box[:2]), np.maximum(high, visible_box[2:])
        x0, y0 = low.clip(0).tolist()
        x1, y1 = np.minimum(high, (self.width, self.height)).tolist()
        return x0, y0, x1, y1


def box_at(boxes: NDArray[np.float64] | NDArray[np.int64], row: "int | np.integer[Any]") -> Box:
    """One row of a table of boxes."""
    return Box(*boxes[row].tolist())


def read_contents(
    page: DatasetPage, terms: Terms, patches: Sequence[tuple[str, int]]
) -> PageContents:
    """Read all files of *page* and its *patches* (class and number).

    Raise DatasetError for a file that is missing or damaged.
    """
    image, classes, instances = page.image, page.mask, page.instances
    for kind, pixels in ((MASKS, classes), (INSTANCES, instances)):
        if pixels.shape != image.shape:
            sizes = [f"{shape[1]} x {shape[0]} px" for shape in (pixels.shape, image.shape)]
            raise DatasetError(
                f"{page.folder / kind / page.name}.png: {sizes[0]}, the image is {sizes[1]}"
            )
    return PageContents(
        page.name,
        page.row,
        image,
        classes,
        instances,
        page.objects,
        _symbol_columns(page.symbol_columns(_COLUMNS)),
        list(_read_patches(page, patches)),
        *terms,
    )


def _read_patches(page: DatasetPage, patches: Sequence[tuple[str, int]]) -> Iterator[StoredPatch]:
    for class_name, number in patches:
        path = page.folder / PATCHES / class_name / f"{page.name}-{number:05d}.png"
        pixels = decode_png(read_bytes(path), str(path))
        yield StoredPatch(class_name, number, pixels.astype(np.uint8, copy=False))


def _symbol_columns(table: pa.Table) -> SymbolColumns:
    def values(name: str) -> NDArray[np.float64]:
        column = table[name].to_numpy().astype(np.float64)  # nulls become NaN
        limited: NDArray[np.float64] = np.nan_to_num(column).clip(-_FARTHEST, _FARTHEST)
        return limited

    def words(name: str) -> list[str]:
        return [word or "" for word in table[name].to_pylist()]

    numbers = {name: values(name).astype(np.int64) for name in _NUMBERS}
    return SymbolColumns(
        numbers=numbers["number"],
        objects=numbers["object"],
        class_ids=numbers["class_id"],
        names=words("class"),
        kinds=words("kind"),
        glyphs=words("smufl"),
        roles=words("role"),
        boxes=np.stack([values(name) for name in SIDES], axis=1),
        visible=np.stack([values(name) for name in VISIBLE_SIDES], axis=1).astype(np.int64),
        visible_areas=numbers["visible_area"],
        whole_areas=numbers["whole_area"],
        parents=numbers["parent"],
        groups=numbers["group"],
    )
