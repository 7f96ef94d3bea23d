"""Pages in one JSON file or several: COCO's layout, and DeepScoresV2's own."""

import math
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from deepscores.dataset.lenient import read_json
from deepscores.errors import DatasetError, RecipeError
from deepscores.formats.coco.reading import COCO, V2, annotations_of
from deepscores.formats.foreign import FILES, UNKNOWN, ForeignDataset, ForeignPage
from deepscores.formats.layouts import annotation_files
from deepscores.formats.source_masks import Mask, Polygons, Rle
from deepscores.formats.source_pages import Found, Left, Listed, Source, Thing
from deepscores.formats.source_splits import told_split
from deepscores.runs.caches import file_stamp

_TOLD = ("score", "work", "engraver", "font")  # of images in our own exports
_WRONG = (KeyError, TypeError, ValueError, IndexError)
_MASKS = {
    COCO: "the segmentations; of objects without, the box's dark pixels",
    V2: "the instance map's pixels of the object's colour; where there are none, the class map's "
    "within the box, else the box's dark pixels",
}


class Entry(NamedTuple):
    """What it takes to read a page."""

    page: ForeignPage
    layout: str
    class_names: Mapping[str, str]  # of the annotation set, by id


def _read(path: Path) -> tuple[dict[str, Any], ForeignDataset]:
    return _read_as_it_is(path, file_stamp(path))


@lru_cache(maxsize=1)  # most datasets are one file, which is asked for several times
def _read_as_it_is(path: Path, _: tuple[int, int, int]) -> tuple[dict[str, Any], ForeignDataset]:
    table = read_json(path)
    return table, annotations_of(table, path, keep=True)


def layout_of(path: Path) -> str | None:
    """The layout of the JSON at *path*; None if there is none, or other JSON."""
    files = annotation_files(path)
    try:
        return _read(files[0])[1].layout if files else None
    except DatasetError:
        return None


def open_annotations(path: Path, annotation_set: str = "") -> Source:
    """The dataset at *path*, which may be in several files of one layout.

    DeepScoresV2 has a class of each of its annotation sets for every object: *annotation_set* says
    which one counts, by default the first.
    """
    files = annotation_files(path)
    root = path if path.is_dir() else path.parent
    layout = ""
    classes: dict[str, str] = {}
    pages: list[Listed] = []
    left_out: list[Left] = []
    masked = False
    for file in files:
        table, found = _read(file)
        if layout and found.layout != layout:
            raise DatasetError(f"{path}: {file.name} is {found.layout}, the file before {layout}")
        layout = found.layout
        for number, name in _classes(table, layout, annotation_set, file).items():
            if classes.setdefault(number, name) != name:
                raise DatasetError(
                    f"{file}: category {number} is {name!r}, {classes[number]!r} before"
                )
        split = told_split(file.relative_to(root))
        pages += [_listed(one, file.relative_to(root), split) for one in found.pages]
        left_out += [
            Left(file.name, "damaged", f"annotation {one.object}: {one.detail}".strip())
            for one in found.findings
            if one.check == FILES
        ]
        masked = masked or any(_has_mask(one) for page in found.pages for one in page.entries)

    def entries() -> Iterator[Entry]:
        for file in files:
            yield from (Entry(page, layout, classes) for page in _read(file)[1].pages)

    masks = _MASKS[layout] if masked or layout == V2 else "the box's dark pixels"
    ordered = tuple(sorted(classes.items(), key=lambda item: _by_number(item[0])))
    whole = layout == COCO and masked
    return Source(layout, ordered, pages, files, masks, whole, entries, left_out)


def _has_mask(entry: Mapping[str, Any]) -> bool:
    return bool(entry.get("segmentation"))


def _classes(table: dict[str, Any], layout: str, chosen: str, file: Path) -> dict[str, str]:
    """Names by id, of the annotation set that counts."""
    if layout == COCO:
        return {str(one["id"]): str(one.get("name")) for one in table["categories"] if "id" in one}
    sets = [str(one) for one in table.get("annotation_sets") or ()]
    if chosen and chosen not in sets:
        raise RecipeError(f"annotation-set: {file} has no {chosen!r}; it has {', '.join(sets)}")
    wanted = chosen or (sets[0] if sets else "")
    return {
        str(number): str(one.get("name"))
        for number, one in table["categories"].items()
        if one.get("annotation_set", wanted) == wanted
    }


