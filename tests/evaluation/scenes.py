"""Scenes of random boxes, and detections made of a dataset's truth."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepscores.dataset.labelled.objects import stored_objects
from deepscores.dataset.reader import open_dataset
from deepscores.evaluation.matching.boxes import Boxes, Pages, from_columns
from deepscores.evaluation.matching.judging import DetectionMaterial

SPLIT = "train"  # of `built`


def scene(seed: int, pages: int = 6, objects: int = 40, classes: int = 3) -> DetectionMaterial:
    """Crowded pages of small boxes; a detector that finds some, some twice, some wrongly."""
    rng = np.random.default_rng(seed)
    count = pages * objects
    page = np.repeat(np.arange(pages), objects)
    class_id = rng.choice(np.arange(1, classes + 2), count)  # the last is none that counts
    side = rng.choice([2.0, 6.0, 15.0, 40.0], (count, 2)) * rng.uniform(0.8, 1.2, (count, 2))
    xywh = np.concatenate([rng.uniform(0, 160, (count, 2)), side], axis=1)
    truth = from_columns(page, class_id, xywh, np.ones(count))
    again = rng.choice(count, count)
    moved = xywh[again] + rng.normal(0, 0.12, (count, 4)) * np.tile(side[again], 2)
    moved[:, 2:] = np.abs(moved[:, 2:]) + 0.1
    wrong = rng.random(count) < 0.15
    found_class = np.where(wrong, rng.choice(np.arange(1, classes + 2), count), class_id[again])
    score = rng.uniform(0, 1, count).round(2)  # some are equal
    found = from_columns(page[again], found_class, moved, score)
    spaces = rng.uniform(8, 20, pages)
    works = np.arange(pages) // 2
    names = tuple(f"page-{place}" for place in range(pages))
    kept = Pages(names, spaces, works, int(works.max()) + 1)
    wanted = np.arange(1, classes + 1)
    return DetectionMaterial(
        truth.take(np.isin(truth.class_id, wanted)),
        found.take(np.isin(found.class_id, wanted)),
        kept,
        tuple(wanted.tolist()),
    )


def coco_data(
    boxes: Boxes, material: DetectionMaterial, area: NDArray[np.float64] | None = None
) -> dict[str, Any]:
    """*boxes* as a COCO dataset; *area* of each, if not its own."""
    areas = boxes.xywh[:, 2] * boxes.xywh[:, 3] if area is None else area
    return {
        "images": [
            {"id": place + 1, "width": 300, "height": 300} for place in range(len(material.pages))
        ],
        "categories": [{"id": one, "name": str(one)} for one in material.classes],
        "annotations": [
            {
                "id": place + 1, "image_id": int(boxes.page[place]) + 1,
                "category_id": int(boxes.class_id[place]), "bbox": boxes.xywh[place].tolist(),
                "area": float(areas[place]), "iscrowd": 0, "score": float(boxes.score[place]),
            }
            for place in range(len(boxes))
        ],
    }  # fmt: skip


def detections_of(dataset: Path, split: str = SPLIT) -> list[dict[str, Any]]:
    """The truth of one split as a model would have found it."""
    found = []
    for place, page in enumerate(open_dataset(dataset).split(split), start=1):
        objects = stored_objects(page.symbols)
        for class_id, box, oriented in zip(
            objects.class_id.tolist(), objects.box.tolist(), objects.oriented.tolist(), strict=True
        ):
            x0, y0, x1, y1 = box
            found.append({
                "image_id": place, "category_id": class_id, "bbox": [x0, y0, x1 - x0, y1 - y0],
                "score": 1.0, "obb": oriented, "file_name": f"{page.name}.png",
            })  # fmt: skip
    return found
