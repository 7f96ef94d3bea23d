"""Build a dataset: plan, make shards in worker processes, merge. Interrupted, it can be resumed."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from deepscores.building.merge import merge
from deepscores.building.plan import Plan, begin, is_finished, make_plan
from deepscores.building.quota import PickedPages, pick_pages
from deepscores.building.shards import (
    Record,
    ShardTask,
    limits,
    make_shard,
    read_records,
    skipped_record,
    warm_up,
    write_record,
)
from deepscores.dataset.layout import BUILD, require_dataset
from deepscores.errors import RecipeError
from deepscores.recipe.recipe import Recipe
from deepscores.runs.executors.local.pool import Failed, run_contained
from deepscores.runs.files import clean_partials, locked
from deepscores.runs.progress import Progress, Silence
from deepscores.runs.store import FolderStore


@dataclass(frozen=True, slots=True)
class BuildSummary:
    """Counts of a finished build."""

    folder: Path
    scores: int
    pages: int
    symbols: int
    objects: int
    patches: int
    classes_seen: int
    classes: int
    skipped: dict[str, int]  # reason → scores
    pages_left_out: int  # of other scores
    already_there: bool  # the finished dataset was found, nothing was done
    quota: dict[str, dict[str, int | str]] = field(default_factory=dict)  # class → its outcome


def build(
    recipe: Recipe,
    folder: Path,
    *,
    jobs: int | None = None,
    force: bool = False,
    progress: Progress | None = None,
    show_output: bool = False,
) -> BuildSummary:
    """Build the dataset of *recipe* in *folder*, or resume it; the bytes are the same either way.

    *jobs* worker processes (default: one per core). Raise RecipeError before anything is written,
    DatasetError for a folder that cannot be used or a full disk. A score that cannot be read or
    engraved is recorded in ``skipped.jsonl`` and costs nothing else.
    """
    if jobs is not None and jobs < 1:
        raise RecipeError(f"jobs: {jobs} is not at least 1")
    progress = progress or Silence()
    jobs = jobs or os.cpu_count() or 1
    progress.stage("Finding scores", None)
    plan = make_plan(recipe)
    finished = is_finished(folder, plan, force=force)
    if finished and not (folder / BUILD).exists():
        return summarise(folder, already_there=True)
    with locked(folder):
        # Asked again: until the lock was there, another build may have been at work.
        if not is_finished(folder, plan, force=force):
            begin(folder, plan, force=force)
            clean_partials(folder)
            picked = None
            if plan.recipe.quota:
                picked = pick_pages(plan, folder, jobs, progress, show_output=show_output)
            records = _make_shards(plan, folder, jobs, progress, picked, show_output=show_output)
            merge(plan, folder, records, jobs, progress, picked, show_output=show_output)
        shutil.rmtree(folder / BUILD, ignore_errors=True)
    return summarise(folder, already_there=finished)


def _make_shards(
    plan: Plan,
    folder: Path,
    jobs: int,
    progress: Progress,
    picked: PickedPages | None,
    *,
    show_output: bool,
) -> list[Record]:
    """Records of the first scores of the plan that together have the pages asked for.

    Where pages were *picked*, of the scores that have some, and of those that cannot be used.
    """
    finished_records = read_records(FolderStore(folder))
    total = sum(map(len, picked.pages.values())) if picked else plan.recipe.pages
    places = sorted(picked.pages) if picked else range(len(plan.scores))
    front = _Front(None if picked else plan.recipe.pages, finished_records, places)
    progress.stage("Engraving pages" if total else "Engraving scores", total or len(plan.scores))
    progress.advance(_steps(total, list(finished_records.values())))

    def tasks() -> Iterator[ShardTask]:
        for index in places:
            if front.is_enough():
                return
            if index not in finished_records:
                planned = plan.scores[index]
                only = picked.pages[index] if picked else None
                yield ShardTask(
                    index, planned.source, planned.size, plan.recipe, plan.labels, folder, only
                )

    results = run_contained(
        make_shard, tasks(), jobs=jobs, limits=limits, start=warm_up, show_output=show_output
    )
    with closing(results):  # when stopped from outside, no worker is left running
        for _, task, outcome in results:
            if isinstance(outcome, Failed):
                record = skipped_record(task.index, task.source, outcome.reason, outcome.detail)
                write_record(FolderStore(folder), record)
            else:
                record = outcome.value
            front.add(record)
            if record.reason:
                progress.note(f"skipped {record.source}: {record.detail}")
            progress.advance(_steps(total, [record]))
    records = front.records()
    return sorted([*records, *(picked.left_out if picked else ())], key=lambda record: record.index)


def _steps(pages: int | None, records: list[Record]) -> int:
    return sum(len(record.pages) for record in records) if pages else len(records)


class _Front:
    """How far the plan is done without a gap: what is kept does not depend on who was first."""

    def __init__(self, wanted: int | None, known: dict[int, Record], places: Sequence[int]) -> None:
        self.wanted = wanted
        self.done = dict(known)
        self.places = places  # of the scores in the plan
        self.next = 0
        self.pages = 0
        self._move()

    def add(self, record: Record) -> None:
        self.done[record.index] = record
        self._move()

    def _move(self) -> None:
        while not (self.is_enough() or self.next == len(self.places)):
            record = self.done.get(self.places[self.next])
            if record is None:
                return
            self.pages += len(record.pages)
            self.next += 1

    def is_enough(self) -> bool:
        return self.wanted is not None and self.pages >= self.wanted

    def records(self) -> list[Record]:
        """The records that count, in order."""
        assert self.is_enough() or self.next == len(self.places)
        return [self.done[index] for index in self.places[: self.next]]


def summarise(folder: Path, *, already_there: bool) -> BuildSummary:
    """The summary of a finished dataset."""
    table = require_dataset(folder)
    counts = table["counts"]
    return BuildSummary(
        folder,
        counts["scores"],
        counts["pages"],
        counts["symbols"],
        counts["objects"],
        counts["patches"],
        sum(count > 0 for count in counts["classes"].values()),
        len(counts["classes"]),
        counts["skipped"],
        counts["pages_left_out"],
        already_there,
        table.get("quota", {}),
    )
