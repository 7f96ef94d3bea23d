"""Pages in the layout of YOLO: boxes, polygons or oriented boxes in shares of the picture."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from deepscores.errors import DatasetError
from deepscores.formats.layouts import label_folders, yolo_files, yolo_names
from deepscores.formats.source_masks import Polygons
from deepscores.formats.source_pages import Found, Left, Listed, Source, Thing
from deepscores.formats.source_splits import told_split
from deepscores.formats.yolo.lines import Label, read_yolo
from deepscores.runs.files import read_bytes

_CORNERS = 8  # numbers of an oriented box


class Entry(NamedTuple):
    """What it takes to read a page."""

    labels: Path | None
    picture: Path
    names: tuple[str, ...]  # of classes, by number; none: they are their numbers
    oriented: bool  # four corners are an oriented box, no polygon


def open_yolo(folder: Path, _: str) -> Source:
    """The dataset in *folder*; its classes are those of ``data.yaml``, or else their numbers.

    Where every object has four corners, these are oriented boxes.
    """
    names = tuple(yolo_names(folder))
    some = [
        (str(labels.relative_to(folder) / one), *files)
        for labels in label_folders(folder)
        for one, files in yolo_files(labels).items()
    ]
    pages = [(name, path, picture) for name, path, picture in some if picture is not None]
    numbers, corners = _look(path for _, path, _ in pages if path is not None)
    oriented = corners == {_CORNERS}
    polygons = bool(corners) and not oriented
    return Source(
        "yolo",
        tuple((str(number), name) for number, name in enumerate(names))
        or tuple((str(number), str(number)) for number in sorted(numbers)),
        [Listed(name, told_split(name)) for name, _, _ in pages],
        [path for _, path, _ in pages if path is not None],
        "the polygons; of objects without, the box's dark pixels"
        if polygons
        else "the dark pixels within the oriented box"
        if oriented
        else "the box's dark pixels",
        whole_masks=polygons,
        entries=lambda: (Entry(path, picture, names, oriented) for _, path, picture in pages),
        left_out=[
            Left(name, "no picture", "labels without a picture in images/")
            for name, _, picture in some
            if picture is None
        ],
    )


def _look(files: Iterator[Path]) -> tuple[set[int], set[int]]:
    """The classes that occur, and how many numbers the polygons have."""
    numbers, corners = set(), set()
    for path in files:
        try:
            for one in _labels(path):
                numbers.add(one.class_id)
                if one.points:
                    corners.add(len(one.points))
        except DatasetError:
            continue  # told when the page is read
    return numbers, corners


def _labels(path: Path) -> Iterator[Label]:
    return read_yolo(read_bytes(path).decode("utf-8", "replace"), str(path))


def read(entry: Entry) -> Found:
    """One page; raise DatasetError if its labels cannot be read."""
    labels = [] if entry.labels is None else list(_labels(entry.labels))
    return Found(
        entry.picture,
        [_thing(place, one, entry) for place, one in enumerate(labels, start=1)],
        size=(1, 1),
        in_shares=True,
    )


def _thing(place: int, one: Label, entry: Entry) -> Thing:
    name = str(one.class_id)
    if entry.names:
        name = entry.names[one.class_id] if 0 <= one.class_id < len(entry.names) else f"#{name}"
    mask = Polygons((one.points,), True, entry.oriented) if one.points else None
    turned = one.points if entry.oriented else ()
    return Thing(str(place), name, tuple(one.box), oriented=turned, mask=mask)
