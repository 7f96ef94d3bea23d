import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from deepscores.evaluation.matching.judging import DetectionMaterial
from deepscores.evaluation.matching.matching import THRESHOLDS, match, ranks_of
from deepscores.evaluation.matching.pairs import Pairs, class_keys, upright_overlap, upright_pairs
from tests.evaluation.scenes import scene


def greedy(
    material: DetectionMaterial, threshold: float, passed_over: NDArray[np.bool_], most: int
) -> NDArray[np.int64]:
    """COCO's matching as a plain loop: the surest first, of objects that are left the nearest."""
    truth, found = material.truth, material.detections
    partner = np.full(len(found), -1)
    taken: set[int] = set()
    seen: dict[tuple[int, int], int] = {}
    for row in np.argsort(-found.score, kind="stable").tolist():
        key = (int(found.page[row]), int(found.class_id[row]))
        seen[key] = seen.get(key, 0) + 1
        if seen[key] > most:
            continue
        best, choice = (False, min(threshold, 1 - 1e-10)), -1
        for column in np.flatnonzero((truth.page == key[0]) & (truth.class_id == key[1])).tolist():
            value = float(upright_overlap(found.xywh[[row]], truth.xywh[[column]])[0])
            rank = (not passed_over[column], value)
            if column not in taken and value >= min(threshold, 1 - 1e-10) and rank >= best:
                best, choice = rank, column
        if choice >= 0:
            taken.add(choice)
            partner[row] = choice
    return partner


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("most", [3, 10_000])
def test_stable_matching_is_the_greedy_loop(seed: int, most: int) -> None:
    material = scene(seed, pages=3, objects=30, classes=2)
    over = np.random.default_rng(seed).random(len(material.truth)) < 0.3
    found, truth = material.detections, material.truth
    pairs = upright_pairs(found, truth, class_keys(found, truth), 0.5)
    for passed_over in (over, np.zeros_like(over)):
        matched = match(
            pairs,
            ranks_of(found),
            len(truth),
            THRESHOLDS,
            passed_over=passed_over,
            max_detections=most,
        )
        for row, threshold in zip(matched, THRESHOLDS, strict=True):
            assert (row == greedy(material, threshold, passed_over, most)).all()
        assert (matched[0] >= 0).sum() > 5


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.floats(0.5, 1)), max_size=40))
def test_no_two_detections_share_an_object(drawn: list[tuple[int, int, float]]) -> None:
    distinct = {(found, truth): value for found, truth, value in drawn}
    columns = [*zip(*((*key, value) for key, value in distinct.items()), strict=True)]
    found, truth, value = columns or ((), (), ())
    pairs = Pairs(np.array(found, int), np.array(truth, int), np.array(value, float))
    ranks = ranks_of(scene(0, pages=1, objects=8, classes=1).detections.take(np.zeros(8, int)))
    matched = match(pairs, ranks, 8, (0.5,))[0]
    used = matched[matched >= 0]
    assert len(set(used.tolist())) == len(used)
    # Nobody is left alone beside an object that is free.
    assert all(matched[a] >= 0 or b in used for a, b in distinct)


def test_pairs_are_those_of_a_full_search() -> None:
    for seed in range(3):
        material = scene(seed)
        found, truth = material.detections, material.truth
        pairs = upright_pairs(found, truth, class_keys(found, truth), 0.5)
        rows, columns = np.divmod(np.arange(len(found) * len(truth)), len(truth))
        same = found.page[rows] == truth.page[columns]
        same &= found.class_id[rows] == truth.class_id[columns]
        value = upright_overlap(found.xywh[rows], truth.xywh[columns])
        near = same & (value >= 0.5)
        assert {*zip(pairs.detection.tolist(), pairs.truth.tolist(), strict=True)} == {
            *zip(rows[near].tolist(), columns[near].tolist(), strict=True)
        }
        assert len(pairs.detection) == near.sum() > 20
