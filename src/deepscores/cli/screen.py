"""What the commands show: progress, summaries and tables."""

import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars
from rich.table import Table

from deepscores.pipeline.build import Summary
from deepscores.pipeline.progress import Progress
from deepscores.pipeline.verify import Verdict
from deepscores.vocabulary.labels import LabelSet

_SHOWN = 20  # problems


class _Bars:
    """Shows each stage as a bar on the terminal."""

    def __init__(self, bars: Bars) -> None:
        self.bars = bars
        self.task: TaskID | None = None

    def stage(self, name: str, total: int | None) -> None:
        if self.task is not None:
            done = self.bars.tasks[self.task]
            self.bars.update(self.task, total=done.completed, completed=done.completed)
        self.task = self.bars.add_task(name, total=total)

    def advance(self, steps: int = 1) -> None:
        if self.task is not None:
            self.bars.advance(self.task, steps)

    def note(self, text: str) -> None:
        self.bars.console.print(text, markup=False, highlight=False, soft_wrap=True)


class _Lines:
    """Names each stage that has work to do on a line of its own, for logs."""

    def stage(self, name: str, total: int | None) -> None:
        if total:
            self.note(f"{name}: {total}")

    def advance(self, steps: int = 1) -> None:
        pass

    def note(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)


@contextmanager
def watching() -> Iterator[Progress]:
    """Progress on standard error while the block runs: bars on a terminal, else lines."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines()
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<17}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=console) as bars:
        yield _Bars(bars)


def print_summary(summary: Summary) -> None:
    """What a build made, and what to do next."""
    state = "is already finished" if summary.already_there else "is finished"
    print(f"{summary.folder} {state}:")
    for count, what in (
        (summary.pages, f"pages of {summary.scores} scores"),
        (summary.symbols, "symbols"),
        (
            summary.objects,
            f"labelled objects of {summary.classes_seen} of {summary.classes} classes",
        ),
        (summary.patches, "patches"),
    ):
        print(f"{count:>12,} {what}")
    skipped = sum(summary.skipped.values())
    if skipped:
        reasons = ", ".join(f"{count} {reason}" for reason, count in summary.skipped.items())
        print(f"{skipped:>12,} scores skipped ({reasons}): see {summary.folder / 'skipped.jsonl'}")
    if summary.pages_left_out:
        print(
            f"{summary.pages_left_out:>12,} pages left out: see {summary.folder / 'skipped.jsonl'}"
        )
    _print_quota(summary)
    print(f"check it with: deepscores verify {summary.folder}")


def _print_quota(summary: Summary) -> None:
    short = {name: one for name, one in summary.quota.items() if one["why"]}
    if not summary.quota:
        return
    print(f"{len(summary.quota) - len(short):>12,} of {len(summary.quota)} quotas reached")
    for why in sorted({str(one["why"]) for one in short.values()}):
        names = [
            f"{name} {one['reached']}/{one['asked']}"
            for name, one in short.items()
            if one["why"] == why
        ]
        print(f"  {why}: {', '.join(names)}")


def print_verdict(verdict: Verdict) -> None:
    """What verifying found."""
    for path, what in verdict.problems[:_SHOWN]:
        print(f"{path}: {what}")
    if len(verdict.problems) > _SHOWN:
        print(f"… and {len(verdict.problems) - _SHOWN} more problems")
    state = f"{len(verdict.problems)} problems" if verdict.problems else "all as it should be"
    print(f"{verdict.files:,} files checked, {verdict.pages_remade:,} pages made again: {state}")


def print_classes(labels: LabelSet, *, csv: bool) -> None:
    """The class list, as a table or as CSV."""
    rows = [(str(one.id), one.name, one.smufl, one.description) for one in labels.classes]
    header = ("id", "name", "smufl", "description")
    if csv:
        _write_csv([header, *rows])
        return
    table = Table(*header, title=f"{labels.name}: {labels.description}")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def _write_csv(rows: list[tuple[str, ...]]) -> None:
    csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
