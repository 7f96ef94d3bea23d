"""Reading Verovio's MEI: names, ids, numbers."""

from fractions import Fraction
from typing import Any

from lxml import etree

Node = Any

NAMESPACE = "{http://www.music-encoding.org/ns/mei}"
_ID = "{http://www.w3.org/XML/1998/namespace}id"
_PARSER = etree.XMLParser(huge_tree=True, remove_comments=True, resolve_entities=False)
_FINEST = 1_000_000  # no score divides a quarter note into more; onsets come as binary fractions


def parse_mei(mei: str) -> Node:
    """The root element."""
    return etree.fromstring(mei.encode(), _PARSER)


def tag(node: Node) -> str:
    """The element's name without its namespace; "" for comments and the like."""
    name = node.tag
    return name[len(NAMESPACE) :] if isinstance(name, str) else ""


def identity(node: Node) -> str:
    """Its xml:id."""
    return str(node.get(_ID, ""))


def reference(node: Node, name: str) -> str:
    """The id that attribute *name* refers to first; "" if it has none."""
    return str((node.get(name) or "").partition(" ")[0].removeprefix("#"))


def number(text: str | None, default: int = 0) -> int:
    """A whole number, or *default*."""
    try:
        return int(text or default)
    except ValueError:
        return default


def exact(value: float | None) -> Fraction:
    """The fraction that a time in quarter notes stands for.

    >>> exact(1 / 3)
    Fraction(1, 3)
    """
    return Fraction(value or 0).limit_denominator(_FINEST)
