"""Pages as their annotations describe them, to be counted and checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepscores.dataset.contents import ObjectBoxes
from deepscores.formats.reading.findings import Finding
from deepscores.formats.reading.pictures import picture_size
from deepscores.formats.reading.sources import SourcePage

UNKNOWN = -1  # value of a class, colour of an object


@dataclass(frozen=True)
class AnnotatedPage:
    """What a dataset says of one page."""

    name: str
    width: int  # pixels; 0 if unknown
    height: int
    objects: ObjectBoxes
    image: Path | None = None
    class_map: Path | None = None
    instance_map: Path | None = None
    values: NDArray[np.int64] | None = None  # of each object's class in the class map, or UNKNOWN
    colours: NDArray[np.int64] | None = None  # of each object in the instance map, or UNKNOWN
    class_values: frozenset[int] | None = None  # every value a class has in the class map
    outlines: NDArray[np.float64] | None = None  # (n, 4) boxes of their polygons, NaN without
    image_entry: Mapping[str, Any] | None = None  # as the file has it, where that was asked for
    object_entries: tuple[Mapping[str, Any], ...] = ()
    listed_classes: tuple[str, ...] = ()  # of the page's file or dataset, whether on it or not


@dataclass(frozen=True)
class AnnotatedDataset:
    """The pages, and what was found while reading."""

    format: str
    pages: list[AnnotatedPage]
    findings: list[Finding] = field(default_factory=list)


def boxed_page(
    name: str,
    size: tuple[int, int],
    class_names: Sequence[str],
    boxes: Sequence[Sequence[float]],
    listed_classes: tuple[str, ...] = (),
) -> AnnotatedPage:
    """A page of boxes in pixels, each with the name of its class."""
    ids = [str(number) for number in range(1, len(class_names) + 1)]
    corners = np.array(boxes, np.float64).reshape(-1, 4)
    objects = ObjectBoxes(ids, np.full(len(ids), UNKNOWN, np.int64), list(class_names), corners)
    return AnnotatedPage(name, *size, objects, listed_classes=listed_classes)


def annotated_page(
    name: str, page: SourcePage, listed_classes: tuple[str, ...] = ()
) -> AnnotatedPage:
    """*page*, read for an import, with its boxes in pixels."""
    scale = (1.0, 1.0)
    width, height = page.size or picture_size(page.picture)
    if page.size and page.in_shares:
        size = picture_size(page.picture)
        scale = (size[0] / width, size[1] / height)
        width, height = size
    boxes = [np.multiply(source.box, scale * 2).tolist() for source in page.objects]
    names = [source.name for source in page.objects]
    return boxed_page(name, (int(width), int(height)), names, boxes, listed_classes)
