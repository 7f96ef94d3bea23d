"""``deepscores import``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deepscores import api
from deepscores.cli.command import command
from deepscores.cli.screen import showing_progress
from deepscores.formats.registry import readable_names

if TYPE_CHECKING:
    from deepscores.building.importing.run import ImportSummary


@command("import", {"from": readable_names()})
def run(**values: Any) -> None:
    """Import a dataset from another format. Re-run the same command to resume.

    See docs/formats.md for what is imported from each format.

    \b
    deepscores import ds2_dense -o dense
    deepscores import ds2_dense/deepscores_train.json -o dense --annotation-set muscima++
    deepscores import my-yolo/ -o mine --from yolo
    """
    with showing_progress() as progress:
        summary = api.import_dataset(progress=progress, **values)
    print_import(summary)


def print_import(summary: ImportSummary) -> None:
    """Print what was imported, what was left out, and how to check the result."""
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
