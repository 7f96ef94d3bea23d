import numpy as np

from deepscores.evaluation.detection.averages import figures_of
from deepscores.evaluation.detection.intervals import resample
from deepscores.evaluation.matching.boxes import Boxes, Pages
from deepscores.evaluation.matching.curves import best_f1
from deepscores.evaluation.matching.judging import DetectionMaterial
from deepscores.evaluation.samples.works import measure, work_places, work_weights
from tests.evaluation.scenes import scene


def repeated(material: DetectionMaterial, weights: list[int]) -> DetectionMaterial:
    """A split in which each work's pages stand as often as *weights* say."""
    pages = [
        page for page, work in enumerate(material.pages.work) for _ in range(weights[int(work)])
    ]
    sides = []
    for boxes in (material.truth, material.detections):
        rows = [np.flatnonzero(boxes.page == page) for page in pages]
        copy = boxes.take(np.concatenate(rows))
        place = np.repeat(np.arange(len(pages)), [len(one) for one in rows])
        sides.append(Boxes(place, *(getattr(copy, name) for name in Boxes.__slots__[1:])))
    kept = Pages(
        tuple(map(str, pages)), material.pages.staff_space[pages], material.pages.work[pages], 1
    )
    return DetectionMaterial(sides[0], sides[1], kept, material.classes)


def test_a_resample_is_what_matching_its_pages_again_gives() -> None:
    material = scene(2, pages=8)
    # Distinct scores: of equal ones a resample keeps the first order, copied pages another.
    rng = np.random.default_rng(0)
    found = material.detections
    score = rng.permutation(len(found)) / len(found)
    material = DetectionMaterial(
        material.truth,
        Boxes(found.page, found.class_id, found.xywh, found.corners, score, found.multiplicity),
        material.pages,
        material.classes,
    )
    weights = work_weights(material.pages.works, 12, seed=5)
    upright = material.upright()
    got = resample(list(upright.values()), material.pages.work, weights, jobs=2)
    assert weights.shape == (12, 4)
    assert (weights.sum(axis=1) == 4).all()
    for row, some in enumerate(weights.tolist()):
        again = repeated(material, some)
        figures = figures_of(again.upright())
        assert np.abs(got.precision[row] - figures.precision).max() < 1e-6
        assert np.abs(got.recall[row] - figures.recall).max() < 1e-6
        for place, one in enumerate(again.upright().values()):
            best = best_f1(one.right[0], one.score, int(one.positives.sum()))
            assert abs(got.f1[row, place, 0] - best.f1) < 1e-6
            assert got.positives[row, place] == one.positives.sum()
    assert len({*got.precision[:, 0, 0].tolist()}) > 3


def test_a_resample_without_an_object_measures_nothing() -> None:
    material = scene(2)
    judged = list(material.upright().values())
    got = resample(judged, material.pages.work, np.zeros((1, 3), np.int64), jobs=1)
    assert np.isnan(got.precision).all()
    assert np.isnan(got.f1).all()


def test_frequent_classes_are_resampled_closely() -> None:
    material = scene(5, pages=40, objects=120, classes=1)
    judged = list(material.upright().values())
    assert judged[0].right[0].sum() > 1000
    ones = np.ones((1, material.pages.works), np.int64)
    got = resample(judged, material.pages.work, ones, jobs=1).precision[0]
    assert np.abs(got - figures_of(material.upright()).precision).max() < 1e-3


def test_an_interval_holds_the_middle_of_the_resamples() -> None:
    resampled = np.append(np.arange(1001) / 1000, np.nan)
    one = measure(0.4, resampled)
    assert (one.value, one.low, one.high) == (0.4, 0.025, 0.975)
    assert measure(np.nan, resampled).value is None
    assert measure(0.4, np.full(3, np.nan)).low is None
    assert measure(0.4).high is None


def test_works_are_numbered_by_name() -> None:
    places, works = work_places(["b", "a", "b"])
    assert (places.tolist(), works) == ([1, 0, 1], 2)
    assert (work_weights(3, 5, 1) == work_weights(3, 5, 1)).all()
    assert work_weights(0, 5, 1).shape == (5, 0)
