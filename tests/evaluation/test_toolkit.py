"""The DeepScoresV2 toolkit's number against its steps one by one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from deepscores import evaluate
from deepscores.evaluation.detection.toolkit import toolkit_precision
from deepscores.evaluation.matching.boxes import Boxes
from deepscores.evaluation.matching.judging import DetectionMaterial
from deepscores.evaluation.matching.matching import THRESHOLDS
from tests.evaluation.scenes import SPLIT, scene


def step_by_step(material: DetectionMaterial) -> dict[int, list[float]]:
    """What `calculate_metrics(classwise=True)` of the toolkit does, in plain loops."""
    truth, found = material.truth, material.detections
    noted: list[tuple[int, float, float]] = []  # class, overlap, score
    for page in sorted({*found.page.tolist()}):
        left = np.flatnonzero(truth.page == page).tolist()
        rows = np.flatnonzero(found.page == page)
        for row in rows[np.argsort(found.score[rows], kind="stable")].tolist():
            best, choice = 0.0, None
            a0, a1 = found.box[row][:2], found.box[row][2:]
            for column in left:
                if truth.class_id[column] != found.class_id[row]:
                    continue
                b0, b1 = truth.box[column][:2], truth.box[column][2:]
                inner = np.minimum(a1, b1) - np.maximum(a0, b0)
                outer = np.maximum(a1, b1) - np.minimum(a0, b0)
                value = float(inner.prod() / outer.prod()) if (inner >= 0).all() else 0.0
                if value > best:
                    best, choice = value, column
            if choice is not None and best > 0.2:
                left.remove(choice)
            else:
                best = 0.0
            noted.append((int(found.class_id[row]), best, float(found.score[row])))
    return {
        class_id: [
            area(noted, class_id, threshold, int((truth.class_id == class_id).sum()))
            for threshold in THRESHOLDS
        ]
        for class_id in {one for one, _, _ in noted}
    }


def area(
    noted: list[tuple[int, float, float]], class_id: int, threshold: float, positives: int
) -> float:
    mine = sorted((one for one in noted if one[0] == class_id), key=lambda one: -one[2])
    recall, precision, hits = [0.0], [0.0], 0
    for place, (_, overlap, _) in enumerate(mine, start=1):
        hits += overlap >= threshold
        recall.append(hits / positives)
        precision.append(hits / place)
    recall.append(1.0)
    precision.append(0.0)
    for place in range(len(precision) - 1, 0, -1):
        precision[place - 1] = max(precision[place - 1], precision[place])
    return sum(
        (recall[place + 1] - recall[place]) * precision[place + 1]
        for place in range(len(recall) - 1)
    )


def test_figures_are_those_of_the_toolkit_s_steps() -> None:
    for seed in range(3):
        base = scene(seed)
        score = np.random.default_rng(seed).permutation(len(base.detections)) / len(base.detections)
        found = Boxes(
            *(getattr(base.detections, name) for name in ("page", "class_id", "xywh", "corners")),
            score,
            base.detections.multiplicity,
        )
        material = DetectionMaterial(base.truth, found, base.pages, base.classes)
        own = toolkit_precision(material.truth, material.detections, material.classes)
        expected = step_by_step(material)
        assert {*own} == {*expected}
        for class_id, values in own.items():
            assert np.abs(values - expected[class_id]).max() < 1e-9
        assert 0.05 < np.mean([values[0] for values in own.values()]) < 0.95


def test_it_differs_from_the_protocol_and_says_so(
    built: Path, found_all: list[dict[str, Any]], written: Callable[[object], Path]
) -> None:
    first = found_all[0]["category_id"]
    some = [one for one in found_all if one["category_id"] == first]
    path = written(some)
    got = evaluate(path, built, split=SPLIT, protocol="deepscores-v2").evaluation
    usual = evaluate(path, built, split=SPLIT, resamples=0).evaluation
    # One class found, and wholly: the toolkit leaves the others out of its mean.
    assert got.measures["toolkit AP"].value == 1.0
    assert usual.measures["AP"].value is not None
    assert usual.measures["AP"].value < 0.5
    assert got.protocol == "deepscores-v2"
    assert {*got.measures} == {"toolkit AP", "toolkit AP50"}
    assert any("not comparable" in one for one in got.warnings)
