"""The classes of a source as a label set: their names in their order, ids from 1 without gaps."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from deepscores.page.labels.label_sets import LabelClass, LabelSet

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Classes:
    """A label set, and how the source names its classes."""

    labels: LabelSet
    names: dict[str, str]  # of classes here, by those in the source
    table: list[dict[str, Any]]  # the mapping, as dataset.json has it


def classes_of(title: str, layout: str, source_classes: Sequence[tuple[str, str]]) -> Classes:
    """The label set of the classes *source_classes*, each with its id and name in the source.

    Names get hyphens for what a class name cannot have; categories of one name are one class.

    >>> one = classes_of("set", "coco", [("0", "note head"), ("7", "stem"), ("9", "stem")])
    >>> [(each.id, each.name) for each in one.labels.classes]
    [(1, 'note-head'), (2, 'stem')]
    """
    names: dict[str, str] = {}
    ids: dict[str, list[str]] = {}
    for identity, name in source_classes:
        if name not in names:
            names[name] = _unused(_UNSAFE.sub("-", name).strip("-") or "class", names)
        if identity:
            ids.setdefault(name, []).append(identity)
    classes = tuple(
        LabelClass(number, class_name, "" if class_name == name else name, of=(class_name,))
        for number, (name, class_name) in enumerate(names.items(), start=1)
    )
    table = [
        {"id": number, "name": class_name, "source_ids": ids.get(name, []), "source_name": name}
        for number, (name, class_name) in enumerate(names.items(), start=1)
    ]
    description = f"The classes of {title}, imported ({layout})"
    return Classes(LabelSet(f"{layout}-imported", 1, description, classes), names, table)


def _unused(name: str, names: dict[str, str]) -> str:
    """*name*, with a number if another class has it."""
    used_names = {used.casefold() for used in names.values()}  # folders of patches are named so
    number, unused_name = 2, name
    while unused_name.casefold() in used_names:
        unused_name, number = f"{name}-{number}", number + 1
    return unused_name
