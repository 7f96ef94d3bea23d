"""Datasets that others made, as streams of pages: find out what lies at a path and read it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from deepscores.dataset.layout import DATASET, XML
from deepscores.dataset.reader import open_dataset
from deepscores.errors import DatasetError
from deepscores.formats.coco.reading import read_annotations
from deepscores.formats.deepscores_v1.reading import class_ids, is_v1, read_page
from deepscores.formats.foreign import FILES, ForeignPage
from deepscores.formats.layouts import (
    annotation_files,
    annotations_folder,
    graphs,
    is_pascal,
    is_yolo,
    label_folders,
    picture_of,
    picture_size,
    yolo_files,
    yolo_names,
)
from deepscores.formats.mung.nodes import read_mung
from deepscores.formats.voc.xml import read_pascal
from deepscores.formats.yolo.lines import read_yolo
from deepscores.inspection.report.seen import Seen, Source, own_source
from deepscores.page.geometry import Box
from deepscores.runs.files import read_bytes

_KINDS = (
    "a dataset of ours, COCO or DeepScoresV2 JSON, a folder of DeepScores V1, PASCAL VOC "
    "(Annotations/), YOLO (labels/) or notation graphs (MUSCIMA++)"
)

Names = dict[str, int]


def open_source(path: Path) -> Source:
    """The dataset at *path*, whatever its format; its pages are read when asked for.

    Raise DatasetError if there is none of a format known here.
    """
    if not path.exists():
        raise DatasetError(f"{path}: no such file or folder")
    if (path / DATASET).exists():
        return own_source(open_dataset(path), path.name)
    for layout, fits, read in _READERS:
        if fits(path):
            names: Names = {}
            return Source(_title(path), layout, names, read(path, names))
    raise DatasetError(f"{path}: no dataset of a known format: {_KINDS}")


def _title(path: Path) -> str:
    path = path.resolve()
    return f"{path.parent.name}/{path.name}" if path.is_file() else path.name


def _number(names: Names, name: str) -> int:
    return names.setdefault(name, len(names))


def _seen(name: str, size: tuple[int, int], classes: list[int], boxes: list[Box]) -> Seen:
    corners = np.array(boxes, np.float64).reshape(-1, 4)
    return Seen(name, *size, np.array(classes, np.int64), corners)


def _read_v1(folder: Path, names: Names) -> Iterator[Seen]:
    ids = class_ids(folder)
    for name in ids:
        _number(names, name)
    for path in sorted((folder / XML).glob("*.xml")):
        yield _of_foreign(read_page(folder, path.stem, ids), names)


def _read_json(path: Path, names: Names) -> Iterator[Seen]:
    for file in annotation_files(path):
        found = read_annotations(file)
        for one in found.findings:
            if one.check == FILES:
                where = f"{file}, annotation {one.object}" if one.object else str(file)
                raise DatasetError(f"{where}: {one.detail}")
        for name in found.names:
            _number(names, name)
        for page in found.pages:
            yield _of_foreign(page, names)


def _of_foreign(page: ForeignPage, names: Names) -> Seen:
    classes = np.array([_number(names, name) for name in page.objects.names], np.int64)
    return Seen(page.name, page.width, page.height, classes, page.objects.boxes)


def _read_pascal(folder: Path, names: Names) -> Iterator[Seen]:
    for path in sorted(annotations_folder(folder).glob("*.xml")):
        width, height, things = read_pascal(read_bytes(path), str(path))
        classes = [_number(names, one.name) for one in things]
        yield _seen(path.stem, (width, height), classes, [one.box for one in things])


def _read_yolo(folder: Path, names: Names) -> Iterator[Seen]:
    listed = yolo_names(folder)
    for name in listed:
        _number(names, name)
    for labels in label_folders(folder):
        for stem, (path, picture) in yolo_files(labels).items():
            text = read_bytes(path).decode("utf-8", "replace") if path else ""
            size = picture_size(picture)
            classes, boxes = [], []
            for one in read_yolo(text, str(path)):
                if one.class_id < 0 or (listed and one.class_id >= len(listed)):
                    raise DatasetError(
                        f"{path}: class {one.class_id}, of {len(listed)} that are named"
                    )
                name = listed[one.class_id] if listed else str(one.class_id)
                classes.append(_number(names, name))
                boxes.append(_scaled(one.box, size))
            yield _seen(str(stem), size, classes, boxes)


def _scaled(box: Box, size: tuple[int, int]) -> Box:
    width, height = size
    return Box(box.x0 * width, box.y0 * height, box.x1 * width, box.y1 * height)


def _read_graphs(path: Path, names: Names) -> Iterator[Seen]:
    for file in graphs(path):
        nodes = list(read_mung(read_bytes(file), str(file)))
        size = picture_size(picture_of(file, "images", "fulls"))
        classes = [_number(names, one.name) for one in nodes]
        yield _seen(file.stem, size, classes, [one.box for one in nodes])


_READERS: tuple[
    tuple[str, Callable[[Path], bool], Callable[[Path, Names], Iterator[Seen]]], ...
] = (
    ("DeepScores V1", is_v1, _read_v1),
    ("PASCAL VOC", is_pascal, _read_pascal),
    ("YOLO", is_yolo, _read_yolo),
    ("JSON", lambda path: bool(annotation_files(path)), _read_json),
    ("MuNG", lambda path: bool(graphs(path)), _read_graphs),
)
