"""Music notation graphs of MUSCIMA++: the symbols of a page, in the XML of either version.

Version 1 writes ``CropObjectList/CropObjects/CropObject``, version 2 ``Nodes/Node``. A page's size
is in neither; it is its picture's.
"""

from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree

from deepscores.errors import DatasetError
from deepscores.geometry import Box

_ROOTS = ("Nodes", "CropObjectList", "CropObjects")
_NAMES = ("ClassName", "MLClassName")  # the second in version 0.9


class Node(NamedTuple):
    """One symbol, box in pixels."""

    id: str
    name: str
    box: Box


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
            yield Node(fields.get("Id", ""), name, box)
    except KeyError as error:
        raise DatasetError(f"{where}: a symbol has no {error.args[0]}") from None
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DatasetError(f"{where}: not a notation graph: {error}") from None
