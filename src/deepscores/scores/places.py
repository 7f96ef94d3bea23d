"""The place of an element in a MusicXML tree, in words for musicians and editors of the file."""

from lxml import etree


def place_of(element: etree._Element) -> str:
    """Part, measure and line, as far as they apply: ``measure 3 of part P1, line 57``."""
    measure = _enclosing(element, "measure")
    part = _enclosing(element, "part")
    words = []
    if measure is not None and part is not None:
        words.append(f"measure {_short(measure.get('number', '?'))} of part {_name(part)}")
    elif part is not None:
        words.append(f"part {_name(part)}")
    if element.sourceline:
        words.append(f"line {element.sourceline}")
    return ", ".join(words)


def _enclosing(element: etree._Element, tag: str) -> etree._Element | None:
    return element if element.tag == tag else next(element.iterancestors(tag), None)


def _name(part: etree._Element) -> str:
    return _short(part.get("id", "?"))


def _short(text: str) -> str:
    return " ".join(text.split())[:20]
