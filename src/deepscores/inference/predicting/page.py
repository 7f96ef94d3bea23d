"""One page through a network: rescaled to the model's staff space, and back to its own pixels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from deepscores.dataset.labelled.scaling import scaled_size
from deepscores.errors import DatasetError
from deepscores.inference.models.detections import Detections, decode_detections
from deepscores.inference.models.file import Model
from deepscores.inference.models.segmentation import decode_segmentation
from deepscores.inference.predicting.clock import Clock

PAPER = 255
RESCALE, NETWORK, DECODE = "rescaling", "network", "reading its output"  # on a clock
_STRIDE = 32  # what is fed has sides that are multiples
_AS_IT_IS = 0.01  # by which a staff space may be off: resampling would only blur
_MOST = 64_000_000  # pixels that are fed: memory
_MOST_DETECTED = 100_000  # of a page; more are noise


@dataclass(frozen=True, slots=True, eq=False)
class Fed:
    """A page as a network takes it, and how it came to be."""

    image: NDArray[np.uint8]  # (1, 1, height, width), sides multiples of 32, 255 = paper
    size: tuple[int, int]  # height and width of the rescaled page in it
    scale: tuple[float, float]  # how much wider and higher the page has become


def feed(image: NDArray[np.uint8], before: float | None, after: float | None, where: str) -> Fed:
    """*image* (height, width) of staff space *before* as a network that wants *after* takes it.

    Rescaled (Lanczos, as in training), but for a hundredth; filled up with paper to the right and
    below. Raise DatasetError, which names *where*, for what would be far too large.
    """
    height, width = image.shape
    if after is not None and before is not None and abs(after / before - 1) < _AS_IT_IS:
        after = None
    columns, rows = scaled_size(width, height, before, after)
    if rows * columns > _MOST:
        raise DatasetError(
            f"{where}: at a staff space of {after:g} px, instead of {before:.3g}, it would be "
            f"{columns} x {rows} px, more than {_MOST:,} pixels"
        )
    if (rows, columns) != image.shape:
        size = (columns, rows)
        image = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS))
    fed = np.full((1, 1, rows + -rows % _STRIDE, columns + -columns % _STRIDE), PAPER, np.uint8)
    fed[0, 0, :rows, :columns] = image
    return Fed(fed, (rows, columns), (columns / width, rows / height))


def detect(
    model: Model, image: NDArray[np.uint8], fed: Fed, threshold: float, clock: Clock
) -> Detections:
    """The objects that *model* finds with a score of *threshold* or more, in pixels of *image*."""
    with clock(NETWORK):
        outputs = model.run(image=fed.image)
    with clock(DECODE):
        found = decode_detections(outputs, model.card)
        found = found.kept(np.flatnonzero(found.score >= threshold)[:_MOST_DETECTED])
        height, width = image.shape
        box = found.box / np.tile(np.array(fed.scale, np.float32), 2)
        box = np.minimum(box.clip(0), np.array([width, height] * 2, np.float32))
        # The network knows no edge where it was filled up with paper.
        there = (box[:, 2:] > box[:, :2]).all(axis=1) & np.isfinite(box).all(axis=1)
        return Detections(box[there], found.class_id[there], found.score[there])


def segment(
    model: Model, image: NDArray[np.uint8], fed: Fed, clock: Clock
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """The class id of each pixel of *image*, 0 = paper or nothing that has a class."""
    with clock(NETWORK):
        outputs = model.run(image=fed.image)
    with clock(DECODE):
        height, width = fed.image.shape[2:]
        return decode_segmentation(outputs, model.card, (height, width), fed.size, image)
