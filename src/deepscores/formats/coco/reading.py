"""Datasets in one JSON file: COCO's layout, and DeepScoresV2's own."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deepscores.dataset.contents import ObjectBoxes
from deepscores.errors import DatasetError
from deepscores.formats.findings import Finding, repeated
from deepscores.formats.foreign import CLASSES, FILES, UNKNOWN, ForeignDataset, ForeignPage
from deepscores.runs.files import read_json

COCO, V2 = "coco", "deepscores-v2"
_WRONG = (KeyError, TypeError, ValueError, IndexError, AttributeError)
_OURS = ("export.json", "dataset.json", "label_set.json")
_NO_BOX = (float("nan"),) * 4


class _One(NamedTuple):
    """One annotation."""

    id: str
    class_id: int
    box: tuple[float, ...]
    colour: int = UNKNOWN
    outline: tuple[float, ...] = _NO_BOX
    entry: dict[str, Any] | None = None  # as the file has it


def find_json(path: Path) -> Path | None:
    """The annotation file that *path* is, or the one in the folder that it is; None without."""
    if path.is_file():
        return path
    found = json_files(path)
    return found[0] if len(found) == 1 else None


def json_files(folder: Path) -> list[Path]:
    """The files in *folder*, or ``annotations/`` in it, that may hold annotations."""
    found = sorted([*folder.glob("*.json"), *folder.glob("annotations/*.json")])
    return [one for one in found if one.name not in _OURS]


def read_annotations(path: Path) -> ForeignDataset:
    """The dataset in a JSON file; raise DatasetError if it is in neither layout."""
    return annotations_of(read_json(path), path)


def annotations_of(table: dict[str, Any], path: Path, *, keep: bool = False) -> ForeignDataset:
    """The dataset in the *table* that the JSON file *path* holds; pages *keep* their entries."""
    images, notes, classes = (table.get(key) for key in ("images", "annotations", "categories"))
    if isinstance(images, list) and isinstance(notes, dict) and isinstance(classes, dict):
        return _read(path, V2, images, notes.items(), list(classes.items()), keep=keep)
    if isinstance(images, list) and isinstance(notes, list) and isinstance(classes, list):
        pairs = [(one.get("id"), one) for one in notes if isinstance(one, dict)]
        named = [(one.get("id"), one) for one in classes if isinstance(one, dict)]
        return _read(path, COCO, images, pairs, named, keep=keep)
    raise DatasetError(f"{path}: neither COCO nor DeepScoresV2: no images, annotations, categories")


def _read(
    path: Path, layout: str, images: list[Any], pairs: Any, classes: Any, *, keep: bool
) -> ForeignDataset:
    findings: list[Finding] = []
    names = {_whole(number): str(one.get("name")) for number, one in classes}
    colours = {_whole(number): _whole(one.get("color", UNKNOWN)) for number, one in classes}
    findings += _wrong_categories(
        path.name, layout, names, colours, [_whole(n) for n, _ in classes]
    )
    key, parse = ("img_id", _parse_v2) if layout == V2 else ("image_id", _parse_coco)
    of_image: dict[str, list[_One]] = defaultdict(list)
    for number, one in pairs:
        try:
            parsed = parse(str(number), one)
            of_image[str(one[key])].append(parsed._replace(entry=one) if keep else parsed)
        except _WRONG as error:
            what = f"annotation cannot be read: {type(error).__name__} {error}"
            findings.append(Finding(FILES, path.name, str(number), what))
    for number in repeated(str(number) for number, _ in pairs):
        findings.append(Finding(FILES, path.name, number, "two annotations have this id"))
    pages = []
    for image in images:
        try:
            some = of_image.pop(str(image["id"]), [])
            findings += _unknown_classes(image, some, names)
            page = _page(path, layout, image, some, names, colours)
            entries = tuple(one.entry or {} for one in some)
            pages.append(replace(page, entry=image, entries=entries) if keep else page)
        except _WRONG as error:
            what = f"image cannot be read: {type(error).__name__} {error}"
            findings.append(Finding(FILES, path.name, "", what))
    for number, some in of_image.items():
        what = f"{len(some)} annotations of image {number}, which is not in the list"
        findings.append(Finding(FILES, path.name, some[0].id, what))
    return ForeignDataset(layout, pages, findings, tuple(names.values()))


def _whole(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return UNKNOWN


def _wrong_categories(
    file: str, layout: str, names: dict[int, str], colours: dict[int, int], ids: list[int]
) -> Iterator[Finding]:
    for number in repeated(ids):
        yield Finding(CLASSES, file, str(number), "two categories have this id")
    for number, name in names.items():
        if number <= 0:
            what = "the background's" if number == 0 else "no number"
            yield Finding(CLASSES, file, str(number), f"{name}: its id is {what}")
        if layout == V2 and colours[number] <= 0:
            what = "the background's, 0" if colours[number] == 0 else "not told"
            yield Finding(CLASSES, file, str(number), f"{name}: its value in class maps is {what}")


def _unknown_classes(
    image: dict[str, Any], some: list[_One], names: dict[int, str]
) -> Iterator[Finding]:
    where = str(image.get("file_name") or image.get("filename"))
    for one in some:
        if one.class_id not in names:
            what = "no class" if one.class_id == UNKNOWN else f"class id {one.class_id}, not listed"
            yield Finding(CLASSES, where, one.id, what)


def _parse_v2(number: str, one: dict[str, Any]) -> _One:
    cats = one["cat_id"]
    first = next((cat for cat in cats if cat is not None), None) if isinstance(cats, list) else cats
    facts = dict(
        fact.split(":", 1) for fact in str(one.get("comments", "")).split(";") if ":" in fact
    )
    colour = facts.get("instance", "").strip().removeprefix("#")
    return _One(number, _whole(first), _box(one["a_bbox"]), int(colour, 16) if colour else UNKNOWN)


def _parse_coco(number: str, one: dict[str, Any]) -> _One:
    x, y, width, height = _box(one["bbox"])
    shapes = one.get("segmentation")
    outline = _NO_BOX
    if isinstance(shapes, list) and shapes:
        points = np.concatenate([np.asarray(shape, np.float64).reshape(-1, 2) for shape in shapes])
        outline = (*points.min(axis=0).tolist(), *points.max(axis=0).tolist())
    box = (x, y, x + width, y + height)
    return _One(number, _whole(one["category_id"]), box, UNKNOWN, outline)


def _box(values: Any) -> tuple[float, ...]:
    a, b, c, d = (float(value) for value in values)
    return a, b, c, d


def _page(
    path: Path,
    layout: str,
    image: dict[str, Any],
    some: list[_One],
    names: dict[int, str],
    colours: dict[int, int],
) -> ForeignPage:
    file = str(image["filename"] if layout == V2 else image["file_name"])
    stem = Path(file).stem
    class_ids = [one.class_id for one in some]
    outlines = np.array([one.outline for one in some], np.float64).reshape(-1, 4)
    folder, split = path.parent, path.stem.rpartition("_")[2]  # annotations/instances_train.json
    around = [folder, folder / "images", folder.parent / "images"]
    around += [one / split for one in (*around, folder.parent)]
    places = [one / file for one in around]
    maps = [folder / "segmentation" / f"{stem}_seg.png", folder / "instance" / f"{stem}_inst.png"]
    classes, instances = (one if layout == V2 and one.exists() else None for one in maps)
    return ForeignPage(
        file,
        int(image.get("width") or 0),
        int(image.get("height") or 0),
        ObjectBoxes(
            [one.id for one in some],
            np.array(class_ids, np.int64),
            [names.get(one, "?") for one in class_ids],
            np.array([one.box for one in some], np.float64).reshape(-1, 4),
        ),
        next((place for place in places if place.is_file()), None),
        classes,
        instances,
        np.array([colours.get(one, UNKNOWN) for one in class_ids], np.int64),
        np.array([one.colour for one in some], np.int64),
        frozenset(colours.values()),
        outlines if np.isfinite(outlines).any() else None,
    )
