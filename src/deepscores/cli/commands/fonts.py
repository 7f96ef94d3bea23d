"""``deepscores fonts``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from deepscores import api
from deepscores.cli.command import command
from deepscores.cli.screen import new_console, new_table, showing_progress

if TYPE_CHECKING:
    from deepscores.inspection.galleries.fonts.entries import FontEntry

_LICENCE_WIDTH = 36  # characters


@command("fonts")
def run(*, json: bool = False, **values: Any) -> None:
    """List music fonts, and draw a passage in each.

    \b
    deepscores fonts                              the fonts of all installed engravers
    deepscores fonts fonts/Sebastian.otf --json
    deepscores fonts Leland Emmentaler --engraver both
    deepscores fonts Bravura Leland fonts/*.otf -o passage   a passage in each: fonts.png, fonts.md
    """
    with showing_progress() as progress:
        book = api.fonts(progress=progress, **values)
    if json:
        from json import dumps

        print(dumps([entry.as_table() for entry in book.entries], ensure_ascii=False, indent=1))
        return
    print_fonts(book.entries)
    if book.picture and book.page:
        print(book.picture, book.page, sep="\n")


def print_fonts(entries: Sequence[FontEntry]) -> None:
    """Print the list of fonts as a table."""
    table = new_table(title="Fonts")
    table.add_column("font", no_wrap=True)
    table.add_column("engraver", no_wrap=True)
    table.add_column("glyphs", justify="right", no_wrap=True)
    table.add_column("lent", justify="right", no_wrap=True)
    table.add_column("licence", overflow="ellipsis", no_wrap=True, max_width=_LICENCE_WIDTH)
    for entry in entries:
        licence = entry.facts.licence_url or entry.facts.licence
        counts = (f"{entry.glyphs:,}", f"{len(entry.missing):,}")
        table.add_row(entry.font, entry.engraver, *counts, licence)
    new_console().print(table)
