"""Pictures put together from pixels, boxes and words, as SVG; and SVG painted as PNG."""

import io
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from deepscores.page.painting.overlay import class_colour

_FONT = "'Liberation Sans', Arial, Helvetica, sans-serif"
_GREYS = 16  # four bits a pixel
INK, FAINT, RULE = "#1f2328", "#656d76", "#d0d7de"

Pixels = NDArray[np.uint8]
Number = TypeVar("Number", np.uint8, np.uint16)
Corners = Sequence[float]  # x0 y0 x1 y1


@dataclass(frozen=True)
class Figure:
    """One figure: its file, and how the page shows it."""

    name: str  # stem of its files
    title: str
    caption: str
    svg: str
    html: str
    spec: dict[str, Any] | None = None  # of an interactive chart, which then stands for *html*
    scale: float = 1.0  # of the PNG


@dataclass
class Canvas:
    """An SVG under construction; coordinates in pixels."""

    width: float
    height: float
    parts: list[str] = field(default_factory=list)

    def image(self, pixels: Pixels, x: float, y: float, scale: float = 1.0) -> None:
        height, width = pixels.shape[:2]
        self.embed(data_uri(pixels), (x, y, x + width * scale, y + height * scale))

    def embed(self, uri: str, box: Corners) -> None:
        """The picture at *uri*, stretched to *box*."""
        x0, y0, x1, y1 = box
        self.parts.append(
            f'<image x="{x0:g}" y="{y0:g}" width="{x1 - x0:g}" height="{y1 - y0:g}" href="{uri}"/>'
        )

    def frame(self, box: Corners, colour: str = RULE, width: float = 1.0, words: str = "") -> None:
        x0, y0, x1, y1 = box
        title = f"<title>{escape(words)}</title>" if words else ""
        self.parts.append(
            f'<rect x="{x0:.5g}" y="{y0:.5g}" width="{x1 - x0:.5g}" height="{y1 - y0:.5g}" '
            f'fill="none" stroke="{colour}" stroke-width="{width:g}">{title}</rect>'
        )

    def line(self, box: Corners, colour: str = INK, width: float = 1.0) -> None:
        x0, y0, x1, y1 = box
        self.parts.append(
            f'<path d="M{x0:g} {y0:g}L{x1:g} {y1:g}" stroke="{colour}" stroke-width="{width:g}"/>'
        )

    def text(
        self,
        words: str,
        x: float,
        y: float,
        *,
        size: float = 13,
        colour: str = INK,
        anchor: str = "start",
    ) -> None:
        self.parts.append(
            f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" fill="{colour}" '
            f'text-anchor="{anchor}">{escape(words)}</text>'
        )

    def svg(self) -> str:
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width:g}" '
            f'height="{self.height:g}" viewBox="0 0 {self.width:g} {self.height:g}" '
            f'font-family="{_FONT}"><rect width="100%" height="100%" fill="#fff"/>'
            f"{''.join(self.parts)}</svg>\n"
        )


def data_uri(pixels: Pixels) -> str:
    """A grey picture (height, width) as a PNG in a URI, in 16 greys."""
    levels = (pixels.astype(np.uint16) * (_GREYS - 1) + 127) // 255
    greys = np.repeat(np.arange(_GREYS)[:, None] * 255 // (_GREYS - 1), 3, axis=1)
    return palette_uri(levels.astype(np.uint8), greys)


def palette_uri(pixels: Pixels, colours: NDArray[Any]) -> str:
    """A picture of indices (height, width) into *colours* (n, 3) as a PNG in a URI."""
    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.putpalette(np.asarray(colours, np.uint8).tobytes())
    sink = io.BytesIO()
    image.save(sink, "PNG", compress_level=9)
    return f"data:image/png;base64,{b64encode(sink.getvalue()).decode()}"


def svg_uri(svg: str) -> str:
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"


def picture(svg: str, alternative: str) -> str:
    """HTML that shows *svg* as one picture, which scrolls where it is wider than the screen."""
    return f'<div class="paper scroll"><img alt="{escape(alternative)}" src="{svg_uri(svg)}"></div>'


def breakable(name: str) -> str:
    """A class's name as HTML that may break before capitals.

    >>> breakable("gClefChange")
    'g<wbr>Clef<wbr>Change'
    """
    return "".join(f"<wbr>{letter}" if letter.isupper() else letter for letter in escape(name))


def crop(image: NDArray[Number], box: Corners, margin: float = 0.0) -> NDArray[Number]:
    """The pixels that *box* touches, and *margin* more on each side, as far as the page goes."""
    x0, y0 = (max(int(np.floor(side - margin)), 0) for side in box[:2])
    x1, y1 = (int(np.ceil(side + margin)) for side in box[2:])
    return image[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]


def class_hex(class_id: int) -> str:
    """The colour of a class in pictures.

    >>> class_hex(1)
    '#0b43cb'
    """
    return "#{:02x}{:02x}{:02x}".format(*class_colour(class_id))
