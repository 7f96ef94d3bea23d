"""Notation graphs (MUSCIMA++): boxes, masks, and what links to what."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from deepscores.dataset.splits import SPLITS
from deepscores.errors import DatasetError
from deepscores.formats.mung.nodes import Node, is_mung, mask_pixels, read_mung
from deepscores.formats.protocol import Reader
from deepscores.formats.reading.annotated import AnnotatedPage, boxed_page
from deepscores.formats.reading.masks import Pixels
from deepscores.formats.reading.pictures import picture_of, picture_size
from deepscores.formats.reading.sources import ListedPage, Source, SourceObject, SourcePage
from deepscores.formats.reading.splits import split_in_path
from deepscores.runs.files import read_bytes

_PICTURES = ("images", "fulls")
_HEAD = 4096  # bytes that show what an XML file is
_FILES_TRIED = 3  # of a folder


class Bitmap(NamedTuple):
    """The mask of a node, within its box."""

    text: str
    x: int
    y: int
    width: int
    height: int

    def pixels(self, width: int, height: int) -> Pixels:
        """Those on the page; raise ValueError for a mask that is not of the box."""
        y, x = np.divmod(mask_pixels(self.text, self.width, self.height), self.width)
        x, y = x + self.x, y + self.y
        is_inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
        places: Pixels = y[is_inside] * width + x[is_inside]
        return places


class MungReader(Reader):
    """A graph, or a folder of graphs, with pictures beside them."""

    def recognises(self, path: Path) -> bool:
        """Whether there are graphs at *path*."""
        return bool(_graph_files(path))

    def open(self, path: Path, annotation_set: str = "") -> Source:
        """The dataset at *path*; its classes are those of its symbols, by name."""
        files = _graph_files(path)
        root = path if path.is_dir() else path.parent
        names = [str(file.relative_to(root)) for file in files]
        return Source(
            "mung",
            tuple(("", name) for name in sorted(set(_class_names(files)))),
            [ListedPage(name, split_in_path(name)) for name in names],
            files,
            "the nodes' masks; of nodes without, the box's dark pixels",
            whole_masks=True,
            entries=lambda: iter(files),
        )

    def read(self, entry: Path) -> SourcePage:
        """The page of one graph."""
        nodes = read_mung(read_bytes(entry), str(entry))
        return SourcePage(picture_of(entry, *_PICTURES), [_object(node) for node in nodes])

    def pages(self, path: Path) -> Iterator[AnnotatedPage]:
        """Every page, of unknown size without a picture; classes are known as it is read."""
        for file in _graph_files(path):
            nodes = list(read_mung(read_bytes(file), str(file)))
            size = picture_size(picture_of(file, *_PICTURES))
            names = [node.name for node in nodes]
            yield boxed_page(file.stem, size, names, [node.box for node in nodes])


def _graph_files(path: Path) -> list[Path]:
    """The notation graphs at *path*: a file, or those of the one folder that has some.

    Folders named after splits, as in our exports, count as one.
    """
    if path.is_file():
        return [path] if path.suffix.lower() == ".xml" and _is_graph(path) else []
    folders = [
        folder
        for folder in sorted({file.parent for file in path.rglob("*.xml")})
        if any(map(_is_graph, islice(folder.glob("*.xml"), _FILES_TRIED)))
    ]
    if len(folders) > 1 and not {folder.name for folder in folders} <= set(SPLITS):
        names = ", ".join(str(folder.relative_to(path)) for folder in folders)
        raise DatasetError(f"{path}: notation graphs in several folders, name one: {names}")
    return [file for folder in folders for file in sorted(folder.glob("*.xml"))]


def _is_graph(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return is_mung(file.read(_HEAD))
    except OSError:
        return False


def _class_names(files: list[Path]) -> Iterator[str]:
    for path in files:
        try:
            yield from (node.name for node in read_mung(read_bytes(path), str(path)))
        except DatasetError:
            continue  # reported when the page is read


def _object(node: Node) -> SourceObject:
    x0, y0, x1, y1 = (round(side) for side in node.box)
    mask = Bitmap(node.mask, x0, y0, x1 - x0, y1 - y0) if node.mask not in ("", "None") else None
    return SourceObject(node.id, node.name, tuple(node.box), mask=mask, links=node.outlinks)
