"""Counts of pixels against plain loops over them."""

from typing import Any

import numpy as np
import pytest

from deepscores.evaluation.segmentation.pixels import count_pixels, ink_iou, iou, tolerant_iou

CLASSES = 3


def any_map(rng: np.random.Generator) -> Any:
    """Blobs: each pixel doubled both ways."""
    small = rng.integers(0, CLASSES + 1, (5, 6)) * (rng.random((5, 6)) < 0.6)
    return small.repeat(2, axis=0).repeat(2, axis=1).astype(np.uint8)


def near(among: Any, y: int, x: int, one: int) -> bool:
    return any(
        among[row][column] == one
        for row in range(max(y - 1, 0), min(y + 2, len(among)))
        for column in range(max(x - 1, 0), min(x + 2, len(among[0])))
    )


def plainly(truth: Any, found: Any, image: Any, one: int) -> tuple[list[int], list[int]]:
    """Right pixels and all pixels of class *one*: as they are, on ink, within a pixel."""
    right, every = [0, 0, 0], [0, 0, 0]
    for y in range(len(truth)):
        for x in range(len(truth[0])):
            is_so, is_said = truth[y][x] == one, found[y][x] == one
            if not is_so and not is_said:
                continue
            inked = 255 - image[y][x] >= 127.5
            every[0] += 1
            every[1] += inked
            every[2] += 1
            right[0] += is_so and is_said
            right[1] += is_so and is_said and inked
            right[2] += (not is_so or near(found, y, x, one)) and (
                not is_said or near(truth, y, x, one)
            )
    return right, every


@pytest.mark.parametrize("seed", range(8))
def test_figures_equal_those_of_loops_over_the_pixels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, found = any_map(rng), any_map(rng)
    if seed % 2:  # much alike
        found = np.where(rng.random(truth.shape) < 0.8, truth, found)
    image = rng.choice([0, 126, 127, 128, 129, 255], truth.shape).astype(np.uint8)
    areas = count_pixels(truth, found, image, CLASSES).areas
    figures = [one(areas) for one in (iou, ink_iou, tolerant_iou)]
    for one in range(1, CLASSES + 1):
        right, every = plainly(truth.tolist(), found.tolist(), image.tolist(), one)
        wanted = [a / b if b else np.nan for a, b in zip(right, every, strict=True)]
        assert [figure[one] for figure in figures] == pytest.approx(wanted, nan_ok=True)


@pytest.mark.parametrize("seed", range(3))
def test_the_confusion_has_every_pixel_once(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, found = any_map(rng), any_map(rng)
    wanted = np.zeros((CLASSES + 1, CLASSES + 1), np.int64)
    for one, other in zip(truth.ravel().tolist(), found.ravel().tolist(), strict=True):
        wanted[one, other] += 1
    confusion = count_pixels(truth, found, 0 * truth, CLASSES).confusion
    assert (confusion == wanted).all()


def test_the_truth_itself_scores_exactly_1() -> None:
    truth = any_map(np.random.default_rng(5))
    areas = count_pixels(truth, truth, 0 * truth, CLASSES).areas
    for figure in (iou, ink_iou, tolerant_iou):
        assert (figure(areas)[1:] == 1).all()


def test_a_line_a_pixel_aside_is_right_within_a_pixel_and_two_aside_wrong() -> None:
    truth = np.zeros((9, 9), np.uint8)
    truth[2:7, 4] = 1
    aside = [np.roll(truth, far, axis=1) for far in (1, 2)]
    near_by, far_off = (count_pixels(truth, one, 0 * truth, 1).areas for one in aside)
    assert (iou(near_by)[1], tolerant_iou(near_by)[1]) == (0, 1)
    assert (iou(far_off)[1], tolerant_iou(far_off)[1]) == (0, 0)


def test_another_class_nearby_does_not_help() -> None:
    truth = np.array([[1, 1, 1, 1]], np.uint8)
    found = np.array([[2, 2, 1, 1]], np.uint8)
    areas = count_pixels(truth, found, 0 * truth, 2).areas
    assert tolerant_iou(areas)[1:].tolist() == [0.75, 0]  # the second 1 has a 1 beside it


def test_half_black_is_ink_and_less_is_not() -> None:
    truth, found = np.ones((1, 4), np.uint8), np.array([[1, 0, 1, 0]], np.uint8)
    image = np.array([[127, 127, 128, 128]], np.uint8)
    areas = count_pixels(truth, found, image, 1).areas
    assert ink_iou(areas)[1] == 0.5
    assert iou(areas)[1] == 0.5
    pale = np.full((1, 4), 128, np.uint8)
    assert np.isnan(ink_iou(count_pixels(truth, found, pale, 1).areas)[1])
    dark = np.array([[0, 0, 255, 255]], np.uint8)
    assert ink_iou(count_pixels(truth, np.array([[1, 1, 0, 0]], np.uint8), dark, 1).areas)[1] == 1


def test_what_is_given_stays_as_it_is() -> None:
    truth, found = (any_map(np.random.default_rng(seed)) for seed in (1, 2))
    before = truth.copy(), found.copy()
    count_pixels(truth, found, 0 * truth, CLASSES)
    assert (truth == before[0]).all()
    assert (found == before[1]).all()
