"""From logits of a page's ink to class ids of its pixels."""

import numpy as np
import pytest

from deepscores.inference.models.card import ModelCard
from deepscores.inference.models.segmentation import decode_segmentation

CARD = ModelCard(
    "segment", ("clef", "notehead", "stem"), "three", None, "small", "0",
    settings={"class_ids": [0, 1, 3]},
)  # fmt: skip


def outputs(places: list[int], best: list[int]) -> dict[str, np.ndarray]:
    """What a network says that finds these outputs, by place among the classes that were taught."""
    return {"places": np.array(places), "logits": np.eye(3, dtype=np.float32)[best]}


def test_ink_has_the_class_of_its_best_logit_and_paper_none() -> None:
    page = np.full((2, 3), 255, np.uint8)
    page[0, 1], page[1, 2], page[1, 0] = 0, 127, 128
    found = decode_segmentation(outputs([1, 10], [2, 1]), CARD, (4, 8), (2, 3), page)
    assert found.tolist() == [[0, 3, 0], [0, 0, 1]]
    assert found.dtype == np.uint8


def test_a_rescaled_page_gets_its_own_size_and_its_own_ink_back() -> None:
    page = np.full((4, 6), 255, np.uint8)
    page[:, 2:4] = 10
    page[3, 3] = 200  # no ink on the page, whatever the rescaled one had there
    found = decode_segmentation(outputs([1, 9], [1, 2]), CARD, (8, 8), (2, 3), page)
    assert found.tolist() == [[0, 0, 1, 1, 0, 0]] * 2 + [[0, 0, 3, 3, 0, 0], [0, 0, 3, 0, 0, 0]]


def test_ink_that_was_lost_in_rescaling_is_what_ink_beside_it_is() -> None:
    page = np.full((4, 8), 255, np.uint8)
    page[0, 0] = page[0, 7] = 0
    found = decode_segmentation(outputs([1], [2]), CARD, (4, 4), (2, 4), page)
    assert found[0].tolist() == [3, 0, 0, 0, 0, 0, 0, 0]  # the last one has none beside it


@pytest.mark.parametrize(("classes", "kind"), [(255, np.uint8), (256, np.uint16)])
def test_many_classes_take_sixteen_bits(classes: int, kind: type) -> None:
    card = ModelCard("segment", ("one",) * classes, "many", None, "small", "0", {"class_ids": [0]})
    page = np.zeros((1, 1), np.uint8)
    nothing = {"places": np.array([0]), "logits": np.ones((1, 1))}
    assert decode_segmentation(nothing, card, (1, 1), (1, 1), page).dtype == kind
