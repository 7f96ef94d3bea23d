"""``deepscores verify``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deepscores import api
from deepscores.cli.command import ExitStatus, command
from deepscores.cli.screen import MAX_PROBLEMS_SHOWN, showing_progress

if TYPE_CHECKING:
    from deepscores.building.verify import Verdict


@command("verify")
def run(**values: Any) -> ExitStatus:
    """Check a dataset's files against its manifest.

    Compares the size and checksum of every file, and engraves a sample of pages again to compare
    them byte by byte. Exit status 1: something differs. For the labels, see: deepscores check.

    \b
    deepscores verify dataset
    deepscores verify dataset --rerender 1            engrave every page again
    deepscores verify dataset --font Sebastian.otf    built with this font on another machine
    """
    with showing_progress() as progress:
        verdict = api.verify(progress=progress, **values)
    print_verdict(verdict)
    return 1 if verdict.problems else 0


def print_verdict(verdict: Verdict) -> None:
    """Print the problems, then how much was compared."""
    for path, problem in verdict.problems[:MAX_PROBLEMS_SHOWN]:
        print(f"{path}: {problem}")
    if len(verdict.problems) > MAX_PROBLEMS_SHOWN:
        print(f"… and {len(verdict.problems) - MAX_PROBLEMS_SHOWN} more problems")
    state = f"{len(verdict.problems)} problems" if verdict.problems else "no problems found"
    print(
        f"{verdict.files:,} files checked, {verdict.pages_remade:,} pages engraved again: {state}"
    )
