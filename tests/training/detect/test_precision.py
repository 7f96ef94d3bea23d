"""Average precision against the library that the published figures come from."""

import contextlib
import io

import numpy as np
import pytest

from deepscores.inference.models.detections import Detections
from deepscores.training.detect.precision import Truth, average_precisions, macro


def pages(random, count=3):
    """Pages with some objects, and what a poor detector finds of them."""
    truth, found = [], []
    for _ in range(count):
        low = random.uniform(0, 300, (30, 2))
        box = np.concatenate([low, low + random.uniform(2, 40, (30, 2))], axis=1)
        class_id = random.integers(1, 4, 30).astype(np.int32)
        truth.append(Truth(box.astype(np.float32), class_id))
        rows = random.integers(0, 30, 60)
        guess = box[rows] + random.normal(0, 1.5, (60, 4))
        named = np.where(random.random(60) < 0.8, class_id[rows], 2).astype(np.int32)
        score = random.random(60).astype(np.float32)  # no two alike
        found.append(Detections(guess.astype(np.float32), named, score))
    return found, truth


def by_coco(found, truth):
    from faster_coco_eval import COCO, COCOeval_faster

    def shaped(box):
        return [float(v) for v in (*box[:2], *(box[2:] - box[:2]))]

    objects = [
        {"image_id": page, "category_id": int(c), "bbox": shaped(b), "iscrowd": 0,
         "area": float(np.prod(b[2:] - b[:2]))}
        for page, one in enumerate(truth)
        for b, c in zip(one.box.astype(float), one.class_id, strict=True)
    ]  # fmt: skip
    results = [
        {"image_id": page, "category_id": int(c), "bbox": shaped(b), "score": float(s)}
        for page, one in enumerate(found)
        for b, c, s in zip(one.box.astype(float), one.class_id, one.score, strict=True)
    ]
    table = {
        "images": [{"id": page} for page in range(len(truth))],
        "categories": [{"id": c, "name": str(c)} for c in (1, 2, 3)],
        "annotations": [{**one, "id": n + 1} for n, one in enumerate(objects)],
    }
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(table)
        judge = COCOeval_faster(coco, coco.loadRes(results), "bbox")
        judge.params.maxDets = [1000]
        judge.evaluate()
        judge.accumulate()
    precision = np.asarray(judge.eval["precision"])  # thresholds, recalls, classes, areas, caps
    return precision[:, :, :, 0, 0].mean(axis=1).T


def test_precisions_are_cocos():
    found, truth = pages(np.random.default_rng(1))
    ours = average_precisions(found, truth)
    assert sorted(ours) == [1, 2, 3]
    assert np.array([ours[c] for c in (1, 2, 3)]) == pytest.approx(by_coco(found, truth), abs=1e-6)


def test_truth_scores_one_and_nothing_found_scores_zero():
    _, truth = pages(np.random.default_rng(2))
    perfect = [Detections(p.box, p.class_id, np.ones(len(p.box), np.float32)) for p in truth]
    assert set(np.concatenate([*average_precisions(perfect, truth).values()])) == {1.0}
    nothing = [one.select(np.zeros(len(one), np.bool_)) for one in perfect]
    assert set(np.concatenate([*average_precisions(nothing, truth).values()])) == {0.0}


def test_classes_with_few_objects_do_not_count():
    box = np.tile(np.array([0, 0, 4, 4], np.float32), (12, 1)) + np.arange(12)[:, None] * 10
    truth = [Truth(box.astype(np.float32), np.array([1] * 10 + [2] * 2, np.int32))]
    found = [Detections(truth[0].box[:10], truth[0].class_id[:10], np.ones(10, np.float32))]
    each = average_precisions(found, truth)
    assert {one: float(ap[0]) for one, ap in each.items()} == {1: 1.0, 2: 0.0}
    assert set(macro(each, truth)) == {1.0}
    assert np.isnan(macro(each, truth, min_objects=11)).all()
