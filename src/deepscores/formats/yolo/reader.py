"""YOLO: boxes, polygons or oriented boxes in shares of the picture."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from deepscores.errors import DatasetError
from deepscores.formats.protocol import Reader
from deepscores.formats.reading.annotated import AnnotatedPage, boxed_page
from deepscores.formats.reading.masks import Polygons
from deepscores.formats.reading.pictures import SUFFIXES, picture_size
from deepscores.formats.reading.sources import (
    ListedPage,
    Omission,
    Source,
    SourceObject,
    SourcePage,
)
from deepscores.formats.reading.splits import split_in_path
from deepscores.formats.yolo.lines import Label, read_names, read_yolo
from deepscores.page.geometry import Box
from deepscores.runs.files import read_bytes

_CORNERS = 8  # numbers of an oriented box
_NO_LABELS = ("classes", "obj")  # text files that are of no image


class PageFiles(NamedTuple):
    """What is needed to read a page."""

    labels: Path | None
    picture: Path
    names: tuple[str, ...]  # of classes, by number; none: they are their numbers
    oriented: bool  # four corners are an oriented box, no polygon


class LabelledFiles(NamedTuple):
    """The files of one picture."""

    name: str  # common to both, relative to their folders
    labels: Path | None  # an image without labels has no objects
    picture: Path | None


class YoloReader(Reader):
    """Folders with ``labels/``, and ``images/`` beside them."""

    def recognises(self, path: Path) -> bool:
        """Whether there are text files in a folder of labels."""
        return any(next(labels.rglob("*.txt"), None) for labels in _label_folders(path))

    def open(self, path: Path, annotation_set: str = "") -> Source:
        """The dataset in the folder *path*; classes are those of ``data.yaml``, or else numbers.

        Where every object has four corners, these are oriented boxes.
        """
        names = tuple(_class_names(path))
        all_files = [
            files._replace(name=str(folder.relative_to(path) / files.name))
            for folder in _label_folders(path)
            for files in _files(folder)
        ]
        pages = [
            (files.name, files.labels, files.picture)
            for files in all_files
            if files.picture is not None
        ]
        label_files = [labels for _, labels, _ in pages if labels is not None]
        numbers, corners = _classes_and_corners(label_files)
        oriented = corners == {_CORNERS}
        polygons = bool(corners) and not oriented
        return Source(
            "yolo",
            tuple((str(number), name) for number, name in enumerate(names))
            or tuple((str(number), str(number)) for number in sorted(numbers)),
            [ListedPage(name, split_in_path(name)) for name, _, _ in pages],
            label_files,
            _masks(polygons=polygons, oriented=oriented),
            whole_masks=polygons,
            entries=lambda: (
                PageFiles(labels, picture, names, oriented) for _, labels, picture in pages
            ),
            omissions=[
                Omission(files.name, "no picture", "labels without a picture in images/")
                for files in all_files
                if files.picture is None
            ],
        )

    def read(self, entry: PageFiles) -> SourcePage:
        """One page."""
        labels = [] if entry.labels is None else list(_read_labels(entry.labels))
        return SourcePage(
            entry.picture,
            [_object(place, label, entry) for place, label in enumerate(labels, start=1)],
            size=(1, 1),
            in_shares=True,
        )

    def pages(self, path: Path) -> Iterator[AnnotatedPage]:
        """Every page; without a picture, its size is unknown."""
        names = tuple(_class_names(path))
        for folder in _label_folders(path):
            for files in _files(folder):
                yield _boxed(files, names)


def _masks(*, polygons: bool, oriented: bool) -> str:
    if polygons:
        return "the polygons; of objects without, the box's dark pixels"
    return "the dark pixels within the oriented box" if oriented else "the box's dark pixels"


def _label_folders(folder: Path) -> list[Path]:
    """The folders ``labels``, one for all splits or one in each."""
    if not folder.is_dir():
        return []
    if folder.name == "labels":
        return [folder]
    at_the_top = [path for path in folder.glob("labels") if path.is_dir()]
    return sorted(at_the_top or (path for path in folder.glob("*/labels") if path.is_dir()))


def _files(folder: Path) -> Iterator[LabelledFiles]:
    """Labels and pictures of one folder of labels, by their common name, in order."""
    pictures = folder.with_name("images")
    labels_of = {path.relative_to(folder).with_suffix(""): path for path in folder.rglob("*.txt")}
    picture_of = {
        path.relative_to(pictures).with_suffix(""): path
        for path in pictures.rglob("*")
        if path.suffix.lower() in SUFFIXES
    }
    for stem in sorted(labels_of.keys() | picture_of.keys()):
        if str(stem) not in _NO_LABELS:
            yield LabelledFiles(str(stem), labels_of.get(stem), picture_of.get(stem))


def _class_names(folder: Path) -> list[str]:
    """By number; empty if no file has them."""
    for place in (folder, folder.parent):
        for path in sorted([*place.glob("*.yaml"), *place.glob("*.yml")]):
            return read_names(read_bytes(path).decode("utf-8", "replace"), str(path))
        for name in ("classes.txt", "labels/classes.txt", "obj.names"):
            if (place / name).is_file():
                text = read_bytes(place / name).decode("utf-8", "replace")
                return [line.strip() for line in text.splitlines() if line.strip()]
    return []


def _classes_and_corners(files: Iterable[Path]) -> tuple[set[int], set[int]]:
    """The classes that occur, and how many numbers the polygons have."""
    numbers, corners = set(), set()
    for path in files:
        try:
            for label in _read_labels(path):
                numbers.add(label.class_id)
                if label.points:
                    corners.add(len(label.points))
        except DatasetError:
            continue  # reported when the page is read
    return numbers, corners


def _read_labels(path: Path) -> Iterator[Label]:
    return read_yolo(read_bytes(path).decode("utf-8", "replace"), str(path))


def _object(place: int, label: Label, entry: PageFiles) -> SourceObject:
    name = str(label.class_id)
    if entry.names:
        is_named = 0 <= label.class_id < len(entry.names)
        name = entry.names[label.class_id] if is_named else f"#{name}"
    mask = Polygons((label.points,), True, entry.oriented) if label.points else None
    oriented = label.points if entry.oriented else ()
    return SourceObject(str(place), name, tuple(label.box), oriented=oriented, mask=mask)


def _boxed(files: LabelledFiles, names: tuple[str, ...]) -> AnnotatedPage:
    width, height = picture_size(files.picture)
    labels = [] if files.labels is None else list(_read_labels(files.labels))
    for label in labels:
        if label.class_id < 0 or (names and label.class_id >= len(names)):
            raise DatasetError(
                f"{files.labels}: class {label.class_id}, of {len(names)} that are named"
            )
    return boxed_page(
        files.name,
        (width, height),
        [names[label.class_id] if names else str(label.class_id) for label in labels],
        [_in_pixels(label.box, width, height) for label in labels],
        names,
    )


def _in_pixels(box: Box, width: int, height: int) -> Box:
    return Box(box.x0 * width, box.y0 * height, box.x1 * width, box.y1 * height)
