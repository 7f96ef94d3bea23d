"""Audit a dataset: find out whose it is, look at its pages, add up what is found."""

from collections.abc import Iterable
from pathlib import Path

from deepscores.dataset.layout import PLAN, require_dataset
from deepscores.dataset.lenient import is_own, open_own
from deepscores.errors import DatasetError, RecipeError
from deepscores.formats.coco.reading import find_json, read_annotations
from deepscores.formats.deepscores_v1.reading import is_v1, read_v1
from deepscores.formats.findings import Finding, Ledger, Report, report
from deepscores.formats.foreign import CHECKS as FOREIGN_CHECKS
from deepscores.formats.foreign import (
    CLASSES,
    FILES,
    ForeignDataset,
    ForeignPage,
    check_foreign_pages,
)
from deepscores.inspection.checking.own_audit import CHECKS, audit_own, in_workers
from deepscores.runs.executors.choice import ONE_WORKER
from deepscores.runs.executors.protocol import Executor, Limits
from deepscores.runs.progress import Progress, Silence
from deepscores.runs.streams import key_hash

DEFAULT_ALIKE = 0.5
_PAGES_A_TASK = 32


def audit(
    folder: Path,
    *,
    sample: float | None = None,
    alike: float = DEFAULT_ALIKE,
    executor: Executor = ONE_WORKER,
    progress: Progress | None = None,
) -> Report:
    """Look at every page of the dataset in *folder*, or at a *sample* of them.

    A *sample* below 1 is a share, else a number of pages; which ones follows from their names.
    Scores that have the share *alike* of their music in common count as one work. Raise
    DatasetError where there is no dataset of a known layout, RecipeError for numbers that make
    no sense.
    """
    if sample is not None and not sample > 0:
        raise RecipeError(f"sample: {sample:g} is not over 0")
    if not 0 < alike <= 1:
        raise RecipeError(f"alike: {alike:g} is not over 0 and at most 1")
    progress = progress or Silence()
    if is_own(folder):
        dataset = open_own(folder)
        stems = {str(row["page"]) for row in dataset.pages}
        chosen = choose(stems, sample)
        ledger = audit_own(dataset, chosen, alike, executor, progress)
        return report(str(folder), "deepscores", (len(chosen), len(stems)), ledger, CHECKS)
    others = _read_others(folder)
    names = [page.name for page in others.pages]
    chosen = choose(names, sample)
    ledger = Ledger()
    for check in (FILES, CLASSES):
        found = [one for one in others.findings if one.check == check]
        ledger.note(check, len(names), sum(len(page.objects.ids) for page in others.pages), found)
    progress.stage("Checking pages", len(chosen))
    pages = [page for page in others.pages if page.name in chosen]
    tasks = [pages[first : first + _PAGES_A_TASK] for first in range(0, len(pages), _PAGES_A_TASK)]
    for task, value in in_workers(check_foreign_pages, tasks, _limits, executor):
        if isinstance(value, Ledger):
            ledger.add(value)
        else:
            finding = Finding(FILES, task[0].name, "", f"{value.reason}: {value.detail}")
            ledger.note(FILES, 0, 0, [finding])
        progress.advance(len(task))
    counts = (len(chosen), len(set(names)))
    return report(str(folder), others.layout, counts, ledger, FOREIGN_CHECKS)


def _limits(task: list[ForeignPage]) -> Limits:
    return Limits(600 + 60 * len(task), 8 * 2**30)


def _read_others(folder: Path) -> ForeignDataset:
    """A dataset that others made; DatasetError if there is none of a layout known here."""
    if is_v1(folder) and not (folder / PLAN).exists():
        return read_v1(folder)
    if found := find_json(folder):
        return read_annotations(found)
    require_dataset(folder)  # says what is wrong
    raise DatasetError(f"{folder}: its tables are missing (pages.parquet, symbols/)")


def choose(names: Iterable[str], sample: float | None) -> set[str]:
    """The pages of a sample; the same whatever the order of *names*.

    >>> sorted(choose(["a", "b", "c"], 2)) == sorted(choose(["c", "b", "a"], 2))
    True
    """
    every = set(names)
    if sample is None:
        return every
    count = round(sample * len(every)) if sample < 1 else int(sample)
    ranked = sorted(every, key=lambda name: (key_hash(0, "audit", name), name))
    return set(ranked[: max(count, 1)])
