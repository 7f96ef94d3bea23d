"""Classification patches of some pages, cut and written in a worker."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.building.parts import Columns, Portion, read_objects
from deepscores.dataset.layout import IMAGES
from deepscores.dataset.manifest import Entry
from deepscores.dataset.png.codec import decode_png, encode_png
from deepscores.dataset.selection import Selection
from deepscores.page.geometry import Box
from deepscores.page.labels.patches import cut_patch
from deepscores.runs.executors.protocol import Limits
from deepscores.runs.files import write_again

_PAGES_PER_TASK = 40


class PatchRequest(NamedTuple):
    """Objects of a shard that become patches, page by page."""

    portion: Portion
    places: NDArray[np.int64]  # of their pages, in the shard
    numbers: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PatchTask:
    """Patches to cut in one worker."""

    folder: Path  # of the dataset
    size: tuple[int, int]  # width and height
    names: tuple[str, ...]  # of classes, by id - 1
    requests: tuple[PatchRequest, ...]

    @property
    def pages(self) -> int:
        return sum(len(np.unique(request.places)) for request in self.requests)


def patch_limits(task: PatchTask) -> Limits:
    """Time and memory; a task that exceeds them stops the build."""
    return Limits(600 + 10 * task.pages, 8 * 2**30)


def share_out(
    selection: Selection, portions: Sequence[Portion]
) -> Iterator[tuple[PatchRequest, ...]]:
    """Share the objects of *selection* out: some pages at a time, in the order of the pages."""
    order = np.lexsort((selection.numbers, selection.pages))
    pages, numbers = selection.pages[order], selection.numbers[order]
    starts = np.array([portion.first for portion in portions])
    distinct, first = np.unique(pages, return_index=True)
    for start in range(0, len(distinct), _PAGES_PER_TASK):
        end = start + _PAGES_PER_TASK
        group = slice(first[start], first[end] if end < len(first) else len(pages))
        owner = np.searchsorted(starts, pages[group], side="right") - 1
        yield tuple(
            PatchRequest(
                portions[shard],
                pages[group][owner == shard] - portions[shard].first,
                numbers[group][owner == shard],
            )
            for shard in np.unique(owner)
        )


def write_patches(task: PatchTask) -> list[Entry]:
    """Cut and write the patches of some pages. After a kill, merging cuts all of them again."""
    entries: list[Entry] = []
    for request in task.requests:
        rows = read_objects(task.folder, request.portion)
        for place in np.unique(request.places):
            numbers = request.numbers[request.places == place]
            entries += _cut_page(task, request.portion.stems[place], _pick(rows, place, numbers))
    return entries


def _pick(rows: Columns, place: int, numbers: NDArray[np.int64]) -> Columns:
    """The objects *numbers* of the page at *place*."""
    first, last = np.searchsorted(rows["page"], [place, place + 1])
    positions = first + np.flatnonzero(np.isin(rows["number"][first:last], numbers))
    return {name: column[positions] for name, column in rows.items()}


def _cut_page(task: PatchTask, stem: str, rows: Columns) -> Iterator[Entry]:
    path = f"{IMAGES}/{stem}.png"
    image = decode_png((task.folder / path).read_bytes(), path).astype(np.uint8, copy=False)
    sides = ("class_id", "number", "x0", "y0", "x1", "y1")
    for class_id, number, *box in zip(*(rows[name].tolist() for name in sides), strict=True):
        data = encode_png(cut_patch(image, Box(*box), *task.size))
        name = f"patches/{task.names[class_id - 1]}/{stem}-{number:05d}.png"
        write_again(task.folder / name, data)
        yield Entry.of(name, data)
