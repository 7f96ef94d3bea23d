"""The picture of one system, without its neighbours' ink."""

from math import ceil, floor

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from deepscores.dataset.labelled import LabelledPage

PAPER = 255
_MARGIN = 1.5  # staff spaces around a system
_FRINGE = 2  # pixels around its own in which a symbol's edge is grey

Box = tuple[int, int, int, int]


def system_box(page: LabelledPage, rows: pa.Table) -> Box:
    """The place of the symbols *rows* with a margin, in pixels of the picture: x0 y0 x1 y1."""
    x0, y0, x1, y1 = (
        function(rows[side].to_numpy())
        for function, side in ((np.min, "x0"), (np.min, "y0"), (np.max, "x1"), (np.max, "y1"))
    )
    low, high = page.to_picture(float(x0), float(y0)), page.to_picture(float(x1), float(y1))
    margin = _MARGIN * float(page.row["staff_space"])
    return (
        max(floor(low.x - margin), 0), max(floor(low.y - margin), 0),
        min(ceil(high.x + margin), page.width), min(ceil(high.y + margin), page.height),
    )  # fmt: skip


def system_picture(page: LabelledPage, rows: pa.Table, box: Box) -> NDArray[np.uint8]:
    """What is in *box*; pixels of symbols other than *rows* are paper, and so are their edges."""
    x0, y0, x1, y1 = box
    owners = page.owners[y0:y1, x0:x1]
    is_of_system = np.zeros(int(page.symbols.num_rows) + 1, np.bool_)
    is_of_system[rows["number"].to_numpy()] = True
    system_pixels = is_of_system[owners]
    other_pixels = (owners > 0) & ~system_pixels
    picture = page.image[y0:y1, x0:x1].copy()
    if other_pixels.any():
        edge = _widen(other_pixels, _FRINGE) & ~_widen(system_pixels, 1)
        picture[other_pixels | edge] = PAPER
    return picture


def _widen(mask: NDArray[np.bool_], by: int) -> NDArray[np.bool_]:
    """*mask* and all within *by* pixels of it, diagonals included."""
    widened = mask
    for axis in (0, 1):
        moved = widened.copy()
        for step in range(1, by + 1):
            ahead: list[slice] = [slice(None), slice(None)]
            behind: list[slice] = [slice(None), slice(None)]
            ahead[axis], behind[axis] = slice(step, None), slice(None, -step)
            moved[tuple(ahead)] |= widened[tuple(behind)]
            moved[tuple(behind)] |= widened[tuple(ahead)]
        widened = moved
    return widened