def _by_number(identity: str) -> tuple[int, str]:
    return (int(identity), "") if identity.lstrip("-").isdecimal() else (1 << 62, identity)


def _listed(page: ForeignPage, file: Path, split: str) -> Listed:
    told = page.entry or {}
    facts = {key: str(told[key]) for key in _TOLD if isinstance(told.get(key), str)}
    own = told_split(Path(page.name).parent)
    return Listed(f"{file}/{page.name}", split or own, **facts)


def read(entry: Entry) -> Found:
    """One page."""
    page = entry.page
    assert page.values is not None
    assert page.colours is not None
    space = (page.entry or {}).get("staff_space")
    left_out: list[tuple[str, str]] = []
    things = []
    for identity, box, raw, value, colour in zip(
        page.objects.ids, page.objects.boxes.tolist(), page.entries, page.values.tolist(),
        page.colours.tolist(), strict=True,
    ):  # fmt: skip
        if raw.get("iscrowd") and not raw.get("ignore"):
            left_out.append(("crowd", f"annotation {identity}: stands for many objects"))
            continue
        try:
            more = _of_v2(raw, value, colour) if entry.layout == V2 else _of_coco(raw)
        except _WRONG as error:
            left_out.append(("damaged", f"annotation {identity}: {type(error).__name__} {error}"))
            continue
        things.append(Thing(identity, _class_of(raw, entry), tuple(box), **more))
    return Found(
        page.image,
        things,
        size=(page.width, page.height) if page.width and page.height else None,
        classes=page.classes,
        instances=page.instances,
        staff_space=float(space) if isinstance(space, int | float) and space > 0 else 0.0,
        left_out=left_out,
    )


def _class_of(raw: Mapping[str, Any], entry: Entry) -> str:
    """The first of an object's classes that is of the annotation set; "" without one."""
    given = raw.get("cat_id") if entry.layout == V2 else raw.get("category_id")
    ids = [str(one) for one in (given if isinstance(given, list) else [given])]
    return next((entry.class_names[one] for one in ids if one in entry.class_names), "")


def _of_coco(raw: Mapping[str, Any]) -> dict[str, Any]:
    shape, whole = _mask(raw.get("segmentation")), _mask(raw.get("whole_segmentation"))
    masks = {"mask": whole, "shown": shape} if whole is not None else {"mask": shape}
    return {**masks, "oriented": _corners(raw.get("obb"))}


def _mask(shape: Any) -> Mask | None:
    if isinstance(shape, list) and shape:
        return Polygons(tuple(tuple(map(float, one)) for one in shape))
    if isinstance(shape, dict):
        size, counts = shape.get("size", (0, 0)), shape.get("counts", "")
        return Rle(counts if isinstance(counts, str) else tuple(counts), int(size[1]), int(size[0]))
    return None


def _of_v2(raw: Mapping[str, Any], value: int, colour: int) -> dict[str, Any]:
    comments = str(raw.get("comments", "")).split(";")
    facts = dict(one.split(":", 1) for one in comments if ":" in one)
    position = _number(facts.get("rel_position"))
    return {
        "oriented": _corners(raw.get("o_bbox")),
        "value": 0 if value == UNKNOWN else value,
        "colour": 0 if colour == UNKNOWN else colour,
        "onset": _number(facts.get("onset")),
        "duration": _number(facts.get("duration")),
        "position": None if position is None else round(position),
    }


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _corners(values: Any) -> tuple[float, ...]:
    """Eight numbers that make an area, else none."""
    if not isinstance(values, list) or len(values) != 8:
        return ()
    corners = tuple(float(one) for one in values)
    wide = max(corners[::2]) - min(corners[::2])
    high = max(corners[1::2]) - min(corners[1::2])
    return corners if wide > 0 and high > 0 else ()
