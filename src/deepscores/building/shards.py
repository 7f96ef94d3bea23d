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

import numpy as np
import pyarrow as pa

from deepscores.building.plan import SHARDS
from deepscores.dataset.columns import encode_table
from deepscores.dataset.manifest import Entry
from deepscores.dataset.splits import split_of
from deepscores.dataset.writer import Provenance, Sample, make_sample, page_stem
from deepscores.engraving.protocol import Engraving
from deepscores.engraving.registry import engrave, find_engraver
from deepscores.errors import EngravingError, ScoreError
from deepscores.page.degrading.wear import Wear
from deepscores.page.labels.label_sets import LabelSet
from deepscores.page.labels.readability import unreadable
from deepscores.page.model import Elements, Marks, Page, Score, Sheet, Symbols
from deepscores.page.sheets import Studio
from deepscores.recipe.recipe import Recipe
from deepscores.runs.executors.protocol import Limits
from deepscores.runs.files import commit_record, write_again, write_file
from deepscores.runs.streams import stream
from deepscores.scores import Source, read_score

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
    only: frozenset[tuple[str, int]] | None = None  # font and number of the pages wanted; None: all


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
    left_out: tuple[tuple[str, str, str], ...] = ()  # pages: stem, reason, detail

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
        values["left_out"] = tuple(map(tuple, values["left_out"]))
        return cls(**values)


class Drawing(NamedTuple):
    """One page of a score in one style, painted."""

    font: str
    engraver: str
    page: Page
    sheet: Sheet
    notes: int  # that the engine drew, on the page and beyond its edge
    style: dict[str, Any]  # what was drawn for the page by the recipe's styles


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
    factor = _PACKED if task.source.path.suffix.lower() == ".mxl" else 1
    megabytes = task.size * factor / 1e6
    seconds = 60 + 40 * megabytes
    slower = max(find_engraver(name).relative_cost for name in task.recipe.engravers)
    return Limits(seconds * slower, int((1200 + 60 * megabytes) * 2**20))


def warm_up() -> None:
    """Prepare a fresh worker: cycles are collected between scores, not in the middle of a page."""
    gc.disable()
    gc.freeze()  # what is loaded now stays; looking through it after each score would cost most


@cache
def studio(width: int, height: int, *, whole_masks: bool) -> Studio:
    """This process's studio for pages of one size."""
    return Studio(width, height, whole_masks=whole_masks)


def make_shard(task: ShardTask) -> Record:
    """Read, engrave, paint, label and write one score; its record is written last."""
    try:
        record = _make(task)
    except ScoreError as error:
        what = "engraving" if isinstance(error, EngravingError) else "unreadable"
        record = skipped(task.index, task.source, what, error.what)
    write_record(task.folder, record)
    gc.collect(1)  # what this score left; what outlived earlier ones is not looked through again
    return record


def skipped(index: int, source: Source, reason: str, detail: str) -> Record:
    """The record of a score that is left out."""
    return Record(index, source.name, None, (), (), reason, detail)


def record_path(folder: Path, index: int) -> Path:
    return folder / SHARDS / f"{index:07d}.json"


def table_path(folder: Path, index: int, kind: str) -> Path:
    return folder / SHARDS / f"{index:07d}.{kind}.parquet"


def write_record(folder: Path, record: Record) -> None:
    commit_record(record_path(folder, record.index), record.encode())


def load(score: Score, recipe: Recipe) -> Engraving:
    """Let the engine read *score*; raise EngravingError where it understands too few notes."""
    engraving = engrave(score, recipe.styles(score.id))
    _compare_notes(score, engraving.music.notes, "Verovio understands", recipe)
    return engraving


def draw(
    score: Score,
    engraving: Engraving,
    recipe: Recipe,
    only: frozenset[tuple[str, int]] | None = None,
) -> Iterator[Drawing]:
    """Every page of *score* in every style of *recipe*, painted; or *only* some (font, number).

    Raise EngravingError as soon as the engraving is seen to lose notes: an engine can draw broken
    input as blank or thinned pages without a word.
    """
    styles = recipe.styles(score.id)
    drawn, style = 0, 0
    for place, page, count in engraving.pages(recipe.most_of_a_font()):
        style_at, font = styles[place], styles[place].music_font
        notes = count_notes(page)
        drawn = notes + (drawn if place == style else 0)
        style = place
        if page.number == count:
            verb = f"{find_engraver(style_at.engraver).title} draws in {font}"
            _compare_notes(score, drawn, verb, recipe)
        if only is None or (font, page.number) in only:
            maker = studio(page.width, page.height, whole_masks=recipe.whole_masks)
            varied = recipe.page_style(score.id, font, page.number)
            random = stream(recipe.seed, "wear", score.id, font, page.number)
            wear = Wear(varied["wear"], random) if varied.get("wear") else None
            sheet = maker.make_sheet(page, engraving.music, wear)
            yield Drawing(font, style_at.engraver, page, sheet, notes, varied)


def left_out_for(notes: int, page: Page, symbols: Symbols, recipe: Recipe) -> tuple[str, str]:
    """Why a page on which the engine drew *notes* cannot be used, and in detail; "" if it can."""
    heads = np.flatnonzero(symbols.role.are("notehead"))
    off_page = notes - len({symbols.element[row] for row in heads.tolist()})
    if off_page:
        return "off page", f"{off_page} of {notes} notes lie beyond the page's edge"
    why = unreadable(symbols.box, symbols.kind, page.width, page.height, recipe.readability)
    return ("unreadable", why) if why else ("", "")


def count_notes(page: Page) -> int:
    """The noteheads that the engine drew, on the page and beyond its edge."""
    drawn = np.zeros(len(page.elements), np.bool_)
    drawn[Marks.of(page.marks).element] = True
    return int((drawn & Elements.of(page.elements).kind.are("notehead")).sum())


def _compare_notes(score: Score, found: int, verb: str, recipe: Recipe) -> None:
    wanted = score.notes or 0
    if wanted and found < wanted * (1 - recipe.max_lost_notes):
        raise EngravingError(score.path, f"{verb} {found} of {wanted} notes")


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

    engraving = load(score, recipe)
    drawn: Counter[str] = Counter()
    left_out: list[tuple[str, str, str]] = []
    drawings = draw(score, engraving, recipe, task.only)
    most = None if task.only else recipe.most_of_a_score()  # what was picked is within the limit
    for font, engraver, page, sheet, notes, style in islice(drawings, most):
        drawn[font] += notes
        reason, detail = left_out_for(notes, page, sheet.symbols, recipe)
        if reason:
            left_out.append((page_stem(score.id, font, page.number), reason, detail))
            continue
        origin = Provenance(score.id, score.work, split, engraver, font, style)
        sample = make_sample(sheet, page, task.labels, origin, len(samples))
        for path, data in sample.files.items():
            keep(path, data)
        samples.append(sample._replace(files={}))
    if not samples:
        what = left_out[0][2] if left_out else "the engine drew no page"
        raise EngravingError(score.path, f"no page can be used: {what}")
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


__all__ = [
    "Drawing",
    "Engraving",
    "Record",
    "ShardTask",
    "count_notes",
    "draw",
    "left_out_for",
    "limits",
    "load",
    "make_shard",
    "record_path",
    "skipped",
    "studio",
    "table_path",
    "warm_up",
    "write_record",
]  # fmt: skip
