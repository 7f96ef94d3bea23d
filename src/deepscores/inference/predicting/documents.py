"""Renders pages of PDFs by PDFium, in grey and at any resolution."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepscores.errors import DatasetError, RecipeError
from deepscores.inference.predicting.pictures import MAX_PIXELS

POINTS = 72  # per inch
_LOCK = Lock()  # PDFium may be called by one thread at a time


def count_pages(path: Path) -> int:
    """The number of pages of a PDF.

    Raise DatasetError for a file that is not a PDF, or needs a password; RecipeError without
    pypdfium2 (``deepscores[predict]``).
    """
    with _open(path) as document:
        return len(document)


def render_page(path: Path, place: int, dpi: float) -> NDArray[np.uint8]:
    """Page *place*, from 0, at *dpi* pixels per inch: (height, width), 255 = paper.

    Raise as `count_pages` does, and DatasetError where there would be too many pixels.
    """
    with _open(path) as document:
        page = document[place]
        width, height = page.get_size()
        scale = dpi / POINTS
        if width * height * scale**2 > MAX_PIXELS:
            raise DatasetError(
                f"{path}: page {place + 1} is {width:g} x {height:g} points: "
                f"too large for {dpi:.0f} pixels per inch"
            )
        bitmap = page.render(scale=scale, grayscale=True)
        pixels: NDArray[np.uint8] = np.array(
            bitmap.to_numpy()
        )  # a copy: the bitmap is freed with the document
        bitmap.close()
        page.close()
        return pixels


@contextmanager
def _open(path: Path) -> Iterator[Any]:
    pdfium = _pdfium()
    with _LOCK:
        try:
            document = pdfium.PdfDocument(path)
            try:
                yield document
            finally:
                document.close()
        except (pdfium.PdfiumError, OSError, ValueError) as error:
            raise DatasetError(f"{path}: not a readable PDF: {error}") from None


def _pdfium() -> Any:
    try:
        import pypdfium2
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "pypdfium2":
            raise
        raise RecipeError("PDFs need pypdfium2: pip install 'deepscores[predict]'") from None
    return pypdfium2
