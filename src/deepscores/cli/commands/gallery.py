"""``deepscores gallery``."""

from typing import Any

from deepscores import api
from deepscores.cli.command import command
from deepscores.cli.screen import showing_progress


@command("gallery")
def run(**values: Any) -> None:
    """Show every class of a label set in every font.

    The symbols are cut from the pages of small scores.

    \b
    deepscores gallery -o gallery
    deepscores gallery -o two-fonts --labels deepscores-v2 --fonts Bravura,Petaluma
    """
    with showing_progress() as progress:
        gallery = api.gallery(progress=progress, **values)
    for font, class_count in gallery.shown:
        print(f"{font}: {class_count} of {gallery.classes} classes")
    print(gallery.picture, gallery.page, sep="\n")
