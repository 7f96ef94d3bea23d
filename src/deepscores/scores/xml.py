"""Parse text to an XML tree safely: without entities, network or DTD."""

import re
from dataclasses import dataclass

from lxml import etree

from deepscores.scores.refusal import Refusal

_ROOT = re.compile(r"<([^\s<>/!?&'\"=]+)")
_DECLARATION = re.compile(r"<\?xml\s")
_DOCTYPE = re.compile(r"<!DOCTYPE\b", re.IGNORECASE)
_DOCTYPE_PART = re.compile(r"\"[^\"]*\"|'[^']*'|[\[>]")
_SUBSET_END = re.compile(r"\]\s*>")
_ENTITY = re.compile(r"<!ENTITY\s+(?:%\s+)?([^\s\"'>]*)\s*(SYSTEM|PUBLIC)?")


@dataclass(frozen=True, slots=True)
class Prolog:
    """The root element's name and position, and whether junk precedes it."""

    root: str  # local name of the root element
    start: int
    junk: bool  # something that is not XML precedes the declaration or the root


def read_prolog(text: str) -> Prolog:
    """Find the root element behind declaration, comments, DOCTYPE and junk.

    >>> read_prolog('\\n\\n<?xml version="1.0"?><!-- <a> --><!DOCTYPE b><b/>')
    Prolog(root='b', start=47, junk=True)
    """
    position, junk = 0, False
    while True:
        opening = text.find("<", position)
        if opening < 0:
            raise Refusal("not XML: no element in it" if text.strip() else "empty file")
        prefix = text[position:opening].strip("\ufeff \t\r\n")
        declared = _DECLARATION.match(text, opening)
        junk = junk or bool(prefix) or (declared is not None and opening > 0)
        if text.startswith("<!--", opening):
            position = _find_end(text, "-->", opening, "comment")
        elif text.startswith("<?", opening):
            position = _find_end(text, "?>", opening, "processing instruction")
        elif text.startswith("<!", opening):
            position = _find_doctype_end(text, opening)
        elif root := _ROOT.match(text, opening):
            return Prolog(root[1].rpartition(":")[2], opening, junk)
        else:
            position, junk = opening + 1, True


def parse_xml(text: str) -> etree._Element:
    """Parse *text* from its root element on.

    A DOCTYPE is dropped and one that declares entities is refused, so that nothing can expand;
    therefore libxml2's own limits, which real scores exceed, can be lifted safely.
    """
    prolog = read_prolog(text)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )
    # As many empty lines as are skipped, so that line numbers are those of the file.
    skipped = "\n" * text.count("\n", 0, prolog.start)
    try:
        return etree.fromstring((skipped + text[prolog.start :]).encode(), parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        raise Refusal(f"not well-formed XML, line {line}: {_reason(error)}") from None
    except ValueError as error:
        raise Refusal(f"not well-formed XML: {error}") from None


def _reason(error: etree.XMLSyntaxError) -> str:
    reason = re.sub(r", line \d+, column \d+.*", "", str(error.msg), flags=re.DOTALL)
    reason = re.sub(r"\s+", " ", reason).strip()
    ended = ("Premature end", "EndTag: '</' not found", "Couldn't find end of Start Tag")
    if any(phrase in reason for phrase in ended):
        return f"the file ends too early ({reason})"
    return reason or "unreadable"


def _find_end(text: str, mark: str, start: int, kind: str) -> int:
    end = text.find(mark, start)
    if end < 0:
        line = text.count("\n", 0, start) + 1
        raise Refusal(f"not well-formed XML, line {line}: {kind} without end")
    return end + len(mark)


def _find_doctype_end(text: str, start: int) -> int:
    line = text.count("\n", 0, start) + 1
    if not _DOCTYPE.match(text, start):
        _refuse_entities(text[start : start + 200], line)
        raise Refusal(f"not well-formed XML, line {line}: stray '<!' before the root element")
    for part in _DOCTYPE_PART.finditer(text, start):
        if part[0] == ">":
            return part.end()
        if part[0] == "[":
            end = _SUBSET_END.search(text, part.end())
            _refuse_entities(text[part.end() : end.start() if end else len(text)], line)
            if end:
                return end.end()
            break
    raise Refusal(f"not well-formed XML, line {line}: DOCTYPE without end")


def _refuse_entities(declarations: str, line: int) -> None:
    if entity := _ENTITY.search(declarations):
        kind = "an external entity" if entity[2] else "an entity"
        raise Refusal(f"unsafe XML: declares {kind} ({entity[1][:40]!r}), line {line}")
