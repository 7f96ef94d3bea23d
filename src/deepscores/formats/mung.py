"""Music notation graphs of MUSCIMA++: the symbols of a page, in the XML of either version.

Version 1 writes ``CropObjectList/CropObjects/CropObject``, version 2 ``Nodes/Node``. A page's size
is in neither; it is its picture's.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from deepscores.errors import DatasetError
from deepscores.geometry import Box

_ROOTS = ("Nodes", "CropObjectList", "CropObjects")
_NAMES = ("ClassName", "MLClassName")  # the second in version 0.9


class Node(NamedTuple):
    """One symbol, box in pixels."""

    id: str
    name: str
    box: Box
    mask: str = ""  # within the box, row by row: runs "0:3 1:9 …", or a bit a pixel
    outlinks: tuple[str, ...] = ()  # ids of symbols


def mask_pixels(mask: str, width: int, height: int) -> NDArray[np.int64]:
    """The pixels of a node's mask as places in its ravelled box; raise ValueError for nonsense.

    >>> mask_pixels("0:1 1:2 0:1", 2, 2).tolist(), mask_pixels("0 1 1 0", 2, 2).tolist()
    ([1, 2], [1, 2])
    """
    runs = [one.partition(":") for one in mask.split()]
    values = np.array([int(value) for value, _, _ in runs], np.int64)
    lengths = np.array([int(length or 1) for _, _, length in runs], np.int64)
    if lengths.sum() != width * height or (lengths < 0).any():
        raise ValueError(f"a mask of {lengths.sum()} pixels is none of {width} x {height}")
    return np.flatnonzero(np.repeat(values, lengths))


def is_mung(data: bytes) -> bool:
    """Whether *data* looks like a notation graph; only its beginning is needed."""
    return b"<Nodes" in data or b"<CropObjectList" in data


def read_mung(data: bytes, where: str = "graph") -> Iterator[Node]:
    """Yield the symbols of one page; raise DatasetError naming *where* if it is no such file."""
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, huge_tree=True))
        if root.tag not in _ROOTS:
            raise ValueError("its root is neither Nodes nor CropObjectList")
        for node in root.iter("Node", "CropObject"):
            fields = {child.tag: (child.text or "").strip() for child in node}
            name = next((fields[tag] for tag in _NAMES if fields.get(tag)), "")
            if not name:
                raise ValueError(f"symbol {fields.get('Id', '?')} has no class name")
            left, top, width, height = (
                float(fields[tag]) for tag in ("Left", "Top", "Width", "Height")
            )
            box = Box(left, top, left + width, top + height)
            links = tuple(fields.get("Outlinks", "").split())
            yield Node(fields.get("Id", ""), name, box, fields.get("Mask", ""), links)
    except KeyError as error:
        raise DatasetError(f"{where}: a symbol has no {error.args[0]}") from None
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DatasetError(f"{where}: not a notation graph: {error}") from None
