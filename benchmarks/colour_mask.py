"""Labels by the paper's method: every symbol painted in a colour that encodes class and number.

The SVG is LilyPond's, with its symbols tagged (``lilypond/tag_symbols.ly``). Painted a second time
without antialiasing, its pixels are the labels: red is the class, green and blue are the number of
the symbol. With the number in the colour, one painting gives both the mask of classes and a box
around every symbol; boxing the connected pixels of a class would take longer and join neighbours.
"""

import io
from dataclasses import dataclass

import numpy as np
from lxml import etree
from numpy.typing import NDArray
from PIL import Image

from benchmarks.cairosvg_picture import HEIGHT, WIDTH
from benchmarks.common import import_extra

_SVG = "{http://www.w3.org/2000/svg}"
_DRAWN = frozenset(
    _SVG + tag for tag in ("path", "line", "rect", "polygon", "polyline", "circle", "ellipse")
)


@dataclass(frozen=True, slots=True)
class LabelledBox:
    """A symbol's class, and the half-open box around its pixels in the mask."""

    name: str
    x0: int
    y0: int
    x1: int
    y1: int


@dataclass(frozen=True, slots=True)
class Recoloured:
    """An SVG whose colours are labels: symbol number n, from 1, has the class ``names[n - 1]``."""

    svg: bytes
    names: tuple[str, ...]


def recolour(svg: bytes, classes: dict[str, int]) -> Recoloured:
    """Give every symbol its own colour, and take away what is none: text and frames.

    A symbol is a glyph, or what one grob draws without glyphs; its class is the glyph's name or the
    grob's. Names that *classes* lacks are added to it.
    """
    root = etree.fromstring(svg)
    root.set("shape-rendering", "crispEdges")
    names: list[str] = []

    def number(name: str) -> str:
        names.append(name)
        colour = classes.setdefault(name, len(classes) + 1) << 16 | len(names)
        return f"#{colour:06x}"

    def paint(element: etree._Element, grob: str, colour: str) -> str:
        """*colour* is that of the grob's other drawings, so far; "" if there are none."""
        for child in list(element):
            glyph, tag = child.get("data-glyph"), child.tag
            if glyph:
                child.set("color", number(glyph))
            elif tag in _DRAWN and grob:
                colour = colour or number(grob)
                child.set("color", colour)
            elif tag == f"{_SVG}g":
                inner = child.get("class")
                if inner:
                    paint(child, inner, "")
                else:
                    colour = paint(child, grob, colour)
            else:
                element.remove(child)
        return colour

    paint(root, "", "")
    return Recoloured(etree.tostring(root), tuple(names))


def paint_labels(svg: bytes) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """The class and the number of the symbol at every pixel, 0 on paper; (height, width) each.

    :raises MissingTool: CairoSVG or Cairo is not installed
    """
    tree = import_extra("cairosvg.parser").Tree(bytestring=svg)
    surface = import_extra("cairosvg.surface").PNGSurface(
        tree, None, 96, output_width=WIDTH, output_height=HEIGHT
    )
    pixels = np.frombuffer(surface.cairo.get_data(), np.uint32)
    pixels = pixels.reshape(HEIGHT, surface.cairo.get_stride() // 4)[:, :WIDTH]
    # Unpainted pixels are transparent black: class and number 0.
    return (pixels >> 16 & 0xFF).astype(np.uint8), (pixels & 0xFFFF).astype(np.uint16)


def box_labels(numbers: NDArray[np.uint16], names: tuple[str, ...]) -> list[LabelledBox]:
    """The box of every symbol that owns a pixel; *names* are the symbols' classes.

    >>> box_labels(np.array([[0, 2, 2], [0, 0, 2]], np.uint16), ("rests.2", "noteheads.s2"))
    [LabelledBox(name='noteheads.s2', x0=1, y0=0, x1=3, y1=2)]
    """
    ys, xs = np.nonzero(numbers)
    owners = numbers[ys, xs]
    first = np.full((2, len(names) + 1), np.iinfo(np.int64).max)
    last = np.zeros_like(first)
    for axis, places in enumerate((xs, ys)):
        np.minimum.at(first[axis], owners, places)
        np.maximum.at(last[axis], owners, places + 1)
    boxes = np.concatenate([first, last]).T[1:].tolist()
    return [LabelledBox(name, *box) for name, box in zip(names, boxes, strict=True) if box[2]]


def encode_classes(classes: NDArray[np.uint8]) -> bytes:
    """The mask of classes as a grey PNG."""
    stream = io.BytesIO()
    Image.fromarray(classes).save(stream, "PNG")
    return stream.getvalue()
