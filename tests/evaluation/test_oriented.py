from typing import Any

import hotcoco
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.draw import polygon

from deepscores.evaluation.detection.averages import figures_of
from deepscores.evaluation.matching.boxes import from_columns, upright_corners
from deepscores.evaluation.matching.judging import DetectionMaterial
from deepscores.evaluation.matching.pairs import oriented_overlap, upright_overlap
from deepscores.evaluation.matching.polygons import area_of, shared_area
from tests.evaluation.scenes import coco_data, scene


def turned(
    centre: NDArray[np.float64], side: NDArray[np.float64], angle: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(n, 8) corners of boxes turned about their centres."""
    along = np.stack([np.cos(angle), np.sin(angle)], axis=1) * side[:, :1] / 2
    across = np.stack([-np.sin(angle), np.cos(angle)], axis=1) * side[:, 1:] / 2
    corners = [centre - along - across, centre + along - across, centre + along + across]
    return np.concatenate([*corners, centre - along + across], axis=1)


def painted(corners: NDArray[np.float64], scale: int) -> NDArray[np.bool_]:
    canvas = np.zeros((60 * scale, 60 * scale), np.bool_)
    points = corners.reshape(4, 2) * scale - 0.5
    canvas[polygon(points[:, 1], points[:, 0], canvas.shape)] = True
    return canvas


def test_shared_areas_are_those_of_painted_boxes() -> None:
    rng = np.random.default_rng(3)
    count, scale = 40, 20
    boxes = [
        turned(
            rng.uniform(24, 36, (count, 2)),
            rng.uniform(2, 24, (count, 2)),
            rng.uniform(-np.pi, np.pi, count),
        )
        for _ in range(2)
    ]
    boxes[1][::2] = boxes[1][::2].reshape(-1, 4, 2)[:, ::-1].reshape(-1, 8)  # the other way round
    areas = shared_area(*boxes)
    for one, other, area in zip(*boxes, areas, strict=True):
        pixels = painted(one, scale) & painted(other, scale)
        assert area == pytest.approx(pixels.sum() / scale**2, abs=1.5)
    assert (areas > 5).sum() > 20
    assert np.abs(areas - shared_area(*boxes[::-1])).max() < 1e-9


def test_a_box_shares_all_of_itself() -> None:
    rng = np.random.default_rng(4)
    corners = turned(
        rng.uniform(0, 2000, (200, 2)), rng.uniform(0.3, 900, (200, 2)), rng.uniform(-3, 3, 200)
    )
    assert np.abs(oriented_overlap(corners, corners) - 1).max() < 1e-9
    assert (area_of(corners) > 0).all()


def test_upright_boxes_are_measured_as_such() -> None:
    material = scene(0)
    boxes = [one.xywh[:150] for one in (material.truth, material.detections)]
    count = min(map(len, boxes))
    upright = upright_overlap(boxes[0][:count], boxes[1][:count])
    corners = [upright_corners(one[:count]) for one in boxes]
    assert np.abs(oriented_overlap(*corners) - upright).max() < 1e-12


def test_oriented_figures_are_those_of_hotcoco() -> None:
    rng = np.random.default_rng(8)
    base = scene(8)
    sides: dict[str, Any] = {}
    boxes = {}
    noise = {"truth": 0.0, "detections": 0.03}
    for name in ("truth", "detections"):
        one = getattr(base, name)
        # Angles follow the place, so that who found it has nearly the same.
        angle = (one.class_id * 0.7) + rng.normal(0, noise[name], len(one))
        centre, side = one.xywh[:, :2] + one.xywh[:, 2:] / 2, one.xywh[:, 2:]
        boxes[name] = from_columns(
            one.page, one.class_id, one.xywh, one.score, turned(centre, side, angle)
        )
        data = coco_data(one, base)
        for place, annotation in enumerate(data["annotations"]):
            annotation["obb"] = [*centre[place], *side[place], float(angle[place])]
        sides[name] = data
    material = DetectionMaterial(boxes["truth"], boxes["detections"], base.pages, base.classes)
    gt = hotcoco.COCO(sides["truth"])
    run = hotcoco.COCOeval(gt, gt.load_res(sides["detections"]["annotations"]), "obb")
    run.params.max_dets = [1, 10, 10_000]
    run.evaluate()
    run.accumulate()
    values = np.array(run.eval["precision"])[:, :, :, 0, -1].mean(axis=1).T
    own = figures_of(material.oriented()).precision
    assert 0.1 < own[:, 0].mean() < 1
    assert np.abs(own - values).max() < 1e-6
