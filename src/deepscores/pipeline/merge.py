"""From shards to a dataset: tables, splits, patches, counts and the manifest."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from deepscores.errors import DeepScoresError
from deepscores.formats.png import decode_png, encode_png
from deepscores.formats.tables import (
    PAGES,
    SCORES,
    SYMBOLS,
    SYMBOLS_WHOLE,
    WRITING,
    encode_table,
    table,
)
from deepscores.geometry import Box
from deepscores.labelling.patches import cut_patch
from deepscores.pipeline.files import commit_record, write_again, write_file
from deepscores.pipeline.manifest import MANIFEST, Entry, list_files, write_manifest
from deepscores.pipeline.plan import DATASET, Plan
from deepscores.pipeline.progress import Progress
from deepscores.pipeline.quota import Picked, report
from deepscores.pipeline.samples import IMAGES, INSTANCES, MASKS, XML
from deepscores.pipeline.selection import Lowest, priorities
from deepscores.pipeline.shards import Record, table_path
from deepscores.pipeline.splits import SPLITS
from deepscores.pipeline.workers import Failed, Limits, run_contained
from deepscores.vocabulary.labels import LabelSet

_ROWS_A_FILE = 1_000_000  # of the symbol table
_PAGES_A_TASK = 40
_STEM = PAGES.get_field_index("page")
_SPLIT = PAGES.get_field_index("split")


class _Kept(NamedTuple):
    """A shard, and how many of its pages are in the dataset."""

    record: Record
    pages: int


def merge(
    plan: Plan,
    folder: Path,
    records: Sequence[Record],
    jobs: int,
    progress: Progress,
    picked: Picked | None = None,
    *,
    show_output: bool,
) -> None:
    """Turn the finished shards of *records* into the dataset; doing it again gives the same."""
    kept = _within(records, None if picked else plan.recipe.pages)
    entries = [entry for one in kept for entry in _files(one)]
    rows = [row for one in kept for row in one.record.pages[: one.pages]]
    stems = [row[_STEM] for row in rows]

    progress.stage("Merging tables", len(kept))
    symbols, symbol_files = _merge_symbols(plan, folder, kept, progress)
    entries += symbol_files
    counts, chosen = _choose_patches(plan, folder, kept)
    entries += _cut_patches(plan, folder, stems, chosen, jobs, progress, show_output=show_output)

    def keep(path: str, data: bytes) -> None:
        write_file(folder / path, data)
        entries.append(Entry.of(path, data))

    keep("pages.parquet", encode_table(table(PAGES, rows)))
    keep(
        "scores.parquet",
        encode_table(table(SCORES, [_score_row(one) for one in kept if one.pages])),
    )
    keep("classes.csv", _class_list(plan.labels, counts))
    keep("label_set.json", _json(plan.labels.as_table()))
    keep("skipped.jsonl", _skipped(records))
    for split in SPLITS:
        names = "".join(f"{row[_STEM]}\n" for row in rows if row[_SPLIT] == split)
        keep(f"splits/{split}.txt", names.encode())
    dataset = {
        **plan.as_table(),
        "seed": plan.recipe.seed,
        "counts": {
            "scores": sum(one.pages > 0 for one in kept),
            "pages": len(rows),
            "symbols": symbols,
            "objects": sum(counts.values()),
            "patches": sum(len(one.numbers) for one in chosen),
            "classes": {one.name: counts[one.id] for one in plan.labels.classes},
            "skipped": dict(sorted(Counter(one.reason for one in records if one.reason).items())),
            "pages_left_out": sum(len(one.left_out) for one in records),
        },
        **({"quota": report(plan, counts, picked)} if picked else {}),
    }
    data = _json(dataset)
    entries.append(Entry.of(DATASET, data))
    _remove_surplus(folder, entries)
    write_manifest(folder / MANIFEST, sorted(entries))
    commit_record(folder / DATASET, data)  # last: it says that all else is there


def _within(records: Sequence[Record], limit: int | None) -> list[_Kept]:
    kept: list[_Kept] = []
    left = limit
    for record in records:
        pages = len(record.pages) if left is None else min(len(record.pages), left)
        left = None if left is None else left - pages
        kept.append(_Kept(record, pages))
    return kept


def _files(one: _Kept) -> Iterator[Entry]:
    """The files of the pages that are kept, and of the score."""
    if not one.pages:
        return
    stems = {row[_STEM] for row in one.record.pages[: one.pages]}
    for entry in one.record.files:
        if entry.path.startswith("scores/") or Path(entry.path).stem in stems:
            yield entry


def _remove_surplus(folder: Path, entries: Sequence[Entry]) -> None:
    """Remove pages beyond the number asked for, and what killed workers and bad scores left."""
    wanted = {entry.path for entry in entries}
    folders = {entry.path.partition("/")[0] for entry in entries if "/" in entry.path}
    # Where no score could be used, some may have left pages all the same.
    folders |= {
        name for name in (IMAGES, INSTANCES, MASKS, XML, "scores") if (folder / name).is_dir()
    }
    for name in folders:
        for path in list_files(folder / name):
            if f"{name}/{path}" not in wanted:
                (folder / name / path).unlink()


def _merge_symbols(
    plan: Plan, folder: Path, kept: Sequence[_Kept], progress: Progress
) -> tuple[int, list[Entry]]:
    """Write ``symbols/part-*.parquet``, one row group a shard."""
    entries: list[Entry] = []
    total = rows = 0
    schema = SYMBOLS_WHOLE if plan.recipe.whole_masks else SYMBOLS
    part = _Part(schema)

    def flush() -> None:
        path = f"symbols/part-{len(entries):05d}.parquet"
        data = part.close()
        write_file(folder / path, data)
        entries.append(Entry.of(path, data))

    for one in kept:
        if one.pages:
            content = pq.ParquetFile(table_path(folder, one.record.index, "symbols")).read()
            if one.pages < len(one.record.pages):
                stems = [row[_STEM] for row in one.record.pages[: one.pages]]
                content = content.filter(pc.is_in(content["page"], pa.array(stems)))
            if rows and rows + len(content) > _ROWS_A_FILE:
                flush()
                part, rows = _Part(schema), 0
            part.add(content)
            rows += len(content)
            total += len(content)
        progress.advance()
    if rows or not entries:
        flush()
    return total, entries


class _Part:
    """A Parquet file in the making: only what it takes when packed is held."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._sink = io.BytesIO()
        self._writer = pq.ParquetWriter(self._sink, schema, **WRITING)
        self._is_empty = True

    def add(self, content: pa.Table) -> None:
        self._writer.write_table(content)
        self._is_empty = False

    def close(self) -> bytes:
        if self._is_empty:
            self._writer.write_table(self._schema.empty_table())
        self._writer.close()
        return self._sink.getvalue()


