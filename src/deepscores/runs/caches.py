"""Cache folders of the user, and stamps that change when a file does."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


def file_stamp(path: Path) -> tuple[int, int, int]:
    """A value that changes whenever the file at *path* is written, for keys of caches.

    Zeros for a missing file: whoever reads it reports that.
    """
    try:
        status = path.stat()
    except OSError:
        return 0, 0, 0
    return status.st_ino, status.st_size, status.st_mtime_ns


def cache_folders() -> Iterator[Path]:
    """Yield folders for cached files, best first; the first may be one that cannot be created."""
    configured = os.environ.get("XDG_CACHE_HOME", "")
    with contextlib.suppress(RuntimeError):  # no home directory is known
        yield (
            Path(configured) if Path(configured).is_absolute() else Path.home() / ".cache"
        ) / "deepscores"
    shared = Path(tempfile.gettempdir(), f"deepscores-{os.getuid()}")
    with contextlib.suppress(OSError):
        shared.mkdir(mode=0o700, exist_ok=True)
    # Anybody can make that folder first: only our own is to be trusted.
    if shared.is_dir() and not shared.is_symlink() and shared.stat().st_uid == os.getuid():
        yield shared
    else:
        yield Path(tempfile.mkdtemp(prefix="deepscores-"))
