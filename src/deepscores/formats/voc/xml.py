"""Annotations in the layout of PASCAL VOC: whole pixels, counted from 1, maxima inclusive."""

from collections.abc import Iterable, Iterator
from math import ceil, floor
from typing import NamedTuple
from xml.sax.saxutils import escape

from lxml import etree

from deepscores.dataset.annotations import read_size
from deepscores.errors import DatasetError
from deepscores.page.geometry import Box


class VocObject(NamedTuple):
    """One object, box half open in pixels."""

    name: str
    box: Box
    truncated: bool = False  # continues outside the image
    difficult: bool = False  # ignored in evaluation


_SLACK = 1e-3  # pixels: tables keep coordinates as 32-bit numbers


def write_pascal(filename: str, width: int, height: int, objects: Iterable[VocObject]) -> bytes:
    """The annotation file of the image *filename*, one grey channel.

    Boxes are those of the pixels that they touch.
    """
    parts = [_HEAD.format(escape(filename), width, height)]
    for voc_object in objects:
        (left, right), (top, bottom) = (
            _whole_pixels(low, high, size)
            for low, high, size in zip(
                voc_object.box[:2], voc_object.box[2:], (width, height), strict=True
            )
        )
        head = (escape(voc_object.name), int(voc_object.truncated), int(voc_object.difficult))
        parts.append(_OBJECT.format(*head, left, top, right, bottom))
    parts.append("</annotation>\n")
    return "".join(parts).encode()


def _whole_pixels(low: float, high: float, size: int) -> tuple[int, int]:
    """The first and last pixel, counted from 1, that lie between *low* and *high*."""
    first = min(max(floor(low + _SLACK) + 1, 1), size)
    return first, max(min(ceil(high - _SLACK), size), first)


_HEAD = """\
<annotation>
    <folder>JPEGImages</folder>
    <filename>{}</filename>
    <source>
        <database>deepscores</database>
    </source>
    <size>
        <width>{}</width>
        <height>{}</height>
        <depth>1</depth>
    </size>
    <segmented>0</segmented>
"""

_OBJECT = """\
    <object>
        <name>{}</name>
        <pose>Unspecified</pose>
        <truncated>{}</truncated>
        <difficult>{}</difficult>
        <bndbox>
            <xmin>{}</xmin>
            <ymin>{}</ymin>
            <xmax>{}</xmax>
            <ymax>{}</ymax>
        </bndbox>
    </object>
"""


def read_pascal(data: bytes, file: str = "annotation") -> tuple[int, int, list[VocObject]]:
    """Width and height of the image, and its objects; DatasetError naming *file* if there is none.

    Parts of objects (``object/part``) do not count.
    """
    width, height = read_size(data, file)
    return width, height, list(_parse_objects(data, file))


def _parse_objects(data: bytes, file: str) -> Iterator[VocObject]:
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False))
        for node in root.iterfind("object"):
            name = (node.findtext("name") or "").strip()
            if not name:
                raise ValueError("an object has no name")
            sides = [node.findtext(f"bndbox/{side}") for side in ("xmin", "ymin", "xmax", "ymax")]
            x0, y0, x1, y1 = (float(side or "nothing") for side in sides)
            flags = (node.findtext(flag) == "1" for flag in ("truncated", "difficult"))
            yield VocObject(name, Box(x0 - 1, y0 - 1, x1, y1), *flags)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DatasetError(f"{file}: not a PASCAL VOC annotation: {error}") from None
