"""Classification patches of some pages, cut and written in a worker."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.building.parts import Columns, Portion, objects
from deepscores.dataset.layout import IMAGES
from deepscores.dataset.manifest import Entry
from deepscores.dataset.png.codec import decode_png, encode_png
from deepscores.dataset.selection import Chosen
from deepscores.page.geometry import Box
from deepscores.page.labels.patches import cut_patch
from deepscores.runs.executors.protocol import Limits
from deepscores.runs.files import write_again

_PAGES_A_TASK = 40


class Wanted(NamedTuple):
    """Objects of a shard that become patches, page by page."""

    portion: Portion
    places: NDArray[np.int64]  # of their pages, in the shard
    numbers: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PatchTask:
    """Patches to cut."""

    folder: Path  # of the dataset
    size: tuple[int, int]  # width and height
    names: tuple[str, ...]  # of classes, by id - 1
    wanted: tuple[Wanted, ...]

    @property
    def pages(self) -> int:
        return sum(len(np.unique(one.places)) for one in self.wanted)


def patch_limits(task: PatchTask) -> Limits:
    """Time and memory; patches that fail for want of them stop the build."""
    return Limits(600 + 10 * task.pages, 8 * 2**30)


def share_out(chosen: Chosen, portions: Sequence[Portion]) -> Iterator[tuple[Wanted, ...]]:
    """Share the *chosen* objects out: those of some pages at a time, in the order of the pages."""
    order = np.lexsort((chosen.numbers, chosen.pages))
    pages, numbers = chosen.pages[order], chosen.numbers[order]
    starts = np.array([one.first for one in portions])
    distinct, first = np.unique(pages, return_index=True)
    for start in range(0, len(distinct), _PAGES_A_TASK):
        end = start + _PAGES_A_TASK
        mine = slice(first[start], first[end] if end < len(first) else len(pages))
        owner = np.searchsorted(starts, pages[mine], side="right") - 1
        yield tuple(
            Wanted(
                portions[shard],
                pages[mine][owner == shard] - portions[shard].first,
                numbers[mine][owner == shard],
            )
            for shard in np.unique(owner)
        )


def write_patches(task: PatchTask) -> list[Entry]:
    """Cut and write the patches of some pages; merging cuts all of them again if it was killed."""
    entries: list[Entry] = []
    for one in task.wanted:
        rows = objects(task.folder, one.portion)
        for place in np.unique(one.places):
            numbers = one.numbers[one.places == place]
            entries += _cut_page(task, one.portion.stems[place], _picked(rows, place, numbers))
    return entries


def _picked(rows: Columns, place: int, numbers: NDArray[np.int64]) -> Columns:
    """The objects *numbers* of the page at *place*."""
    first, last = np.searchsorted(rows["page"], [place, place + 1])
    which = first + np.flatnonzero(np.isin(rows["number"][first:last], numbers))
    return {name: column[which] for name, column in rows.items()}


def _cut_page(task: PatchTask, stem: str, rows: Columns) -> Iterator[Entry]:
    path = f"{IMAGES}/{stem}.png"
    image = decode_png((task.folder / path).read_bytes(), path).astype(np.uint8, copy=False)
    sides = ("class_id", "number", "x0", "y0", "x1", "y1")
    for class_id, number, *box in zip(*(rows[name].tolist() for name in sides), strict=True):
        data = encode_png(cut_patch(image, Box(*box), *task.size))
        name = f"patches/{task.names[class_id - 1]}/{stem}-{number:05d}.png"
        write_again(task.folder / name, data)
        yield Entry.of(name, data)
