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
_STRIDE = 32  # the input's sides are multiples
_MAX_UNSCALED = (
    0.01  # relative error of a staff space below which a page is not resampled, which would blur it
)
_MAX_PIXELS = 64_000_000  # of the input: memory
_MAX_DETECTIONS = 100_000  # per page; more are noise


@dataclass(frozen=True, slots=True, eq=False)
class NetworkInput:
    """A page as a network's input, and its scale."""

    image: NDArray[np.uint8]  # (1, 1, height, width), sides multiples of 32, 255 = paper
    size: tuple[int, int]  # height and width of the rescaled page in it
    scale: tuple[float, float]  # factors of the page's width and height


def prepare_input(
    image: NDArray[np.uint8], page_space: float | None, model_space: float | None, location: str
) -> NetworkInput:
    """*image* (height, width), rescaled from *page_space* to *model_space*, as a network's input.

    Lanczos, as in training; not for a hundredth. Padded with paper to the right and below. Raise
    DatasetError, which names *location*, for an input that would be far too large.
    """
    height, width = image.shape
    if (
        model_space is not None
        and page_space is not None
        and abs(model_space / page_space - 1) < _MAX_UNSCALED
    ):
        model_space = None
    columns, rows = scaled_size(width, height, page_space, model_space)
    if rows * columns > _MAX_PIXELS:
        raise DatasetError(
            f"{location}: at a staff space of {model_space:g} px, instead of {page_space:.3g}, it "
            f"would be {columns} x {rows} px, more than {_MAX_PIXELS:,} pixels"
        )
    if (rows, columns) != image.shape:
        size = (columns, rows)
        image = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS))
    fed = np.full((1, 1, rows + -rows % _STRIDE, columns + -columns % _STRIDE), PAPER, np.uint8)
    fed[0, 0, :rows, :columns] = image
    return NetworkInput(fed, (rows, columns), (columns / width, rows / height))


def detect(
    model: Model, image: NDArray[np.uint8], fed: NetworkInput, threshold: float, clock: Clock
) -> Detections:
    """The detections of *model* with a score of *threshold* or more, in pixels of *image*."""
    with clock(NETWORK):
        outputs = model.run(image=fed.image)
    with clock(DECODE):
        detections = decode_detections(outputs, model.card)
        detections = detections.select(
            np.flatnonzero(detections.score >= threshold)[:_MAX_DETECTIONS]
        )
        height, width = image.shape
        box = detections.box / np.tile(np.array(fed.scale, np.float32), 2)
        box = np.minimum(box.clip(0), np.array([width, height] * 2, np.float32))
        # The network does not see the page's edge where it was padded with paper.
        is_on_page = (box[:, 2:] > box[:, :2]).all(axis=1) & np.isfinite(box).all(axis=1)
        return Detections(
            box[is_on_page], detections.class_id[is_on_page], detections.score[is_on_page]
        )


def segment(
    model: Model, image: NDArray[np.uint8], fed: NetworkInput, clock: Clock
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """The class id of each pixel of *image*, 0 = paper or nothing that has a class."""
    with clock(NETWORK):
        outputs = model.run(image=fed.image)
    with clock(DECODE):
        height, width = fed.image.shape[2:]
        return decode_segmentation(outputs, model.card, (height, width), fed.size, image)
