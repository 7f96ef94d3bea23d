"""The pixels of an object, from what sources have instead: runs, polygons, bitmaps, boxes.

Pixels are places in the ravelled picture.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from deepscores.formats.mung.nodes import mask_pixels
from deepscores.page.labels.run_lengths import pixels_of_rle
from deepscores.page.model import Outline
from deepscores.page.painting.whole_masks import whole_masks

Pixels: TypeAlias = NDArray[np.int64]
_HALF = 128  # of 255: the ink from which a pixel is an object's


class Rle(NamedTuple):
    """COCO's run lengths of a picture."""

    counts: str | Sequence[int]
    width: int
    height: int

    def pixels(self, width: int, height: int) -> Pixels:
        """Raise ValueError where they are not of a picture of this size."""
        if (self.width, self.height) != (width, height):
            raise ValueError(f"a mask of {self.width} x {self.height} px on {width} x {height}")
        return pixels_of_rle(self.counts, width, height)


class Polygons(NamedTuple):
    """Polygons ``x y x y …``, whose insides together are the object."""

    corners: tuple[tuple[float, ...], ...]
    in_shares: bool = False  # of the page
    of_ink: bool = False  # they go around the object: its pixels are the ink within

    def pixels(self, width: int, height: int) -> Pixels:
        """The pixels that they cover by half, or where they are too thin for that, most."""
        scale = (width, height) if self.in_shares else (1, 1)
        outlines = [Outline(_edges(one, scale)) for one in self.corners]
        found = [pixels_of_rle(one, width, height) for one in whole_masks(outlines, width, height)]
        return np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)


def _edges(corners: Sequence[float], scale: tuple[int, int]) -> NDArray[np.float64]:
    if len(corners) < 6 or len(corners) % 2 or not np.isfinite(corners).all():
        raise ValueError(f"a polygon of {len(corners)} numbers")
    points = np.array(corners, np.float64).reshape(-1, 2) * scale
    return np.concatenate([points, np.roll(points, -1, axis=0)], axis=1)


class Bitmap(NamedTuple):
    """The mask of a notation graph's node, within its box."""

    text: str
    x: int
    y: int
    width: int
    height: int

    def pixels(self, width: int, height: int) -> Pixels:
        """Those on the page; raise ValueError for a mask that is not of the box."""
        y, x = np.divmod(mask_pixels(self.text, self.width, self.height), self.width)
        x, y = x + self.x, y + self.y
        inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
        found: Pixels = y[inside] * width + x[inside]
        return found


Mask: TypeAlias = Rle | Polygons | Bitmap


def touched(box: Sequence[float], width: int, height: int) -> tuple[slice, slice]:
    """Rows and columns of the pixels that a box on the page touches."""
    x0, y0, x1, y1 = box
    return (
        slice(max(int(np.floor(y0)), 0), min(int(np.ceil(y1)), height)),
        slice(max(int(np.floor(x0)), 0), min(int(np.ceil(x1)), width)),
    )


def ink_in(image: NDArray[np.uint8], box: Sequence[float]) -> Pixels:
    """The pixels in *box* that are half black; where none is, those at least half as dark as any.

    >>> ink_in(np.array([[255, 0], [240, 200]], np.uint8), (0, 1, 2, 2)).tolist()
    [3]
    """
    height, width = image.shape
    rows, columns = touched(box, width, height)
    ink = 255 - image[rows, columns].astype(np.int64)
    darkest = int(ink.max(initial=0))
    if not darkest:
        return np.empty(0, np.int64)
    return _places(ink >= min(_HALF, (darkest + 1) // 2), rows, columns, width)


def value_in(values: NDArray[np.uint32], value: int, box: Sequence[float]) -> Pixels:
    """The pixels in *box* that have *value* in a class map."""
    height, width = values.shape
    rows, columns = touched(box, width, height)
    return _places(values[rows, columns] == value, rows, columns, width)


def _places(there: NDArray[np.bool_], rows: slice, columns: slice, width: int) -> Pixels:
    y, x = np.nonzero(there)
    found: Pixels = (y + rows.start) * width + x + columns.start
    return found


def by_colour(instances: NDArray[np.uint32]) -> dict[int, Pixels]:
    """The pixels of each colour of an instance map but 0."""
    places = np.flatnonzero(instances)
    values = instances.ravel()[places]
    order = np.argsort(values, kind="stable")
    colours, starts = np.unique(values[order], return_index=True)
    return dict(zip(colours.tolist(), np.split(places[order], starts[1:]), strict=False))


def owners_of(
    whole: Sequence[Pixels], shown: Sequence[Pixels | None], shape: tuple[int, int]
) -> NDArray[np.uint16]:
    """(height, width): number of the object, from 1, that owns each pixel; 0 is nobody's.

    Where masks overlap, the smaller is on top, of equal ones the later. Pixels *shown* are the
    object's in any case.

    >>> owners_of([np.arange(3), np.arange(1)], [None, None], (1, 4)).tolist()
    [[2, 1, 1, 0]]
    """
    owners = np.zeros(shape, np.uint16)
    flat = owners.ravel()
    plain = [place for place, one in enumerate(shown) if one is None]
    for place in sorted(plain, key=lambda place: -len(whole[place])):
        flat[whole[place]] = place + 1
    for place, one in enumerate(shown):
        if one is not None:
            flat[one] = place + 1
    return owners
