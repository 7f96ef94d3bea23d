"""Export a dataset: plan its chunks, write them in workers, go on where an earlier run stopped."""

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from deepscores.dataset.labelled import LabelledPage, cut, label_page, rescale, windows
from deepscores.dataset.labelled.classes import choose_classes
from deepscores.dataset.layout import DATASET
from deepscores.dataset.reader import Dataset, DatasetPage, open_dataset
from deepscores.dataset.splits import SPLITS
from deepscores.errors import DatasetError
from deepscores.formats.options import Options, checked
from deepscores.formats.protocol import Chunk, Format, Job
from deepscores.formats.registry import format_named
from deepscores.page.labels.label_sets import load_label_set
from deepscores.runs.executors.local.pool import Failed, Limits, run_contained
from deepscores.runs.files import clean_partials, locked, write_file
from deepscores.runs.progress import Progress, Silence
from deepscores.version import __version__

EXPORT = "export.json"
WORK = ".export"
_PLAN = f"{WORK}/plan.json"
_PARTS = f"{WORK}/parts"
_ROOM = 4 * 2**30  # bytes for a worker


@dataclass(frozen=True, slots=True)
class Summary:
    """What an export holds."""

    folder: Path
    to: str
    pages: dict[str, int]  # by split
    pictures: int  # pages or tiles
    objects: int
    ignorable: int  # of them, those of which too little shows in their tile
    classes: int
    new_pages: int  # that this run wrote


@dataclass(frozen=True, slots=True)
class _Task:
    job: Job
    chunk: Chunk


