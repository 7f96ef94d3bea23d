"""Read a page of the inputs: its pixels, dark on white, and its staff space."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.dataset.png.codec import decode_png
from deepscores.errors import DatasetError
from deepscores.inference.predicting.clock import Clock
from deepscores.inference.predicting.documents import POINTS, render_page
from deepscores.inference.predicting.inputs import PageInput
from deepscores.inference.predicting.pictures import read_picture
from deepscores.page.measuring.light import EvenedPicture, evenly_lit
from deepscores.page.measuring.line_distance import estimate_staff_space
from deepscores.runs.files import read_bytes

READ, ESTIMATE = "reading", "light and staff space"  # on a clock
_DPI = 200.0  # at which a PDF is rendered first
_COARSEST, _FINEST = 72.0, 600.0
_DPI_TOLERANCE = 0.02  # relative error of a resolution below which it is not rendered again


class PagePicture(NamedTuple):
    """The picture that is predicted on, in whose pixels boxes are given."""

    image: NDArray[np.uint8]  # (height, width), 255 = paper, evenly lit
    staff_space: float | None  # pixels; None: unknown, and not needed
    staff_space_origin: str  # told (by a dataset), given, estimated, or "" if unknown
    inverted: bool
    dpi: float = 0.0  # of a PDF
    in_file: bool = False  # a picture file has these very pixels, but for their light


def read_page(
    page: PageInput, given_space: float | None, model_space: float | None, clock: Clock
) -> PagePicture:
    """Read or render *page*; its staff space is *given_space*, or the page's, or estimated.

    PDFs are rendered so that their staff space is *model_space*, the model's; without that, none is
    estimated. For a PDF *given_space* is in points. Raise DatasetError for a page that cannot be
    read, and where no staff is found.
    """
    if page.kind == "pdf":
        return _read_pdf(page, given_space, model_space, clock)
    with clock(READ):
        if page.kind == "dataset":
            pixels = decode_png(read_bytes(page.path), str(page.path))
            image, turned = pixels.astype(np.uint8, copy=False), False
        else:
            image, turned = read_picture(page.path, page.place)
    with clock(ESTIMATE):
        clean = page.kind == "dataset"
        lit = EvenedPicture(image, inverted=False, evened=False) if clean else evenly_lit(image)
        space, origin = _space(page, lit.image, given_space, model_space)
    in_file = page.is_a_file and not turned
    return PagePicture(lit.image, space, origin, lit.inverted, in_file=in_file)


def _read_pdf(
    page: PageInput, given_space: float | None, model_space: float | None, clock: Clock
) -> PagePicture:
    is_exact = model_space is not None and given_space is not None
    dpi = _limited(model_space / given_space * POINTS) if model_space and given_space else _DPI
    lit = _rendered(page, dpi, clock)
    with clock(ESTIMATE):
        in_pixels = None if given_space is None else given_space * dpi / POINTS
        space, origin = _space(page, lit.image, in_pixels, model_space)
    better = _limited(dpi * model_space / space) if model_space and space else dpi
    if space and not is_exact and abs(better / dpi - 1) > _DPI_TOLERANCE:
        lit = _rendered(page, better, clock)
        space, dpi = space * better / dpi, better
    return PagePicture(lit.image, space, origin, lit.inverted, dpi)


def _rendered(page: PageInput, dpi: float, clock: Clock) -> EvenedPicture:
    with clock(READ):
        image = render_page(page.path, page.place, dpi)
    with clock(ESTIMATE):
        return evenly_lit(image)


def _space(
    page: PageInput, image: NDArray[np.uint8], given_space: float | None, model_space: float | None
) -> tuple[float | None, str]:
    if given_space is not None:
        return given_space, "given"
    if page.staff_space is not None:
        return page.staff_space, "told"
    if model_space is None:
        return None, ""
    estimate = estimate_staff_space(image)
    if estimate is None:
        raise DatasetError(
            f"{page.location}: no staff is found; give --staff-space if there is one"
        )
    return estimate, "estimated"


def _limited(dpi: float) -> float:
    return min(max(dpi, _COARSEST), _FINEST)
