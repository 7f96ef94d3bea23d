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
from deepscores.dataset.selection import Chosen, Lowest, page_priorities
from deepscores.runs.executors.protocol import Limits
from deepscores.runs.files import write_file

ROWS = 1_000_000  # of a part, at most, unless a single shard has more

Columns = dict[str, NDArray[Any]]


class Portion(NamedTuple):
    """What the dataset keeps of a shard."""

    shard: int
    first: int  # place of its first page among the dataset's pages
    stems: tuple[str, ...]  # of the pages that are kept
    symbols: int  # on them
    whole: bool  # all of the shard's pages are kept


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
    """What became of it."""

    entry: Entry
    symbols: int
    objects: NDArray[np.int64]  # by class id
    chosen: Chosen  # of its objects, for patches


def grouped(portions: Iterable[Portion], rows: int) -> Iterator[tuple[Portion, ...]]:
    """Cut *portions* into parts of at most so many *rows*, in order; at least one part."""
    part: list[Portion] = []
    found = 0
    for one in portions:
        if found and found + one.symbols > rows:
            yield tuple(part)
            part, found = [], 0
        part.append(one)
        found += one.symbols
    yield tuple(part)


def part_limits(task: PartTask) -> Limits:
    """Time and memory; a part that fails for want of them stops the build."""
    return Limits(600 + 10 * len(task.portions), 8 * 2**30)


def merge_part(task: PartTask) -> Part:
    """Write ``symbols/part-*.parquet``, one row group a shard; count and choose its objects."""
    path = f"symbols/part-{task.index:05d}.parquet"
    data, symbols = _merged(task)
    write_file(task.folder / path, data)
    counts = np.zeros(task.labels + 1, np.int64)
    lowest = Lowest(task.patches_per_class)
    for one in task.portions:
        rows = objects(task.folder, one)
        counts += np.bincount(rows["class_id"], minlength=len(counts))
        ranks = page_priorities(task.seed, one.stems, rows["page"], rows["number"])
        lowest.add(
            rows["class_id"], ranks, one.first + rows["page"].astype(np.int64), rows["number"]
        )
    return Part(Entry.of(path, data), symbols, counts, lowest.result())


def objects(folder: Path, one: Portion) -> Columns:
    """The labelled objects of the pages that are kept, as columns, in the order of their pages."""
    content = pq.ParquetFile(table_path(folder, one.shard, "objects")).read()
    columns = {name: content[name].to_numpy() for name in content.column_names}
    end = np.searchsorted(columns["page"], len(one.stems))
    return {name: column[:end] for name, column in columns.items()}


def _merged(task: PartTask) -> tuple[bytes, int]:
    """The Parquet file of a part, and its rows. Only what it takes when packed is held."""
    schema = SYMBOLS_WHOLE if task.whole_masks else SYMBOLS
    sink = io.BytesIO()
    rows = 0
    with pq.ParquetWriter(sink, schema, **WRITING) as writer:
        for one in task.portions:
            content = _symbols(task.folder, one)
            writer.write_table(content)
            rows += len(content)
        if not task.portions:
            writer.write_table(schema.empty_table())
    return sink.getvalue(), rows


def _symbols(folder: Path, one: Portion) -> pa.Table:
    content = pq.ParquetFile(table_path(folder, one.shard, "symbols")).read()
    if one.whole:
        return content
    return content.filter(pc.is_in(content["page"], pa.array(one.stems)))


def combined(parts: Sequence[Part], patches_per_class: int) -> Chosen:
    """What all *parts* together choose for patches."""
    lowest = Lowest(patches_per_class)
    for one in parts:
        lowest.merge(one.chosen)
    return lowest.result()
