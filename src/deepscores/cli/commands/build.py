"""``deepscores build``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deepscores import api
from deepscores.cli.command import command
from deepscores.cli.screen import showing_progress

if TYPE_CHECKING:
    from deepscores.building.build import BuildSummary


@command("build")
def run(**values: Any) -> None:
    """Build a dataset from scores. Re-run the same command to resume an interrupted build.

    \b
    deepscores build -o dataset                          the default corpus, 300 pages
    deepscores build scores/ -o mine --pages all         every score in a folder
    deepscores build 'lieder/**/*.mxl' -o lieder --fonts Bravura,Leland --labels full
    deepscores build --font fonts/Sebastian.otf -o six   the five fonts and another one
    deepscores build --engraver both -o two              engraved by Verovio and by LilyPond
    deepscores build --quota 50 --pages all -o even      50 objects of each class, where possible
    deepscores build --recipe big.toml -o big --jobs 8
    """
    with showing_progress() as progress:
        summary = api.build(progress=progress, **values)
    print_summary(summary)


def print_summary(summary: BuildSummary) -> None:
    """Print what the dataset holds, and how to verify it."""
    state = "is already finished" if summary.already_there else "is finished"
    print(f"{summary.folder} {state}:")
    skipped_list = summary.folder / "skipped.jsonl"
    objects = f"labelled objects of {summary.classes_seen} of {summary.classes} classes"
    _print_count(summary.pages, f"pages of {summary.scores} scores")
    _print_count(summary.symbols, "symbols")
    _print_count(summary.objects, objects)
    _print_count(summary.patches, "patches")
    skipped = sum(summary.skipped.values())
    if skipped:
        reasons = ", ".join(f"{count} {reason}" for reason, count in summary.skipped.items())
        _print_count(skipped, f"scores skipped ({reasons}): see {skipped_list}")
    if summary.pages_left_out:
        _print_count(summary.pages_left_out, f"pages left out: see {skipped_list}")
    _print_quota(summary)
    print(f"check it with: deepscores verify {summary.folder}")


def _print_count(count: int, items: str) -> None:
    print(f"{count:>12,} {items}")


def _print_quota(summary: BuildSummary) -> None:
    if not summary.quota:
        return
    missed = {name: quota for name, quota in summary.quota.items() if quota["why"]}
    reached = len(summary.quota) - len(missed)
    _print_count(reached, f"of {len(summary.quota)} quotas reached")
    for reason in sorted({str(quota["why"]) for quota in missed.values()}):
        names = [
            f"{name} {quota['reached']}/{quota['asked']}"
            for name, quota in missed.items()
            if quota["why"] == reason
        ]
        print(f"  {reason}: {', '.join(names)}")
