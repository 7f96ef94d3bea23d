"""A picture's file in an export."""

import contextlib
import errno
from pathlib import Path

import numpy as np

from deepscores.dataset.labelled import LabelledPage
from deepscores.dataset.layout import IMAGES
from deepscores.dataset.png.codec import encode_png, encode_runs_png, png_size
from deepscores.errors import DatasetError
from deepscores.formats.protocol import Job
from deepscores.runs.files import read_bytes, write_again


def place_image(job: Job, page: LabelledPage, path: Path) -> None:
    """Write the picture of *page* to *path*: a copy of, or a link to, the page's own file.

    A tile or rescaled page is encoded again, whatever the option.
    """
    data = image_bytes(job, page)
    if page.is_whole and job.options.images == "link":
        link(job.dataset / IMAGES / f"{page.name}.png", path)
    else:
        write_again(path, data)


def image_bytes(job: Job, page: LabelledPage) -> bytes:
    """The PNG of *page*: its own file's bytes where it is whole.

    Raise DatasetError for a file that is missing, damaged or of another size than the page.
    """
    if not page.is_whole:
        return encode_png(page.image)
    path = job.dataset / IMAGES / f"{page.name}.png"
    data = read_bytes(path)
    width, height = png_size(data, str(path))
    if (width, height) != (page.width, page.height):
        raise DatasetError(
            f"{path}: the image is {width} x {height} px, the page {page.width} x {page.height} px"
        )
    return data


def class_png(job: Job, page: LabelledPage) -> bytes:
    """The map of classes in grey, as deep on every page, whichever classes it has."""
    ids = np.append(0, page.objects.class_id)
    return encode_runs_png(page.runs_of(ids), page.width, 1 if len(job.classes) < 256 else 2)


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
