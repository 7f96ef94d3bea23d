"""From a page that is named to its pixels, dark on white, and its staff space."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.dataset.png.codec import decode_png
from deepscores.errors import DatasetError
from deepscores.inference.predicting.clock import Clock
from deepscores.inference.predicting.documents import POINTS, render_page
from deepscores.inference.predicting.inputs import PageInput
from deepscores.inference.predicting.pictures import read_picture
from deepscores.page.measuring.light import Lit, evenly_lit
from deepscores.page.measuring.line_distance import estimate_staff_space
from deepscores.runs.files import read_bytes

READ, ESTIMATE = "reading", "light and staff space"  # on a clock
_DPI = 200.0  # at which a PDF is looked at first
_COARSEST, _FINEST = 72.0, 600.0
_NEAR = 0.02  # by which a resolution may be off without rendering again


class Page(NamedTuple):
    """A page as it is predicted on and as its boxes are told."""

    image: NDArray[np.uint8]  # (height, width), 255 = paper, evenly lit
    staff_space: float | None  # pixels; None: unknown, and not needed
    how: str  # told, given, estimated, or "" without one
    inverted: bool
    dpi: float = 0.0  # of a PDF
    in_file: bool = False  # there is a picture file with just these pixels, whatever their light


def read_page(page: PageInput, given: float | None, wanted: float | None, clock: Clock) -> Page:
    """Read or render *page*; its staff space is *given*, or what it tells, or estimated.

    *wanted* is the model's staff space: PDFs are rendered so that theirs is that; without one none
    is estimated. What is *given* for a PDF is in points. Raise DatasetError for what cannot be
    read, and where no staff is found.
    """
    if page.kind == "pdf":
        return _read_pdf(page, given, wanted, clock)
    with clock(READ):
        if page.kind == "dataset":
            pixels = decode_png(read_bytes(page.path), str(page.path))
            image, turned = pixels.astype(np.uint8, copy=False), False
        else:
            image, turned = read_picture(page.path, page.place)
    with clock(ESTIMATE):
        clean = page.kind == "dataset"
        lit = Lit(image, inverted=False, evened=False) if clean else evenly_lit(image)
        space, how = _space(page, lit.image, given, wanted)
    in_file = page.is_a_file and not turned
    return Page(lit.image, space, how, lit.inverted, in_file=in_file)


def _read_pdf(page: PageInput, given: float | None, wanted: float | None, clock: Clock) -> Page:
    told = wanted is not None and given is not None
    dpi = _limited(wanted / given * POINTS) if wanted and given else _DPI
    lit = _rendered(page, dpi, clock)
    with clock(ESTIMATE):
        in_pixels = None if given is None else given * dpi / POINTS
        space, how = _space(page, lit.image, in_pixels, wanted)
    better = _limited(dpi * wanted / space) if wanted and space else dpi
    if space and not told and abs(better / dpi - 1) > _NEAR:
        lit = _rendered(page, better, clock)
        space, dpi = space * better / dpi, better
    return Page(lit.image, space, how, lit.inverted, dpi)


def _rendered(page: PageInput, dpi: float, clock: Clock) -> Lit:
    with clock(READ):
        image = render_page(page.path, page.place, dpi)
    with clock(ESTIMATE):
        return evenly_lit(image)


def _space(
    page: PageInput, image: NDArray[np.uint8], given: float | None, wanted: float | None
) -> tuple[float | None, str]:
    if given is not None:
        return given, "given"
    if page.staff_space is not None:
        return page.staff_space, "told"
    if wanted is None:
        return None, ""
    found = estimate_staff_space(image)
    if found is None:
        raise DatasetError(f"{page.where}: no staff is found; give --staff-space if there is one")
    return found, "estimated"


def _limited(dpi: float) -> float:
    return min(max(dpi, _COARSEST), _FINEST)
