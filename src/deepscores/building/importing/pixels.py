"""The pixels of objects on an imported page, from class maps, instance maps and ink.

Pixels are places in the ravelled picture.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deepscores.formats.reading.masks import Pixels

_HALF = 128  # of 255: the ink from which a pixel is an object's


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


def _places(selected: NDArray[np.bool_], rows: slice, columns: slice, width: int) -> Pixels:
    y, x = np.nonzero(selected)
    places: Pixels = (y + rows.start) * width + x + columns.start
    return places


def by_colour(instances: NDArray[np.uint32]) -> dict[int, Pixels]:
    """The pixels of each colour of an instance map but 0."""
    places = np.flatnonzero(instances)
    values = instances.ravel()[places]
    order = np.argsort(values, kind="stable")
    colours, starts = np.unique(values[order], return_index=True)
    return dict(zip(colours.tolist(), np.split(places[order], starts[1:]), strict=False))


def owners_of(
    whole_pixels: Sequence[Pixels], visible_pixels: Sequence[Pixels | None], shape: tuple[int, int]
) -> NDArray[np.uint16]:
    """(height, width): number of the object, from 1, that owns each pixel; 0 is paper.

    Where masks overlap, the smaller is on top, of equal ones the later. *visible_pixels* are the
    object's in any case.

    >>> owners_of([np.arange(3), np.arange(1)], [None, None], (1, 4)).tolist()
    [[2, 1, 1, 0]]
    """
    owners = np.zeros(shape, np.uint16)
    flat = owners.ravel()
    plain = [place for place, pixels in enumerate(visible_pixels) if pixels is None]
    for place in sorted(plain, key=lambda place: -len(whole_pixels[place])):
        flat[whole_pixels[place]] = place + 1
    for place, pixels in enumerate(visible_pixels):
        if pixels is not None:
            flat[pixels] = place + 1
    return owners
