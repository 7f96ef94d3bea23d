"""Where files lie in a dataset's folder, and ``dataset.json``, which is written last."""

import json
from pathlib import Path
from typing import Any

from deepscores.errors import DatasetError

DATASET = "dataset.json"
IMAGES = "images_png"
XML = "xml_annotations"
MASKS = "pix_annotations_png"
INSTANCES = "instances_png"
PATCHES = "patches"
BUILD = ".build"  # in an unfinished dataset
PLAN = f"{BUILD}/plan.json"
IMPORTED = "imported"  # key in the recipe of an imported dataset
PLAN_KEYS = frozenset({"recipe", "label_set", "versions", "scores"})  # of dataset.json


def require_dataset(folder: Path) -> dict[str, Any]:
    """The contents of ``dataset.json``; raise DatasetError if there is no finished dataset."""
    path = folder / DATASET
    try:
        table: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        if (folder / PLAN).exists():
            raise DatasetError(
                f"{folder}: this dataset is not finished; re-run the same command to resume"
            ) from None
        raise DatasetError(f"{folder}: no dataset here ({DATASET} is missing)") from None
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path}: cannot be read: {error}") from None
    if not is_ours(table) or not isinstance(table.get("counts"), dict):
        raise DatasetError(f"{path}: was not made by this program")
    return table


def is_ours(table: Any) -> bool:
    """Whether *table* is a ``dataset.json`` of this program; other tools use that name, too."""
    return isinstance(table, dict) and table.keys() >= PLAN_KEYS
