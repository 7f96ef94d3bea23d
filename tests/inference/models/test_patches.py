"""What the classifier is shown of a page."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepscores.errors import DatasetError
from deepscores.inference.models.card import ModelCard
from deepscores.inference.models.patches import (
    box_channel,
    boxes_in_patches,
    patch_corners,
    patch_inputs,
    patch_size,
)
from deepscores.page.geometry import Box
from deepscores.page.labels.patches import cut_patch

places = st.integers(0, 400).map(lambda eighths: eighths / 8)


def card(*, boxes: bool = True, task: str = "classify") -> ModelCard:
    settings = {"patch": [9, 14], "box_channel": boxes}
    return ModelCard(task, ("a",), "full", None, "small", "0", settings)


@given(places, places, places, places, st.integers(1, 12), st.integers(1, 12))
def test_corners_are_where_patches_are_cut(
    x: float, y: float, width: float, height: float, across: int, down: int
) -> None:
    page = np.arange(120 * 120, dtype=np.int64).reshape(120, 120)
    box = Box(x + 8, y + 8, x + 8 + width, y + 8 + height)
    corner = patch_corners(np.array([box]), across, down)[0].astype(int)
    if (corner < 0).any() or corner[0] + across > 120 or corner[1] + down > 120:
        return
    patch = cut_patch(page.astype(np.uint16), box, across, down)  # type: ignore[arg-type]
    assert patch[0, 0] == page[corner[1], corner[0]]


@given(places, places, places, places)
def test_the_channel_s_ink_is_the_box_s_area(x: float, y: float, w: float, h: float) -> None:
    width, height = min(w, 30), min(h, 30)
    box = np.array([[x, y, x + width, y + height]])
    patch = boxes_in_patches(box, 45, 45)
    ink = (255 - box_channel(patch, 45, 45).astype(float)).sum() / 255
    assert ink == pytest.approx(width * height, abs=0.3 + 0.01 * (width + height))


def test_inputs_are_the_patch_and_its_box() -> None:
    page = np.full((60, 50), 255, np.uint8)
    page[20:24, 30:33] = 7
    found = patch_inputs(page, np.array([[30, 20, 33, 24.0]]), card())
    assert found.shape == (1, 2, 14, 9)
    assert found.dtype == np.uint8
    assert ((found[0, 0] == 7) == (found[0, 1] == 0)).all()
    assert (found[0, 0] == 7).sum() == 12


def test_without_a_box_there_is_one_channel_and_no_object_is_no_patch() -> None:
    page = np.full((60, 50), 255, np.uint8)
    assert patch_inputs(page, np.array([[3, 3, 8, 8.0]]), card(boxes=False)).shape == (1, 1, 14, 9)
    assert patch_inputs(page, np.empty((0, 4)), card()).shape == (0, 2, 14, 9)


def test_a_model_of_another_task_is_told() -> None:
    with pytest.raises(DatasetError, match="is of the task detect, not classify"):
        patch_size(card(task="detect"))
