"""Music notation graphs of MUSCIMA++: the symbols of a page, in the XML of either version.

Version 1 writes ``CropObjectList/CropObjects/CropObject``, version 2 ``Nodes/Node``. A page's size
is in neither; it is its picture's.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import pairwise
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from deepscores.errors import DatasetError
from deepscores.page.geometry import Box

_ROOTS = ("Nodes", "CropObjectList", "CropObjects")
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in XML
_NAMES = ("ClassName", "MLClassName")  # the second in version 0.9


class Node(NamedTuple):
    """One symbol, box in pixels."""

    id: str
    name: str
    box: Box
    mask: str = ""  # within the box, row by row: runs "0:3 1:9 …", or a bit a pixel
    outlinks: tuple[str, ...] = ()  # ids of symbols


def mask_pixels(mask: str, width: int, height: int) -> NDArray[np.int64]:
    """The pixels of a node's mask as places in its ravelled box; raise ValueError otherwise.

    >>> mask_pixels("0:1 1:2 0:1", 2, 2).tolist(), mask_pixels("0 1 1 0", 2, 2).tolist()
    ([1, 2], [1, 2])
    """
    runs = [run.partition(":") for run in mask.split()]
    values = np.array([int(value) for value, _, _ in runs], np.int64)
    lengths = np.array([int(length or 1) for _, _, length in runs], np.int64)
    if lengths.sum() != width * height or (lengths < 0).any():
        raise ValueError(f"a mask of {lengths.sum()} pixels is none of {width} x {height}")
    return np.flatnonzero(np.repeat(values, lengths))


def is_mung(data: bytes) -> bool:
    """Whether *data* looks like a notation graph; only its beginning is needed."""
    return b"<Nodes" in data or b"<CropObjectList" in data


def read_mung(data: bytes, file: str = "graph") -> Iterator[Node]:
    """Yield the symbols of one page; raise DatasetError naming *file* if it is not a graph."""
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
        raise DatasetError(f"{file}: a symbol has no {error.args[0]}") from None
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DatasetError(f"{file}: not a notation graph: {error}") from None


class GraphNode(NamedTuple):
    """One symbol of a graph that is written."""

    id: int
    name: str
    left: int
    top: int
    mask: NDArray[np.bool_]  # (height, width)
    outlinks: Sequence[int]  # ids
    inlinks: Sequence[int]
    data: Mapping[str, str | int | float]


def write_mung(dataset: str, document: str, nodes: Iterable[GraphNode]) -> bytes:
    """The XML of version 2 for one page, as the `mung` package lays it out."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f"<Nodes dataset={quoteattr(dataset)} document={quoteattr(document)}>",
    ]
    for node in nodes:
        lines += _node_lines(node)
    lines.append("</Nodes>\n")
    return "\n".join(lines).encode()


def _node_lines(node: GraphNode) -> Iterator[str]:
    height, width = node.mask.shape
    yield "<Node>"
    for tag, value in (
        ("Id", node.id), ("ClassName", _text(node.name)), ("Top", node.top), ("Left", node.left),
        ("Width", width), ("Height", height), ("Mask", encode_mask(node.mask)),
    ):  # fmt: skip
        yield f"\t<{tag}>{value}</{tag}>"
    for tag, links in (("Inlinks", node.inlinks), ("Outlinks", node.outlinks)):
        if links:
            yield f"\t<{tag}>{' '.join(map(str, links))}</{tag}>"
    if node.data:
        yield "\t<Data>"
        for key, value in node.data.items():
            kind = type(value).__name__
            yield f'\t\t<DataItem key="{key}" type="{kind}">{_text(str(value))}</DataItem>'
        yield "\t</Data>"
    yield "</Node>"


def encode_mask(mask: NDArray[np.bool_]) -> str:
    """The mask's run lengths, row after row, beginning with those that are out of it.

    >>> encode_mask(np.array([[False, True], [True, True]])), encode_mask(np.array([[True]]))
    ('0:1 1:3', '0:0 1:1')
    """
    flat = mask.ravel()
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    edges = [0, *changes.tolist(), len(flat)]
    if len(flat) and flat[0]:
        edges.insert(0, 0)
    return " ".join(f"{place % 2}:{b - a}" for place, (a, b) in enumerate(pairwise(edges)))


def write_node_classes(names: Sequence[str], groups: Sequence[str]) -> bytes:
    """The list of classes, of which MUSCIMarker and grammars take what there is."""
    lines = ['<?xml version="1.0" encoding="utf-8"?>', "<NodeClasses>"]
    for number, (name, group) in enumerate(zip(names, groups, strict=True), start=1):
        colour = int.from_bytes(blake2b(name.encode(), digest_size=3).digest(), "big")
        lines += (
            "<NodeClass>", f"\t<Id>{number}</Id>", f"\t<Name>{_text(name)}</Name>",
            f"\t<GroupName>{_text(group)}</GroupName>", f"\t<Color>#{colour:06X}</Color>",
            "</NodeClass>",
        )  # fmt: skip
    return "\n".join((*lines, "</NodeClasses>\n")).encode()


def _text(words: str) -> str:
    return escape(_FORBIDDEN.sub("", words))
