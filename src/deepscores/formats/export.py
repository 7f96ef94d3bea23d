"""Export a dataset: plan its chunks, write them in workers; resumable."""

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from deepscores.dataset.labelled import LabelledPage, cut, label_page, rescale, windows
from deepscores.dataset.labelled.classes import choose_classes
from deepscores.dataset.layout import DATASET
from deepscores.dataset.reader import Dataset, DatasetPage, open_dataset
from deepscores.dataset.splits import SPLITS
from deepscores.dataset.tables import open_table, read_table
from deepscores.errors import DatasetError
from deepscores.formats.options import ExportOptions, check_options
from deepscores.formats.protocol import Chunk, Exporter, Job
from deepscores.formats.registry import find_exporter, format_version
from deepscores.page.labels.label_sets import resolve_label_set
from deepscores.runs.caches import file_stamp
from deepscores.runs.claim import Claim
from deepscores.runs.executors.choice import ONE_WORKER, for_inner_tasks, for_safe_work
from deepscores.runs.executors.protocol import Executor, Failed, Limits
from deepscores.runs.files import write_file
from deepscores.runs.progress import NullProgress, Progress
from deepscores.version import __version__

EXPORT = "export.json"
WORK = ".export"
_PLAN = f"{WORK}/plan.json"
_PARTS = f"{WORK}/parts"
_ROOM = 4 * 2**30  # bytes for a worker


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """What an export holds."""

    folder: Path
    to: str
    pages: dict[str, int]  # by split
    pictures: int  # pages or tiles
    objects: int
    ignorable: int  # of them, those of which their tile shows too little
    classes: int
    new_pages: int  # that this run wrote


@dataclass(frozen=True, slots=True)
class _Task:
    job: Job
    chunk: Chunk


def export(
    dataset: Path,
    folder: Path,
    options: ExportOptions,
    *,
    executor: Executor = ONE_WORKER,
    force: bool = False,
    progress: Progress | None = None,
) -> ExportSummary:
    """Write *dataset* to *folder* in another format, or resume doing so.

    Raise RecipeError for unusable options, DatasetError for a damaged dataset and for a folder that
    cannot be used: one with another export in it is replaced only with *force*.
    """
    form = find_exporter(options.to)
    options = replace(options, labels=options.labels or resolve_label_set(form.labels))
    check_options(options, cuts_patches=form.cuts_patches)
    job = _job(dataset, folder, options, for_inner_tasks(executor))
    form.check(job)
    plan = _plan(job)
    claim = _claim(job, plan, force=force)
    claim.check()
    with claim.locked():
        if claim.is_finished():
            return _already(job, progress or NullProgress())
        claim.begin()
        return _run(job, form, plan, executor, progress or NullProgress())


def _job(dataset: Path, folder: Path, options: ExportOptions, engines: Executor) -> Job:
    opened = open_dataset(dataset)
    if folder.resolve() == dataset.resolve() or dataset.resolve() in folder.resolve().parents:
        raise DatasetError(f"{folder}: lies in the dataset itself; choose another folder")
    classes = choose_classes(opened.labels, options.labels, options.classes)
    return Job(dataset, folder, options, classes, opened.info, engines)


def _plan(job: Job) -> dict[str, Any]:
    """What must be equal for an export to resume an earlier one."""
    manifest = job.dataset / "manifest.tsv"
    source = manifest if manifest.exists() else job.dataset / DATASET
    return {
        "options": job.options.as_table(),
        "dataset": sha256(source.read_bytes()).hexdigest(),
        "classes": job.names,
        "label_set": job.options.labels.as_identity() if job.options.labels else None,
        "deepscores": __version__,
        **format_version(job.options.to),
    }


def _claim(job: Job, plan: dict[str, Any], *, force: bool) -> Claim:
    return Claim(
        job.folder,
        "export",
        plan,
        _PLAN,
        EXPORT,
        frozenset({"options"}),
        lambda record: find_exporter(record["options"]["to"]).owns,
        lock=f"{WORK}/lock",
        force=force,
    )


def _already(job: Job, progress: Progress) -> ExportSummary:
    progress.note(f"{job.folder}: this export is complete")
    return _summary(job, json.loads((job.folder / EXPORT).read_bytes())["summary"], 0)


def _run(
    job: Job, form: Exporter, plan: dict[str, Any], executor: Executor, progress: Progress
) -> ExportSummary:
    counts = _pages_by_split(job)
    progress.stage("Writing pages", sum(counts.values()))
    records: dict[str, dict[str, Any]] = {}
    new = 0

    def unwritten() -> Iterator[Chunk]:
        for chunk in _chunks(job, form, counts):
            if record := _record(job.folder, chunk):
                records[chunk.name] = record
                progress.advance(len(chunk.rows))
            else:
                yield chunk

    for chunk, record in _run_tasks(job, unwritten(), for_safe_work(executor)):
        records[chunk.name] = record
        new += len(chunk.rows)
        progress.advance(len(chunk.rows))
    progress.stage("Finishing", None)
    parts = {
        split: [
            job.folder / _PARTS / f"{name}.part"
            for name in sorted(records)
            if _is_of_split(name, split)
        ]
        for split in job.options.splits
    }
    form.finish(job, parts)
    totals: Counter[str] = Counter()
    for record in records.values():
        totals.update(record)
    totals.update({split: counts[split] for split in job.options.splits})
    write_file(job.folder / EXPORT, _encode({**plan, "summary": dict(totals)}), durable=True)
    shutil.rmtree(job.folder / WORK, ignore_errors=True)
    return _summary(job, dict(totals), new)


