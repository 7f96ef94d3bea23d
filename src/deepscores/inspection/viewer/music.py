"""The music behind a symbol: its MEI element, and the measure in which it stands."""

import re
import threading
from collections import defaultdict
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from lxml import etree

from deepscores.errors import DatasetError
from deepscores.scores.refusal import Refusal
from deepscores.scores.xml import parse_xml

_ID = "{http://www.w3.org/XML/1998/namespace}id"
_DECLARED = re.compile(r' xmlns(?::\w+)?="[^"]*"')
_LONGEST = 400_000  # characters of a measure that are shown


class Music(NamedTuple):
    """An element of a score, and its measure."""

    tag: str
    path: tuple[str, ...]  # tags from the measure, or else the root, down to the element
    text: str  # the element as MEI, indented
    measure: str | None  # its number; None outside measures
    measure_text: str
    first_line: int  # of the element within the measure's text, from 0; -1 outside
    lines: int


@dataclass(frozen=True, slots=True)
class _Score:
    elements: dict[str, etree._Element]  # by id
    measures: dict[str, list[etree._Element]]  # by number


class Library:
    """Finds music in the scores of a dataset; the score looked at last is kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: tuple[Path, _Score] | None = None

    def find(self, path: Path, element: str) -> Music | None:
        """The element *element* of the MEI file *path*, None if it has none of that id.

        Raise DatasetError if it is not readable MEI.
        """
        with self._lock:  # lxml's trees are of one thread at a time
            node = self._score(path).elements.get(element)
            return None if node is None else _music(node)

    def find_measure(self, path: Path, number: str) -> Music | None:
        """The measure of a *number*, None if there is none or several have it."""
        with self._lock:
            measures = self._score(path).measures.get(number, [])
            return _music(measures[0]) if len(measures) == 1 else None

    def _score(self, path: Path) -> _Score:
        if self._last is None or self._last[0] != path:
            self._last = (path, _index(_parse(path)))
        return self._last[1]


def _index(root: etree._Element) -> _Score:
    score = _Score({}, defaultdict(list))
    for element in root.iter("{*}*"):
        if name := element.get(_ID):
            score.elements[name] = element
        if _tag(element) == "measure" and element.get("n"):
            score.measures[element.get("n", "")].append(element)
    return score


def _parse(path: Path) -> etree._Element:
    try:
        return parse_xml(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, Refusal) as error:
        raise DatasetError(f"{path.name}: not readable as MEI: {error}") from None


def _music(element: etree._Element) -> Music:
    ancestors = [node for node in element.iterancestors() if isinstance(node.tag, str)]
    chain = [element, *ancestors]
    measures = [place for place, node in enumerate(chain) if _tag(node) == "measure"]
    text = _to_text(element)
    if not measures:
        return Music(_tag(element), _path(chain), text, None, "", -1, 0)
    measure = chain[measures[0]]
    measure_text = _to_text(measure)
    first = _line_of(measure_text, element.get(_ID, ""))
    path = _path(chain[: measures[0] + 1])
    lines = text.count("\n") + 1
    return Music(_tag(element), path, text, measure.get("n", ""), measure_text, first, lines)


def _path(chain: list[etree._Element]) -> tuple[str, ...]:
    return tuple(_tag(node) for node in reversed(chain))


def _tag(element: etree._Element) -> str:
    return etree.QName(element).localname


def _to_text(element: etree._Element) -> str:
    """*element* as text, a line each, without what declares namespaces."""
    copy = deepcopy(element)  # the tree stays as it was read
    copy.tail = None
    etree.indent(copy, "  ")
    text = _DECLARED.sub("", etree.tostring(copy, encoding="unicode"))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}\n…"


def _line_of(text: str, element: str) -> int:
    marked = f'xml:id="{element}"'
    return next((number for number, line in enumerate(text.splitlines()) if marked in line), -1)
