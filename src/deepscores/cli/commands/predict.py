"""``deepscores predict``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from deepscores import api
from deepscores.cli.command import ExitStatus, command
from deepscores.cli.screen import MAX_PROBLEMS_SHOWN, showing_progress

if TYPE_CHECKING:
    from deepscores.inference.predicting.run import PredictionSummary

_RESULTS = {"detect": "objects", "segment": "pixels that have a class", "classify": "patches"}


@command("predict")
def run(inputs: Sequence[str], task: str | None = None, **values: Any) -> ExitStatus:
    """Find symbols on pages with a trained model. Re-run the same command to resume.

    See docs/predicting.md for the files that are written. Exit status 1: a page could not be read.

    \b
    deepscores predict scan.pdf -o found                 boxes, by the bundled detector
    deepscores predict segment scans/ -o found --no-overlay
    deepscores predict runs/mine dataset --split val --threshold 0.05 -o val
    """
    from deepscores.inference.predicting.choice import split_arguments

    model, paths = split_arguments(inputs, task)
    with showing_progress() as progress:
        summary = api.predict(paths, model=model, task=task, progress=progress, **values)
    print_predictions(summary)
    return 1 if summary.failures else 0


def print_predictions(summary: PredictionSummary) -> None:
    """Print what was found, how long a page took, and which pages failed."""
    print(
        f"{summary.folder}: {summary.task}, {summary.pages:,} pages ({summary.new_pages:,} new), "
        f"{summary.found:,} {_RESULTS[summary.task]}"
    )
    if summary.new_pages:
        steps = ", ".join(
            f"{step} {seconds / summary.new_pages:.2f}"
            for step, seconds in sorted(summary.seconds.items(), key=lambda item: -item[1])
        )
        print(f"{summary.wall_seconds / summary.new_pages:.2f} s per page, of which {steps}")
    for page, reason in summary.failures[:MAX_PROBLEMS_SHOWN]:
        print(f"failed: {page}: {reason}")
    if len(summary.failures) > MAX_PROBLEMS_SHOWN:
        print(f"failed: … and {len(summary.failures) - MAX_PROBLEMS_SHOWN} more")
