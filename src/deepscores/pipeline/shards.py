"""One shard: one score in all its styles, made in a worker process and written to the dataset."""

import gc
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pyarrow as pa

from deepscores.engravers.protocol import Engraving
from deepscores.engravers.verovio.engine import engrave
from deepscores.errors import EngravingError, ScoreError
from deepscores.formats.tables import encode_table
from deepscores.model import Page, Score, Sheet
from deepscores.pipeline.files import commit_record, write_file
from deepscores.pipeline.manifest import Entry
from deepscores.pipeline.plan import SHARDS
from deepscores.pipeline.samples import Provenance, Sample, make_sample
from deepscores.pipeline.sheets import Studio
from deepscores.pipeline.splits import split_of
from deepscores.pipeline.workers import Limits
from deepscores.recipe import Recipe
from deepscores.scores import Source, read_score
from deepscores.vocabulary.labels import LabelSet

_PACKED = 15  # how much larger an .mxl gets when opened


@dataclass(frozen=True, slots=True)
class ShardTask:
    """What a worker needs to know."""

    index: int  # place in the plan
    source: Source
    size: int  # bytes of the source
    recipe: Recipe
    labels: LabelSet
    folder: Path  # of the dataset


@dataclass(frozen=True, slots=True)
class Record:
    """What became of a shard; once it is on the disk, so are the shard's files."""

    index: int
    source: str
    score: tuple[Any, ...] | None  # its row, without what merging adds
    pages: tuple[tuple[Any, ...], ...]  # rows
    files: tuple[Entry, ...]
    reason: str = ""  # why it was left out
    detail: str = ""

    def encode(self) -> bytes:
        return json.dumps(
            {name: getattr(self, name) for name in self.__slots__}, ensure_ascii=False
        ).encode()

    @classmethod
    def decode(cls, data: bytes) -> "Record":
        values = json.loads(data)
        values["score"] = values["score"] and tuple(values["score"])
        values["pages"] = tuple(map(tuple, values["pages"]))
        values["files"] = tuple(Entry(*entry) for entry in values["files"])
        return cls(**values)


class Drawing(NamedTuple):
    """One page of a score in one style, painted."""

    font: str
    engraver: str
    page: Page
    sheet: Sheet


class Sized(Protocol):
    """A task for one score."""

    @property
    def source(self) -> Source: ...

    @property
    def size(self) -> int: ...


def limits(task: Sized) -> Limits:
    """Time and memory for a score, by its size: a symphony needs minutes and a gigabyte."""
    factor = _PACKED if task.source.path.suffix.lower() == ".mxl" else 1
    megabytes = task.size * factor / 1e6
    return Limits(60 + 40 * megabytes, int((1200 + 60 * megabytes) * 2**20))


def warm_up() -> None:
    """Prepare a fresh worker: cycles are collected between scores, not in the middle of a page."""
    gc.disable()
    gc.freeze()  # what is loaded now stays; looking through it after each score would cost most


@cache
def studio(width: int, height: int) -> Studio:
    """This process's studio for pages of one size."""
    return Studio(width, height)


def make_shard(task: ShardTask) -> Record:
    """Read, engrave, paint, label and write one score; its record is written last."""
    try:
        record = _make(task)
    except ScoreError as error:
        what = "engraving" if isinstance(error, EngravingError) else "unreadable"
        record = skipped(task, what, error.what)
    write_record(task.folder, record)
    gc.collect()
    return record


def skipped(task: ShardTask, reason: str, detail: str) -> Record:
    """The record of a score that is left out."""
    return Record(task.index, task.source.name, None, (), (), reason, detail)


def record_path(folder: Path, index: int) -> Path:
    return folder / SHARDS / f"{index:07d}.json"


def table_path(folder: Path, index: int, kind: str) -> Path:
    return folder / SHARDS / f"{index:07d}.{kind}.parquet"


def write_record(folder: Path, record: Record) -> None:
    commit_record(record_path(folder, record.index), record.encode())


def load(score: Score, recipe: Recipe) -> Engraving:
    """Let the engine read *score*; raise EngravingError where it understands too few notes."""
    engraving = engrave(score, recipe.styles())
    _compare_notes(score, engraving.music.notes, "understands", recipe)
    return engraving


def draw(score: Score, engraving: Engraving, recipe: Recipe) -> Iterator[Drawing]:
    """Every page of *score* in every style of *recipe*, painted.

    Raise EngravingError as soon as the engraving is seen to lose notes: an engine can draw broken
    input as blank or thinned pages without a word.
    """
    styles = recipe.styles()
    width, height = recipe.page_size
    drawn, style = 0, 0
    for place, page, count in engraving.pages():
        sheet = studio(width, height).make_sheet(page, engraving.music)
        drawn = drawn if place == style else 0
        style = place
        drawn += count_heads(sheet)
        if page.number == count:
            _compare_notes(score, drawn, f"draws in {styles[place].music_font}", recipe)
        yield Drawing(styles[place].music_font, styles[place].engraver, page, sheet)


def count_heads(sheet: Sheet) -> int:
    """The notes of a page, by their heads."""
    return sum(one.role == "notehead" and _is_head(one.kind) for one in sheet.symbols)


def _is_head(kind: str) -> bool:
    return not kind.startswith("noteheadParenthesis")


def _compare_notes(score: Score, found: int, verb: str, recipe: Recipe) -> None:
    wanted = score.notes or 0
    if wanted and found < wanted * (1 - recipe.max_lost_notes):
        raise EngravingError(score.path, f"Verovio {verb} {found} of {wanted} notes")


def _make(task: ShardTask) -> Record:
    score = read_score(task.source)
    recipe = task.recipe
    split = split_of(score.work, recipe.seed)
    entries: list[Entry] = []
    samples: list[Sample] = []

    def keep(path: str, data: bytes) -> str:
        write_file(task.folder / path, data)
        entries.append(Entry.of(path, data))
        return path

    engraving = load(score, recipe)
    drawn: Counter[str] = Counter()
    for font, engraver, page, sheet in islice(draw(score, engraving, recipe), recipe.pages):
        origin = Provenance(score.id, score.work, split, engraver, font)
        sample = make_sample(sheet, page, task.labels, origin, len(samples))
        drawn[font] += count_heads(sheet)
        for path, data in sample.files.items():
            keep(path, data)
        samples.append(sample._replace(files={}))
    suffix = task.source.path.suffix.lower()
    suffix = ".source.mei" if suffix == ".mei" else suffix
    file = keep(f"scores/{score.id}{suffix}", task.source.path.read_bytes())
    keep(f"scores/{score.id}.mei", engraving.music.mei.encode())
    _write_tables(task, samples)
    row = (
        score.id, score.path, file, score.digest, score.format, score.work, split, score.title,
        score.composer, score.rights, score.measures, score.notes, drawn[recipe.fonts[0]],
    )  # fmt: skip
    return Record(
        task.index,
        task.source.name,
        (*row, list(score.mended)),
        tuple(sample.page_row for sample in samples),
        tuple(entries),
    )


def _write_tables(task: ShardTask, samples: Sequence[Sample]) -> None:
    tables = {
        "symbols": pa.concat_tables([sample.symbols for sample in samples]),
        "objects": pa.concat_tables([sample.objects for sample in samples]),
    }
    for kind, content in tables.items():
        data = encode_table(content.combine_chunks())
        write_file(table_path(task.folder, task.index, kind), data)


__all__ = [
    "Drawing", "Engraving", "Record", "ShardTask", "draw", "limits", "load", "make_shard",
    "record_path", "skipped", "studio", "table_path", "warm_up", "write_record",
]  # fmt: skip
