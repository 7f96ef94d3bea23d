"""Auditing a built dataset: every page, then the whole."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from deepscores.dataset.contents import Terms, read_contents
from deepscores.dataset.reader import Dataset, DatasetPage
from deepscores.dataset.symbol_files import RowGroup, SymbolFiles
from deepscores.errors import DatasetError
from deepscores.formats.reading.findings import FILES, Finding
from deepscores.inspection.checking.dataset_checks import COUNTS, SPLIT, check_whole
from deepscores.inspection.checking.ledger import Ledger
from deepscores.inspection.checking.likeness import Prints, find_alike, prints_of_group
from deepscores.inspection.checking.page_checks import (
    OF_OBJECTS,
    OF_PATCHES,
    OF_SYMBOLS,
    check_page,
)
from deepscores.runs.executors.choice import for_safe_work
from deepscores.runs.executors.protocol import Executor, Failed, Limits, Task, Value
from deepscores.runs.progress import Progress

ALIKE = "likeness"
CHECKS = (
    FILES, COUNTS, SPLIT, ALIKE, *(check.name for check in (*OF_SYMBOLS, *OF_OBJECTS, OF_PATCHES))
)  # fmt: skip
_PAGES_PER_TASK = 32
_WORKER_MEMORY = 8 * 2**30  # bytes


def audit_own(
    dataset: Dataset, sampled: set[str], alike: float, executor: Executor, progress: Progress
) -> Ledger:
    """The findings on the *sampled* pages and in the dataset as a whole.

    *alike* is the share of common music from which two scores count as one work.
    """
    ledger = Ledger()
    terms = Terms.of(dataset)
    check_whole(dataset, ledger)
    try:
        tasks = list(plan_tasks(dataset, sampled, terms))
    except DatasetError as error:
        ledger.note(FILES, 0, 0, [_unreadable(dataset.folder, "symbols", error)])
        return ledger
    progress.stage("Checking pages", len(sampled))
    for task, value in in_workers(check_pages, tasks, _page_limits, executor):
        match value:
            case Ledger():
                ledger.add(value)
            case Failed():
                finding = Finding(FILES, task.pages[0].name, "", f"{value.reason}: {value.detail}")
                ledger.note(FILES, 0, 0, [finding])
        progress.advance(len(task.pages))
    check_likeness(dataset, alike, executor, progress, ledger)
    return ledger


def _unreadable(folder: Path, place: str, error: DatasetError) -> Finding:
    return Finding(FILES, place, "", str(error).removeprefix(f"{folder}/"))


def in_workers(
    work: Callable[[Task], Value],
    tasks: Iterable[Task],
    limits: Callable[[Task], Limits],
    executor: Executor,
) -> Iterator[tuple[Task, Value | Failed]]:
    """Yield every task with its value, in the order of their ends."""
    results = for_safe_work(executor).run(work, tasks, limits=limits)
    with closing(results):
        for _, task, outcome in results:
            yield task, outcome if isinstance(outcome, Failed) else outcome.value


def _print_limits(_: "_PrintTask") -> Limits:
    return Limits(600, _WORKER_MEMORY)


@dataclass(frozen=True, slots=True)
class PageTask:
    """Some pages to check, those of one row group together."""

    pages: list[DatasetPage]
    terms: Terms
    patches: dict[str, list[tuple[str, int]]]  # of these pages


def _page_limits(task: PageTask) -> Limits:
    return Limits(600 + 60 * len(task.pages), _WORKER_MEMORY)


def plan_tasks(dataset: Dataset, sampled: set[str], terms: Terms) -> Iterator[PageTask]:
    """The *sampled* pages in tasks. Raise DatasetError for an unreadable symbol table."""
    rows = {row["page"]: row for row in dataset.rows if row["page"] in sampled}
    groups_of: dict[str, list[RowGroup]] = {}
    for group in dataset.symbol_files.row_groups:
        for page in group.pages():
            if page in rows:
                groups_of.setdefault(page, []).append(group)
    batches: dict[tuple[RowGroup, ...], list[str]] = defaultdict(list)
    for page in (*groups_of, *(page for page in rows if page not in groups_of)):
        batches[tuple(groups_of.get(page, ()))].append(page)
    for groups, names in batches.items():
        files = SymbolFiles(groups)
        for first in range(0, len(names), _PAGES_PER_TASK):
            batch = names[first : first + _PAGES_PER_TASK]
            yield PageTask(
                [DatasetPage(dataset.folder, rows[name], files) for name in batch],
                terms,
                {name: dataset.patches.get(name, []) for name in batch},
            )


def check_pages(task: PageTask) -> Ledger:
    """Check the pages of a task; an unreadable page is a finding."""
    ledger = Ledger()
    for page in task.pages:
        try:
            contents = read_contents(page, task.terms, task.patches[page.name])
        except DatasetError as error:
            finding = _unreadable(page.folder, page.name, error)
            ledger.note(FILES, 0, 0, [finding])
        else:
            check_page(contents, ledger)
    return ledger


@dataclass(frozen=True, slots=True)
class _PrintTask:
    group: RowGroup
    pages: dict[str, list[str]]  # by score


def check_likeness(
    dataset: Dataset, alike: float, executor: Executor, progress: Progress, ledger: Ledger
) -> None:
    """Report pairs of scores of much the same music in different splits."""
    split_of = {str(row["score"]): str(row["split"]) for row in dataset.rows}
    tasks = list(_print_tasks(dataset))
    progress.stage("Comparing scores", len(tasks))
    prints: dict[str, Prints] = {}
    for _, result in in_workers(take_prints, tasks, _print_limits, executor):
        if isinstance(result, dict):
            prints.update(result)
        progress.advance()
    scores = sorted(prints)
    pairs = find_alike([prints[score] for score in scores], alike)
    findings = [
        Finding(
            ALIKE,
            scores[first],
            "",
            f"{split_of[scores[first]]}; {scores[second]} in {split_of[scores[second]]} "
            f"has {share:.0%} of the smaller one's music",
        )
        for first, second, share in pairs
        if split_of[scores[first]] != split_of[scores[second]]
    ]
    ledger.note(ALIKE, len(dataset.rows), len(scores), findings)


def _print_tasks(dataset: Dataset) -> Iterator[_PrintTask]:
    # Every font shows the same music.
    font_of: dict[str, str] = {}
    score_of: dict[str, str] = {}
    for row in dataset.rows:
        if font_of.setdefault(row["score"], row["font"]) == row["font"]:
            score_of[row["page"]] = row["score"]
    for group in dataset.symbol_files.row_groups:
        of_scores: dict[str, list[str]] = defaultdict(list)
        for page in group.pages():
            if page in score_of:
                of_scores[score_of[page]].append(page)
        if of_scores:
            yield _PrintTask(group, dict(of_scores))


def take_prints(task: _PrintTask) -> dict[str, Prints]:
    """The fingerprints of the scores in a row group."""
    return {score: prints_of_group(task.group, pages) for score, pages in task.pages.items()}
