"""Read files, and write files that are whole or absent, whatever happens meanwhile."""

import contextlib
import ctypes
import errno
import fcntl
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from deepscores.errors import DatasetError

PARTIAL = ".partial"
LOCK = ".build/lock"

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_REFUSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_CANNOT_LOCK = frozenset({errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK})


def read_bytes(path: Path) -> bytes:
    """The content of a file; raise DatasetError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror}") from None


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in a file; raise DatasetError if there is none."""
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{path}: not readable JSON: {error}") from None
    if not isinstance(content, dict):
        raise DatasetError(f"{path}: not a JSON object")
    return content


def write_file(path: Path, data: bytes, *, durable: bool = False) -> None:
    """Write *data* to *path*, which is whole or absent (or as it was) at any time.

    Makes the folders above. With *durable*, the file outlives a power cut from the moment this
    returns; without, the system writes it when it likes.

    Raises:
        DatasetError: the disk is full, writing is not allowed, or another error of the system.
    """
    with replacing(path, durable=durable) as file:
        file.write(data)


def write_again(path: Path, data: bytes) -> None:
    """Write *data* to *path* in a third of the time: a killed writer may leave a part of it.

    For files that count only once something else vouches for them, and that are all written again
    when work goes on. Raises DatasetError as `write_file` does.
    """
    try:
        try:
            _write(path, data)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, data)
    except OSError as error:
        with contextlib.suppress(OSError):
            path.unlink()
        raise _explained(error, path) from error


@contextlib.contextmanager
def replacing(path: Path, *, durable: bool = False) -> Iterator[IO[bytes]]:
    """Open a file that appears at *path* when the block ends well, as for `write_file`."""
    partial = path.with_name(path.name + PARTIAL)
    try:
        with _open_new(partial) as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        partial.replace(path)
        if durable:
            _sync_folder(path.parent)
    except BaseException as error:  # Ctrl-C included
        with contextlib.suppress(OSError):
            partial.unlink()
        if isinstance(error, OSError):
            raise _explained(error, path) from error
        raise


def commit_record(path: Path, data: bytes) -> None:
    """Write the record that says that everything before it is on the disk, after making it so.

    A rename can reach the disk before the data of files renamed earlier. So first everything
    written so far to the record's file system goes to the disk, then the record. After a power cut
    a record that exists tells the truth.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sync_file_system(path.parent)
    except OSError as error:
        raise _explained(error, path) from error
    write_file(path, data, durable=True)


def clean_partials(folder: Path) -> int:
    """Remove what killed writers left below *folder*; the number of files removed."""
    removed = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            if name.endswith(PARTIAL):
                Path(parent, name).unlink(missing_ok=True)
                removed += 1
    return removed


@contextlib.contextmanager
def locked(
    folder: Path, lock: str = LOCK, what: str = "run is writing this folder"
) -> Iterator[None]:
    """Keep every other run out of *folder* meanwhile; *what* it is doing is said of it.

    The lock goes with the process: one that is killed leaves none.

    Raises:
        DatasetError: another one is at work there.
    """
    path = folder / lock
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise _explained(error, path) from error
    try:
        _lock(descriptor, path, f"{folder}: another {what} right now")
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path, taken: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise DatasetError(taken) from error
    except OSError as error:
        # Some network file systems have no locks. They guard against a slip, not a danger.
        if error.errno not in _CANNOT_LOCK:
            raise _explained(error, path) from error


def _write(path: Path, data: bytes) -> None:
    # Path.write_bytes takes half as long again, for a buffer that is not needed.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
    finally:
        os.close(descriptor)


def _open_new(path: Path) -> IO[bytes]:
    try:
        return open(path, "wb")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return open(path, "wb")


def _explained(error: OSError, path: Path) -> DatasetError:
    what = error.strerror or str(error)
    if error.errno in _FULL:
        return DatasetError(
            f"DISK FULL: cannot write {path} ({what}); "
            "free space and run the same command again to go on"
        )
    if error.errno in _REFUSED:
        return DatasetError(f"{path}: cannot write here ({what}); choose another output folder")
    return DatasetError(f"{path}: cannot write ({what})")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_file_system(folder: Path) -> None:
    if sys.platform != "linux":
        os.sync()
        return
    # Unlike sync, syncfs leaves other disks alone, and tells of data that could not be written.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(descriptor)
