"""DeepScoresV2 JSON: boxes, oriented boxes, class and instance maps, several annotation sets."""

import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from deepscores.errors import RecipeError
from deepscores.formats.reading.annotated import UNKNOWN
from deepscores.formats.reading.findings import CLASSES, Finding
from deepscores.formats.reading.json_annotations import (
    JsonAnnotation,
    JsonReader,
    Table,
    parse_box,
    parse_corners,
    parse_id,
)


class DeepScoresV2Reader(JsonReader):
    """One file or several; annotations and categories are objects with ids for keys.

    Every object has a class of each annotation set: the one asked for counts, by default the first.
    """

    format = "deepscores-v2"
    image_of = "img_id"
    file_of = "filename"
    whole_masks = False
    has_annotation_sets = True

    def describes(self, table: Table) -> bool:
        """Whether images are a list, annotations and categories objects."""
        return (
            isinstance(table.get("images"), list)
            and isinstance(table.get("annotations"), dict)
            and isinstance(table.get("categories"), dict)
        )

    def annotations(self, table: Table) -> Iterable[tuple[Any, Any]]:
        """The entries with their ids."""
        entries: dict[str, Any] = table["annotations"]
        return entries.items()

    def categories(self, table: Table) -> list[tuple[Any, dict[str, Any]]]:
        """The entries with their ids."""
        return list(table["categories"].items())

    def class_names(self, table: Table, annotation_set: str, file: Path) -> dict[str, str]:
        """Names by id, of the annotation set that counts."""
        sets = [str(name) for name in table.get("annotation_sets") or ()]
        if annotation_set and annotation_set not in sets:
            raise RecipeError(
                f"annotation-set: {file} has no {annotation_set!r}; it has {', '.join(sets)}"
            )
        set_name = annotation_set or (sets[0] if sets else "")
        return {
            str(number): str(entry.get("name"))
            for number, entry in self.categories(table)
            if entry.get("annotation_set", set_name) == set_name
        }

    def parse(self, number: str, entry: dict[str, Any]) -> JsonAnnotation:
        """One annotation, of its first class; its colour stands among the comments."""
        ids = entry["cat_id"]
        first = next((i for i in ids if i is not None), None) if isinstance(ids, list) else ids
        colour = _comments(entry).get("instance", "").strip().removeprefix("#")
        return JsonAnnotation(
            number,
            parse_id(first),
            parse_box(entry["a_bbox"]),
            int(colour, 16) if colour else UNKNOWN,
        )

    def class_ids(self, entry: Mapping[str, Any]) -> list[str]:
        """The ids, of all annotation sets."""
        ids = entry.get("cat_id")
        return [str(class_id) for class_id in (ids if isinstance(ids, list) else [ids])]

    def object_fields(self, entry: Mapping[str, Any], value: int, colour: int) -> dict[str, Any]:
        """Its oriented box, its values in the maps, and its music."""
        comments = _comments(entry)
        position = _number(comments.get("rel_position"))
        return {
            "oriented": parse_corners(entry.get("o_bbox")),
            "value": 0 if value == UNKNOWN else value,
            "colour": 0 if colour == UNKNOWN else colour,
            "onset": _number(comments.get("onset")),
            "duration": _number(comments.get("duration")),
            "position": None if position is None else round(position),
        }

    def masks(self, *, has_segmentations: bool) -> str:
        """The maps."""
        return (
            "the instance map's pixels of the object's colour; where there are none, the class "
            "map's within the box, else the box's dark pixels"
        )

    def maps(self, folder: Path, stem: str) -> tuple[Path | None, Path | None]:
        """The PNGs beside ``images/``."""
        class_map = folder / "segmentation" / f"{stem}_seg.png"
        instance_map = folder / "instance" / f"{stem}_inst.png"
        return (
            class_map if class_map.exists() else None,
            instance_map if instance_map.exists() else None,
        )

    def category_findings(
        self, file: str, names: Mapping[int, str], values: Mapping[int, int]
    ) -> Iterator[Finding]:
        """Values in class maps that are paper's, or missing."""
        for number, name in names.items():
            if values[number] <= 0:
                value = "the background's, 0" if values[number] == 0 else "missing"
                detail = f"{name}: its value in class maps is {value}"
                yield Finding(CLASSES, file, str(number), detail)


def _comments(entry: Mapping[str, Any]) -> dict[str, str]:
    """``key:value`` with semicolons between."""
    comments = str(entry.get("comments", "")).split(";")
    return dict(comment.split(":", 1) for comment in comments if ":" in comment)


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None