class _PagePatches(NamedTuple):
    """Patches to cut from one page."""

    page: int
    class_ids: list[int]
    numbers: list[int]
    boxes: list[Box]


def _choose_patches(
    plan: Plan, folder: Path, kept: Sequence[_Kept]
) -> tuple[Counter[int], list[_PagePatches]]:
    """Count the objects of each class, and choose which become patches."""
    counts: Counter[int] = Counter()
    lowest = Lowest(plan.recipe.patches_per_class)
    first = 0
    for one in kept:
        for place, rows in _objects(folder, one):
            counts.update(rows["class_id"].tolist())
            stem = one.record.pages[place][_STEM]
            ranks = priorities(plan.recipe.seed, stem, rows["number"])
            lowest.add(rows["class_id"], ranks, first + place, rows["number"])
        first += one.pages
    chosen = lowest.result()
    wanted = set(zip(chosen.pages.tolist(), chosen.numbers.tolist(), strict=True))
    patches: list[_PagePatches] = []
    first = 0
    for one in kept:
        for place, rows in _objects(folder, one):
            page = first + place
            picks = [
                (class_id, number, Box(*box))
                for class_id, number, *box in zip(
                    *(
                        rows[name].tolist()
                        for name in ("class_id", "number", "x0", "y0", "x1", "y1")
                    ),
                    strict=True,
                )
                if (page, number) in wanted
            ]
            if picks:
                ids, numbers, boxes = map(list, zip(*picks, strict=True))
                patches.append(_PagePatches(page, ids, numbers, boxes))
        first += one.pages
    return counts, patches


