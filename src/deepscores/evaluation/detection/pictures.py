"""What pictures of an evaluation are drawn from: curves, a confusion matrix, outcomes by page."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from deepscores.evaluation.matching.curves import Best, Judged, interpolated, scores_at
from deepscores.evaluation.matching.judging import Material
from deepscores.evaluation.matching.matching import THRESHOLDS, match, ranks_of
from deepscores.evaluation.matching.overlaps import page_keys, upright_pairs
from deepscores.evaluation.results import NOTHING, Confusion, Curve, Outcomes
from deepscores.page.model.packing import pack

_NOTE = (
    "Detections from the score on at which their class has its best F1; partners have an "
    f"intersection over union of at least {THRESHOLDS[0]}, first within a class, then, of what is "
    "left, across classes."
)


def curves(upright: Mapping[int, Judged], names: Mapping[int, str]) -> tuple[Curve, ...]:
    """Precision over recall at the first threshold, of each class that has objects."""
    found = []
    for class_id, judged in upright.items():
        positives = int(judged.positives.sum())
        if positives:
            right, score = judged.right[0], judged.score
            precision = interpolated(right, positives)
            found.append(Curve(names[class_id], precision, scores_at(right, score, positives)))
    return tuple(found)


def outcomes(material: Material, best: Mapping[int, Best]) -> Outcomes:
    """What became of each object and of each detection that is sure enough."""
    kept, partner = _partners(material, best)
    truth, found = material.truth, material.found.at(kept)
    of_truth = np.full(len(truth), -1, np.int64)
    matched = np.flatnonzero(partner >= 0)
    of_truth[partner[matched]] = matched
    return Outcomes(
        material.pages.names, truth.page, truth.class_id, truth.box, of_truth,
        found.page, found.class_id, found.box, found.score, partner, _NOTE,
    )  # fmt: skip


def confusion(material: Material, best: Mapping[int, Best], names: Mapping[int, str]) -> Confusion:
    """What objects were taken for, and what was found where nothing is."""
    kept, partner = _partners(material, best)
    ids = np.array(list(names))
    truth = np.append(np.searchsorted(ids, material.truth.class_id), len(ids))
    found = np.searchsorted(ids, material.found.class_id[kept])
    missed = np.ones(len(material.truth), np.bool_)
    missed[partner[partner >= 0]] = False
    size = len(ids) + 1
    rows = np.concatenate([truth[partner], truth[:-1][missed]])  # -1 is the appended: nothing
    columns = np.concatenate([found, np.full(int(missed.sum()), len(ids))])
    cells = pack([rows, columns], [size, size])
    counts = np.bincount(cells, minlength=size * size).reshape(size, size)
    return Confusion((*names.values(), NOTHING), counts.astype(np.int64), _NOTE)


def _partners(
    material: Material, best: Mapping[int, Best]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The detections that are sure enough, and the object of each, of its class or another; -1."""
    most = max(material.classes) + 1
    least = np.full(most, np.inf)
    for class_id, one in best.items():
        least[class_id] = np.inf if np.isnan(one.score) else one.score
    found, truth = material.found, material.truth
    kept = np.flatnonzero(found.score >= least[found.class_id])
    partner = material.matched[0, kept].copy()
    free = np.flatnonzero(partner < 0)
    left = np.setdiff1d(np.arange(len(truth)), partner)
    others, objects = found.at(kept[free]), truth.at(left)
    others = replace(others, class_id=np.zeros_like(others.class_id))  # the surest of all first
    pairs = upright_pairs(others, objects, page_keys(others, objects), THRESHOLDS[0])
    again = match(pairs, ranks_of(others), len(objects), THRESHOLDS[:1])[0]
    hit = again >= 0
    partner[free[hit]] = left[again[hit]]
    return kept, partner
