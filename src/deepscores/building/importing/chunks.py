"""Some pages of a source, read and written in a worker; a record marks them as done."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from deepscores.building.importing.pages import PageError, make_page
from deepscores.building.importing.placing import PlacedPage
from deepscores.building.shards import record_path, table_path
from deepscores.dataset.columns import encode_table
from deepscores.dataset.manifest import Entry
from deepscores.dataset.writer import Sample
from deepscores.errors import DatasetError
from deepscores.formats.reading.sources import Omission
from deepscores.formats.registry import find_reader
from deepscores.page.labels.label_sets import LabelSet
from deepscores.runs.executors.protocol import Limits
from deepscores.runs.files import commit_record, write_again, write_file

PAGES = 16  # of a chunk
_ROOM = 4 * 2**30  # bytes for a worker


@dataclass(frozen=True, slots=True)
class ImportTask:
    """What a worker needs."""

    index: int
    folder: Path  # of the dataset
    format: str
    labels: LabelSet
    names: Mapping[str, str]  # of classes here, by those in the source
    whole_masks: bool
    pages: tuple[tuple[PlacedPage, Any], ...]  # each with what reading it takes


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """The result of a chunk; once it is on the disk, so are the chunk's files."""

    index: int
    pages: tuple[dict[str, Any], ...]  # rows
    scores: tuple[str, ...]  # of each page
    files: tuple[Entry, ...]
    left_out: tuple[Omission, ...]
    counts: dict[str, int]  # what was changed or estimated

    def encode(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False).encode()

    @classmethod
    def decode(cls, data: bytes) -> "ImportRecord":
        values = json.loads(data)
        return cls(
            values["index"],
            tuple(values["pages"]),
            tuple(values["scores"]),
            tuple(Entry(*entry) for entry in values["files"]),
            tuple(Omission(*omission) for omission in values["left_out"]),
            values["counts"],
        )


def limits(task: ImportTask) -> Limits:
    """Time and memory for a chunk."""
    return Limits(300 + 60 * len(task.pages), _ROOM)


def write_chunk(task: ImportTask) -> ImportRecord:
    """Read, convert and write the pages of a chunk; its record is written last."""
    samples: list[Sample] = []
    scores, left_out = [], []
    entries: list[Entry] = []
    counts: Counter[str] = Counter()
    for placed, entry in task.pages:
        try:
            source_page = find_reader(task.format).read(entry)
            imported = make_page(
                source_page, placed.origin, placed.number, task.labels, task.names, len(samples),
                whole_masks=task.whole_masks,
            )  # fmt: skip
        except PageError as error:
            left_out.append(Omission(placed.origin.stem, error.reason, error.detail))
            continue
        except DatasetError as error:
            left_out.append(Omission(placed.origin.stem, "unreadable", str(error)))
            continue
        for path, data in imported.sample.files.items():
            write_again(task.folder / path, data)  # the record will vouch for it
            entries.append(Entry.of(path, data))
        samples.append(imported.sample._replace(files={}))
        scores.append(placed.origin.score)
        left_out += imported.left_out
        counts += imported.counts
    _write_tables(task, samples)
    rows = tuple(sample.page_row for sample in samples)
    record = ImportRecord(
        task.index, rows, tuple(scores), tuple(entries), tuple(left_out), dict(counts)
    )
    commit_record(record_path(task.folder, task.index), record.encode())
    return record


def _write_tables(task: ImportTask, samples: Sequence[Sample]) -> None:
    if not samples:
        return
    tables = {
        "symbols": pa.concat_tables([sample.symbols for sample in samples]),
        "objects": pa.concat_tables([sample.objects for sample in samples]),
    }
    for kind, content in tables.items():
        data = encode_table(content.combine_chunks())
        write_file(table_path(task.folder, task.index, kind), data)


def read_records(folder: Path, count: int) -> dict[int, ImportRecord]:
    """The records of the chunks that are done, of *count*."""
    records = {}
    for index in range(count):
        path = record_path(folder, index)
        if path.exists():
            records[index] = ImportRecord.decode(path.read_bytes())
    return records
