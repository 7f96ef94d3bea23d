"""The material of an evaluation's pictures: curves, a confusion matrix, outcomes by page."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from deepscores.evaluation.matching.curves import Best, JudgedDetections, interpolated, scores_at
from deepscores.evaluation.matching.judging import DetectionMaterial
from deepscores.evaluation.matching.matching import THRESHOLDS, match, ranks_of
from deepscores.evaluation.matching.pairs import page_keys, upright_pairs
from deepscores.evaluation.results import NOTHING, Confusion, Curve, Outcomes
from deepscores.page.model.packing import pack

_NOTE = (
    "Detections above the score at which their class has its best F1; partners have an "
    f"intersection over union of at least {THRESHOLDS[0]}, first within a class, then "
    "across classes among the unmatched."
)


def curves(upright: Mapping[int, JudgedDetections], names: Mapping[int, str]) -> tuple[Curve, ...]:
    """Precision over recall at the first threshold, of each class that has objects."""
    class_curves = []
    for class_id, judged in upright.items():
        positives = int(judged.positives.sum())
        if positives:
            right, score = judged.right[0], judged.score
            precision = interpolated(right, positives)
            class_curves.append(
                Curve(names[class_id], precision, scores_at(right, score, positives))
            )
    return tuple(class_curves)


def outcomes(material: DetectionMaterial, best: Mapping[int, Best]) -> Outcomes:
    """How each object and each sure enough detection was matched."""
    sure, partner = _partners(material, best)
    truth, detections = material.truth, material.detections.take(sure)
    of_truth = np.full(len(truth), -1, np.int64)
    matched = np.flatnonzero(partner >= 0)
    of_truth[partner[matched]] = matched
    return Outcomes(
        material.pages.names, truth.page, truth.class_id, truth.box, of_truth,
        detections.page, detections.class_id, detections.box, detections.score, partner, _NOTE,
    )  # fmt: skip


def confusion(
    material: DetectionMaterial, best: Mapping[int, Best], names: Mapping[int, str]
) -> Confusion:
    """What objects were taken for, and false alarms."""
    sure, partner = _partners(material, best)
    ids = np.array(list(names))
    truth = np.append(np.searchsorted(ids, material.truth.class_id), len(ids))
    predicted = np.searchsorted(ids, material.detections.class_id[sure])
    missed = np.ones(len(material.truth), np.bool_)
    missed[partner[partner >= 0]] = False
    size = len(ids) + 1
    rows = np.concatenate([truth[partner], truth[:-1][missed]])  # -1 is the appended: nothing
    columns = np.concatenate([predicted, np.full(int(missed.sum()), len(ids))])
    cells = pack([rows, columns], [size, size])
    counts = np.bincount(cells, minlength=size * size).reshape(size, size)
    return Confusion((*names.values(), NOTHING), counts.astype(np.int64), _NOTE)


def _partners(
    material: DetectionMaterial, best: Mapping[int, Best]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The detections that are sure enough, and the object of each, of its class or another; -1."""
    id_count = max(material.classes) + 1
    thresholds = np.full(id_count, np.inf)
    for class_id, cut in best.items():
        thresholds[class_id] = np.inf if np.isnan(cut.score) else cut.score
    detections, truth = material.detections, material.truth
    sure = np.flatnonzero(detections.score >= thresholds[detections.class_id])
    partner = material.matched[0, sure].copy()
    free = np.flatnonzero(partner < 0)
    left = np.setdiff1d(np.arange(len(truth)), partner)
    unmatched, objects = detections.take(sure[free]), truth.take(left)
    unmatched = replace(
        unmatched, class_id=np.zeros_like(unmatched.class_id)
    )  # the surest of all first
    pairs = upright_pairs(unmatched, objects, page_keys(unmatched, objects), THRESHOLDS[0])
    again = match(pairs, ranks_of(unmatched), len(objects), THRESHOLDS[:1])[0]
    hit = again >= 0
    partner[free[hit]] = left[again[hit]]
    return sure, partner
