"""The output of a segmentation network, decoded to a class id per pixel of the page."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepscores.inference.models.card import ModelCard

INK = 128  # grey levels below are ink: a pixel at least half black. Only such pixels have a class
STRIDE = 32  # height and width of the input are multiples of it
PLACES, LOGITS = "places", "logits"  # the network's outputs

# Where a pixel's ink may have gone when a page was resampled: the nearest places first.
_NEIGHBOURS = [(0, 0), (0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)]


def decode_segmentation(
    outputs: Mapping[str, NDArray[Any]],
    card: ModelCard,
    fed: tuple[int, int],
    scaled: tuple[int, int],
    page: NDArray[np.uint8],
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """The class id of each pixel of *page*, 0 = paper or unlabelled.

    *page* is (height, width) before rescaling, 255 = paper; *scaled* its height and width when
    rescaled for the network, *fed* when then padded with paper. *outputs* are
    ``places`` (n,), the ink in the ravelled picture, and ``logits`` (n, trained classes). An
    ink pixel whose own place is no longer ink after rescaling takes the class of ink beside it.
    """
    class_map = _class_map(outputs, card, fed)[: scaled[0], : scaled[1]]
    ink = np.flatnonzero(page < INK)
    y, x = np.divmod(ink, page.shape[1])
    if scaled != page.shape:
        y, x = (
            ((line + 0.5) * new_size / old_size).astype(np.int64)
            for line, new_size, old_size in zip((y, x), scaled, page.shape, strict=True)
        )
    values = _nearest_values(class_map, y, x)
    result = np.zeros(page.shape, np.uint16)
    result.ravel()[ink] = values.clip(0)
    return result.astype(np.uint8) if len(card.classes) < 256 else result


def _class_map(
    outputs: Mapping[str, NDArray[Any]], card: ModelCard, fed: tuple[int, int]
) -> NDArray[np.int32]:
    """Class ids of the input's pixels; -1 without an output."""
    ids = np.array(card.settings["class_ids"], np.int32)
    class_ids = np.full(fed[0] * fed[1], -1, np.int32)
    class_ids[outputs[PLACES]] = ids[outputs[LOGITS].argmax(axis=1)]
    return class_ids.reshape(fed)


def _nearest_values(
    class_map: NDArray[np.int32], y: NDArray[np.int64], x: NDArray[np.int64]
) -> NDArray[np.int32]:
    """The values at these places or, where there is none, of the nearest beside them."""
    height, width = class_map.shape
    values = np.full(len(y), -1, np.int32)
    open_ = np.arange(len(y))
    for down, right in _NEIGHBOURS:
        rows, columns = (y[open_] + down).clip(0, height - 1), (x[open_] + right).clip(0, width - 1)
        values[open_] = class_map[rows, columns]
        open_ = open_[values[open_] < 0]
        if not len(open_):
            break
    return values
