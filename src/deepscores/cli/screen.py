"""What the commands show: progress, summaries and tables."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from json import dumps
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING

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

from deepscores.errors import RecipeError

if TYPE_CHECKING:
    from deepscores.building.build import BuildSummary as Summary
    from deepscores.building.importing.run import ImportSummary as Import
    from deepscores.building.verify import Verdict
    from deepscores.evaluation.results import Cell, Evaluation, Measure, ResultTable
    from deepscores.evaluation.run import EvaluationOutput
    from deepscores.formats.export import ExportSummary as Export
    from deepscores.inference.predicting.run import Summary as Predictions
    from deepscores.inspection.checking.ledger import Report
    from deepscores.inspection.galleries.fonts.entries import Entry
    from deepscores.inspection.statistics.model import (
        ClassStatistics,
        Extent,
        GroupStatistics,
        Quantiles,
        Spread,
        Statistics,
    )
    from deepscores.page.labels.label_sets import LabelSet
    from deepscores.runs.progress import Progress
    from deepscores.training.loop.outcome import Trained

_SHOWN = 20  # problems
_SHOWN_OF_CHECK = 5
_WIDE = 120  # characters


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
    _write_json(dumps(report.as_table(), ensure_ascii=False, indent=1) + "\n", target)


def _write_json(text: str, target: str) -> None:
    if target == "-":
        print(text, end="")
        return
    try:
        Path(target).write_text(text, encoding="utf-8")
    except OSError as error:
        raise RecipeError(f"--json: {target}: {error.strerror}") from None


def write_evaluation(evaluation: Evaluation, target: str) -> None:
    """The whole evaluation as JSON, to a file or, for ``-``, to standard output."""
    from deepscores.evaluation.run import to_json

    _write_json(to_json(evaluation), target)


def print_evaluation(written: EvaluationOutput) -> None:
    """What an evaluation found: the figures of the whole, its tables, and what to mind."""
    found = written.evaluation
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDE)
    title = f"{found.predictions} on {found.dataset}, {found.split} ({found.label_set})"
    table = _numbers("measure", "value", "95 % of resamples", title=title)
    for name, one in found.measures.items():
        table.add_row(name, _figure(one.value), _interval(one))
    console.print(table)
    for shown in found.tables:
        if shown.name not in _TOO_LONG:
            console.print(_result_table(shown, _LEFT_OUT.get(found.task, ())))
    print(", ".join(f"{count:,} {what}" for what, count in found.counts.items()))
    for warning in found.warnings:
        console.print(f"mind: {warning}", markup=False, highlight=False, soft_wrap=True)
    if written.page:
        print(written.page)


def _interval(one: Measure) -> str:
    return "" if one.low is None else f"{_figure(one.low)} – {_figure(one.high)}"


def _result_table(one: ResultTable, left_out: Sequence[str]) -> Table:
    """The columns of a table of results for which there is room, and the rows with a value."""
    shown = [place for place, name in enumerate(one.columns) if name not in left_out]
    table = _numbers(one.columns[0], *(one.columns[place] for place in shown[1:]), title=one.title)
    for row in one.rows:
        if any(isinstance(cell, float) and not isnan(cell) for cell in row):
            table.add_row(*(_figure(row[place]) for place in shown))
    table.caption = one.note
    return table


# In evaluation.json and the page, where there is more room: tables, and columns by task.
_TOO_LONG = ("pages", "mistakes")
_LEFT_OUT = {
    "detect": (
        "id", "pages", "detections", "in macro", "AP75", "AR", "padded AP", "oriented AP", "F1",
        "score", "precision", "recall",
    ),
    "segment": ("low", "high", "in macro"),
}  # fmt: skip


def _figure(value: Cell) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return "" if isnan(value) else f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else value or ""


def print_export(summary: Export) -> None:
    """What an export holds, and where."""
    pages = ", ".join(f"{count:,} {split}" for split, count in summary.pages.items())
    print(f"{summary.folder}: {summary.to}, {pages}")
    tiles = f"{summary.pictures:,} pictures, " * (summary.pictures != sum(summary.pages.values()))
    ignorable = f" ({summary.ignorable:,} of them ignorable)" * (summary.ignorable > 0)
    print(f"{tiles}{summary.objects:,} objects{ignorable} of {summary.classes} classes")


def print_trained(trained: Trained) -> None:
    """What a run came to, and what to do with it."""
    card = trained.card
    state = "is already trained" if trained.already_there else "is trained"
    print(f"{trained.folder}: {card.task}, preset {card.preset}, {state}:")
    print(
        f"{trained.parameters:,} weights, {trained.steps:,} steps, {trained.samples:,} samples in "
        f"{trained.seconds / 60:.1f} min ({trained.device})"
    )
    for name, value in trained.figures.items():
        print(f"{value:>12.4g}  {name} on val")
    print(
        f"ONNX Runtime gives what PyTorch gives, to {trained.difference:.1g} of the largest value"
    )
    print(f"predict with it: deepscores predict {trained.folder} IMAGE -o OUT")


_FOUND = {"detect": "objects", "segment": "pixels that have a class", "classify": "patches"}


def print_predictions(summary: Predictions) -> None:
    """What was found, what failed, and how long a page took."""
    print(
        f"{summary.folder}: {summary.task}, {summary.pages:,} pages ({summary.new_pages:,} new), "
        f"{summary.found:,} {_FOUND[summary.task]}"
    )
    if summary.new_pages:
        parts = ", ".join(
            f"{what} {spent / summary.new_pages:.2f}"
            for what, spent in sorted(summary.seconds.items(), key=lambda one: -one[1])
        )
        print(f"{summary.wall_seconds / summary.new_pages:.2f} s a page; of each, {parts}")
    for where, why in summary.failures[:_SHOWN]:
        print(f"failed: {where}: {why}")
    if len(summary.failures) > _SHOWN:
        print(f"failed: … and {len(summary.failures) - _SHOWN} more")


def print_import(summary: Import) -> None:
    """What an import holds, and what was left out."""
    state = "is already imported" if summary.already_there else "is imported"
    pages = ", ".join(f"{count:,} {split}" for split, count in summary.pages.items())
    print(f"{summary.folder} {state} from {summary.layout}: {pages} pages")
    print(
        f"{summary.objects:,} labelled objects of {summary.classes_seen} of {summary.classes} "
        f"classes, {summary.patches:,} patches; pixels: {summary.masks}"
    )
    if summary.left_out:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in summary.left_out.items())
        print(f"left out: {reasons}; see {summary.folder / 'skipped.jsonl'}")
    print(f"check it with: deepscores check {summary.folder}")


def print_statistics(found: Statistics, *, as_json: bool) -> None:
    """Counts of a dataset: as tables, the classes that occur by frequency; or as JSON."""
    if as_json:
        print(dumps(found.as_table(), ensure_ascii=False, indent=1))
        return
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDE)  # no window to fit into
    console.print(_spreads(found))
    for title, groups in (("font", found.fonts), ("split", found.splits)):
        console.print(_group_table(title, groups))
    present = sorted((one for one in found.classes if one.objects), key=lambda one: -one.objects)
    console.print(_class_table(present))
    console.print(_size_table("px", [(one.name, one.pixels) for one in present], digits=0))
    console.print(_size_table("sp", [(one.name, one.staff_spaces) for one in present], digits=2))
    print(
        f"{found.pages:,} pages, {found.symbols:,} symbols, {found.objects:,} labelled objects of "
        f"{len(present)} of {len(found.classes)} classes ({found.label_set})"
    )
    print(f"{found.top_ten_share:.1%} of the objects are of {len(found.top_ten)} classes: ", end="")
    print(", ".join(found.top_ten))
    if found.absent:
        print(f"no object: {', '.join(found.absent)}")


def _spreads(found: Statistics) -> Table:
    rows = (
        ("symbols a page", found.symbols_per_page),
        ("objects a page", found.objects_per_page),
        ("objects a class", found.objects_per_class),
        ("objects a class that has one", found.objects_per_class_seen),
    )
    table = _numbers("", *_SPREAD, title=found.dataset)
    for name, spread in rows:
        table.add_row(name, *_spread(spread))
    return table


def _group_table(title: str, groups: tuple[GroupStatistics, ...]) -> Table:
    table = _numbers(title, "pages", "symbols", "objects", "classes", *_SPREAD)
    for one in groups:
        counts = (one.pages, one.symbols, one.objects, one.classes)
        table.add_row(one.name, *(f"{count:,}" for count in counts), *_spread(one.objects_per_page))
    table.caption = "mean to median: objects a page"
    return table


def _class_table(classes: list[ClassStatistics]) -> Table:
    table = _numbers("class", "objects", "share", "pages", *_SPREAD)
    for one in classes:
        table.add_row(
            one.name,
            f"{one.objects:,}",
            f"{one.share:.2%}",
            f"{one.pages:,}",
            *_spread(one.per_page),
        )
    table.caption = "mean to median: objects a page, pages without one included"
    return table


def _size_table(unit: str, extents: list[tuple[str, Extent | None]], *, digits: int) -> Table:
    table = _numbers("class", *(f"{side} {unit}" for side in _SIDES))
    for name, extent in extents:
        sides = [getattr(extent, side) for side in _SIDES] if extent else []
        table.add_row(name, *(_quantiles(side, digits) for side in sides))
    table.caption = "5 % – median – 95 % of the boxes; sp: staff spaces; areas in square units"
    return table


_SPREAD = ("mean", "std", "max", "min", "median")
_SIDES = ("height", "width", "area")


def _spread(one: Spread) -> list[str]:
    mean, std, most, least, median = (getattr(one, name) for name in _SPREAD)
    return [f"{mean:,.2f}", f"{std:,.2f}", f"{most:,}", f"{least:,}", f"{median:,g}"]


def _quantiles(one: Quantiles, digits: int) -> str:
    return " – ".join(f"{value:,.{digits}f}" for value in (one.p5, one.median, one.p95))


def _numbers(name: str, *columns: str, title: str | None = None) -> Table:
    """A table whose columns are numbers, but for the first."""
    table = Table(title=title)
    table.add_column(name, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", overflow="fold")  # no digit is cut off
    return table


def show_address(address: str, *, in_browser: bool) -> None:
    """Where a viewer is, and, if that is wanted and there is a screen, itself in the browser."""
    print(f"{address} shows it on this machine; Ctrl-C ends it", flush=True)
    if in_browser:
        from deepscores.inspection.viewer.serving import open_browser

        open_browser(address)


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
