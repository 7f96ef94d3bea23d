"""DeepScoresV2 (Tuggener et al. 2020): its categories, and the JSON of its images and annotations.

The schema is that of the authors' toolkit, obb_anns. Two annotation sets share each annotation:
``deepscores`` (ids 1…136) and ``muscima++`` (137…208); ``cat_id`` has the id in each as a string,
null where the set has no such class.
"""

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

SETS = ("deepscores", "muscima++")


class Category(NamedTuple):
    """One of the published categories."""

    id: int
    name: str
    set: str
    value: int  # of its pixels in segmentation maps
    muscima: int | None  # id of what it is in the other set; None in that set itself


@cache
def published_categories() -> Mapping[int, Category]:
    """All 208, by id."""
    text = (files("deepscores.formats.deepscores_v2") / "categories.csv").read_text("utf-8")
    return {
        int(row["id"]): Category(
            int(row["id"]), row["name"], row["set"], int(row["value"]),
            int(row["muscima"]) if row["muscima"] else None,
        )
        for row in csv.DictReader(text.splitlines())
    }  # fmt: skip


class Instance(NamedTuple):
    """One object; places in pixels."""

    class_ids: Sequence[int | None]  # in each annotation set
    box: Sequence[float]  # x0 y0 x1 y1, half open
    oriented: Sequence[float]  # corners x y
    area: int  # pixels
    colour: int  # 0xrrggbb in the instance map
    onset: float | None = None
    duration: float | None = None
    position: int | None = None


def annotation(instance: Instance) -> dict[str, Any]:
    """The entry of an object, but for the image's id.

    >>> annotation(Instance([2, 138], [1, 2, 3, 4], [1, 2, 3, 2, 3, 4, 1, 4], 4, 7))["comments"]
    'instance:#000007;'
    """
    facts = [f"instance:#{instance.colour:06x};"]
    if instance.onset is not None:
        facts.append(f"onset:{instance.onset:.9g};")
    if instance.duration is not None:
        facts.append(f"duration:{instance.duration:.9g};")
    if instance.position is not None:
        facts.append(f"rel_position:{instance.position};")
    return {
        "a_bbox": [round(value, 3) for value in instance.box],
        "o_bbox": [round(value, 3) for value in instance.oriented],
        "cat_id": [None if number is None else str(number) for number in instance.class_ids],
        "area": instance.area,
        "comments": "".join(facts),
    }


def category(name: str, annotation_set: str, value: int) -> dict[str, Any]:
    """The entry of a category, whose pixels have *value* in segmentation maps."""
    return {"name": name, "annotation_set": annotation_set, "color": value}
