"""Predict on all pages of the inputs; a run that was killed can be resumed."""

import json
import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

import psutil

from deepscores.errors import RecipeError
from deepscores.inference.models.file import Model, open_model
from deepscores.inference.predicting import records
from deepscores.inference.predicting.choice import model_path
from deepscores.inference.predicting.inputs import Failure, PageInput, find_pages
from deepscores.inference.predicting.options import Options, checked
from deepscores.inference.predicting.work import Job, expected, predict_page
from deepscores.runs.claim import Claim
from deepscores.runs.files import read_bytes, write_file
from deepscores.runs.progress import NullProgress, Progress
from deepscores.version import __version__

RUN = "predictions.json"
_PLAN = f"{records.WORK}/plan.json"
_ROOM = 2 * 2**30  # bytes of memory per page
_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class PredictionSummary:
    """Counts of a finished run."""

    folder: Path
    task: str
    pages: int
    new_pages: int  # predicted by this run
    found: int  # objects; of segment, pixels that have a class; of classify, patches
    failures: tuple[Failure, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)  # of the new pages, by stage
    wall_seconds: float = 0.0


def predict(
    inputs: Sequence[str | Path],
    folder: Path,
    options: Options,
    *,
    model: str | Path = "detect",
    jobs: int | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> PredictionSummary:
    """Predict on pages or, with a classifier, on patches; write *folder*, or resume it.

    Raise RecipeError for invalid arguments, DatasetError for a model that cannot be opened and a
    folder that cannot be used: predictions of another model, or with other options, are replaced
    with *force* alone. A page that cannot be read is a failure in the summary and stops nothing.
    """
    options, progress = checked(options), progress or NullProgress()
    pages, failures = find_pages(inputs, options.split, folder)
    path = model_path(model)
    content = read_bytes(path)
    cores = len(os.sched_getaffinity(0))
    jobs = jobs or _jobs(cores, len(pages))
    opened = open_model(content, str(path), threads=max(cores // jobs, 1))
    _check_task(opened, str(path), options, pages)
    plan = _plan(opened, content, inputs, options)
    claim = _claim(folder, plan, force=force)
    claim.check()
    with claim.locked():
        claim.begin()
        return _run(Job(opened, folder, options), plan, pages, failures, jobs, progress)


def _jobs(cores: int, pages: int) -> int:
    room = psutil.virtual_memory().available // _ROOM
    return max(min(cores, pages, room), 1)


def _check_task(model: Model, source: str, options: Options, pages: Sequence[PageInput]) -> None:
    task = model.card.task
    if options.task not in (None, task):
        raise RecipeError(f"task: {source} is a model to {task}, not to {options.task}")
    if task == "classify" and any(page.kind != "dataset" for page in pages):
        raise RecipeError(
            "classify: a patch is around a known object, so only datasets can be classified; "
            "detect finds objects in any picture"
        )


def _plan(
    model: Model, content: bytes, inputs: Sequence[str | Path], options: Options
) -> dict[str, Any]:
    """What must be equal for a run to be resumed."""
    return {
        "model": sha256(content).hexdigest(),
        "task": model.card.task,
        "inputs": [str(path) for path in inputs],
        "options": options.as_table(),
        "deepscores": __version__,
    }


def _claim(folder: Path, plan: dict[str, Any], *, force: bool) -> Claim:
    return Claim(
        folder,
        "predictions",
        plan,
        _PLAN,
        RUN,
        frozenset({"model", "inputs", "options"}),
        lambda _: records.OWNED,
        lock=f"{records.WORK}/lock",
        force=force,
    )


def _run(
    job: Job,
    plan: dict[str, Any],
    pages: list[PageInput],
    unreadable: list[Failure],
    jobs: int,
    progress: Progress,
) -> PredictionSummary:
    start = perf_counter()
    for failure in unreadable:
        progress.note(f"{failure.where}: {failure.why}")
    progress.stage("Predicting", len(pages))
    finished = {page.name for page in pages if _is_done(job, page)}
    progress.advance(len(finished))
    records.drop_others(job.folder, finished)
    waiting = [page for page in pages if page.name not in finished]
    failures, seconds = [*unreadable], Counter[str]()
    for page, outcome in _in_threads(lambda page: predict_page(job, page), waiting, jobs):
        if isinstance(outcome, Failure):
            failures.append(outcome)
            progress.note(f"{outcome.where}: {outcome.why}")
        else:
            finished.add(page.name)
            seconds.update(outcome)
        progress.advance()
    finished_pages = [
        (n, page.name) for n, page in enumerate(pages, start=1) if page.name in finished
    ]
    count = records.write_lists(job.folder, job.model.card, finished_pages)
    _write_run(job, plan, finished_pages, failures)
    new = sum(page.name in finished for page in waiting)
    return PredictionSummary(
        job.folder, job.model.card.task, len(finished_pages), new, count, tuple(failures),
        {stage: float(spent) for stage, spent in seconds.items()}, perf_counter() - start,
    )  # fmt: skip


def _is_done(job: Job, page: PageInput) -> bool:
    has_record = records.read_record(job.folder, page) is not None
    return has_record and all(path.exists() for path in expected(job, page.name))


def _in_threads(
    work: Callable[[_Task], _Result], tasks: Iterable[_Task], jobs: int
) -> Iterator[tuple[_Task, _Result]]:
    """Each task with its result of *work*, in order, *jobs* at once.

    Threads are enough: reading, resampling and the network all release the interpreter's lock.
    """
    if jobs == 1:
        for task in tasks:
            yield task, work(task)
        return
    waiting: deque[tuple[_Task, Future[_Result]]] = deque()
    with ThreadPoolExecutor(jobs) as pool:
        try:
            for task in tasks:
                waiting.append((task, pool.submit(work, task)))
                if len(waiting) > jobs:
                    first, future = waiting.popleft()
                    yield first, future.result()
            while waiting:
                first, future = waiting.popleft()
                yield first, future.result()
        finally:
            for _, future in waiting:
                future.cancel()


def _write_run(
    job: Job,
    plan: dict[str, Any],
    finished_pages: Sequence[tuple[int, str]],
    failures: Sequence[Failure],
) -> None:
    """Write the plan, the model's card, the pages and the failures."""
    table = {
        **plan,
        "card": json.loads(job.model.card.as_json()),
        "pages": [name for _, name in finished_pages],
        "failures": [failure._asdict() for failure in failures],
    }
    text = json.dumps(table, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    write_file(job.folder / RUN, text.encode())
