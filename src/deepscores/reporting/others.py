"""Datasets that others made, as streams of pages: find out what lies at a path and read it."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

from deepscores.auditing.annotations import find_json, read_annotations
from deepscores.auditing.foreign import FILES, ForeignPage
from deepscores.auditing.own import read_bytes
from deepscores.auditing.v1 import class_ids, is_v1, read_page
from deepscores.dataset import open_dataset
from deepscores.errors import DatasetError
from deepscores.formats.mung import is_mung, read_mung
from deepscores.formats.pascal import read_pascal
from deepscores.formats.yolo import read_names, read_yolo
from deepscores.geometry import Box
from deepscores.pipeline.plan import DATASET
from deepscores.pipeline.samples import XML
from deepscores.reporting.seen import Seen, Source, own_source

_PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
_HEAD = 4096  # bytes that tell what an XML file is
_LOOKED_AT = 3  # files of a folder
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


def _is_json(path: Path) -> bool:
    return bool(_json_files(path))


def _json_files(path: Path) -> list[Path]:
    """The annotation files at *path*: of COCO's many in one folder, those with instances."""
    if path.is_file():
        return [path] if path.suffix.lower() == ".json" else []
    if found := find_json(path):
        return [found]
    every = sorted([*path.glob("*.json"), *path.glob("annotations/*.json")])
    return [one for one in every if one.name.startswith("instances")] or every


def _read_json(path: Path, names: Names) -> Iterator[Seen]:
    for file in _json_files(path):
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


def _annotations(folder: Path) -> Path:
    return folder if folder.name == "Annotations" else folder / "Annotations"


def _is_pascal(path: Path) -> bool:
    return next(_annotations(path).glob("*.xml"), None) is not None


def _read_pascal(folder: Path, names: Names) -> Iterator[Seen]:
    for path in sorted(_annotations(folder).glob("*.xml")):
        width, height, things = read_pascal(read_bytes(path), str(path))
        classes = [_number(names, one.name) for one in things]
        yield _seen(path.stem, (width, height), classes, [one.box for one in things])


def _label_folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    if folder.name == "labels":
        return [folder]
    found = [path for path in folder.glob("labels") if path.is_dir()]
    return sorted(found or (path for path in folder.glob("*/labels") if path.is_dir()))


def _is_yolo(path: Path) -> bool:
    return any(next(folder.rglob("*.txt"), None) for folder in _label_folders(path))


def _read_yolo(folder: Path, names: Names) -> Iterator[Seen]:
    listed = _yolo_names(folder)
    for name in listed:
        _number(names, name)
    for labels in _label_folders(folder):
        pictures = labels.with_name("images")
        files = {path.relative_to(labels).with_suffix("") for path in labels.rglob("*.txt")}
        images = {
            path.relative_to(pictures).with_suffix(""): path
            for path in pictures.rglob("*")
            if path.suffix.lower() in _PICTURES
        }
        for stem in sorted(files | images.keys()):  # an image without labels has no objects
            if str(stem) in ("classes", "obj"):
                continue
            path = labels / f"{stem}.txt"
            text = read_bytes(path).decode("utf-8", "replace") if stem in files else ""
            size = _picture_size(images.get(stem))
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


def _yolo_names(folder: Path) -> list[str]:
    """Class names by number; empty if no file has them."""
    for place in (folder, folder.parent):
        for path in sorted([*place.glob("*.yaml"), *place.glob("*.yml")]):
            return read_names(read_bytes(path).decode("utf-8", "replace"), str(path))
        for name in ("classes.txt", "labels/classes.txt", "obj.names"):
            if (place / name).is_file():
                text = read_bytes(place / name).decode("utf-8", "replace")
                return [line.strip() for line in text.splitlines() if line.strip()]
    return []


def _picture_size(path: Path | None) -> tuple[int, int]:
    """Width and height as the file's header has them; zeros without a file."""
    if path is None:
        return 0, 0
    try:
        with Image.open(path) as image:
            return image.size
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise DatasetError(f"{path}: not a readable image: {error}") from None


def _graphs(path: Path) -> list[Path]:
    """The notation graphs at *path*: a file, or those of the one folder that has some."""
    if path.is_file():
        return [path] if path.suffix.lower() == ".xml" and _is_graph(path) else []
    folders = sorted({file.parent for file in path.rglob("*.xml")})
    found = [one for one in folders if any(map(_is_graph, islice(one.glob("*.xml"), _LOOKED_AT)))]
    if len(found) > 1:
        some = ", ".join(str(one.relative_to(path)) for one in found)
        raise DatasetError(f"{path}: notation graphs in several folders, name one: {some}")
    return sorted(found[0].glob("*.xml")) if found else []


def _is_graph(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return is_mung(file.read(_HEAD))
    except OSError:
        return False


def _read_graphs(path: Path, names: Names) -> Iterator[Seen]:
    for file in _graphs(path):
        nodes = list(read_mung(read_bytes(file), str(file)))
        places = [file.parent, *(file.parent.parent / name for name in ("images", "fulls"))]
        pictures = (place / f"{file.stem}{suffix}" for place in places for suffix in _PICTURES)
        size = _picture_size(next((one for one in pictures if one.is_file()), None))
        classes = [_number(names, one.name) for one in nodes]
        yield _seen(file.stem, size, classes, [one.box for one in nodes])


_READERS: tuple[
    tuple[str, Callable[[Path], bool], Callable[[Path, Names], Iterator[Seen]]], ...
] = (
    ("DeepScores V1", is_v1, _read_v1),
    ("PASCAL VOC", _is_pascal, _read_pascal),
    ("YOLO", _is_yolo, _read_yolo),
    ("JSON", _is_json, _read_json),
    ("MuNG", lambda path: bool(_graphs(path)), _read_graphs),
)
