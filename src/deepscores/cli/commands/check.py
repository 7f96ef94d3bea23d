"""``deepscores check``."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from deepscores import api
from deepscores.cli.command import ExitStatus, command
from deepscores.cli.screen import (
    check_json_target,
    new_console,
    new_table,
    showing_progress,
    write_json,
)

if TYPE_CHECKING:
    from deepscores.inspection.checking.ledger import Report

_MAX_FINDINGS_SHOWN = 5  # of each check


@command("check")
def run(json: str | None = None, **values: Any) -> ExitStatus:
    """Check a dataset's labels against its pixels.

    Compares pictures, boxes, masks, tables and splits with one another, in this program's and
    other layouts. Exit status 1: there are findings. For the files, see: deepscores verify.

    \b
    deepscores check dataset
    deepscores check dataset --sample 0.1 --json findings.json
    deepscores check ds2_dense/deepscores_train.json --json - | jq .checks
    """
    check_json_target(json, "report of check", ("checks", "dataset"))
    with showing_progress() as progress:
        report = api.check(progress=progress, **values)
    if json is not None:
        from json import dumps

        write_json(dumps(report.as_table(), ensure_ascii=False, indent=1) + "\n", json)
    if json != "-":
        print_report(report)
    return 1 if report.total else 0


def print_report(report: Report) -> None:
    """Print some findings of each check, then the number of findings of every check."""
    counts = {tally.check: tally.findings for tally in report.tallies}
    for check, findings in groupby(report.findings, key=lambda finding: finding.check):
        for finding in [*findings][:_MAX_FINDINGS_SHOWN]:
            place = f"{finding.where} #{finding.object}" if finding.object else finding.where
            print(f"{check}: {place}: {finding.detail}")
        if counts[check] > _MAX_FINDINGS_SHOWN:
            print(f"{check}: … and {counts[check] - _MAX_FINDINGS_SHOWN:,} more")
    table = new_table("check", title=f"{report.folder} ({report.layout})")
    for column in ("pages", "objects", "findings"):
        table.add_column(column, justify="right")
    for check, *numbers in report.tallies:
        table.add_row(check, *(f"{number:,}" for number in numbers))
    new_console().print(table)
    state = f"{report.total:,} findings" if report.total else "no findings"
    print(f"{report.pages:,} of {report.pages_in_all:,} pages checked: {state}")
