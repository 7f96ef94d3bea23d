"""Classification patches as DeepScores V1 published them: many in one picture, class by class.

A mosaic is a square of so many patches each way, and full: the published reader takes as many rows
as columns and every tile for a patch. So the rest of a class, too few for a large square, is in
smaller ones, down to a single patch. ``config.txt`` and ``class_names.csv`` are what that reader
needs; ``patches.csv`` says where each patch comes from.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from itertools import groupby
from math import isqrt
from operator import itemgetter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepscores.dataset.labelled import LabelledPage
from deepscores.dataset.png.codec import decode_png, encode_png
from deepscores.dataset.splits import SPLITS
from deepscores.formats.patches.crops import Patch, candidates, choose_patches, cut_patches, pack
from deepscores.formats.patches.exporter import refuse_patches
from deepscores.formats.protocol import Chunk, Exporter, Job
from deepscores.runs.files import replacing, write_again, write_file

PUBLISHED = (120, 220)  # width and height of a tile
_SIDE = 10  # patches each way in the largest
_COLUMNS = ("mosaic", "row", "column", "class", "page", "number")


class PatchMosaics(Exporter):
    """``SPLIT/CLASS/000000.png`` with the lists beside."""

    owns = SPLITS
    cuts_patches = True
    pages_a_chunk = 40

    def check(self, job: Job) -> None:
        refuse_patches(job)

    def write(
        self,
        job: Job,
        chunk: Chunk,
        pictures: Iterable[LabelledPage],
    ) -> bytes:
        """Return the patches, with a limit per class the candidates."""
        patches = cut_patches(job, pictures, job.options.patches or PUBLISHED)
        cap = job.options.patches_per_class
        return pack(patches if cap is None else candidates(patches, cap))

    def finish(self, job: Job, parts: Mapping[str, Sequence[Path]]) -> None:
        """Mosaics, each written when it is full, then those of what is left."""
        width, height = job.options.patches or PUBLISHED
        pairs = choose_patches(parts, job.options.patches_per_class)
        for split, patches in groupby(pairs, itemgetter(0)):
            _write_split(job, split, (patch for _, patch in patches))
            folder = job.folder / split
            config = f"patches ({_SIDE},{_SIDE}) ({height},{width})\n"
            write_file(folder / "config.txt", config.encode())
            names = "".join(f"{number},{name}\n" for number, name in enumerate(job.names, start=1))
            write_file(folder / "class_names.csv", names.encode())


def _write_split(job: Job, split: str, patches: Iterable[Patch]) -> None:
    with replacing(job.folder / split / "patches.csv") as file:
        file.write(_lines([_COLUMNS]))
        waiting: defaultdict[int, list[Patch]] = defaultdict(list)
        written: Counter[int] = Counter()

        def write(class_id: int, side: int) -> None:
            tiles, waiting[class_id] = waiting[class_id][: side**2], waiting[class_id][side**2 :]
            name = f"{job.names[class_id - 1]}/{written[class_id]:06d}.png"
            written[class_id] += 1
            write_again(
                job.folder / split / name, encode_png(mosaic([patch.png for patch in tiles]))
            )
            file.write(_lines(_rows(name, side, tiles)))

        for patch in patches:
            waiting[patch.class_id].append(patch)
            if len(waiting[patch.class_id]) == _SIDE**2:
                write(patch.class_id, _SIDE)
        for class_id in sorted(waiting):
            while remaining := len(waiting[class_id]):
                write(class_id, isqrt(remaining))


def mosaic(pngs: Sequence[bytes]) -> NDArray[np.uint8]:
    """A square of pictures of one size, row after row; their number is a square."""
    side = isqrt(len(pngs))
    tiles = np.stack([decode_png(png, "patch").astype(np.uint8, copy=False) for png in pngs])
    _, height, width = tiles.shape
    grid = tiles.reshape(side, side, height, width).transpose(0, 2, 1, 3)
    return grid.reshape(side * height, side * width)


def _rows(name: str, side: int, patches: Sequence[Patch]) -> Iterator[Sequence[object]]:
    for place, patch in enumerate(patches):
        row, column = divmod(place, side)
        yield name, row, column, patch.class_id, patch.page, patch.number


def _lines(rows: Iterable[Sequence[object]]) -> bytes:
    sink = StringIO()
    csv.writer(sink, lineterminator="\n").writerows(rows)
    return sink.getvalue().encode()
