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
    combined,
    grouped,
    merge_part,
    part_limits,
)
from deepscores.building.patches import PatchTask, patch_limits, share_out, write_patches
from deepscores.building.plan import Plan
from deepscores.building.quota import Picked, report
from deepscores.building.shards import Record
from deepscores.dataset.columns import PAGES, SCORES, encode_table, table
from deepscores.dataset.layout import DATASET, IMAGES, INSTANCES, MASKS, XML
from deepscores.dataset.manifest import MANIFEST, Entry, list_files, write_manifest
from deepscores.dataset.selection import Chosen
from deepscores.dataset.splits import SPLITS
from deepscores.errors import DeepScoresError
from deepscores.page.labels.label_sets import LabelSet
from deepscores.recipe.recipe import Recipe
from deepscores.runs.executors.choice import for_safe_work
from deepscores.runs.executors.protocol import Executor, Failed, Limits, Task, Value
from deepscores.runs.files import commit_record, write_file
from deepscores.runs.progress import Progress

_STEM = PAGES.get_field_index("page")
_SYMBOLS = PAGES.get_field_index("symbols")
_SPLIT = PAGES.get_field_index("split")


class _Kept(NamedTuple):
    """A shard, and how many of its pages are in the dataset."""

    record: Record
    pages: int


def merge(
    plan: Plan,
    folder: Path,
    records: Sequence[Record],
    executor: Executor,
    progress: Progress,
    picked: Picked | None = None,
) -> None:
    """Turn the finished shards of *records* into the dataset; doing it again gives the same."""
    kept = _within(records, None if picked else plan.recipe.pages)
    rows = [row for one in kept for row in one.record.pages[: one.pages]]
    held = Holdings(
        plan.recipe,
        plan.labels,
        _portions(kept),
        [entry for one in kept for entry in _files(one)],
        rows,
        [_score_row(one) for one in kept if one.pages],
        _skipped(records),
    )

    def describe(totals: Totals) -> dict[str, Any]:
        left_out = {
            "skipped": dict(sorted(Counter(one.reason for one in records if one.reason).items())),
            "pages_left_out": sum(len(one.left_out) for one in records),
        }
        return {
            **plan.as_table(),
            "seed": plan.recipe.seed,
            "counts": {**totals.as_table(plan.labels), **left_out},
            **({"quota": report(plan, totals.objects, picked)} if picked else {}),
        }

    assemble(folder, held, describe, executor, progress)


@dataclass(frozen=True, slots=True)
class Holdings:
    """What finished shards hold, ready to become one dataset."""

    recipe: Recipe  # seed, patches and whole masks of it count
    labels: LabelSet
    portions: Sequence[Portion]
    files: Sequence[Entry]  # that are there already
    pages: Sequence[tuple[Any, ...]]  # rows
    scores: Sequence[tuple[Any, ...]]  # rows
    skipped: bytes  # lines of JSON


class Totals(NamedTuple):
    """What a dataset holds in all."""

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
            "classes": {one.name: self.objects[one.id] for one in labels.classes},
        }


def assemble(
    folder: Path,
    held: Holdings,
    describe: Callable[[Totals], dict[str, Any]],
    executor: Executor,
    progress: Progress,
) -> None:
    """Write all that is about the whole; *describe* gives ``dataset.json``, which comes last."""
    entries = list(held.files)
    parts = _merge_symbols(held, folder, executor, progress)
    entries += [one.entry for one in parts]
    counts = Counter(dict(enumerate(np.sum([one.objects for one in parts], axis=0).tolist())))
    chosen = combined(parts, held.recipe.patches_per_class)
    entries += _cut_patches(held, folder, chosen, executor, progress)

    def keep(path: str, data: bytes) -> None:
        write_file(folder / path, data)
        entries.append(Entry.of(path, data))

    keep("pages.parquet", encode_table(table(PAGES, held.pages)))
    keep("scores.parquet", encode_table(table(SCORES, held.scores)))
    keep("classes.csv", _class_list(held.labels, counts))
    keep("label_set.json", _json(held.labels.as_table()))
    keep("skipped.jsonl", held.skipped)
    for split in SPLITS:
        names = "".join(f"{row[_STEM]}\n" for row in held.pages if row[_SPLIT] == split)
        keep(f"splits/{split}.txt", names.encode())
    symbols = sum(one.symbols for one in parts)
    totals = Totals(len(held.scores), len(held.pages), symbols, counts, len(chosen.numbers))
    data = _json(describe(totals))
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


def _portions(kept: Sequence[_Kept]) -> list[Portion]:
    """What the dataset keeps of each shard that has pages."""
    portions: list[Portion] = []
    first = 0
    for record, pages in kept:
        rows = record.pages[:pages]
        if rows:
            portions.append(
                Portion(
                    record.index,
                    first,
                    tuple(row[_STEM] for row in rows),
                    sum(row[_SYMBOLS] for row in rows),
                    pages == len(record.pages),
                )
            )
        first += pages
    return portions


def _merge_symbols(
    held: Holdings,
    folder: Path,
    executor: Executor,
    progress: Progress,
) -> list[Part]:
    """Write the symbol table and count and choose objects, each part by itself."""
    progress.stage("Merging tables", len(held.portions))
    tasks = [
        PartTask(
            index,
            folder,
            group,
            len(held.labels.classes),
            held.recipe.seed,
            held.recipe.patches_per_class,
            held.recipe.whole_masks,
        )
        for index, group in enumerate(grouped(held.portions, ROWS))
    ]
    executor = for_safe_work(executor, len(tasks))
    parts: dict[int, Part] = {}
    for task, part in _values(executor, merge_part, tasks, part_limits):
        parts[task.index] = part
        progress.advance(len(task.portions))
    return [parts[index] for index in sorted(parts)]


def _cut_patches(
    held: Holdings,
    folder: Path,
    chosen: Chosen,
    executor: Executor,
    progress: Progress,
) -> list[Entry]:
    progress.stage("Cutting patches", len(np.unique(chosen.pages)))
    names = tuple(one.name for one in held.labels.classes)
    tasks = (
        PatchTask(folder, held.recipe.patches, names, wanted)
        for wanted in share_out(chosen, held.portions)
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
