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

import numpy as np
from numpy.typing import NDArray

from benchmarks.controls.pages import (
    Found,
    SplitPage,
    found_of,
    label_set,
    page_options,
    split_pages,
    write_detections,
    write_part,
)
from benchmarks.controls.sizes import Resized, padded, resized, shrunk
from deepscores.dataset.labelled import label_page
from deepscores.dataset.reader import open_dataset
from deepscores.errors import RecipeError
from deepscores.inference.models.detections import decode_detections
from deepscores.inference.models.file import Model, load_model
from deepscores.page.labels.label_sets import LabelSet
from deepscores.runs.streams import stream

MULTIPLE = 32  # of which the sides of a model's pictures are
KEEPS = ("rarest", "chance")


def as_model_takes_it(
    image: NDArray[np.uint8], has: float, wants: float | None, side: int
) -> Resized:
    """A page shrunk to *side*, then with *wants* pixels a staff space where it *has* so many."""
    small = shrunk(image, side)
    now = has * small.scale[1]
    if wants is None or abs(wants / now - 1) < 0.01:
        return small
    fitted = resized(small.image, wants / now)
    x, y = (one * other for one, other in zip(small.scale, fitted.scale, strict=True))
    return Resized(fitted.image, (x, y))


def detected(model: Model, one: SplitPage, side: int) -> Found:
    """What *model* finds on a page shrunk to *side*, in pixels of the page."""
    has = float(one.page.row["staff_space"])
    picture = as_model_takes_it(one.page.image, has, model.card.staff_space, side)
    height, width = (-(-side // MULTIPLE) * MULTIPLE for side in picture.image.shape)
    outputs = model.run(image=padded(picture.image, width, height)[None, None])
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


def capped(
    found: Found, most: int | None, keep: str, counts: NDArray[np.int64], name: str
) -> Found:
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
    write_part(dataset, pages, options)
    print(f"{count:,} boxes on {len(pages)} pages")


if __name__ == "__main__":
    main()