def export(
    dataset: Path,
    folder: Path,
    options: Options,
    *,
    jobs: int = 1,
    force: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Write *dataset* to *folder* in another format; what a killed run wrote is kept.

    Raise RecipeError for options that make no sense, DatasetError for a dataset that is damaged and
    for a folder that cannot be used: one with another export in it is replaced with *force* alone.
    """
    form = format_named(options.to)
    options = replace(options, labels=options.labels or form.labels)
    job = _job(dataset, folder, checked(options))
    form.check(job)
    plan = _plan(job)
    _refuse(job, plan, force=force)
    with locked(folder, f"{WORK}/lock", "export is writing this folder"):
        _begin(folder, plan, form, force=force)
        return _run(job, form, plan, jobs, progress or Silence())


def _job(dataset: Path, folder: Path, options: Options) -> Job:
    opened = open_dataset(dataset)
    if folder.resolve() == dataset.resolve() or dataset.resolve() in folder.resolve().parents:
        raise DatasetError(f"{folder}: lies in the dataset itself; choose another folder")
    chosen = choose_classes(opened.labels, options.labels, options.classes)
    return Job(dataset, folder, options, chosen, opened.info)


def _plan(job: Job) -> dict[str, Any]:
    """What must be equal for an export to go on where an earlier one stopped."""
    manifest = job.dataset / "manifest.tsv"
    source = manifest if manifest.exists() else job.dataset / DATASET
    return {
        "options": job.options.as_table(),
        "dataset": sha256(source.read_bytes()).hexdigest(),
        "classes": job.names,
        "deepscores": __version__,
    }


def _refuse(job: Job, plan: dict[str, Any], *, force: bool) -> None:
    folder = job.folder
    if folder.exists() and not folder.is_dir():
        raise DatasetError(f"{folder}: is a file, not a folder")
    before = _planned_before(folder)
    if before is None and folder.exists() and any(one.name != WORK for one in folder.iterdir()):
        raise DatasetError(f"{folder}: is not empty and holds no export; choose another folder")
    if before is not None and before != plan and not force:
        raise DatasetError(
            f"{folder}: holds an export of another {_difference(before, plan)}; "
            "give --force to replace it, or choose another folder"
        )


def _difference(before: dict[str, Any], plan: dict[str, Any]) -> str:
    old, new = before.get("options", {}), plan["options"]
    for name in new:
        if old.get(name) != new[name]:
            return f"kind ({name}: {old.get(name)} there, {new[name]} asked for)"
    if before.get("dataset") != plan["dataset"]:
        return "dataset"
    return "label set" if before.get("classes") != plan["classes"] else "version of deepscores"


def _planned_before(folder: Path) -> dict[str, Any] | None:
    for name in (EXPORT, _PLAN):
        try:
            table = json.loads((folder / name).read_bytes())
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            raise DatasetError(f"{folder / name}: cannot be read: {error}") from None
        if isinstance(table, dict) and "options" in table:
            return {key: table.get(key) for key in ("options", "dataset", "classes", "deepscores")}
        return None
    return None


def _begin(folder: Path, plan: dict[str, Any], form: Format, *, force: bool) -> None:
    before = _planned_before(folder)
    if before is not None and (before != plan or force):
        other = before["options"]["to"]
        owned = form.owns if other == plan["options"]["to"] else format_named(other).owns
        for name in (EXPORT, _PLAN, _PARTS, *owned):
            _remove(folder / name)
    if not (folder / EXPORT).exists():
        write_file(folder / _PLAN, _encode(plan), durable=True)
        clean_partials(folder)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _run(job: Job, form: Format, plan: dict[str, Any], jobs: int, progress: Progress) -> Summary:
    done = job.folder / EXPORT
    if done.exists():
        progress.note(f"{job.folder}: this export is there already")
        return _summary(job, json.loads(done.read_bytes())["summary"], 0)
    counts = _pages_by_split(job)
    progress.stage("Writing pages", sum(counts.values()))
    records: dict[str, dict[str, Any]] = {}
    new = 0

    def waiting() -> Iterator[Chunk]:
        for chunk in _chunks(job, form, counts):
            if record := _record(job.folder, chunk):
                records[chunk.name] = record
                progress.advance(len(chunk.rows))
            else:
                yield chunk

    for chunk, record in _written(job, waiting(), jobs):
        records[chunk.name] = record
        new += len(chunk.rows)
        progress.advance(len(chunk.rows))
    progress.stage("Finishing", None)
    parts = {
        split: [
            job.folder / _PARTS / f"{name}.part" for name in sorted(records) if _of(name, split)
        ]
        for split in job.options.splits
    }
    form.finish(job, parts)
    totals: Counter[str] = Counter()
    for record in records.values():
        totals.update(record)
    totals.update({split: counts[split] for split in job.options.splits})
    write_file(done, _encode({**plan, "summary": dict(totals)}), durable=True)
    shutil.rmtree(job.folder / WORK, ignore_errors=True)
    return _summary(job, dict(totals), new)


def _of(name: str, split: str) -> bool:
    return name.rpartition("-")[0] == split


def _summary(job: Job, totals: dict[str, int], new: int) -> Summary:
    return Summary(
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
    table = _open(job).read(["split"])
    found = Counter(table["split"].to_pylist())
    return {split: found[split] for split in SPLITS if split in job.options.splits}


def _open(job: Job) -> pq.ParquetFile:
    path = job.dataset / "pages.parquet"
    try:
        return pq.ParquetFile(path)
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror or error}") from None
    except ValueError as error:  # Arrow's, of what is no table
        raise DatasetError(f"{path}: not a readable table: {error}") from None


def _chunks(job: Job, form: Format, counts: dict[str, int]) -> Iterator[Chunk]:
    """The pages of each split in chunks, in the order of the table; never all rows at once."""
    size = form.pages_a_chunk
    of = {split: -(-count // size) for split, count in counts.items()}
    waiting: dict[str, list[dict[str, Any]]] = {split: [] for split in counts}
    numbers = dict.fromkeys(counts, 0)
    left = dict(counts)
    for batch in _open(job).iter_batches(batch_size=size):
        for row in batch.to_pylist():
            split = row["split"]
            if split not in waiting:
                continue
            waiting[split].append(row)
            left[split] -= 1
            if len(waiting[split]) == size or not left[split]:
                yield Chunk(split, numbers[split], of[split], tuple(waiting[split]))
                numbers[split] += 1
                waiting[split] = []


def _record(folder: Path, chunk: Chunk) -> dict[str, Any] | None:
    """What an earlier run wrote of *chunk*; None if it did not finish it."""
    try:
        found: dict[str, Any] = json.loads(_record_path(folder, chunk).read_bytes())
    except FileNotFoundError:
        return None
    return found


def _record_path(folder: Path, chunk: Chunk) -> Path:
    return folder / _PARTS / f"{chunk.name}.json"


def _written(
    job: Job, chunks: Iterable[Chunk], jobs: int
) -> Iterator[tuple[Chunk, dict[str, Any]]]:
    tasks = (_Task(job, chunk) for chunk in chunks)
    if jobs == 1:
        for task in tasks:
            yield task.chunk, write_chunk(task)
        return
    results = run_contained(write_chunk, tasks, jobs=jobs, limits=_limits)
    with closing(results):
        for _, task, outcome in results:
            if isinstance(outcome, Failed):
                first = task.chunk.rows[0]["page"]
                raise DatasetError(f"{first} and what follows: {outcome.reason}: {outcome.detail}")
            yield task.chunk, outcome.value


def _limits(task: _Task) -> Limits:
    return Limits(600 + 60 * len(task.chunk.rows), _ROOM)


def write_chunk(task: _Task) -> dict[str, Any]:
    """Write one chunk, then the record that says so; return the record."""
    job, chunk = task.job, task.chunk
    counts = {"pictures": 0, "objects": 0, "ignorable": 0}

    def counted() -> Iterator[LabelledPage]:
        for page in _pictures(job, chunk):
            counts["pictures"] += 1
            counts["objects"] += len(page.objects)
            counts["ignorable"] += int((page.objects.share < job.options.visibility).sum())
            yield page

    part = format_named(job.options.to).write(job, chunk, counted())
    write_file(job.folder / _PARTS / f"{chunk.name}.part", part)
    write_file(_record_path(job.folder, chunk), _encode(counts))
    return counts


def _pictures(job: Job, chunk: Chunk) -> Iterator[LabelledPage]:
    dataset = _opened(job.dataset)
    options = job.options
    labels = load_label_set(options.labels) if options.labels else None
    for row in chunk.rows:
        source: DatasetPage = dataset.page_of(row)
        page = label_page(source, labels, job.classes)
        if options.staff_space is not None:
            page = rescale(page, options.staff_space)
        if options.tiles is None:
            yield page
            continue
        for window in windows(page.width, page.height, options.tiles, options.overlap):
            yield cut(page, window)


@cache
def _opened(folder: Path) -> Dataset:
    return open_dataset(folder)


def _encode(table: dict[str, Any]) -> bytes:
    return json.dumps(table, ensure_ascii=False, sort_keys=True).encode()
