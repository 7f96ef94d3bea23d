"""What commands share in showing results: progress, tables and JSON.

Rich is imported on use: help must stay quick.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from deepscores.errors import RecipeError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID
    from rich.table import Table

    from deepscores.runs.progress import Progress

MAX_PROBLEMS_SHOWN = 20
_WIDTH_WITHOUT_TERMINAL = 120  # characters


class _ProgressBars:
    """Shows each stage as a bar on the terminal."""

    def __init__(self, bars: RichProgress) -> None:
        self.bars = bars
        self.task: TaskID | None = None

    def stage(self, name: str, total: int | None) -> None:
        if self.task is not None:
            completed = self.bars.tasks[self.task].completed
            self.bars.update(self.task, total=completed, completed=completed)
        self.task = self.bars.add_task(name, total=total)

    def advance(self, steps: int = 1) -> None:
        if self.task is not None:
            self.bars.advance(self.task, steps)

    def note(self, text: str) -> None:
        self.bars.console.print(text, markup=False, highlight=False, soft_wrap=True)


class _ProgressLines:
    """Prints the name of each stage that has work to do on its own line, for logs."""

    def stage(self, name: str, total: int | None) -> None:
        if total:
            self.note(f"{name}: {total}")

    def advance(self, steps: int = 1) -> None:
        pass

    def note(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)


@contextmanager
def showing_progress() -> Iterator[Progress]:
    """Progress on standard error while the block runs: bars on a terminal, otherwise lines."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _ProgressLines()
        return
    from rich import progress

    columns = (
        progress.SpinnerColumn(),
        progress.TextColumn("{task.description:<17}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=console) as bars:
        yield _ProgressBars(bars)


def new_console() -> Console:
    """Standard output, for tables as wide as the terminal."""
    from rich.console import Console

    return Console()


def new_wide_console() -> Console:
    """Standard output, for tables of many columns: wide if there is no terminal to fit into."""
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=_WIDTH_WITHOUT_TERMINAL)


def new_table(*columns: str, title: str | None = None) -> Table:
    """A table with these columns, so far without rows."""
    from rich.table import Table

    return Table(*columns, title=title)


def number_table(name: str, *columns: str, title: str | None = None) -> Table:
    """A table whose columns are numbers, except for the first."""
    table = new_table(title=title)
    table.add_column(name, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", overflow="fold")  # no digit is cut off
    return table


def check_json_target(target: str | None, kind: str, keys: Sequence[str]) -> None:
    """Raise DatasetError for a file that is not to be replaced: not JSON of this *kind*."""
    if target not in (None, "-"):
        from deepscores.runs.claim import require_own_file

        require_own_file(Path(target), kind, keys)


def write_json(text: str, target: str) -> None:
    """Write JSON to a file or, for ``-``, to standard output."""
    if target == "-":
        print(text, end="")
        return
    try:
        Path(target).write_text(text, encoding="utf-8")
    except OSError as error:
        raise RecipeError(f"--json: {target}: {error.strerror}") from None
