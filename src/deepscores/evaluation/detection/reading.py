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
    """What the file of *request* says was found, of its classes.

    A JSON list of ``{"image_id", "category_id", "bbox": [x, y, width, height], "score"}``.
    ``image_id`` is the page's place from 1 among those of the split, as in our export to COCO;
    ``file_name``, if there, goes before it. ``obb`` or ``segmentation`` may have the eight numbers
    of an oriented box's corners. Raise DatasetError that names the entry for what is wrong.
    """
    entries = _load(request.predictions)
    if not entries:
        return empty_boxes()
    where = str(request.predictions)
    _each(entries, where, _fault)
    pages = _pages(entries, request)
    ids = np.array([one["category_id"] for one in entries], np.int64)
    _known(ids, len(request.label_set.classes), request, where)
    boxes = np.array([one["bbox"] for one in entries], np.float64)
    score = np.array([one["score"] for one in entries], np.float64)
    found = from_columns(pages, ids, boxes, score, _corners(entries, boxes, where))
    return found.at(np.isin(ids, list(request.names)))


def _load(path: Path) -> list[Any]:
    try:
        table = json.loads(path.read_bytes())
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise DatasetError(f"{path}: not JSON: {error}") from None
    if isinstance(table, dict) and "annotations" in table:
        raise DatasetError(f"{path}: is a dataset's JSON; a list of detections is wanted")
    if not isinstance(table, list):
        raise DatasetError(f"{path}: should be a list of detections, not {_kind(table)}")
    return table


def _each(entries: Sequence[Any], where: str, fault: Callable[[Any], str | None]) -> None:
    """Raise DatasetError for the first entry with a *fault*."""
    for place, one in enumerate(entries):
        wrong = fault(one)
        if wrong:
            raise DatasetError(f"{where}: entry {place}: {wrong}")


def _fault(one: Any) -> str | None:
    """What is wrong with an entry by itself."""
    if not isinstance(one, dict):
        return f"should be an object, not {_kind(one)}"
    for key in _KEYS:
        if key not in one:
            return f"without {key}"
    if "file_name" not in one and "image_id" not in one:
        return "without image_id"
    return _fault_of_class(one["category_id"]) or _fault_of_score(one) or _fault_of_box(one["bbox"])


def _fault_of_class(value: Any) -> str | None:
    if type(value) is int:
        return None
    if isinstance(value, str):
        return (
            f"category_id is {value!r}, a name; the class's id is wanted: see 'deepscores classes'"
        )
    return f"category_id is {value!r}, not a whole number"


def _fault_of_score(one: Entry) -> str | None:
    score = one["score"]
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
    known: dict[tuple[str, Any], int] = {}
    found = []
    for number, one in enumerate(entries):
        key = "file_name" if "file_name" in one else "image_id"
        name = one[key]
        # JSON's true is equal to 1, and a list is no key.
        place = known.get((key, name)) if type(name) in (str, int) else None
        if place is None:
            where = f"{request.predictions}: entry {number}"
            place = _PLACE_OF[key](name, places, request, where)
            known[key, name] = place
        found.append(place)
    return np.array(found, np.int64)


def _by_number(image: Any, places: Mapping[str, int], request: Request, where: str) -> int:
    if type(image) is not int:
        raise DatasetError(f"{where}: image_id is {image!r}, not a whole number")
    if not 1 <= image <= len(places):
        raise DatasetError(
            f"{where}: no image {image}; split {request.split} has 1 to {len(places)}"
        )
    return image - 1


def _by_name(file_name: Any, places: Mapping[str, int], request: Request, where: str) -> int:
    name = PurePosixPath(file_name).name.removesuffix(".png") if isinstance(file_name, str) else ""
    place = places.get(name)
    if place is not None:
        return place
    other = next((page.split for page in request.dataset if page.name == name), None)
    if other:
        raise DatasetError(f"{where}: page {name!r} is in split {other}, not {request.split}")
    raise DatasetError(f"{where}: {request.dataset.folder} has no page {file_name!r}")


_PLACE_OF = {"file_name": _by_name, "image_id": _by_number}


def _known(ids: NDArray[np.int64], largest: int, request: Request, where: str) -> None:
    wrong = np.flatnonzero((ids < 1) | (ids > largest))
    if len(wrong):
        raise DatasetError(
            f"{where}: entry {wrong[0]}: no class {ids[wrong[0]]}; "
            f"{request.label_set.name} has 1 to {largest}"
        )


def _corners(
    entries: Sequence[Entry], boxes: NDArray[np.float64], where: str
) -> NDArray[np.float64]:
    """(n, 8) corners that the entries give; of the others, those of their upright boxes."""
    corners = upright_corners(boxes)
    for place, one in enumerate(entries):
        given = _given(one)
        if given is None:
            continue
        if not _numbers(given, 8):
            raise DatasetError(
                f"{where}: entry {place}: its oriented box is {_short(given)}, not eight numbers"
            )
        corners[place] = given
    return corners


def _given(one: Entry) -> Any:
    """What an entry says of its oriented box; None if nothing: a mask or polygon is no such box."""
    if "obb" in one:
        return one["obb"]
    shape = one.get("segmentation")
    if isinstance(shape, list) and len(shape) == 1 and isinstance(shape[0], list):
        shape = shape[0]
    return shape if isinstance(shape, list) and len(shape) == 8 else None


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a string", type(None): "null", bool: "a bool"}
    return names.get(type(value), "a number")


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
