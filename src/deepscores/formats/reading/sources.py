"""A dataset to import, whatever its format: its classes, its pages, and the objects of each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from deepscores.formats.reading.masks import Mask


class SourceObject(NamedTuple):
    """One object of a page, as its source describes it."""

    id: str  # how the source names it
    name: str  # its class in the source; "" if it has none
    box: tuple[float, ...]  # x0 y0 x1 y1, half open
    oriented: tuple[float, ...] = ()  # eight corners; empty if unknown
    mask: Mask | None = None  # all its pixels, also those under others
    visible: Mask | None = None  # the visible ones, where the source has both
    value: int = 0  # of its class in the page's class map; 0 if unknown
    colour: int = 0  # in the page's instance map; 0 if unknown
    onset: float | None = None  # quarter notes
    duration: float | None = None
    position: int | None = None  # on the staff
    links: tuple[str, ...] = ()  # ids of objects that it links to


class Omission(NamedTuple):
    """Something that is left out."""

    page: str
    reason: str
    detail: str  # which object, where and why


@dataclass(frozen=True)
class SourcePage:
    """A page, read but for its pixels."""

    picture: Path | None
    objects: list[SourceObject]
    size: tuple[float, float] | None = None  # that boxes refer to; None: the picture's
    in_shares: bool = False  # boxes are shares of the page, whatever the size of its picture
    class_map: Path | None = None
    instance_map: Path | None = None
    staff_space: float | None = None  # pixels; None: unknown
    omissions: list[tuple[str, str]] = field(default_factory=list)  # reason and detail


class ListedPage(NamedTuple):
    """A page that a source has, before it is read; "" where the source does not say."""

    name: str  # in the source: its file, relative
    split: str = ""
    score: str = ""
    work: str = ""
    engraver: str = ""
    font: str = ""


@dataclass(frozen=True)
class Source:
    """A dataset to import."""

    format: str
    classes: tuple[tuple[str, str], ...]  # id and name of each, in its order
    pages: list[ListedPage]
    files: list[Path]  # that the labels are in
    masks: str  # where the pixels of objects are from
    whole_masks: bool  # whether these may overlap
    entries: Callable[[], Iterator[Any]]  # of each page, in order, what reading it takes
    omissions: list[Omission] = field(default_factory=list)  # before any page is read
