"""One page through a network and back to its own pixels, exactly."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from deepscores.errors import DatasetError
from deepscores.inference.models.file import load_model
from deepscores.inference.predicting.clock import Clock
from deepscores.inference.predicting.page import detect, prepare_input, segment
from tests.inference.predicting.drawn import boxes_at, drawn_page
from tests.inference.predicting.networks import SPACE, write_detector


def found_boxes(detector: Path, image: NDArray[np.uint8], space: float) -> NDArray[np.float64]:
    model = load_model(detector, threads=1)
    fed = prepare_input(image, space, model.card.staff_space, "page")
    found = detect(model, image, fed, 0.5, Clock()).box.astype(np.float64)
    return found[np.lexsort((found[:, 1], found[:, 0]))]


def test_at_the_models_staff_space_boxes_are_exact(detector: Path) -> None:
    assert found_boxes(detector, drawn_page(), SPACE).tolist() == boxes_at().tolist()


@pytest.mark.parametrize("space", [8, 11.3, 24, 32.5, 50])
def test_boxes_come_back_to_the_pages_own_pixels(detector: Path, space: float) -> None:
    found, expected = found_boxes(detector, drawn_page(space), space), boxes_at(space)
    assert found.shape == expected.shape
    # Within one pixel of the network's, one and a half where the page was coarser.
    assert np.abs(found - expected).max() <= max(1, space / SPACE)


@pytest.mark.parametrize("size", [(400, 400), (416, 384), (401, 415)])
def test_what_is_fed_is_filled_up_with_paper(size: tuple[int, int]) -> None:
    page = drawn_page(size=size)
    fed = prepare_input(page, SPACE, SPACE, "page")
    assert fed.image.shape[2:] == tuple(-(-side // 32) * 32 for side in size[::-1])
    assert fed.size == size[::-1]
    assert fed.scale == (1, 1)
    assert (fed.image[0, 0, : size[1], : size[0]] == page).all()
    assert (fed.image[0, 0, size[1] :] == 255).all()
    assert (fed.image[0, 0, :, size[0] :] == 255).all()


def test_boxes_are_cut_at_the_page(tmp_path: Path) -> None:
    wide = write_detector(tmp_path / "wide.onnx", size=31)  # around squares of 9
    page = drawn_page(places=[(60, 50), (200, 200), (380, 388)])[:, 50:]
    boxes = found_boxes(wide, page, SPACE)
    assert boxes.tolist() == [[0, 39, 30, 70], [139, 189, 170, 220], [319, 377, 350, 400]]


def test_a_hundredth_is_not_worth_resampling() -> None:
    page = drawn_page()
    assert prepare_input(page, 16.1, SPACE, "page").size == page.shape
    assert prepare_input(page, 16.4, SPACE, "page").size == (390, 390)
    assert prepare_input(page, None, None, "page").size == page.shape


def test_a_page_that_would_be_far_too_large_is_refused() -> None:
    with pytest.raises(DatasetError, match=r"page: at a staff space of 16 px, instead of 0\.5"):
        prepare_input(drawn_page(), 0.5, SPACE, "page")


@pytest.mark.parametrize("space", [12.0, 16.0, 29.0])
def test_a_mask_is_of_the_pages_own_ink(segmenter: Path, space: float) -> None:
    page = drawn_page(space)
    model = load_model(segmenter, threads=1)
    fed = prepare_input(page, space, model.card.staff_space, "page")
    mask = segment(model, page, fed, Clock())
    assert mask.shape == page.shape
    assert not mask[page >= 128].any()
    assert (mask[page < 128] > 0).mean() > 0.99
    assert (mask[page < 5] == 2).mean() > (0.999 if space == 16 else 0.6)
