"""What a middling model would say of a dataset: right for the most part, and wrong in all ways."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from deepscores.dataset.labelled import label_page
from deepscores.dataset.reader import open_dataset
from deepscores.evaluation.classification.reading import true_patches


def write_detections(dataset: Path, split: str, folder: Path) -> Path:
    """Boxes: one in nine is missed, one in seven of the next class, some are where nothing is."""
    found = []
    for image, page in enumerate(open_dataset(dataset).split(split), start=1):
        objects = label_page(page).objects
        rng, there = np.random.default_rng(image), sorted({*objects.class_id.tolist()})
        for place, (box, one) in enumerate(
            zip(objects.box.tolist(), objects.class_id.tolist(), strict=True)
        ):
            x0, y0, x1, y1 = box
            name = {"image_id": image, "file_name": f"{page.name}.png"}
            size = [x1 - x0, y1 - y0]
            if place % 9 != 4:
                next_one = there[(there.index(one) + 1) % len(there)]
                said = next_one if place % 7 == 3 else one
                score = round(float(rng.uniform(0.5, 1)), 3)
                found.append(name | {"category_id": said, "bbox": [x0, y0, *size], "score": score})
            if place % 8 == 5:
                away = [x0 + 2 * size[0] + 3, y0, *size]
                score = round(float(rng.uniform(0.4, 0.7)), 3)
                found.append(name | {"category_id": one, "bbox": away, "score": score})
    path = folder / "detections.json"
    path.write_text(json.dumps(found))
    return path


def write_masks(dataset: Path, split: str, folder: Path) -> Path:
    """Masks: a part of them is a pixel aside, a part of another class, a part is not there."""
    for page in open_dataset(dataset).split(split):
        mask = page.mask
        third = mask.shape[1] // 3
        mask[:, :third] = np.roll(mask[:, :third], 1, axis=0)
        middle = mask[:, third : 2 * third]
        middle[:] = np.where(middle > 0, middle % 118 + 1, 0)
        mask[: mask.shape[0] // 2, 2 * third :] = 0
        (folder / "masks").mkdir(exist_ok=True)
        Image.fromarray(mask).save(folder / "masks" / f"{page.name}.png")
    return folder


def write_labels(dataset: Path, split: str, folder: Path) -> Path:
    """Labels: one in five is the next class's, one in forty is not there."""
    opened = open_dataset(dataset)
    pages = {page.name for page in opened.split(split)}
    names = [one.name for one in opened.labels.classes]
    rows: list[tuple[object, ...]] = [("patch", "label", "score")]
    for place, one in enumerate(sorted(true_patches(dataset, names))):
        if one.page in pages and place % 40 != 7:
            number = names.index(one.label)
            said = names[(number + 1) % len(names)] if place % 5 == 2 else one.label
            rows.append((one.name, said, 1 - place % 10 / 20))
    path = folder / "labels.csv"
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


WRITERS: dict[str, Callable[[Path, str, Path], Path]] = {
    "detect": write_detections, "segment": write_masks, "classify": write_labels
}  # fmt: skip
