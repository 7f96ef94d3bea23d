"""AP and AR against pycocotools, hotcoco, faster-coco-eval and a witness of plain loops."""

from typing import Any

import hotcoco
import numpy as np
import pytest
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from deepscores.evaluation.detection.averages import figures_of
from deepscores.evaluation.detection.caps import CAPS, MAX_DETECTIONS
from deepscores.evaluation.detection.coco import coco_averages
from deepscores.evaluation.matching.boxes import in_staff_spaces, padded
from deepscores.evaluation.matching.curves import best_f1, interpolated, needed
from deepscores.evaluation.matching.judging import PADDING, DetectionMaterial
from deepscores.evaluation.matching.matching import THRESHOLDS
from tests.evaluation.scenes import coco_data, scene

ALL = [0.0, 1e10]
EXACT = 1e-9


def by_pycocotools(
    truth: dict[str, Any], found: dict[str, Any], caps: list[int], area: list[float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(classes, thresholds) AP and AR at the last of *caps*; NaN without objects."""
    sides = []
    for data in (truth, found):
        side = COCO()
        side.dataset = data
        side.createIndex()
        sides.append(side)
    run = COCOeval(*sides, iouType="bbox")
    run.params.maxDets, run.params.areaRng, run.params.areaRngLbl = caps, [area], ["all"]
    run.evaluate()
    run.accumulate()
    precision, recall = run.eval["precision"][:, :, :, 0, -1], run.eval["recall"][:, :, 0, -1]
    return (
        np.where(precision < 0, np.nan, precision).mean(axis=1).T,
        np.where(recall < 0, np.nan, recall).T,
    )


def by_hand(material: DetectionMaterial, class_id: int, threshold: float) -> tuple[float, float]:
    """AP and recall of one class, from boxes to figure in plain loops."""
    truth, found = material.truth, material.detections
    rows = [row for row in range(len(found)) if found.class_id[row] == class_id]
    rows.sort(key=lambda row: (-found.score[row], found.page[row], row))
    objects = [row for row in range(len(truth)) if truth.class_id[row] == class_id]
    taken, right = set(), []
    for row in rows:
        best, choice = threshold, None
        for column in objects:
            if truth.page[column] != found.page[row] or column in taken:
                continue
            x, y, w, h = found.xywh[row]
            u, v, a, b = truth.xywh[column]
            wide = min(x + w, u + a) - max(x, u)
            high = min(y + h, v + b) - max(y, v)
            shared = max(wide, 0) * max(high, 0)
            value = shared / (w * h + a * b - shared)
            if value >= best:
                best, choice = value, column
        taken.add(choice)
        right.append(choice is not None)
    points, hits = [], 0
    for place, is_right in enumerate(right, start=1):
        hits += is_right
        points.append((hits / len(objects), hits / place))
    heights = [
        max((precision for recall, precision in points if recall >= least), default=0.0)
        for least in np.linspace(0, 1, 101)
    ]
    return float(np.mean(heights)), hits / len(objects)


@pytest.mark.parametrize("seed", range(3))
def test_figures_are_those_of_three_evaluators(seed: int) -> None:
    material = scene(seed)
    truth, found = (coco_data(one, material) for one in (material.truth, material.detections))
    for cap in (3, MAX_DETECTIONS):
        own = figures_of(material.upright(cap))
        precision, recall = by_pycocotools(truth, found, [1, 2, cap], ALL)
        assert np.abs(own.precision - precision).max() < EXACT
        assert np.abs(own.recall - recall).max() < EXACT
        other = coco_averages(
            material.truth,
            material.detections,
            material.pages,
            material.classes,
            THRESHOLDS,
            (1, cap),
        )
        assert np.abs(own.precision - other.precision[-1]).max() < EXACT
        assert np.abs(own.recall - other.recall[-1]).max() < EXACT
    gt = hotcoco.COCO(truth)
    run = hotcoco.COCOeval(gt, gt.load_res(found["annotations"]), "bbox")
    run.params.max_dets = [1, 10, MAX_DETECTIONS]
    run.evaluate()
    run.accumulate()
    values = np.array(run.eval["precision"])[:, :, :, 0, -1].mean(axis=1).T
    assert np.abs(figures_of(material.upright()).precision - values).max() < EXACT
    assert 0.1 < own.precision.mean() < 0.9


def test_figures_are_those_of_plain_loops(scenes: list[DetectionMaterial]) -> None:
    for material in scenes:
        own = figures_of(material.upright())
        for place, class_id in enumerate(material.classes):
            for row in (0, 5, 9):
                precision, recall = by_hand(material, class_id, THRESHOLDS[row])
                assert own.precision[place, row] == pytest.approx(precision, abs=EXACT)
                assert own.recall[place, row] == pytest.approx(recall, abs=EXACT)


def test_sizes_are_passed_over_as_pycocotools_does(scenes: list[DetectionMaterial]) -> None:
    for material in scenes:
        sizes = [
            in_staff_spaces(one, material.pages)[0] for one in (material.truth, material.detections)
        ]
        truth, found = (
            coco_data(one, material, size**2)
            for one, size in zip((material.truth, material.detections), sizes, strict=True)
        )
        for name, low, high in (("<0.5", 0, 0.5), ("0.5-1", 0.5, 1), ("1-2", 1, 2), ("2-6", 2, 6)):
            inside = material.ranges()[name]
            assert inside.truth.any()
            own = figures_of(material.within(inside))
            precision, recall = by_pycocotools(
                truth, found, [1, 2, MAX_DETECTIONS], [low**2, high**2]
            )
            assert np.nanmax(np.abs(own.precision - precision)) < EXACT
            assert np.nanmax(np.abs(own.recall - recall)) < EXACT
            assert (np.isnan(own.precision) == np.isnan(precision)).all()


def test_padded_figures_are_those_of_padded_boxes(scenes: list[DetectionMaterial]) -> None:
    for material in scenes:
        grown = [
            padded(one, material.pages, PADDING) for one in (material.truth, material.detections)
        ]
        assert (grown[0].xywh[:, 2:] > material.truth.xywh[:, 2:]).any()
        least = PADDING * material.pages.staff_space[material.truth.page]
        assert (grown[0].xywh[:, 2:] >= least[:, None] - 1e-9).all()
        truth, found = (coco_data(one, material) for one in grown)
        precision, _ = by_pycocotools(truth, found, [1, 2, MAX_DETECTIONS], ALL)
        assert np.abs(figures_of(material.padded()).precision - precision).max() < EXACT


def test_centres_are_matched_as_by_plain_loops(scenes: list[DetectionMaterial]) -> None:
    for material in scenes:
        truth, found = material.truth, material.detections
        centre = [one.xywh[:, :2] + one.xywh[:, 2:] / 2 for one in (truth, found)]
        for class_id, judged in material.centred().items():
            taken: set[int] = set()
            hits = 0
            rows = np.flatnonzero(found.class_id == class_id)
            for row in rows[np.lexsort((rows, found.page[rows], -found.score[rows]))].tolist():
                near = [
                    (float(np.hypot(*(centre[0][column] - centre[1][row]))), column)
                    for column in np.flatnonzero(
                        (truth.class_id == class_id) & (truth.page == found.page[row])
                    ).tolist()
                    if column not in taken
                ]
                away, choice = min(near, default=(np.inf, -1))
                if away <= 0.25 * material.pages.staff_space[found.page[row]]:
                    taken.add(choice)
                    hits += 1
            assert judged.right.sum() == hits


def test_caps_stand_in_order() -> None:
    assert list(CAPS) == sorted(CAPS)
    assert CAPS[-1] == MAX_DETECTIONS


def test_needed_is_what_a_search_among_recalls_finds() -> None:
    recalls = np.linspace(0, 1, 101)
    for positives in (1, 2, 3, 7, 29, 100, 101, 57, 4096):
        reached = np.arange(1, positives + 1) / positives
        places = np.searchsorted(reached, recalls, side="left") + 1
        places[0] = 0
        assert (needed(np.array([positives]))[0] == places).all()


def test_nothing_found_is_zero_and_not_an_error() -> None:
    none = np.empty(0, np.bool_)
    assert interpolated(none, 3).tolist() == [0.0] * 101
    assert best_f1(none, np.empty(0), 3).f1 == 0
    material = scene(1)
    empty = DetectionMaterial(
        material.truth, material.detections.take(np.empty(0, int)), material.pages, material.classes
    )
    assert figures_of(empty.upright()).precision.max() == 0
    assert figures_of(empty.oriented()).recall.max() == 0


def test_equal_scores_are_cut_together() -> None:
    right = np.array([True, False, True, False])
    best = best_f1(right, np.array([0.9, 0.5, 0.5, 0.1]), 2)
    assert (best.score, best.precision, best.recall) == (0.5, 2 / 3, 1.0)
