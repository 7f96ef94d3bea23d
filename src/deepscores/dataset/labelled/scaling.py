"""Rescale a page, picture and labels together."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from deepscores.dataset.labelled.page import LabelledPage, PixelsInMemory
from deepscores.errors import RecipeError
from deepscores.page.geometry import Affine, compose
from deepscores.page.measuring.staff_space import known_staff_space

_SMALLEST, _LARGEST = 0.05, 20.0


def rescale(page: LabelledPage, staff_space: float) -> LabelledPage:
    """*page* with *staff_space* pixels between two staff lines, by resampling.

    The picture is filtered (Lanczos); each pixel of the instance map is that of the nearest; a
    symbol so thin that no pixel of it would be left keeps those where its own come to lie. Raise
    RecipeError if the staff space of the page is unknown or the factor out of reason.
    """
    previous_space = known_staff_space(page.row["staff_space"])
    if previous_space is None:
        raise RecipeError(f"{page.name}: its staff space is unknown, so it cannot be rescaled")
    factor = staff_space / previous_space
    if factor == 1:
        return page
    if not _SMALLEST <= factor <= _LARGEST:
        raise RecipeError(
            f"{page.name}: a staff space of {staff_space:g} px is {factor:.3g} times the page's"
        )
    width, height = scaled_size(page.width, page.height, previous_space, staff_space)
    image = Image.fromarray(page.image).resize((width, height), Image.Resampling.LANCZOS)
    x_factor, y_factor = width / page.width, height / page.height
    scale = np.array([x_factor, y_factor])
    owners = _nearest(page.owners, width, height)
    objects = page.objects
    is_visible = np.bincount(objects.of_symbol[owners].ravel(), minlength=len(objects) + 1)[1:] > 0
    rows = np.flatnonzero(is_visible)
    limits = np.array([width, height] * 2)
    return replace(
        page,
        name=f"{page.name}--staff-space-{staff_space:g}",
        row={**page.row, "width": width, "height": height, "staff_space": staff_space},
        pixels=PixelsInMemory(np.asarray(image), owners),
        to_picture=compose(Affine(a=x_factor, d=y_factor), page.to_picture),
        objects=objects.select(
            rows,
            box=(objects.box[rows] * np.tile(scale, 2)).clip(0, limits),
            oriented=objects.oriented[rows] * np.tile(scale, 4),
        ),
    )


def scaled_size(
    width: int, height: int, previous_space: float | None, new_space: float | None
) -> tuple[int, int]:
    """The size in pixels of a page whose staff space was *previous_space* and becomes *new_space*.

    Unchanged without a new one, or if the staff space of the page is unknown.
    """
    if new_space is None or previous_space is None:
        return width, height
    factor = new_space / previous_space
    return max(round(width * factor), 1), max(round(height * factor), 1)


def _nearest(owners: NDArray[np.uint16], width: int, height: int) -> NDArray[np.uint16]:
    rows = ((np.arange(height) + 0.5) * owners.shape[0] / height).astype(np.int64)
    columns = ((np.arange(width) + 0.5) * owners.shape[1] / width).astype(np.int64)
    scaled_owners: NDArray[np.uint16] = owners[rows[:, None], columns]
    areas = np.bincount(scaled_owners.ravel(), minlength=int(owners.max(initial=0)) + 1)
    lost = np.bincount(owners.ravel(), minlength=len(areas)) > 0
    lost &= areas == 0
    lost[0] = False
    if lost.any():
        y, x = np.nonzero(lost[owners])
        nearest_pixels = (
            ((y + 0.5) * height / owners.shape[0]).astype(np.int64),
            ((x + 0.5) * width / owners.shape[1]).astype(np.int64),
        )
        scaled_owners[nearest_pixels] = owners[y, x]
    return scaled_owners
