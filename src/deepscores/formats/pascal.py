"""Annotations in the layout of PASCAL VOC: whole pixels, counted from 1, maxima inclusive."""

from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree

from deepscores.errors import DatasetError
from deepscores.formats.voc import read_size
from deepscores.geometry import Box


class Thing(NamedTuple):
    """One object, box half open in pixels."""

    name: str
    box: Box


def read_pascal(data: bytes, where: str = "annotation") -> tuple[int, int, list[Thing]]:
    """Width and height of the image, and its objects; DatasetError naming *where* if there is none.

    Parts of objects (``object/part``) are no objects.
    """
    width, height = read_size(data, where)
    return width, height, list(_things(data, where))


def _things(data: bytes, where: str) -> Iterator[Thing]:
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False))
        for node in root.iterfind("object"):
            name = (node.findtext("name") or "").strip()
            if not name:
                raise ValueError("an object has no name")
            sides = [node.findtext(f"bndbox/{side}") for side in ("xmin", "ymin", "xmax", "ymax")]
            x0, y0, x1, y1 = (float(side or "nothing") for side in sides)
            yield Thing(name, Box(x0 - 1, y0 - 1, x1, y1))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DatasetError(f"{where}: not a PASCAL VOC annotation: {error}") from None
