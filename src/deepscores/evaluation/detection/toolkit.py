"""The figure that the toolkit of DeepScoresV2 computes: for comparison with published ones only.

After `obb_anns` (Yvan Satyawan and Lukas Tuggener), its `calculate_metrics(classwise=True)` with
upright boxes. It differs from every other protocol: overlap is intersection over the box that
encloses both; the *least* sure detection chooses first, and an overlap above 0.2 uses an object
up, whether it counts as found or not; classes without any detection are left out of the mean;
average precision is the whole area under the curve.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from deepscores.evaluation.matching.boxes import Boxes
from deepscores.evaluation.matching.judging import DetectionMaterial
from deepscores.evaluation.matching.matching import THRESHOLDS, match, ranks_of
from deepscores.evaluation.matching.pairs import class_keys, enclosing_pairs
from deepscores.evaluation.request import Request
from deepscores.evaluation.results import Cell, Evaluation, Measure, ResultTable

_RESERVES = 0.2
NOT_COMPARABLE = (
    "by the DeepScoresV2 toolkit's own way: not comparable with COCO's AP or with the figures of "
    "the protocol 'deepscores'"
)


def evaluate_as_toolkit(request: Request, material: DetectionMaterial) -> Evaluation:
    """The toolkit's figures of *material*, labelled as such."""
    precision = toolkit_precision(material.truth, material.detections, material.classes)
    values = np.array(list(precision.values())).reshape(-1, len(THRESHOLDS))
    objects = np.bincount(material.truth.class_id, minlength=max(material.classes) + 1)
    rows: list[tuple[Cell, ...]] = [
        (
            request.names[class_id],
            class_id,
            int(objects[class_id]),
            float(precisions.mean()),
            float(precisions[0]),
        )
        for class_id, precisions in precision.items()
    ]
    return Evaluation(
        task="detect",
        protocol=request.protocol,
        dataset=request.dataset.folder.resolve().name,
        predictions=request.predictions.name,
        split=request.split,
        label_set=request.label_set.name,
        counts={
            "pages": len(material.pages), "objects": len(material.truth),
            "detections": len(material.detections), "classes with detections": len(precision),
        },
        measures={
            "toolkit AP": Measure(float(values.mean()) if len(values) else None),
            "toolkit AP50": Measure(float(values[:, 0].mean()) if len(values) else None),
        },
        tables=(
            ResultTable(
                "classes", "Classes with detections",
                ("class", "id", "objects", "toolkit AP", "toolkit AP50"), tuple(rows),
                NOT_COMPARABLE,
            ),
        ),
        warnings=(NOT_COMPARABLE,),
        settings={"thresholds": [round(threshold, 2) for threshold in THRESHOLDS]},
    )  # fmt: skip


def toolkit_precision(
    truth: Boxes, detections: Boxes, classes: tuple[int, ...]
) -> Mapping[int, NDArray[np.float64]]:
    """(thresholds,) the toolkit's average precision of each class that has detections."""
    overlap = _reserved(truth, detections)
    order = np.lexsort((detections.page, detections.score))[::-1]
    results = {}
    for class_id in classes:
        rows = order[detections.class_id[order] == class_id]
        if len(rows):
            objects = int((truth.class_id == class_id).sum())
            results[class_id] = np.array(
                [_area(overlap[rows] >= threshold, objects) for threshold in THRESHOLDS]
            )
    return results


def _reserved(truth: Boxes, detections: Boxes) -> NDArray[np.float64]:
    """(n,) the overlap of each detection with the object that it uses up; 0 for none."""
    pairs = enclosing_pairs(detections, truth, class_keys(detections, truth), _RESERVES)
    # Of equal overlaps the toolkit takes the first object, `match` the last.
    turned = pairs._replace(truth=len(truth) - 1 - pairs.truth)
    least_first = ranks_of(replace(detections, score=-detections.score))
    matched = match(turned, least_first, len(truth), (_RESERVES,))[0]
    overlap = np.zeros(len(detections))
    is_match = matched[pairs.detection] == turned.truth
    overlap[pairs.detection[is_match]] = pairs.value[is_match]
    return overlap


def _area(right: NDArray[np.bool_], positives: int) -> float:
    """The whole area under the curve, whose precision never rises with recall."""
    hits = np.cumsum(right)
    recall = hits / positives if positives else np.zeros(len(hits))
    precision = hits / np.arange(1, len(hits) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(recall, prepend=0.0) * best).sum())
