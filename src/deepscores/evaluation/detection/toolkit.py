"""The number that the toolkit of DeepScoresV2 computes: to look published figures up, no more.

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
from deepscores.evaluation.matching.judging import Material
from deepscores.evaluation.matching.matching import THRESHOLDS, match, ranks_of
from deepscores.evaluation.matching.pairs import class_keys, enclosing_pairs
from deepscores.evaluation.request import Request
from deepscores.evaluation.results import Cell, Evaluation, Measure, Table

_RESERVES = 0.2
NOT_COMPARABLE = (
    "by the DeepScoresV2 toolkit's own way: not comparable with COCO's AP or with the figures of "
    "the protocol 'deepscores'"
)


def evaluate_as_toolkit(request: Request, material: Material) -> Evaluation:
    """The toolkit's figures of *material*, labelled as such."""
    precision = toolkit_precision(material.truth, material.found, material.classes)
    values = np.array(list(precision.values())).reshape(-1, len(THRESHOLDS))
    objects = np.bincount(material.truth.class_id, minlength=max(material.classes) + 1)
    rows: list[tuple[Cell, ...]] = [
        (request.names[one], one, int(objects[one]), float(found.mean()), float(found[0]))
        for one, found in precision.items()
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
            "detections": len(material.found), "classes with detections": len(precision),
        },
        measures={
            "toolkit AP": Measure(float(values.mean()) if len(values) else None),
            "toolkit AP50": Measure(float(values[:, 0].mean()) if len(values) else None),
        },
        tables=(
            Table(
                "classes", "Classes with detections",
                ("class", "id", "objects", "toolkit AP", "toolkit AP50"), tuple(rows),
                NOT_COMPARABLE,
            ),
        ),
        warnings=(NOT_COMPARABLE,),
        settings={"thresholds": [round(one, 2) for one in THRESHOLDS]},
    )  # fmt: skip


def toolkit_precision(
    truth: Boxes, found: Boxes, classes: tuple[int, ...]
) -> Mapping[int, NDArray[np.float64]]:
    """(thresholds,) the toolkit's average precision of each class that has detections."""
    overlap = _reserved(truth, found)
    order = np.lexsort((found.page, found.score))[::-1]
    results = {}
    for class_id in classes:
        rows = order[found.class_id[order] == class_id]
        if len(rows):
            objects = int((truth.class_id == class_id).sum())
            results[class_id] = np.array(
                [_area(overlap[rows] >= threshold, objects) for threshold in THRESHOLDS]
            )
    return results


def _reserved(truth: Boxes, found: Boxes) -> NDArray[np.float64]:
    """(n,) the overlap of each detection with the object that it uses up; 0 for none."""
    pairs = enclosing_pairs(found, truth, class_keys(found, truth), _RESERVES)
    # Of equal overlaps the toolkit takes the first object, `match` the last.
    turned = pairs._replace(truth=len(truth) - 1 - pairs.truth)
    least_first = ranks_of(replace(found, score=-found.score))
    taken = match(turned, least_first, len(truth), (_RESERVES,))[0]
    overlap = np.zeros(len(found))
    chosen = taken[pairs.found] == turned.truth
    overlap[pairs.found[chosen]] = pairs.value[chosen]
    return overlap


def _area(right: NDArray[np.bool_], positives: int) -> float:
    """The whole area under the curve, whose precision never rises with recall."""
    hits = np.cumsum(right)
    recall = hits / positives if positives else np.zeros(len(hits))
    precision = hits / np.arange(1, len(hits) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(recall, prepend=0.0) * best).sum())
