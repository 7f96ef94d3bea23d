"""PNGs of predictions, by Pillow: the dataset's own encoder takes a second to load."""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_QUICK = 1  # of zlib's levels; higher ones save a tenth


def grey_png(pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> bytes:
    """A PNG of one grey channel, (height, width), 8 or 16 bits deep by the array's type."""
    return _encode(Image.fromarray(pixels))


def palette_png(pixels: NDArray[np.uint8], palette: NDArray[np.uint8]) -> bytes:
    """A PNG of places (height, width) in a *palette* (n, 3) of colours, red green blue."""
    image = Image.fromarray(pixels)
    image.putpalette(palette.tobytes())
    return _encode(image)


def _encode(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "PNG", compress_level=_QUICK)
    return file.getvalue()
