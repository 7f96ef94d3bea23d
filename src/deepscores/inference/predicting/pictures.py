"""Reads pictures of any pixel format as grey ones, in the orientation of their EXIF."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps

from deepscores.errors import DatasetError

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"})
MAX_PIXELS = Image.MAX_IMAGE_PIXELS or 2**26  # beyond which Pillow warns of a decompression bomb
_FORMATS = ["PNG", "JPEG", "TIFF", "BMP", "WEBP"]
_WARNINGS = Lock()  # warning filters are global


class Grey(NamedTuple):
    """A grey picture, and whether the file stores it turned."""

    image: NDArray[np.uint8]  # (height, width), 255 = white
    turned: bool


def count_pictures(path: Path) -> int:
    """The number of pages of a file: the pictures of a TIFF, else 1.

    Raise DatasetError for a file that is missing, damaged, or too large, without reading pixels.
    """
    with _explained(path), _open(path) as image, _quietly():
        return int(getattr(image, "n_frames", 1)) if image.format == "TIFF" else 1


def read_picture(path: Path, place: int = 0) -> Grey:
    """Page *place*, from 0, of a file, turned as its EXIF says.

    Colours become grey, transparent pixels white, 16 bits 8. Raise DatasetError as
    `count_pictures` does, also for pixels that are damaged.
    """
    with _explained(path), _open(path) as image:
        with _quietly():
            if place:
                image.seek(place)
            turned = image.getexif().get(ExifTags.Base.Orientation, 1) != 1
        if image.width * image.height > MAX_PIXELS:  # as a later page of a TIFF may have
            raise ValueError(f"{image.width} x {image.height} pixels, more than {MAX_PIXELS:,}")
        image.load()
        return Grey(_grey(ImageOps.exif_transpose(image) if turned else image), turned)


def _open(path: Path) -> Image.Image:
    with _quietly():
        return Image.open(path, formats=_FORMATS)


@contextmanager
def _quietly() -> Iterator[None]:
    """Silence warnings of odd metadata; too many pixels are an error."""
    with _WARNINGS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # damaged files make readers raise anything
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise DatasetError(f"{path}: not a readable picture: {' '.join(reason.split())}") from None


def _grey(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode in ("1", "L") and "transparency" not in image.info:
        return np.array(image.convert("L"))
    if image.mode.startswith("I"):
        return _to_8_bits(np.asarray(image).astype(np.int64))
    if image.mode == "F":
        values = np.nan_to_num(np.asarray(image, np.float64), posinf=0, neginf=0).clip(0)
        return (values * (255 / max(float(values.max()), 1.0))).astype(np.uint8)
    if image.has_transparency_data:
        sheet = Image.new("RGBA", image.size, "white")
        return np.array(Image.alpha_composite(sheet, image.convert("RGBA")).convert("L"))
    return np.array(image.convert("RGB").convert("L"))


def _to_8_bits(values: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The highest 8 bits that are used: cameras and scanners fill 10, 12 or 16."""
    values = values.clip(0)
    bits = max(int(values.max(initial=0)).bit_length(), 8)
    return (values >> (bits - 8)).astype(np.uint8)