def _objects(folder: Path, one: _Kept) -> Iterator[tuple[int, dict[str, np.ndarray[Any, Any]]]]:
    """Yield the labelled objects of each page that is kept, as columns."""
    if not one.pages:
        return
    content = pq.ParquetFile(table_path(folder, one.record.index, "objects")).read()
    columns = {name: content[name].to_numpy() for name in content.column_names}
    places = columns["page"]
    cuts = np.searchsorted(places, np.arange(one.pages + 1))
    for place in range(one.pages):
        part = slice(cuts[place], cuts[place + 1])
        if part.stop > part.start:
            yield place, {name: column[part] for name, column in columns.items()}


@dataclass(frozen=True, slots=True)
class _PatchTask:
    index: int
    folder: Path
    size: tuple[int, int]
    names: tuple[str, ...]  # of classes, by id - 1
    stems: tuple[str, ...]
    pages: tuple[_PagePatches, ...]


def _cut_patches(
    plan: Plan,
    folder: Path,
    stems: Sequence[str],
    chosen: Sequence[_PagePatches],
    jobs: int,
    progress: Progress,
    *,
    show_output: bool,
) -> list[Entry]:
    names = tuple(one.name for one in plan.labels.classes)
    progress.stage("Cutting patches", len(chosen))
    groups = [chosen[i : i + _PAGES_A_TASK] for i in range(0, len(chosen), _PAGES_A_TASK)]
    tasks = (
        _PatchTask(
            index,
            folder,
            plan.recipe.patches,
            names,
            tuple(stems[one.page] for one in group),
            tuple(group),
        )
        for index, group in enumerate(groups)
    )
    entries: list[Entry] = []
    results = run_contained(
        write_patches, tasks, jobs=jobs, limits=_patch_limits, show_output=show_output
    )
    with closing(results):
        for _, task, outcome in results:
            if isinstance(outcome, Failed):
                raise DeepScoresError(f"cutting patches: {outcome.reason}: {outcome.detail}")
            entries += outcome.value
            progress.advance(len(task.pages))
    return entries


def _patch_limits(task: _PatchTask) -> Limits:
    return Limits(600 + 10 * len(task.pages), 8 * 2**30)


def write_patches(task: _PatchTask) -> list[Entry]:
    """Cut and write the patches of some pages; merging cuts all of them again if it was killed."""
    entries: list[Entry] = []
    for stem, page in zip(task.stems, task.pages, strict=True):
        path = f"{IMAGES}/{stem}.png"
        image = decode_png((task.folder / path).read_bytes(), path)
        for class_id, number, box in zip(page.class_ids, page.numbers, page.boxes, strict=True):
            data = encode_png(cut_patch(image.astype(np.uint8, copy=False), box, *task.size))
            name = f"patches/{task.names[class_id - 1]}/{stem}-{number:05d}.png"
            write_again(task.folder / name, data)
            entries.append(Entry.of(name, data))
    return entries


def _score_row(one: _Kept) -> tuple[Any, ...]:
    assert one.record.score is not None
    return (*one.record.score[:-1], one.pages, one.record.score[-1])


def _class_list(labels: LabelSet, counts: Counter[int]) -> bytes:
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(("id", "name", "smufl", "description", "objects"))
    writer.writerows(
        (one.id, one.name, one.smufl, one.description, counts[one.id]) for one in labels.classes
    )
    return sink.getvalue().encode()


def _skipped(records: Sequence[Record]) -> bytes:
    """A line for each score that was left out, and for each page of another (else null)."""
    rows = [
        (one.source, page, reason, detail)
        for one in records
        for page, reason, detail in [(None, one.reason, one.detail), *one.left_out]
        if reason
    ]
    names = ("score", "page", "reason", "detail")
    lines = (json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) for row in rows)
    return "".join(f"{line}\n" for line in lines).encode()


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()
