"""``deepscores evaluate``."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import TYPE_CHECKING, Any

from deepscores import api
from deepscores.cli.command import command
from deepscores.cli.screen import (
    check_json_target,
    new_wide_console,
    number_table,
    showing_progress,
    write_json,
)

if TYPE_CHECKING:
    from rich.table import Table

    from deepscores.evaluation.results import Cell, Measure, ResultTable
    from deepscores.evaluation.run import EvaluationOutput

# Tables and columns, by task, for which evaluation.json and the HTML page have more room.
_HIDDEN_TABLES = ("pages", "mistakes")
_HIDDEN_COLUMNS = {
    "detect": (
        "id", "pages", "detections", "in macro", "AP75", "AR", "padded AP", "oriented AP", "F1",
        "score", "precision", "recall",
    ),
    "segment": ("low", "high", "in macro"),
}  # fmt: skip


@command("evaluate")
def run(json: str | None = None, **values: Any) -> None:
    """Evaluate a model's predictions on a dataset.

    See docs/evaluation.md for the definition of each metric.

    \b
    deepscores evaluate detections.json dataset
    deepscores evaluate detections.json dataset --labels deepscores-v2 -o evaluation
    deepscores evaluate detections.json dataset --json - | jq .measures.AP50
    deepscores evaluate masks/ dataset --split val
    deepscores evaluate labels.csv dataset --task classify
    """
    check_json_target(json, "evaluation", ("measures", "predictions"))
    with showing_progress() as progress:
        output = api.evaluate(progress=progress, **values)
    if json is not None:
        from deepscores.evaluation.run import to_json

        write_json(to_json(output.evaluation), json)
    if json != "-":
        print_evaluation(output)


def print_evaluation(output: EvaluationOutput) -> None:
    """Print the metrics, tables, counts and warnings of an evaluation, and where its page is."""
    evaluation = output.evaluation
    console = new_wide_console()
    title = f"{evaluation.predictions} on {evaluation.dataset}, {evaluation.split}"
    table = number_table(
        "measure", "value", "95 % of resamples", title=f"{title} ({evaluation.label_set})"
    )
    for name, measure in evaluation.measures.items():
        table.add_row(name, _cell_text(measure.value), _interval_text(measure))
    console.print(table)
    for result_table in evaluation.tables:
        if result_table.name not in _HIDDEN_TABLES:
            hidden_columns = _HIDDEN_COLUMNS.get(evaluation.task, ())
            console.print(_printed_table(result_table, hidden_columns))
    print(", ".join(f"{count:,} {items}" for items, count in evaluation.counts.items()))
    for warning in evaluation.warnings:
        console.print(f"warning: {warning}", markup=False, highlight=False, soft_wrap=True)
    if output.page:
        print(output.page)


def _interval_text(measure: Measure) -> str:
    if measure.low is None:
        return ""
    return f"{_cell_text(measure.low)} – {_cell_text(measure.high)}"


def _printed_table(result_table: ResultTable, hidden_columns: Sequence[str]) -> Table:
    """A table of results without its hidden columns and without rows that have no value."""
    indices = [
        index for index, name in enumerate(result_table.columns) if name not in hidden_columns
    ]
    names = [result_table.columns[index] for index in indices]
    table = number_table(result_table.columns[0], *names[1:], title=result_table.title)
    for row in result_table.rows:
        if any(isinstance(cell, float) and not isnan(cell) for cell in row):
            table.add_row(*(_cell_text(row[index]) for index in indices))
    table.caption = result_table.note
    return table


def _cell_text(value: Cell) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return "" if isnan(value) else f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else value or ""
