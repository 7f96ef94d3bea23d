"""``deepscores export``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deepscores import api
from deepscores.cli.command import command
from deepscores.cli.screen import showing_progress
from deepscores.formats.registry import writable_names

if TYPE_CHECKING:
    from deepscores.formats.export import ExportSummary


@command("export", {"to": writable_names()})
def run(**values: Any) -> None:
    """Export a dataset to another format. Re-run the same command to resume.

    See docs/formats.md for what each format can hold.

    \b
    deepscores export dataset --to coco -o coco
    deepscores export dataset --to coco -o tiles --tiles 1024 --overlap 128 --staff-space 20
    deepscores export dataset --to coco -o rests --labels full --classes 'rest*' --split train
    """
    with showing_progress() as progress:
        summary = api.export(progress=progress, **values)
    print_export(summary)


def print_export(summary: ExportSummary) -> None:
    """Print what the export holds, and where it is."""
    pages = ", ".join(f"{count:,} {split}" for split, count in summary.pages.items())
    print(f"{summary.folder}: {summary.to}, {pages}")
    has_tiles = summary.pictures != sum(summary.pages.values())
    tiles = f"{summary.pictures:,} pictures, " if has_tiles else ""
    ignorable = f" ({summary.ignorable:,} of them ignorable)" if summary.ignorable else ""
    print(f"{tiles}{summary.objects:,} objects{ignorable} of {summary.classes} classes")
