"""Where to keep what is made once and used again, and what tells that a file has changed."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


def file_stamp(path: Path) -> tuple[int, int, int]:
    """What changes whenever the file at *path* is written: part of the key of what is kept of it.

    Zeros where there is no file; whoever reads it will say so.
    """
    try:
        status = path.stat()
    except OSError:
        return 0, 0, 0
    return status.st_ino, status.st_size, status.st_mtime_ns


def cache_folders() -> Iterator[Path]:
    """Folders to keep things in, first choice first; the first may be one that cannot be made."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    with contextlib.suppress(RuntimeError):  # nobody's home is known
        yield (Path(named) if Path(named).is_absolute() else Path.home() / ".cache") / "deepscores"
    shared = Path(tempfile.gettempdir(), f"deepscores-{os.getuid()}")
    with contextlib.suppress(OSError):
        shared.mkdir(mode=0o700, exist_ok=True)
    # Anybody can make that folder first: only our own is to be trusted.
    if shared.is_dir() and not shared.is_symlink() and shared.stat().st_uid == os.getuid():
        yield shared
    else:
        yield Path(tempfile.mkdtemp(prefix="deepscores-"))
