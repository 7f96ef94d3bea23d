"""COCO's evaluation by faster-coco-eval: the figures that stand at the head."""

from collections.abc import Sequence
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.errors import RecipeError
from deepscores.evaluation.matching.boxes import Boxes, Pages
from deepscores.evaluation.matching.curves import RECALLS

_EVERY_AREA = [0.0, 1e10]


class Averages(NamedTuple):
    """Average precision and recall; NaN for a class without objects."""

    precision: NDArray[np.float64]  # (caps, classes, thresholds)
    recall: NDArray[np.float64]  # (caps, classes, thresholds)


def evaluator_name() -> str:
    """The evaluator with its version. Raise RecipeError where it is not installed."""
    if not find_spec("faster_coco_eval"):
        raise RecipeError(
            "measuring detections needs faster-coco-eval: pip install 'deepscores[evaluate]'"
        )
    return f"faster-coco-eval {version('faster-coco-eval')}"


def coco_averages(
    truth: Boxes,
    detections: Boxes,
    pages: Pages,
    classes: Sequence[int],
    thresholds: Sequence[float],
    caps: Sequence[int],
) -> Averages:
    """The figures of each class, for each number of detections a page and class, *caps*."""
    evaluator_name()
    from faster_coco_eval import COCO, COCOeval_faster

    data: dict[str, Any] = {
        "images": [{"id": place + 1} for place in range(len(pages))],
        "categories": [{"id": class_id, "name": str(class_id)} for class_id in classes],
    }
    sides = []
    for boxes in (truth, detections):
        side = COCO()
        side.dataset = {**data, "annotations": _annotations(boxes)}
        side.createIndex()
        sides.append(side)
    run = COCOeval_faster(*sides, iouType="bbox")
    run.params.catIds = list(classes)
    run.params.maxDets = list(caps)
    run.params.iouThrs, run.params.recThrs = np.array(thresholds), RECALLS
    run.params.areaRng, run.params.areaRngLbl = [_EVERY_AREA], ["all"]
    run.evaluate()
    run.accumulate()
    # thresholds, recalls, classes, areas, caps; -1 where there is no object
    precision = np.array(run.eval["precision"])[:, :, :, 0].mean(axis=1)
    recall = np.array(run.eval["recall"])[:, :, 0]
    return Averages(
        *(_nan_for_negative(values).transpose(2, 1, 0) for values in (precision, recall))
    )


def _nan_for_negative(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(values < 0, np.nan, values)


def _annotations(boxes: Boxes) -> list[dict[str, Any]]:
    return [
        {
            "id": place, "image_id": page + 1, "category_id": class_id, "bbox": xywh,
            "area": xywh[2] * xywh[3], "iscrowd": 0, "score": score,
        }
        for place, (page, class_id, xywh, score) in enumerate(
            zip(
                boxes.page.tolist(), boxes.class_id.tolist(), boxes.xywh.tolist(),
                boxes.score.tolist(), strict=True,
            ),
            start=1,
        )
    ]  # fmt: skip
