"""From shards to a dataset: tables, splits, patches, counts and the manifest."""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deepscores.building.parts import (
    ROWS,
    Part,
    PartTask,
    Portion,
    combine_selections,
    group_portions,
    merge_part,
    part_limits,
)
from deepscores.building.patches import PatchTask, patch_limits, share_out, write_patches
from deepscores.building.plan import Plan
from deepscores.building.quota import PickedPages, report
from deepscores.building.shards import Record
from deepscores.dataset.columns import PAGES, SCORES, encode_table, table_of_rows
from deepscores.dataset.layout import DATASET, IMAGES, INSTANCES, MASKS, XML
from deepscores.dataset.manifest import MANIFEST, Entry, list_files, write_manifest
from deepscores.dataset.selection import Selection
from deepscores.dataset.splits import SPLITS
from deepscores.errors import DeepScoresError
from deepscores.page.labels.label_sets import LabelSet
from deepscores.recipe.recipe import Recipe
from deepscores.runs.executors.choice import for_safe_work
from deepscores.runs.executors.protocol import Executor, Failed, Limits, Task, Value
from deepscores.runs.files import commit_record, write_file
from deepscores.runs.progress import Progress


class _KeptPages(NamedTuple):
    """A shard, and how many of its pages are in the dataset."""

    record: Record
    pages: int


def merge(
    plan: Plan,
    folder: Path,
    records: Sequence[Record],
    executor: Executor,
    progress: Progress,
    picked: PickedPages | None = None,
) -> None:
    """Turn the finished shards of *records* into the dataset; a second run gives the same bytes."""
    shards = _within(records, None if picked else plan.recipe.pages)
    rows = [row for shard in shards for row in shard.record.pages[: shard.pages]]
    holdings = Holdings(
        plan.recipe,
        plan.labels,
        _portions(shards),
        [entry for shard in shards for entry in _files(shard)],
        rows,
        [_score_row(shard) for shard in shards if shard.pages],
        _skipped(records),
    )

    def describe(totals: Totals) -> dict[str, Any]:
        left_out = {
            "skipped": dict(
                sorted(Counter(record.reason for record in records if record.reason).items())
            ),
            "pages_left_out": sum(len(record.left_out) for record in records),
        }
        return {
            **plan.as_table(),
            "seed": plan.recipe.seed,
            "counts": {**totals.as_table(plan.labels), **left_out},
            **({"quota": report(plan, totals.objects, picked)} if picked else {}),
        }

    assemble(folder, holdings, describe, executor, progress)


@dataclass(frozen=True, slots=True)
class Holdings:
    """The content of finished shards, ready to become one dataset."""

    recipe: Recipe  # seed, patches and whole masks of it count
    labels: LabelSet
    portions: Sequence[Portion]
    files: Sequence[Entry]  # already written
    pages: Sequence[dict[str, Any]]  # rows
    scores: Sequence[dict[str, Any]]  # rows
    skipped: bytes  # lines of JSON


class Totals(NamedTuple):
    """Counts over a whole dataset."""

    scores: int
    pages: int
    symbols: int
    objects: Counter[int]  # by class id
    patches: int

    def as_table(self, labels: LabelSet) -> dict[str, Any]:
        """As ``dataset.json`` has them."""
        return {
            "scores": self.scores,
            "pages": self.pages,
            "symbols": self.symbols,
            "objects": sum(self.objects.values()),
            "patches": self.patches,
            "classes": {
                label_class.name: self.objects[label_class.id] for label_class in labels.classes
            },
        }


def assemble(
    folder: Path,
    holdings: Holdings,
    describe: Callable[[Totals], dict[str, Any]],
    executor: Executor,
    progress: Progress,
) -> None:
    """Write the files about the whole dataset; last ``dataset.json``, which *describe* returns."""
    entries = list(holdings.files)
    parts = _merge_symbols(holdings, folder, executor, progress)
    entries += [part.entry for part in parts]
    counts = Counter(dict(enumerate(np.sum([part.objects for part in parts], axis=0).tolist())))
    selection = combine_selections(parts, holdings.recipe.patches_per_class)
    entries += _cut_patches(holdings, folder, selection, executor, progress)

    def keep(path: str, data: bytes) -> None:
        write_file(folder / path, data)
        entries.append(Entry.of(path, data))

    keep("pages.parquet", encode_table(table_of_rows(PAGES, holdings.pages)))
    keep("scores.parquet", encode_table(table_of_rows(SCORES, holdings.scores)))
    keep("classes.csv", _class_list(holdings.labels, counts))
    keep("label_set.json", _json(holdings.labels.as_table()))
    keep("skipped.jsonl", holdings.skipped)
    for split in SPLITS:
        names = "".join(f"{row['page']}\n" for row in holdings.pages if row["split"] == split)
        keep(f"splits/{split}.txt", names.encode())
    symbols = sum(part.symbols for part in parts)
    totals = Totals(
        len(holdings.scores), len(holdings.pages), symbols, counts, len(selection.numbers)
    )
    data = _json(describe(totals))
    entries.append(Entry.of(DATASET, data))
    _remove_surplus(folder, entries)
    write_manifest(folder / MANIFEST, sorted(entries))
    commit_record(folder / DATASET, data)  # last: it vouches for all other files


