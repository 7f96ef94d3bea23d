"""A picture's file in an export."""

import contextlib
import errno
from pathlib import Path

from deepscores.auditing.own import read_bytes
from deepscores.errors import DatasetError
from deepscores.exporting.protocol import Job
from deepscores.formats.png import encode_png
from deepscores.labelled import LabelledPage
from deepscores.pipeline.files import write_again
from deepscores.pipeline.samples import IMAGES


def place_image(job: Job, page: LabelledPage, path: Path) -> None:
    """Write the picture of *page* to *path*: a copy of, or a link to, the page's own file.

    A part or another size of a page is encoded anew, whatever was asked for.
    """
    own = job.dataset / IMAGES / f"{page.name}.png"
    if not page.is_whole:
        write_again(path, encode_png(page.image))
    elif job.options.images == "copy":
        write_again(path, image_bytes(job, page))
    else:
        link(own, path)


def image_bytes(job: Job, page: LabelledPage) -> bytes:
    """The PNG of *page*: its own file's bytes where it is whole."""
    if not page.is_whole:
        return encode_png(page.image)
    return read_bytes(job.dataset / IMAGES / f"{page.name}.png")


def link(target: Path, path: Path) -> None:
    """A symbolic link at *path* to *target*, in the place of what was there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    try:
        path.symlink_to(target.resolve())
    except OSError as error:
        hint = "; --images copy needs no links" if error.errno == errno.EPERM else ""
        raise DatasetError(f"{path}: cannot link here ({error.strerror}){hint}") from None
