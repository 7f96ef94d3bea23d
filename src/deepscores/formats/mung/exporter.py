"""Music Notation Graphs, as MUSCIMA++ 2 has them and the package `mung` reads them.

https://github.com/OMR-Research/mung. A node is an object of the label set, its id the object's
number on the page; `notation` says what its links are. Masks and boxes are of whole pixels: of all
that an object would own if nothing else were drawn, where the dataset has that, else of what it
owns. Data items with names of MUSCIMA++ mean what they mean there; times are quarter notes from the
beginning of the score.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepscores.dataset.labelled import LabelledPage
from deepscores.formats.mung.nodes import GraphNode, write_mung, write_node_classes
from deepscores.formats.mung.notation import links, staff_links
from deepscores.formats.protocol import Chunk, Exporter, Job
from deepscores.formats.writing.families import family_of
from deepscores.formats.writing.images import place_image
from deepscores.page.labels.run_lengths import crop_rle
from deepscores.runs.files import write_again, write_file

Mask = tuple[int, int, NDArray[np.bool_]]  # left, top, pixels

_STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_ALTERED = {-2: "bb", -1: "b", 0: "", 1: "#", 2: "x"}
_DATA = {"duration": "duration_beats", "onset": "onset_beats", "octave": "pitch_octave"}
_OWN_DATA = ("system", "staff", "voice", "measure", "part", "text")


class Mung(Exporter):
    """``annotations/SPLIT/PAGE.xml``, ``images/SPLIT/PAGE.png`` and ``node-classes.xml``."""

    owns = ("annotations", "images", "node-classes.xml")
    pages_a_chunk = 32

    def write(self, job: Job, chunk: Chunk, pictures: Iterable[LabelledPage]) -> bytes:
        """Graphs and pictures."""
        for page in pictures:
            place_image(job, page, job.folder / "images" / chunk.split / f"{page.name}.png")
            graph = write_mung("deepscores", page.name, nodes(job, page))
            write_again(job.folder / "annotations" / chunk.split / f"{page.name}.xml", graph)
        return b""

    def finish(self, job: Job, parts: Mapping[str, Sequence[Path]]) -> None:
        """The list of classes."""
        groups = [f"{family_of(name)}/{name}" for name in job.names]
        write_file(job.folder / "node-classes.xml", write_node_classes(job.names, groups))


def nodes(job: Job, page: LabelledPage) -> Iterator[GraphNode]:
    """The graph of a page or tile; links to what is not in the picture are left out."""
    numbers = page.objects.number.tolist()
    outlinks, inlinks = _object_links(page)
    rows = page.symbols.take(page.objects.number - 1).to_pylist()
    for place, (left, top, mask) in enumerate(_masks(page)):
        yield GraphNode(
            numbers[place],
            job.names[page.objects.class_id[place] - 1],
            left,
            top,
            mask,
            outlinks[numbers[place]],
            inlinks[numbers[place]],
            _data(rows[place]),
        )


def _object_links(page: LabelledPage) -> tuple[Mapping[int, list[int]], Mapping[int, list[int]]]:
    """By the number of each object, those that it links to, and that link to it."""
    numbers = [0, *page.objects.number.tolist()]
    object_of = [numbers[place] for place in page.objects.of_symbol.tolist()]
    symbol_links = chain(links(page.symbols), staff_links(page.symbols, object_of))
    pairs = {(object_of[start], object_of[end]) for start, end in symbol_links}
    outlinks: defaultdict[int, list[int]] = defaultdict(list)
    inlinks: defaultdict[int, list[int]] = defaultdict(list)
    for start, end in sorted(pairs):
        if start and end and start != end:
            outlinks[start].append(end)
            inlinks[end].append(start)
    return outlinks, inlinks


def _masks(page: LabelledPage) -> Iterator[Mask]:
    """The mask of each object, in order."""
    if page.whole_masks is not None:
        yield from (crop_rle(counts, page.height) for counts in page.whole_masks)
        return
    for place, (x0, y0, x1, y1) in enumerate(page.visible_boxes.tolist(), start=1):
        yield x0, y0, page.objects.of_symbol[page.owners[y0:y1, x0:x1]] == place


def _data(row: Mapping[str, Any]) -> dict[str, str | int | float]:
    """What MUSCIMA++ has of a symbol's music, and where it stands."""
    data = {name: row[column] for column, name in _DATA.items() if row[column] is not None}
    step, alter = row["step"], row["alter"] or 0.0
    if step and alter.is_integer() and alter in _ALTERED:
        code = 12 * (row["octave"] + 1) + _STEPS[step] + int(alter)
        data |= {
            "midi_pitch_code": code,
            "normalized_pitch_step": step.upper() + _ALTERED[int(alter)],
        }
    if row["staff_position"] is not None:
        data["staff_position"] = row["staff_position"]
    return data | {name: row[name] for name in _OWN_DATA if row[name]}
