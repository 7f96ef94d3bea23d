"""``deepscores engrave``."""

from typing import Any

from deepscores import api
from deepscores.cli.command import command
from deepscores.cli.screen import showing_progress


@command("engrave")
def run(**values: Any) -> None:
    """Engrave a single score for inspection.

    Writes its pages, labels, and pictures with the labels over the pages.

    \b
    deepscores engrave song.musicxml -o song
    deepscores engrave song.mxl -o song --fonts Petaluma --labels full
    deepscores engrave song.mxl -o song --fonts Leland,fonts/Sebastian.otf
    deepscores engrave song.mxl -o song --engraver lilypond
    """
    with showing_progress() as progress:
        pages = api.engrave(progress=progress, **values)
    for page in pages:
        print(f"{page.overlay}  {page.symbols} symbols, {page.objects} labelled objects")
