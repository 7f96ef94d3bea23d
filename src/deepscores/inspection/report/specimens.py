"""Samples of every class, cut from their pages: in context, by themselves, and what they are of."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepscores.dataset.reader import Dataset, DatasetPage
from deepscores.inspection.pages.drawing import Pixels, crop
from deepscores.inspection.report.survey import Sample
from deepscores.page.geometry import Box
from deepscores.page.labels.patches import cut_patch


@dataclass(frozen=True)
class Specimen:
    """One object as its page shows it."""

    sample: Sample
    font: str
    patch: Pixels  # of the recipe's size, centred on the object
    image: Pixels  # its box, with what else is there
    mask: NDArray[np.bool_]  # its own pixels in that box
    belongs_to: str  # kind of the symbol it belongs to; "" if to none
    offset: tuple[float, float]  # from that symbol's centre to its own, staff spaces, y down
    position: int | None  # on the staff, in half spaces above the bottom line


def cut_specimens(
    dataset: Dataset, samples: Iterable[Sample], advance: Callable[[], None] = lambda: None
) -> dict[int, list[Specimen]]:
    """Specimens by class (id - 1), in the order of *samples*; each page is read once."""
    of_page: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        of_page[sample.page].append(sample)
    size = patch_size(dataset)
    specimens = defaultdict(list)
    for name in sorted(of_page):
        for specimen in _cut(dataset[name], of_page[name], size):
            specimens[specimen.sample.class_place].append(specimen)
        advance()
    return {
        place: sorted(class_specimens, key=lambda specimen: specimen.sample)
        for place, class_specimens in specimens.items()
    }


def patch_size(dataset: Dataset) -> tuple[int, int]:
    """Width and height of the dataset's patches, as its recipe has them."""
    width, height = dataset.info.get("recipe", {}).get("patches", (45, 170))
    return int(width), int(height)


def _cut(page: DatasetPage, samples: list[Sample], size: tuple[int, int]) -> list[Specimen]:
    image, instances, symbols = page.image, page.instances, page.symbols
    columns = [
        "number", "object", "kind", "parent", "x0", "y0", "x1", "y1", "staff_position"
    ]  # fmt: skip
    rows = {row["number"]: row for row in symbols.select(columns).to_pylist()}
    members = defaultdict(list)
    for number, row in rows.items():
        members[row["object"]].append(number)
    specimens = []
    for sample in samples:
        parent = rows.get(rows[sample.number]["parent"])
        specimens.append(
            Specimen(
                sample,
                str(page.row["font"]),
                cut_patch(image, Box(*sample.box), *size),
                crop(image, sample.box),
                np.isin(crop(instances, sample.box), members[sample.number]),
                str(parent["kind"]) if parent else "",
                _offset(sample, parent) if parent else (0.0, 0.0),
                rows[sample.number]["staff_position"],
            )
        )
    return specimens


def _offset(sample: Sample, parent: dict[str, float]) -> tuple[float, float]:
    x0, y0, x1, y1 = sample.box
    dx = (x0 + x1 - parent["x0"] - parent["x1"]) / 2
    dy = (y0 + y1 - parent["y0"] - parent["y1"]) / 2
    return dx / sample.staff_space, dy / sample.staff_space
