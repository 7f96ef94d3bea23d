"""Detections as COCO's results list has them, checked entry by entry."""

import json
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepscores.errors import DatasetError
from deepscores.evaluation.matching.boxes import Boxes, empty_boxes, from_columns, upright_corners
from deepscores.evaluation.request import Request

_KEYS = ("category_id", "bbox", "score")
_NUMBERS = frozenset({int, float})  # bool is none
Entry = Mapping[str, Any]


def read_detections(request: Request) -> Boxes:
    """The detections in the file of *request*, of its classes.

    A JSON list of ``{"image_id", "category_id", "bbox": [x, y, width, height], "score"}``.
    ``image_id`` is the page's place from 1 among those of the split, as in an export to COCO;
    ``file_name`` takes precedence if present. ``obb`` or ``segmentation`` may have the eight
    numbers of an oriented box's corners. Raise DatasetError that names the first invalid entry.
    """
    entries = _load(request.predictions)
    if not entries:
        return empty_boxes()
    source = str(request.predictions)
    _require_valid(entries, source, _fault)
    pages = _pages(entries, request)
    ids = np.array([entry["category_id"] for entry in entries], np.int64)
    _require_known_ids(ids, len(request.label_set.classes), request, source)
    boxes = np.array([entry["bbox"] for entry in entries], np.float64)
    score = np.array([entry["score"] for entry in entries], np.float64)
    detections = from_columns(pages, ids, boxes, score, _corners(entries, boxes, source))
    return detections.take(np.isin(ids, list(request.names)))


def _load(path: Path) -> list[Any]:
    try:
        table = json.loads(path.read_bytes())
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise DatasetError(f"{path}: not JSON: {error}") from None
    if isinstance(table, dict) and "annotations" in table:
        raise DatasetError(f"{path}: this is a dataset; expected a list of detections")
    if not isinstance(table, list):
        raise DatasetError(f"{path}: expected a list of detections, not {_kind(table)}")
    return table


def _require_valid(entries: Sequence[Any], source: str, fault: Callable[[Any], str | None]) -> None:
    """Raise DatasetError for the first entry with a *fault*."""
    for place, entry in enumerate(entries):
        wrong = fault(entry)
        if wrong:
            raise DatasetError(f"{source}: entry {place}: {wrong}")


def _fault(entry: Any) -> str | None:
    """Why an entry is invalid by itself; None if it is not."""
    if not isinstance(entry, dict):
        return f"expected an object, not {_kind(entry)}"
    for key in _KEYS:
        if key not in entry:
            return f"missing {key}"
    if "file_name" not in entry and "image_id" not in entry:
        return "missing image_id"
    return (
        _fault_of_class(entry["category_id"])
        or _fault_of_score(entry)
        or _fault_of_box(entry["bbox"])
    )


def _fault_of_class(value: Any) -> str | None:
    if type(value) is int:
        return None
    if isinstance(value, str):
        return (
            f"category_id is {value!r}, a name; expected the class's id (see 'deepscores classes')"
        )
    return f"category_id is {value!r}, not a whole number"


def _fault_of_score(entry: Entry) -> str | None:
    score = entry["score"]
    if type(score) not in (float, int):
        return f"score is {score!r}, not a number"
    return None if isfinite(score) else f"score is {score}"


def _fault_of_box(box: Any) -> str | None:
    if not _numbers(box, 4):
        return f"bbox is {_short(box)}, not four numbers x, y, width, height"
    for name, value in (("width", box[2]), ("height", box[3])):
        if value < 0:
            return f"bbox has the {name} {value:g}, which is negative"
    return None


def _numbers(value: Any, count: int) -> bool:
    return (
        isinstance(value, list)
        and len(value) == count
        and _NUMBERS.issuperset(map(type, value))
        and all(map(isfinite, value))
    )


def _pages(entries: Sequence[Entry], request: Request) -> NDArray[np.int64]:
    """The place of each entry's page."""
    places = {page.name: place for place, page in enumerate(request.pages)}
    places_by_key: dict[tuple[str, Any], int] = {}
    page_places = []
    for number, entry in enumerate(entries):
        key = "file_name" if "file_name" in entry else "image_id"
        name = entry[key]
        # JSON's true is equal to 1, and a list cannot be a key.
        place = places_by_key.get((key, name)) if type(name) in (str, int) else None
        if place is None:
            source = f"{request.predictions}: entry {number}"
            place = _PLACE_OF[key](name, places, request, source)
            places_by_key[key, name] = place
        page_places.append(place)
    return np.array(page_places, np.int64)


def _by_number(image: Any, places: Mapping[str, int], request: Request, source: str) -> int:
    if type(image) is not int:
        raise DatasetError(f"{source}: image_id is {image!r}, not a whole number")
    if not 1 <= image <= len(places):
        raise DatasetError(
            f"{source}: no image {image}; split {request.split} has 1 to {len(places)}"
        )
    return image - 1


def _by_name(file_name: Any, places: Mapping[str, int], request: Request, source: str) -> int:
    name = PurePosixPath(file_name).name.removesuffix(".png") if isinstance(file_name, str) else ""
    place = places.get(name)
    if place is not None:
        return place
    page_split = next((page.split for page in request.dataset if page.name == name), None)
    if page_split:
        raise DatasetError(f"{source}: page {name!r} is in split {page_split}, not {request.split}")
    raise DatasetError(f"{source}: {request.dataset.folder} has no page {file_name!r}")


_PLACE_OF = {"file_name": _by_name, "image_id": _by_number}


def _require_known_ids(ids: NDArray[np.int64], largest: int, request: Request, source: str) -> None:
    wrong = np.flatnonzero((ids < 1) | (ids > largest))
    if len(wrong):
        raise DatasetError(
            f"{source}: entry {wrong[0]}: no class {ids[wrong[0]]}; "
            f"{request.label_set.name} has 1 to {largest}"
        )


def _corners(
    entries: Sequence[Entry], boxes: NDArray[np.float64], source: str
) -> NDArray[np.float64]:
    """(n, 8) corners of the entries' oriented boxes, or else of their upright ones."""
    corners = upright_corners(boxes)
    for place, entry in enumerate(entries):
        oriented = _oriented_box(entry)
        if oriented is None:
            continue
        if not _numbers(oriented, 8):
            raise DatasetError(
                f"{source}: entry {place}: oriented box {_short(oriented)} is not eight numbers"
            )
        corners[place] = oriented
    return corners


def _oriented_box(entry: Entry) -> Any:
    """The oriented box of an entry; None without one: a mask or polygon is not such a box."""
    if "obb" in entry:
        return entry["obb"]
    shape = entry.get("segmentation")
    if isinstance(shape, list) and len(shape) == 1 and isinstance(shape[0], list):
        shape = shape[0]
    return shape if isinstance(shape, list) and len(shape) == 8 else None


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a string", type(None): "null", bool: "a bool"}
    return names.get(type(value), "a number")


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
