"""Audit a dataset of any known layout: check its pages, add up the findings."""

from collections.abc import Iterable
from pathlib import Path

from deepscores.dataset.layout import PLAN, require_dataset
from deepscores.dataset.reader import holds_dataset, open_dataset
from deepscores.errors import DatasetError, RecipeError
from deepscores.formats.reading.annotated import AnnotatedDataset, AnnotatedPage
from deepscores.formats.reading.findings import CLASSES, FILES, Finding
from deepscores.formats.recognition import explain, recognise, source_title
from deepscores.formats.registry import find_reader
from deepscores.inspection.checking.foreign import CHECKS as FOREIGN_CHECKS
from deepscores.inspection.checking.foreign import check_annotated_pages
from deepscores.inspection.checking.ledger import Ledger, Report, report
from deepscores.inspection.checking.own_dataset import CHECKS, audit_own, in_workers
from deepscores.runs.executors.choice import ONE_WORKER
from deepscores.runs.executors.protocol import Executor, Limits
from deepscores.runs.progress import NullProgress, Progress
from deepscores.runs.streams import key_hash

DEFAULT_ALIKE = 0.5
_PAGES_PER_TASK = 32


def audit(
    folder: Path,
    *,
    sample: float | None = None,
    alike: float = DEFAULT_ALIKE,
    executor: Executor = ONE_WORKER,
    progress: Progress | None = None,
) -> Report:
    """Check every page of the dataset in *folder*, or a *sample* of them.

    A *sample* below 1 is a share, else a number of pages; which ones follows from their names.
    Scores that have the share *alike* of their music in common count as one work. Raise
    DatasetError where there is no dataset of a known layout, RecipeError for numbers out of
    range.
    """
    if sample is not None and not sample > 0:
        raise RecipeError(f"sample: {sample:g} is not above 0")
    if not 0 < alike <= 1:
        raise RecipeError(f"alike: {alike:g} is not above 0 and at most 1")
    progress = progress or NullProgress()
    if holds_dataset(folder):
        dataset = open_dataset(folder, lenient=True)
        stems = {str(row["page"]) for row in dataset.rows}
        sampled = choose(stems, sample)
        ledger = audit_own(dataset, sampled, alike, executor, progress)
        return report(str(folder), "deepscores", (len(sampled), len(stems)), ledger, CHECKS)
    return _audit_annotated(str(folder), _read_annotated(folder), sample, executor, progress)


def _audit_annotated(
    folder: str,
    dataset: AnnotatedDataset,
    sample: float | None,
    executor: Executor,
    progress: Progress,
) -> Report:
    names = [page.name for page in dataset.pages]
    objects = sum(len(page.objects.ids) for page in dataset.pages)
    sampled = choose(names, sample)
    ledger = Ledger()
    for check in (FILES, CLASSES):
        findings = [finding for finding in dataset.findings if finding.check == check]
        ledger.note(check, len(names), objects, findings)
    progress.stage("Checking pages", len(sampled))
    pages = [page for page in dataset.pages if page.name in sampled]
    tasks = [
        pages[first : first + _PAGES_PER_TASK] for first in range(0, len(pages), _PAGES_PER_TASK)
    ]
    for task, outcome in in_workers(check_annotated_pages, tasks, _limits, executor):
        if isinstance(outcome, Ledger):
            ledger.add(outcome)
        else:
            finding = Finding(FILES, task[0].name, "", f"{outcome.reason}: {outcome.detail}")
            ledger.note(FILES, 0, 0, [finding])
        progress.advance(len(task))
    counts = (len(sampled), len(set(names)))
    return report(folder, dataset.format, counts, ledger, FOREIGN_CHECKS)


def _limits(task: list[AnnotatedPage]) -> Limits:
    return Limits(600 + 60 * len(task), 8 * 2**30)


def _read_annotated(folder: Path) -> AnnotatedDataset:
    """A dataset in another format; DatasetError if there is none that can be checked."""
    names = [] if (folder / PLAN).exists() else recognise(folder)
    for name in names:
        dataset = find_reader(name).audit(folder)
        if dataset is not None:
            return dataset
    if names:
        titles = " and ".join(map(source_title, names))
        raise DatasetError(f"{folder}: holds {titles}, which cannot be checked; import it first")
    explain(folder)
    require_dataset(folder)  # says what is wrong
    raise DatasetError(f"{folder}: its tables are missing (pages.parquet, symbols/)")


def choose(names: Iterable[str], sample: float | None) -> set[str]:
    """The pages of a sample; the same whatever the order of *names*.

    >>> sorted(choose(["a", "b", "c"], 2)) == sorted(choose(["c", "b", "a"], 2))
    True
    """
    all_names = set(names)
    if sample is None:
        return all_names
    count = round(sample * len(all_names)) if sample < 1 else int(sample)
    ranked = sorted(all_names, key=lambda name: (key_hash(0, "audit", name), name))
    return set(ranked[: max(count, 1)])
