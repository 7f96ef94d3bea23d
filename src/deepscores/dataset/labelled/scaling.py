"""A page in another size, picture and labels together."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from deepscores.dataset.labelled.page import Held, LabelledPage
from deepscores.errors import RecipeError
from deepscores.page.geometry import Affine
from deepscores.page.measuring.staff_space import known_staff_space

_SMALLEST, _LARGEST = 0.05, 20.0


def rescaled(page: LabelledPage, staff_space: float) -> LabelledPage:
    """*page* with *staff_space* pixels between two staff lines, by resampling.

    The picture is filtered (Lanczos); each pixel of the instance map is that of the nearest; a
    symbol so thin that no pixel of it would be left keeps those where its own come to lie. Raise
    RecipeError where the page does not tell its staff space, or far too much is asked for.
    """
    before = known_staff_space(page.row["staff_space"])
    if before is None:
        raise RecipeError(f"{page.name}: its staff space is not known, so it cannot be rescaled")
    factor = staff_space / before
    if factor == 1:
        return page
    if not _SMALLEST <= factor <= _LARGEST:
        raise RecipeError(
            f"{page.name}: a staff space of {staff_space:g} px is {factor:.3g} times what it has"
        )
    width, height = scaled_size(page.width, page.height, before, staff_space)
    image = Image.fromarray(page.image).resize((width, height), Image.Resampling.LANCZOS)
    x_factor, y_factor = width / page.width, height / page.height
    scale = np.array([x_factor, y_factor])
    owners = _nearest(page.owners, width, height)
    objects = page.objects
    shown = np.bincount(objects.of_symbol[owners].ravel(), minlength=len(objects) + 1)[1:] > 0
    rows = np.flatnonzero(shown)
    limits = np.array([width, height] * 2)
    return replace(
        page,
        name=f"{page.name}--staff-space-{staff_space:g}",
        row={**page.row, "width": width, "height": height, "staff_space": staff_space},
        pixels=Held(np.asarray(image), owners),
        to_picture=Affine(a=x_factor, d=y_factor) @ page.to_picture,
        objects=objects.kept(
            rows,
            box=(objects.box[rows] * np.tile(scale, 2)).clip(0, limits),
            oriented=objects.oriented[rows] * np.tile(scale, 4),
        ),
    )


def scaled_size(
    width: int, height: int, before: float | None, after: float | None
) -> tuple[int, int]:
    """The size in pixels of a page whose staff space was *before* and becomes *after*.

    Its own where either is None: nothing is asked for, or the page's staff space is unknown.
    """
    if after is None or before is None:
        return width, height
    factor = after / before
    return max(round(width * factor), 1), max(round(height * factor), 1)


def _nearest(owners: NDArray[np.uint16], width: int, height: int) -> NDArray[np.uint16]:
    rows = ((np.arange(height) + 0.5) * owners.shape[0] / height).astype(np.int64)
    columns = ((np.arange(width) + 0.5) * owners.shape[1] / width).astype(np.int64)
    found: NDArray[np.uint16] = owners[rows[:, None], columns]
    left = np.bincount(found.ravel(), minlength=int(owners.max(initial=0)) + 1)
    lost = np.bincount(owners.ravel(), minlength=len(left)) > 0
    lost &= left == 0
    lost[0] = False
    if lost.any():
        y, x = np.nonzero(lost[owners])
        there = (
            ((y + 0.5) * height / owners.shape[0]).astype(np.int64),
            ((x + 0.5) * width / owners.shape[1]).astype(np.int64),
        )
        found[there] = owners[y, x]
    return found
