"""Build a dataset: plan, make shards in worker processes, merge. Interrupted, it can be resumed."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from deepscores.building.merge import merge
from deepscores.building.plan import Plan, claim_dataset, make_plan
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
from deepscores.recipe.recipe import Recipe
from deepscores.runs.executors.choice import ONE_WORKER
from deepscores.runs.executors.protocol import Executor, Failed
from deepscores.runs.front import Front
from deepscores.runs.progress import NullProgress, Progress
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
    executor: Executor = ONE_WORKER,
    force: bool = False,
    progress: Progress | None = None,
) -> BuildSummary:
    """Build the dataset of *recipe* in *folder*, or resume it; the bytes are the same either way.

    Raise RecipeError before anything is written, DatasetError for a folder that cannot be used or
    a full disk. A score that cannot be read or engraved is recorded in ``skipped.jsonl`` and costs
    nothing else.
    """
    progress = progress or NullProgress()
    progress.stage("Finding scores", None)
    plan = make_plan(recipe)
    claim = claim_dataset(folder, plan, force=force)
    finished = claim.is_finished()
    if finished and not (folder / BUILD).exists():
        return summarise(folder, already_there=True)
    with claim.locked():
        # Asked again: until the lock was there, another build may have been at work.
        if not claim.is_finished():
            claim.begin()
            picked = None
            if plan.recipe.quota:
                picked = pick_pages(plan, folder, executor, progress)
            records = _make_shards(plan, folder, executor, progress, picked)
            merge(plan, folder, records, executor, progress, picked)
        shutil.rmtree(folder / BUILD, ignore_errors=True)
    return summarise(folder, already_there=finished)


def _make_shards(
    plan: Plan,
    folder: Path,
    executor: Executor,
    progress: Progress,
    picked: PickedPages | None,
) -> list[Record]:
    """Records of the first scores of the plan that together have the pages asked for.

    Where pages were *picked*, of the scores that have some, and of those that cannot be used.
    """
    finished_records = read_records(FolderStore(folder))
    total = sum(map(len, picked.pages.values())) if picked else plan.recipe.pages
    places = sorted(picked.pages) if picked else range(len(plan.scores))
    limit = None if picked else plan.recipe.pages
    front = Front(places, lambda record: len(record.pages), limit, finished_records)
    progress.stage("Engraving pages" if total else "Engraving scores", total or len(plan.scores))
    progress.advance(_steps(total, list(finished_records.values())))

    def tasks() -> Iterator[ShardTask]:
        for index in front.pending():
            planned = plan.scores[index]
            only = picked.pages[index] if picked else None
            yield ShardTask(
                index, planned.source, planned.size, plan.recipe, plan.labels, folder, only
            )

    results = executor.run(make_shard, tasks(), limits=limits, start=warm_up)
    with closing(results):  # however this ends, no worker is left
        for _, task, outcome in results:
            if isinstance(outcome, Failed):
                record = skipped_record(task.index, task.source, outcome.reason, outcome.detail)
                write_record(FolderStore(folder), record)
            else:
                record = outcome.value
            front.add(record.index, record)
            if record.reason:
                progress.note(f"skipped {record.source}: {record.detail}")
            progress.advance(_steps(total, [record]))
            if front.is_enough():
                break  # nobody waits for the scores that are still being engraved
    records = front.results()
    return sorted([*records, *(picked.left_out if picked else ())], key=lambda record: record.index)


def _steps(pages: int | None, records: list[Record]) -> int:
    return sum(len(record.pages) for record in records) if pages else len(records)


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
