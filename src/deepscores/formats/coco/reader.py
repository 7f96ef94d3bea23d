"""COCO JSON: boxes, and masks as polygons or run lengths."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from deepscores.formats.reading.annotated import UNKNOWN
from deepscores.formats.reading.json_annotations import (
    JsonAnnotation,
    JsonReader,
    Table,
    parse_box,
    parse_corners,
    parse_id,
)
from deepscores.formats.reading.masks import Mask, Polygons, Rle


class CocoReader(JsonReader):
    """One file or several, with lists of images, annotations and categories."""

    format = "coco"
    image_of = "image_id"
    file_of = "file_name"
    whole_masks = True

    def describes(self, table: Table) -> bool:
        """Whether images, annotations and categories are lists."""
        return all(isinstance(table.get(key), list) for key in _LISTS)

    def annotations(self, table: Table) -> Iterator[tuple[Any, dict[str, Any]]]:
        """The entries with their ids."""
        for entry in table["annotations"]:
            if isinstance(entry, dict):
                yield entry.get("id"), entry

    def categories(self, table: Table) -> list[tuple[Any, dict[str, Any]]]:
        """The entries with their ids."""
        entries = (entry for entry in table["categories"] if isinstance(entry, dict))
        return [(entry.get("id"), entry) for entry in entries]

    def parse(self, number: str, entry: dict[str, Any]) -> JsonAnnotation:
        """One annotation, with the box of its polygons if it has some."""
        x, y, width, height = parse_box(entry["bbox"])
        outline = JsonAnnotation._field_defaults["outline"]
        polygons = entry.get("segmentation")
        if isinstance(polygons, list) and polygons:
            points = np.concatenate([np.asarray(p, np.float64).reshape(-1, 2) for p in polygons])
            outline = (*points.min(axis=0).tolist(), *points.max(axis=0).tolist())
        box = (x, y, x + width, y + height)
        return JsonAnnotation(number, parse_id(entry["category_id"]), box, UNKNOWN, outline)

    def class_ids(self, entry: Mapping[str, Any]) -> list[str]:
        """The one id."""
        return [str(entry.get("category_id"))]

    def object_fields(self, entry: Mapping[str, Any], value: int, colour: int) -> dict[str, Any]:
        """Its masks and its oriented box."""
        mask, whole_mask = _mask(entry.get("segmentation")), _mask(entry.get("whole_segmentation"))
        masks = {"mask": mask} if whole_mask is None else {"mask": whole_mask, "visible": mask}
        return {**masks, "oriented": parse_corners(entry.get("obb"))}

    def masks(self, *, has_segmentations: bool) -> str:
        """The segmentations, or else the ink."""
        if has_segmentations:
            return "the segmentations; of objects without, the box's dark pixels"
        return "the box's dark pixels"


_LISTS = ("images", "annotations", "categories")


def _mask(shape: Any) -> Mask | None:
    if isinstance(shape, list) and shape:
        return Polygons(tuple(tuple(map(float, corners)) for corners in shape))
    if isinstance(shape, dict):
        size, counts = shape.get("size", (0, 0)), shape.get("counts", "")
        return Rle(counts if isinstance(counts, str) else tuple(counts), int(size[1]), int(size[0]))
    return None
