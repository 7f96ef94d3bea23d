"""The files of a dataset, and no others: where one lies, if it may be shown."""

import stat
from pathlib import Path

from deepscores.errors import DatasetError


class NotThereError(DatasetError):
    """The requested page, symbol or file is not in the dataset."""


def locate(folder: Path, *parts: str) -> Path:
    """The file ``folder/parts…``; raise NotThereError unless it is a plain file in *folder*.

    Names come from the dataset's tables, and the dataset may be a stranger's: a name that climbs
    out with ``..``, an absolute one, and a link that leads elsewhere are all outside. A pipe or a
    device is not a file: reading it might never end.
    """
    relative = "/".join(parts)
    try:
        path = folder.joinpath(*parts).resolve(strict=True)
        kind = path.stat().st_mode
    except (OSError, ValueError, RuntimeError) as error:  # a NUL byte, links in a circle
        reason = getattr(error, "strerror", None) or error
        raise NotThereError(f"{relative}: {reason}") from None
    if not path.is_relative_to(folder.resolve()):
        raise NotThereError(f"{relative}: is outside the dataset")
    if not stat.S_ISREG(kind):
        raise NotThereError(f"{relative}: is not a file")
    return path
