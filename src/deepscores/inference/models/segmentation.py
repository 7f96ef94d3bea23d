"""What a segmenting network says of a page's ink, as a class id per pixel of the page."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepscores.inference.models.card import ModelCard

INK = 128  # grey levels below are ink: a pixel at least half black. Only such pixels have a class
STRIDE = 32  # height and width of what is fed are multiples of it
PLACES, LOGITS = "places", "logits"  # the network's outputs

# Where a pixel's ink may have gone when a page was resampled: the nearest places first.
_AROUND = [(0, 0), (0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)]


def decode_segmentation(
    outputs: Mapping[str, NDArray[Any]],
    card: ModelCard,
    fed: tuple[int, int],
    scaled: tuple[int, int],
    page: NDArray[np.uint8],
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """The class id of each pixel of *page*, 0 = paper or unlabelled.

    *page* is (height, width) as it was found, 255 = paper; *scaled* its height and width when it
    was rescaled for the network, *fed* when it was then filled up with paper. *outputs* are
    ``places`` (n,), the ink in the ravelled picture, and ``logits`` (n, classes that were taught).
    An ink pixel whose own place was ink no more after rescaling is what ink beside it is.
    """
    found = _class_map(outputs, card, fed)[: scaled[0], : scaled[1]]
    ink = np.flatnonzero(page < INK)
    y, x = np.divmod(ink, page.shape[1])
    if scaled != page.shape:
        y, x = (
            ((line + 0.5) * after / before).astype(np.int64)
            for line, after, before in zip((y, x), scaled, page.shape, strict=True)
        )
    values = _near(found, y, x)
    result = np.zeros(page.shape, np.uint16)
    result.ravel()[ink] = values.clip(0)
    return result.astype(np.uint8) if len(card.classes) < 256 else result


def _class_map(
    outputs: Mapping[str, NDArray[Any]], card: ModelCard, fed: tuple[int, int]
) -> NDArray[np.int32]:
    """Class ids of what was fed; -1 where nothing was said."""
    ids = np.array(card.settings["class_ids"], np.int32)
    found = np.full(fed[0] * fed[1], -1, np.int32)
    found[outputs[PLACES]] = ids[outputs[LOGITS].argmax(axis=1)]
    return found.reshape(fed)


def _near(
    found: NDArray[np.int32], y: NDArray[np.int64], x: NDArray[np.int64]
) -> NDArray[np.int32]:
    """What was said of these places or, where nothing was, of the nearest beside them."""
    height, width = found.shape
    values = np.full(len(y), -1, np.int32)
    open_ = np.arange(len(y))
    for down, right in _AROUND:
        rows, columns = (y[open_] + down).clip(0, height - 1), (x[open_] + right).clip(0, width - 1)
        values[open_] = found[rows, columns]
        open_ = open_[values[open_] < 0]
        if not len(open_):
            break
    return values