def _is_of_split(name: str, split: str) -> bool:
    return name.rpartition("-")[0] == split


def _summary(job: Job, totals: dict[str, int], new: int) -> ExportSummary:
    return ExportSummary(
        job.folder,
        job.options.to,
        {split: totals.get(split, 0) for split in job.options.splits},
        totals.get("pictures", 0),
        totals.get("objects", 0),
        totals.get("ignorable", 0),
        len(job.classes),
        new,
    )


def _pages_by_split(job: Job) -> dict[str, int]:
    table = read_table(job.dataset / "pages.parquet", ["split"])
    counts = Counter(table["split"].to_pylist())
    return {split: counts[split] for split in SPLITS if split in job.options.splits}


def _chunks(job: Job, form: Exporter, counts: dict[str, int]) -> Iterator[Chunk]:
    """The pages of each split in chunks, in the order of the table; never all rows at once."""
    size = form.pages_a_chunk
    totals = {split: -(-count // size) for split, count in counts.items()}
    waiting: dict[str, list[dict[str, Any]]] = {split: [] for split in counts}
    numbers = dict.fromkeys(counts, 0)
    remaining = dict(counts)
    for batch in open_table(job.dataset / "pages.parquet").iter_batches(batch_size=size):
        for row in batch.to_pylist():
            split = row["split"]
            if split not in waiting:
                continue
            waiting[split].append(row)
            remaining[split] -= 1
            if len(waiting[split]) == size or not remaining[split]:
                yield Chunk(split, numbers[split], totals[split], tuple(waiting[split]))
                numbers[split] += 1
                waiting[split] = []


def _record(folder: Path, chunk: Chunk) -> dict[str, Any] | None:
    """What an earlier run wrote of *chunk*; None if it did not finish it."""
    try:
        record: dict[str, Any] = json.loads(_record_path(folder, chunk).read_bytes())
    except FileNotFoundError:
        return None
    return record


def _record_path(folder: Path, chunk: Chunk) -> Path:
    return folder / _PARTS / f"{chunk.name}.json"


def _run_tasks(
    job: Job, chunks: Iterable[Chunk], executor: Executor
) -> Iterator[tuple[Chunk, dict[str, Any]]]:
    tasks = (_Task(job, chunk) for chunk in chunks)
    results = executor.run(write_chunk, tasks, limits=_limits)
    with closing(results):
        for _, task, outcome in results:
            if isinstance(outcome, Failed):
                first_page = task.chunk.rows[0]["page"]
                raise DatasetError(
                    f"{first_page} and what follows: {outcome.reason}: {outcome.detail}"
                )
            yield task.chunk, outcome.value


def _limits(task: _Task) -> Limits:
    return Limits(600 + 60 * len(task.chunk.rows), _ROOM)


def write_chunk(task: _Task) -> dict[str, Any]:
    """Write one chunk, then the record that says so; return the record."""
    job, chunk = task.job, task.chunk
    counts = {"pictures": 0, "objects": 0, "ignorable": 0}

    def count_pages() -> Iterator[LabelledPage]:
        for page in _pictures(job, chunk):
            counts["pictures"] += 1
            counts["objects"] += len(page.objects)
            counts["ignorable"] += int((page.objects.share < job.options.visibility).sum())
            yield page

    part = find_exporter(job.options.to).write(job, chunk, count_pages())
    write_file(job.folder / _PARTS / f"{chunk.name}.part", part)
    write_file(_record_path(job.folder, chunk), _encode(counts))
    return counts


def _pictures(job: Job, chunk: Chunk) -> Iterator[LabelledPage]:
    dataset = _opened(job.dataset, file_stamp(job.dataset / DATASET))
    options = job.options
    for row in chunk.rows:
        source: DatasetPage = dataset.page_of(row)
        page = label_page(source, options.labels, job.classes)
        if options.staff_space is not None:
            page = rescale(page, options.staff_space)
        if options.tiles is None:
            yield page
            continue
        for window in windows(page.width, page.height, options.tiles, options.overlap):
            yield cut(page, window)


@lru_cache(maxsize=1)
def _opened(folder: Path, _: tuple[int, int, int]) -> Dataset:
    return open_dataset(folder)


def _encode(table: dict[str, Any]) -> bytes:
    return json.dumps(table, ensure_ascii=False, sort_keys=True).encode()
