"""What the commands show: progress, summaries and tables."""

import csv
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from json import dumps
from pathlib import Path

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

from deepscores.auditing.findings import Report
from deepscores.errors import RecipeError
from deepscores.fontbook.entries import Entry
from deepscores.pipeline.build import Summary
from deepscores.pipeline.progress import Progress
from deepscores.pipeline.verify import Verdict
from deepscores.vocabulary.labels import LabelSet

_SHOWN = 20  # problems
_SHOWN_OF_CHECK = 5


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


def print_report(report: Report) -> None:
    """What an audit found: some findings of each check, then how many there are."""
    counts = {one.check: one.findings for one in report.tallies}
    for check, findings in groupby(report.findings, key=lambda one: one.check):
        for one in [*findings][:_SHOWN_OF_CHECK]:
            print(f"{check}: {one.where}{' #' if one.object else ''}{one.object}: {one.detail}")
        if counts[check] > _SHOWN_OF_CHECK:
            print(f"{check}: … and {counts[check] - _SHOWN_OF_CHECK:,} more")
    table = Table("check", title=f"{report.folder} ({report.layout})")
    for column in ("pages", "objects", "findings"):
        table.add_column(column, justify="right")
    for check, *numbers in report.tallies:
        table.add_row(check, *(f"{number:,}" for number in numbers))
    Console().print(table)
    state = f"{report.total:,} findings" if report.total else "nothing found"
    print(f"{report.pages:,} of {report.pages_in_all:,} pages checked: {state}")


def write_report(report: Report, target: str) -> None:
    """The whole report as JSON, to a file or, for ``-``, to standard output."""
    text = dumps(report.as_table(), ensure_ascii=False, indent=1)
    if target == "-":
        print(text)
        return
    try:
        Path(target).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise RecipeError(f"--json: {target}: {error.strerror}") from None


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


def print_fonts(entries: Sequence[Entry], *, json: bool) -> None:
    """The list of fonts, as a table or as JSON."""
    if json:
        print(dumps([one.as_table() for one in entries], ensure_ascii=False, indent=1))
        return
    table = Table(title="Fonts")
    table.add_column("font", no_wrap=True)
    table.add_column("engraver", no_wrap=True)
    table.add_column("glyphs", justify="right", no_wrap=True)
    table.add_column("lent", justify="right", no_wrap=True)
    table.add_column("licence", overflow="ellipsis", no_wrap=True, max_width=36)
    for one in entries:
        licence = one.facts.licence_url or one.facts.licence
        numbers = (f"{one.glyphs:,}", f"{len(one.missing):,}")
        table.add_row(one.font, one.engraver, *numbers, licence)
    Console().print(table)


def _write_csv(rows: list[tuple[str, ...]]) -> None:
    csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
