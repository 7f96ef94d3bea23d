"""Patches of an export: cut in workers, chosen at the end.

There may be a limit per class. Each chunk keeps those of its patches that may be within it, and the
end chooses, by the priorities by which a dataset's own patches are chosen.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from struct import Struct
from typing import IO, NamedTuple

import numpy as np

from deepscores.dataset.labelled import LabelledPage
from deepscores.dataset.png.codec import encode_png
from deepscores.dataset.selection import PrioritySampler, page_priorities
from deepscores.formats.protocol import Job
from deepscores.page.geometry import Box
from deepscores.page.labels.patches import cut_patch

# Priority, class id, number of the object, bytes of the page's name and of the PNG.
_HEAD = Struct(">QIIHI")


class Patch(NamedTuple):
    """One object's surroundings."""

    priority: int
    class_id: int
    number: int
    page: str
    png: bytes


def cut_patches(
    job: Job, pictures: Iterable[LabelledPage], size: tuple[int, int]
) -> Iterator[Patch]:
    """All patches of *pictures*, *size* (width, height) each, in the order of their objects."""
    seed = int(job.info.get("seed", 0))
    for page in pictures:
        objects = page.objects
        name = page.row["page"]
        ranks = page_priorities(seed, [name], np.zeros(len(objects), np.int64), objects.number)
        columns = (ranks, objects.class_id, objects.number, objects.box)
        for rank, class_id, number, box in zip(
            *(column.tolist() for column in columns), strict=True
        ):
            png = encode_png(cut_patch(page.image, Box(*box), *size))
            yield Patch(rank, class_id, number, name, png)


def candidates(patches: Iterable[Patch], cap: int) -> list[Patch]:
    """Those of a chunk's *patches* that may be among the *cap* of each class of an export."""
    patch_list = list(patches)
    lowest = PrioritySampler(cap)
    _add(lowest, 0, [patch[:3] for patch in patch_list])
    return [patch_list[place] for place in sorted(lowest.result().pages.tolist())]


def pack(patches: Iterable[Patch]) -> bytes:
    """*patches* as bytes, one after another, for `unpack`."""
    sink = BytesIO()
    for patch in patches:
        name = patch.page.encode()
        sink.write(_HEAD.pack(*patch[:3], len(name), len(patch.png)))
        sink.write(name)
        sink.write(patch.png)
    return sink.getvalue()


def unpack(path: Path) -> Iterator[Patch]:
    """The patches in a file, one at a time."""
    with open(path, "rb") as file:
        for priority, class_id, number, letters, size in _heads(file):
            name = file.read(letters).decode()
            yield Patch(priority, class_id, number, name, file.read(size))


def choose_patches(
    parts: Mapping[str, Sequence[Path]], cap: int | None
) -> Iterator[tuple[str, Patch]]:
    """The patches in *parts* that an export has, with their split: at most *cap* per class.

    In the order of the files. Only their priorities are in memory, not the patches.
    """
    all_patches = (
        (split, patch) for split, files in parts.items() for path in files for patch in unpack(path)
    )
    if cap is None:
        yield from all_patches
        return
    chosen_places = iter(_lowest_places([path for files in parts.values() for path in files], cap))
    next_place = next(chosen_places, None)
    for place, (split, patch) in enumerate(all_patches):
        if place == next_place:
            yield split, patch
            next_place = next(chosen_places, None)


def _lowest_places(files: Sequence[Path], cap: int) -> list[int]:
    """Which of the patches in *files*, counted through, are chosen."""
    lowest = PrioritySampler(cap)
    start = 0
    for path in files:
        with open(path, "rb") as file:
            heads = [head[:3] for head in _heads(file, skip=True)]
        _add(lowest, start, heads)
        start += len(heads)
    return sorted(lowest.result().pages.tolist())


def _add(lowest: PrioritySampler, start: int, heads: Sequence[tuple[int, int, int]]) -> None:
    """Add patches by priority, class id and number; they are counted from *start*."""
    priorities, class_ids, numbers = zip(*heads, strict=True) if heads else ((), (), ())
    places = np.arange(start, start + len(heads))
    lowest.add(class_ids, np.array(priorities, np.uint64), places, numbers)


def _heads(file: IO[bytes], *, skip: bool = False) -> Iterator[tuple[int, int, int, int, int]]:
    """What is written of each patch before it; the caller reads, or this passes over, the rest."""
    while data := file.read(_HEAD.size):
        priority, class_id, number, letters, size = _HEAD.unpack(data)
        yield priority, class_id, number, letters, size
        if skip:
            file.seek(letters + size, 1)
