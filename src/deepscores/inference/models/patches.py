"""The classifier's input for an object: the page around it, and its box."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepscores.errors import DatasetError
from deepscores.inference.models.card import ModelCard
from deepscores.inference.models.file import Model
from deepscores.page.geometry import Box
from deepscores.page.labels.patches import cut_patch

_BATCH = 256


def patch_corners(boxes: NDArray[Any], width: int, height: int) -> NDArray[np.float64]:
    """(n, 2): left and top, in pixels of the page, of the patches around *boxes* (n, 4).

    They are where `cut_patch` cuts.
    """
    boxes = boxes.astype(np.float64)
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    corners: NDArray[np.float64] = np.floor(middle - (width / 2, height / 2) + 0.5)
    return corners


def boxes_in_patches(boxes: NDArray[Any], width: int, height: int) -> NDArray[np.float32]:
    """(n, 4) *boxes* of a page in pixels of the patches around them."""
    corners = patch_corners(boxes, width, height)
    return (boxes - np.tile(corners, 2)).astype(np.float32)


def box_channel(boxes: NDArray[Any], width: int, height: int) -> NDArray[np.uint8]:
    """(n, height, width): *boxes* (n, 4), in pixels of patches, painted as ink is: 0 in, 255 out.

    Pixels that a box covers in part are grey.

    >>> box_channel(np.array([[1, 0, 2.5, 1]]), 4, 2).tolist()
    [[[255, 0, 127, 255], [255, 255, 255, 255]]]
    """
    columns = _covered(boxes[:, 0::2], width)
    down = _covered(boxes[:, 1::2], height)
    covered = down[:, :, None] * columns[:, None, :]
    channel: NDArray[np.uint8] = (255 - np.rint(255 * covered)).astype(np.uint8)
    return channel


def _covered(ends: NDArray[Any], length: int) -> NDArray[np.float32]:
    """(n, length): how much of each pixel lies between two *ends* (n, 2)."""
    pixels = np.arange(length, dtype=np.float32)
    ends = ends.astype(np.float32)
    high = np.minimum(ends[:, 1:], pixels + 1)
    covered: NDArray[np.float32] = (high - np.maximum(ends[:, :1], pixels)).clip(0, 1)
    return covered


def patch_inputs(
    image: NDArray[np.uint8], boxes: NDArray[Any], card: ModelCard
) -> NDArray[np.uint8]:
    """(n, channels, height, width): the input of the model of *card* for objects of a page.

    *image* (height, width), 255 = paper; *boxes* (n, 4) tight boxes ``x0 y0 x1 y1`` in its pixels.
    """
    width, height = patch_size(card)
    patches = np.empty((len(boxes), height, width), np.uint8)
    for place, box in enumerate(boxes.tolist()):
        patches[place] = cut_patch(image, Box(*box), width, height)
    return with_boxes(patches, boxes_in_patches(boxes, width, height), card)


def with_boxes(
    patches: NDArray[np.uint8], boxes: NDArray[Any], card: ModelCard
) -> NDArray[np.uint8]:
    """*patches* (n, height, width) as the model takes them; *boxes* are in their pixels."""
    if not card.settings["box_channel"]:
        return patches[:, None]
    width, height = patch_size(card)
    return np.stack([patches, box_channel(boxes, width, height)], axis=1)


def patch_size(card: ModelCard) -> tuple[int, int]:
    """Width and height of the patches that a classifier takes."""
    if card.task != "classify":
        raise DatasetError(f"this model is of the task {card.task}, not classify")
    width, height = card.settings["patch"]
    return int(width), int(height)


def classify_patches(
    model: Model, inputs: NDArray[np.uint8]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Labels (n,), places in the card's classes, of `patch_inputs`; their probabilities (n,)."""
    labels, scores = [np.empty(0, np.int64)], [np.empty(0, np.float32)]
    for start in range(0, len(inputs), _BATCH):
        probabilities = model.run(image=inputs[start : start + _BATCH])["scores"]
        labels.append(probabilities.argmax(axis=1))
        scores.append(probabilities.max(axis=1))
    return np.concatenate(labels), np.concatenate(scores)
