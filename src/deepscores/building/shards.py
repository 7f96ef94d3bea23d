"""One shard: one score in all its styles, made in a worker process and written to the dataset."""

import gc
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from deepscores.building.pages import pages_of
from deepscores.building.plan import SHARDS
from deepscores.dataset.columns import encode_table
from deepscores.dataset.identity import PageIdentity
from deepscores.dataset.manifest import Entry
from deepscores.dataset.splits import split_of
from deepscores.dataset.writer import Sample, make_sample
from deepscores.engraving.registry import find_engraver
from deepscores.errors import EngravingError, ScoreError
from deepscores.page.labels.label_sets import LabelSet
from deepscores.recipe.recipe import Recipe
from deepscores.runs.executors.protocol import Limits
from deepscores.runs.files import write_again, write_file
from deepscores.runs.store import FolderStore, Store
from deepscores.scores import Source, read_score

_UNZIPPED_FACTOR = 15  # of the size of an .mxl


@dataclass(frozen=True, slots=True)
class ShardTask:
    """One score to be made, with all that a worker needs."""

    index: int  # place in the plan
    source: Source
    size: int  # bytes of the source
    recipe: Recipe
    labels: LabelSet
    folder: Path  # of the dataset
    only: frozenset[tuple[str, int]] | None = None  # font and number of the pages; None: all


@dataclass(frozen=True, slots=True)
class Record:
    """The outcome of a shard. Once it is on the disk, so are the shard's files."""

    index: int
    source: str
    score: dict[str, Any] | None  # its row, without what merging adds
    pages: tuple[dict[str, Any], ...]  # rows
    files: tuple[Entry, ...]
    reason: str = ""  # why it was left out
    detail: str = ""
    left_out: tuple[tuple[str, str, str], ...] = ()  # pages: stem, reason, detail

    def encode(self) -> bytes:
        return json.dumps(
            {name: getattr(self, name) for name in self.__slots__}, ensure_ascii=False
        ).encode()

    @classmethod
    def decode(cls, data: bytes) -> "Record":
        values = json.loads(data)
        values["pages"] = tuple(values["pages"])
        values["files"] = tuple(Entry(*entry) for entry in values["files"])
        values["left_out"] = tuple(map(tuple, values["left_out"]))
        return cls(**values)


class Sized(Protocol):
    """A task for one score."""

    @property
    def source(self) -> Source: ...

    @property
    def size(self) -> int: ...

    @property
    def recipe(self) -> Recipe: ...


def limits(task: Sized) -> Limits:
    """Time and memory for a score, by its size: a symphony needs minutes and a gigabyte."""
    factor = _UNZIPPED_FACTOR if task.source.path.suffix.lower() == ".mxl" else 1
    megabytes = task.size * factor / 1e6
    seconds = 60 + 40 * megabytes
    slower = max(find_engraver(name).relative_cost for name in task.recipe.engravers)
    return Limits(seconds * slower, int((1200 + 60 * megabytes) * 2**20))


def warm_up() -> None:
    """Prepare a fresh worker: cycles are collected between scores, not in the middle of a page."""
    gc.disable()
    gc.freeze()  # modules loaded now stay; scanning them after each score would cost most


def make_shard(task: ShardTask) -> Record:
    """Read, engrave, paint, label and write one score; its record is written last."""
    try:
        record = _make(task)
    except ScoreError as error:
        reason = "engraving" if isinstance(error, EngravingError) else "unreadable"
        record = skipped_record(task.index, task.source, reason, error.problem)
    write_record(FolderStore(task.folder), record)
    gc.collect(1)  # garbage of this score; objects that outlived earlier ones are not scanned again
    return record


def skipped_record(index: int, source: Source, reason: str, detail: str) -> Record:
    """The record of a score that is left out."""
    return Record(index, source.name, None, (), (), reason, detail)


def record_name(index: int) -> str:
    return f"{SHARDS}/{index:07d}.json"


def record_path(folder: Path, index: int) -> Path:
    return folder / record_name(index)


def table_path(folder: Path, index: int, kind: str) -> Path:
    return folder / SHARDS / f"{index:07d}.{kind}.parquet"


def write_record(store: Store, record: Record) -> None:
    """Store *record*; what was written before it is on the disk by then."""
    store.commit(record_name(record.index), record.encode())


def read_records(store: Store) -> dict[int, Record]:
    """Records of the shards that are finished, by place in the plan."""
    names = [name for name in store.list(SHARDS) if name.endswith(".json")]
    records = (Record.decode(store.read(name)) for name in names)
    return {record.index: record for record in records}


def _make(task: ShardTask) -> Record:
    score = read_score(task.source)
    recipe = task.recipe
    split = split_of(score.work, recipe.seed)
    entries: list[Entry] = []
    samples: list[Sample] = []

    def keep(path: str, data: bytes) -> str:
        write_again(task.folder / path, data)  # the record will vouch for it
        entries.append(Entry.of(path, data))
        return path

    notes: Counter[str] = Counter()
    left_out: list[tuple[str, str, str]] = []
    for drawn in pages_of(score, recipe, task.only):
        notes[drawn.font] += drawn.notes
        if drawn.exclusion:
            left_out.append(
                (PageIdentity(score.id, drawn.font, drawn.page.number).stem, *drawn.exclusion)
            )
            continue
        origin = drawn.provenance(recipe.seed)
        sample = make_sample(drawn.sheet, drawn.page, task.labels, origin, len(samples))
        for path, data in sample.files.items():
            keep(path, data)
        samples.append(sample._replace(files={}))
        mei = drawn.music.mei
    if not samples:
        detail = left_out[0][2] if left_out else "the engine drew no page"
        raise EngravingError(score.path, f"no page can be used: {detail}")
    suffix = task.source.path.suffix.lower()
    suffix = ".source.mei" if suffix == ".mei" else suffix
    file = keep(f"scores/{score.id}{suffix}", task.source.path.read_bytes())
    keep(f"scores/{score.id}.mei", mei.encode())
    _write_tables(task, samples)
    row = {
        "score": score.id,
        "source": score.path,
        "file": file,
        "sha256": score.digest,
        "format": score.format,
        "work": score.work,
        "split": split,
        "title": score.title,
        "composer": score.composer,
        "rights": score.rights,
        "measures": score.measures,
        "notes": score.notes,
        "notes_drawn": notes[recipe.fonts[0]],
        "mended": list(score.mended),
    }
    return Record(
        task.index,
        task.source.name,
        row,
        tuple(sample.page_row for sample in samples),
        tuple(entries),
        left_out=tuple(left_out),
    )


def _write_tables(task: ShardTask, samples: Sequence[Sample]) -> None:
    tables = {
        "symbols": pa.concat_tables([sample.symbols for sample in samples]),
        "objects": pa.concat_tables([sample.objects for sample in samples]),
    }
    for kind, content in tables.items():
        data = encode_table(content.combine_chunks())
        write_file(table_path(task.folder, task.index, kind), data)
