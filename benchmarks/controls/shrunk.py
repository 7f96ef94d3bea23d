"""The ceilings of full-page detection in numbers: pages shrunk to 640 px, and 300 boxes a page.

    python -m benchmarks.controls.shrunk DATASET -o OUT --model RUN/model.onnx
    python -m benchmarks.controls.shrunk DATASET -o OUT --truth

The first runs one of our detectors. A page is shrunk by area until its longer side has ``--side``
pixels, as letterboxing does, and then, unless it has it now, brought to the staff space that the
model was trained for: what the pixels no longer show stays lost. The second takes the truth for
detections: boxes are rounded to whole pixels of the shrunk page, so no detector that works there
gets further. ``--side 0`` and ``--most 0`` lift a ceiling. ``--keep rarest`` fills the places that
there are with the rarest classes first, which is best for a mean over classes; ``chance`` with any.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.controls.pages import (
    Found,
    SplitPage,
    found_of,
    label_set,
    page_options,
    split_pages,
    write_detections,
)
from deepscores.dataset import open_dataset
from deepscores.errors import RecipeError
from deepscores.labelled import label_page
from deepscores.models.detections import decode_detections
from deepscores.models.file import Model, load_model
from deepscores.streams import stream
from deepscores.vocabulary.labels import LabelSet

PAPER = 255
MULTIPLE = 32  # of which sides of a picture are, for a model
KEEPS = ("rarest", "chance")


class Resized(NamedTuple):
    """A picture of a page in another size."""

    image: NDArray[np.uint8]
    scale: tuple[float, float]  # pixels of it a pixel of the page, x and y

    def to_page(self, box: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, 4) boxes of the picture in pixels of the page."""
        return (box / np.tile(np.array(self.scale), 2)).astype(np.float32)


def shrunk(image: NDArray[np.uint8], side: int) -> Resized:
    """*image* with *side* pixels along its longer side, by area; as it is if it has fewer, or for 0.

    >>> shrunk(np.zeros((2668, 1894), np.uint8), 640).image.shape
    (640, 454)
    """
    factor = side / max(image.shape)
    return resized(image, factor, Image.Resampling.BOX) if 0 < factor < 1 else whole(image)


def whole(image: NDArray[np.uint8]) -> Resized:
    """*image* as it is."""
    return Resized(image, (1.0, 1.0))


def resized(image: NDArray[np.uint8], factor: float, how: Image.Resampling) -> Resized:
    """*image* in *factor* times its size, to whole pixels."""
    height, width = image.shape
    size = max(round(width * factor), 1), max(round(height * factor), 1)
    new = Image.fromarray(image).resize(size, how)
    return Resized(np.asarray(new), (size[0] / width, size[1] / height))


def as_model_takes_it(image: NDArray[np.uint8], has: float, wants: float | None, side: int) -> Resized:
    """A page shrunk to *side*, then with *wants* pixels a staff space where it *has* so many."""
    small = shrunk(image, side)
    now = has * small.scale[1]
    if wants is None or abs(wants / now - 1) < 0.01:
        return small
    how = Image.Resampling.BILINEAR if wants > now else Image.Resampling.BOX
    fitted = resized(small.image, wants / now, how)
    x, y = (one * other for one, other in zip(small.scale, fitted.scale, strict=True))
    return Resized(fitted.image, (x, y))


def padded(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """*image* with paper at the right and below, so that its sides are as a model takes them."""
    right, below = (-side % MULTIPLE for side in image.shape[::-1])
    return np.pad(image, ((0, below), (0, right)), constant_values=PAPER)


def detected(model: Model, one: SplitPage, side: int) -> Found:
    """What *model* finds on a page shrunk to *side*, in pixels of the page."""
    has = float(one.page.row["staff_space"])
    picture = as_model_takes_it(one.page.image, has, model.card.staff_space, side)
    outputs = model.run(image=padded(picture.image)[None, None])
    found = decode_detections(outputs, model.card)
    return found_of(picture.to_page(found.box), found.class_id, found.score)


def snapped(box: NDArray[np.float64], factor: float) -> NDArray[np.float64]:
    """(n, 4) boxes rounded to whole pixels of a page in *factor* times its size, at least one.

    >>> snapped(np.array([[10.0, 3.0, 11.6, 59.0]]), 0.25)  # a stem has a pixel, four times as wide
    array([[ 8.,  4., 12., 60.]])
    """
    low, high = np.round(box[:, :2] * factor), np.round(box[:, 2:] * factor)
    middle = np.floor((box[:, :2] + box[:, 2:]) / 2 * factor)
    empty = high <= low
    low, high = np.where(empty, middle, low), np.where(empty, middle + 1, high)
    snapped: NDArray[np.float64] = np.concatenate([low, high], axis=1) / factor
    return snapped


def truth(one: SplitPage, labels: LabelSet | None, side: int) -> Found:
    """The objects of a page as if detected, as well as they can be on a page shrunk to *side*."""
    page = label_page(one.page, labels)
    factor = side / max(page.image.shape)
    box = snapped(page.objects.box, factor) if 0 < factor < 1 else page.objects.box
    return found_of(box, page.objects.class_id, np.ones(len(page.objects)))


def capped(found: Found, most: int | None, keep: str, counts: NDArray[np.int64], name: str) -> Found:
    """At most so many of *found*: of the classes with the least *counts* first, or any."""
    random = stream(0, "cap", name).permutation(len(found.score))
    order = random
    if keep == "rarest":
        order = random[np.argsort(counts[found.class_id[random]], kind="stable")]
    return found.kept(np.sort(order[:most]))


def true_rows(
    pages: Sequence[SplitPage], labels: LabelSet | None, options: argparse.Namespace
) -> Iterator[tuple[SplitPage, Found]]:
    """Truth under the ceilings, page by page."""
    found = [truth(one, labels, options.side) for one in pages]
    every = np.concatenate([one.class_id for one in found])
    counts = np.bincount(every, minlength=int(every.max(initial=0)) + 1)
    for one, there in zip(pages, found, strict=True):
        yield one, capped(there, options.most or None, options.keep, counts, one.page.name)


def require_same_classes(model: Model, labels: LabelSet) -> None:
    """Raise RecipeError unless the ids that *model* gives are those of *labels*."""
    if tuple(model.card.classes) != tuple(one.name for one in labels.classes):
        raise RecipeError(
            f"the model finds the classes of {model.card.label_set}, not of {labels.name}: say"
            f" --labels {model.card.label_set}"
        )


def parsed() -> argparse.Namespace:
    parser = page_options(__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--model", type=Path, help="a detector that 'deepscores train' wrote")
    source.add_argument("--truth", action="store_true", help="the truth instead of a detector")
    parser.add_argument("--side", type=int, default=640, help="pixels of the longer side, 0: all")
    parser.add_argument("--most", type=int, default=300, help="boxes kept a page, 0: all")
    parser.add_argument("--keep", choices=KEEPS, default="rarest", help="which of the truth")
    return parser.parse_args()


def main() -> None:
    options = parsed()
    dataset = open_dataset(options.dataset)
    labels, other = label_set(dataset, options.labels)
    pages = split_pages(dataset, options.split, most=options.pages, fonts=options.font)
    if options.truth:
        count = write_detections(options.output, true_rows(pages, other, options))
    else:
        model = load_model(options.model)
        require_same_classes(model, labels)
        most = options.most or None
        rows = ((one, detected(model, one, options.side).best(most)) for one in pages)
        count = write_detections(options.output, rows)
    print(f"{count:,} boxes on {len(pages)} pages")


if __name__ == "__main__":
    main()