def _within(records: Sequence[Record], limit: int | None) -> list[_KeptPages]:
    shards: list[_KeptPages] = []
    left = limit
    for record in records:
        pages = len(record.pages) if left is None else min(len(record.pages), left)
        left = None if left is None else left - pages
        shards.append(_KeptPages(record, pages))
    return shards


def _files(shard: _KeptPages) -> Iterator[Entry]:
    """The files of the pages that are kept, and of the score."""
    if not shard.pages:
        return
    stems = {row["page"] for row in shard.record.pages[: shard.pages]}
    for entry in shard.record.files:
        if entry.path.startswith("scores/") or Path(entry.path).stem in stems:
            yield entry


def _remove_surplus(folder: Path, entries: Sequence[Entry]) -> None:
    """Remove pages beyond the number asked for, and what killed workers and bad scores left."""
    expected_paths = {entry.path for entry in entries}
    folders = {entry.path.partition("/")[0] for entry in entries if "/" in entry.path}
    # Where no score could be used, some may have left pages all the same.
    folders |= {
        name for name in (IMAGES, INSTANCES, MASKS, XML, "scores") if (folder / name).is_dir()
    }
    for name in folders:
        for path in list_files(folder / name):
            if f"{name}/{path}" not in expected_paths:
                (folder / name / path).unlink()


def _portions(shards: Sequence[_KeptPages]) -> list[Portion]:
    """The part of each shard, of those with pages, that the dataset keeps."""
    portions: list[Portion] = []
    first = 0
    for record, pages in shards:
        rows = record.pages[:pages]
        if rows:
            portions.append(
                Portion(
                    record.index,
                    first,
                    tuple(row["page"] for row in rows),
                    sum(row["symbols"] for row in rows),
                    pages == len(record.pages),
                )
            )
        first += pages
    return portions


def _merge_symbols(
    holdings: Holdings,
    folder: Path,
    executor: Executor,
    progress: Progress,
) -> list[Part]:
    """Write the symbol table and count and choose objects, each part by itself."""
    progress.stage("Merging tables", len(holdings.portions))
    tasks = [
        PartTask(
            index,
            folder,
            group,
            len(holdings.labels.classes),
            holdings.recipe.seed,
            holdings.recipe.patches_per_class,
            holdings.recipe.whole_masks,
        )
        for index, group in enumerate(group_portions(holdings.portions, ROWS))
    ]
    executor = for_safe_work(executor, len(tasks))
    parts: dict[int, Part] = {}
    for task, part in _values(executor, merge_part, tasks, part_limits):
        parts[task.index] = part
        progress.advance(len(task.portions))
    return [parts[index] for index in sorted(parts)]


def _cut_patches(
    holdings: Holdings,
    folder: Path,
    selection: Selection,
    executor: Executor,
    progress: Progress,
) -> list[Entry]:
    progress.stage("Cutting patches", len(np.unique(selection.pages)))
    names = tuple(label.name for label in holdings.labels.classes)
    tasks = (
        PatchTask(folder, holdings.recipe.patches, names, requests)
        for requests in share_out(selection, holdings.portions)
    )
    entries: list[Entry] = []
    executor = for_safe_work(executor)
    for task, patches in _values(executor, write_patches, tasks, patch_limits):
        entries += patches
        progress.advance(task.pages)
    return entries


def _values(
    executor: Executor,
    work: Callable[[Task], Value],
    tasks: Iterable[Task],
    limits: Callable[[Task], Limits],
) -> Iterator[tuple[Task, Value]]:
    """Yield each task and what *work* makes of it, as they come in."""
    results = executor.run(work, tasks, limits=limits)
    with closing(results):
        for _, task, outcome in results:
            if isinstance(outcome, Failed):
                raise DeepScoresError(f"merging: {outcome.reason}: {outcome.detail}")
            yield task, outcome.value


def _score_row(shard: _KeptPages) -> dict[str, Any]:
    assert shard.record.score is not None
    return {**shard.record.score, "pages": shard.pages}


def _class_list(labels: LabelSet, counts: Counter[int]) -> bytes:
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(("id", "name", "smufl", "description", "objects"))
    writer.writerows(
        (
            label_class.id,
            label_class.name,
            label_class.smufl,
            label_class.description,
            counts[label_class.id],
        )
        for label_class in labels.classes
    )
    return sink.getvalue().encode()


def _skipped(records: Sequence[Record]) -> bytes:
    """A line for each score that was left out, and for each page of another (else null)."""
    rows = [
        (record.source, page, reason, detail)
        for record in records
        for page, reason, detail in [(None, record.reason, record.detail), *record.left_out]
        if reason
    ]
    names = ("score", "page", "reason", "detail")
    lines = (json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) for row in rows)
    return "".join(f"{line}\n" for line in lines).encode()


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()
