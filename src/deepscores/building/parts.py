"""One part of the symbol table, from the shards that go into it; a worker can make it by itself."""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from deepscores.building.shards import table_path
from deepscores.dataset.columns import SYMBOLS, SYMBOLS_WHOLE, WRITING
from deepscores.dataset.manifest import Entry
from deepscores.dataset.selection import PrioritySampler, Selection, page_priorities
from deepscores.runs.executors.protocol import Limits
from deepscores.runs.files import write_file

ROWS = 1_000_000  # maximum of a part, unless a single shard has more

Columns = dict[str, NDArray[Any]]


class Portion(NamedTuple):
    """The pages of a shard that the dataset keeps."""

    shard: int
    first: int  # place of its first page among the dataset's pages
    stems: tuple[str, ...]  # of the pages that are kept
    symbols: int  # on them
    is_complete: bool  # all of the shard's pages are kept


@dataclass(frozen=True, slots=True)
class PartTask:
    """A part to be made."""

    index: int
    folder: Path  # of the dataset
    portions: tuple[Portion, ...]
    labels: int  # classes of the label set
    seed: int
    patches_per_class: int
    whole_masks: bool


class Part(NamedTuple):
    """A part that was made."""

    entry: Entry
    symbols: int
    objects: NDArray[np.int64]  # by class id
    selection: Selection  # of its objects, for patches


def group_portions(portions: Iterable[Portion], rows: int) -> Iterator[tuple[Portion, ...]]:
    """Cut *portions* into parts of at most so many *rows*, in order; at least one part."""
    part: list[Portion] = []
    part_rows = 0
    for portion in portions:
        if part_rows and part_rows + portion.symbols > rows:
            yield tuple(part)
            part, part_rows = [], 0
        part.append(portion)
        part_rows += portion.symbols
    yield tuple(part)


def part_limits(task: PartTask) -> Limits:
    """Time and memory; a part that exceeds them stops the build."""
    return Limits(600 + 10 * len(task.portions), 8 * 2**30)


def merge_part(task: PartTask) -> Part:
    """Write ``symbols/part-*.parquet``, a row group per shard; count objects, select patches."""
    path = f"symbols/part-{task.index:05d}.parquet"
    data, symbols = _merged(task)
    write_file(task.folder / path, data)
    counts = np.zeros(task.labels + 1, np.int64)
    lowest = PrioritySampler(task.patches_per_class)
    for portion in task.portions:
        rows = read_objects(task.folder, portion)
        counts += np.bincount(rows["class_id"], minlength=len(counts))
        ranks = page_priorities(task.seed, portion.stems, rows["page"], rows["number"])
        lowest.add(
            rows["class_id"], ranks, portion.first + rows["page"].astype(np.int64), rows["number"]
        )
    return Part(Entry.of(path, data), symbols, counts, lowest.result())


def read_objects(folder: Path, portion: Portion) -> Columns:
    """The labelled objects of the pages that are kept, as columns, in the order of their pages."""
    content = pq.ParquetFile(table_path(folder, portion.shard, "objects")).read()
    columns = {name: content[name].to_numpy() for name in content.column_names}
    end = np.searchsorted(columns["page"], len(portion.stems))
    return {name: column[:end] for name, column in columns.items()}


def _merged(task: PartTask) -> tuple[bytes, int]:
    """The Parquet file of a part, and its rows. Only what it takes when packed is held."""
    schema = SYMBOLS_WHOLE if task.whole_masks else SYMBOLS
    sink = io.BytesIO()
    rows = 0
    with pq.ParquetWriter(sink, schema, **WRITING) as writer:
        for portion in task.portions:
            content = _symbols(task.folder, portion)
            writer.write_table(content)
            rows += len(content)
        if not task.portions:
            writer.write_table(schema.empty_table())
    return sink.getvalue(), rows


def _symbols(folder: Path, portion: Portion) -> pa.Table:
    content = pq.ParquetFile(table_path(folder, portion.shard, "symbols")).read()
    if portion.is_complete:
        return content
    return content.filter(pc.is_in(content["page"], pa.array(portion.stems)))


def combine_selections(parts: Sequence[Part], patches_per_class: int) -> Selection:
    """The objects that become patches, out of those that each of *parts* selected."""
    lowest = PrioritySampler(patches_per_class)
    for part in parts:
        lowest.merge(part.selection)
    return lowest.result()
