"""Read files, and write files atomically: complete or absent, whatever happens meanwhile."""

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

_DISK_FULL_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT})
_PERMISSION_ERRORS = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_NO_LOCK_ERRORS = frozenset({errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK})


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
    """Write *data* to *path*, which is complete, absent or unchanged at any time.

    Creates missing folders. With *durable*, the file survives a power cut from the moment this
    returns; without, the system writes it at a time of its choice.

    Raises:
        DatasetError: the disk is full, writing is not permitted, or the system reports an error.
    """
    with replacing(path, durable=durable) as file:
        file.write(data)


def write_again(path: Path, data: bytes) -> None:
    """Write *data* to *path* in a third of the time, not atomically.

    For files that are valid only once another file says so, and that are rewritten when a stopped
    run resumes. Raises DatasetError as `write_file` does.
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
        raise _dataset_error(error, path) from error


@contextlib.contextmanager
def replacing(path: Path, *, durable: bool = False) -> Iterator[IO[bytes]]:
    """Open a file that appears at *path* when the block ends without an error; see `write_file`."""
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
            raise _dataset_error(error, path) from error
        raise


def commit_record(path: Path, data: bytes) -> None:
    """Write a record that confirms that all files written before it are on the disk.

    A rename can reach the disk before the data of files renamed earlier. So first everything
    written so far to the record's file system is flushed, then the record. A record that exists
    after a power cut is therefore true.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sync_file_system(path.parent)
    except OSError as error:
        raise _dataset_error(error, path) from error
    write_file(path, data, durable=True)


def clean_partials(folder: Path) -> int:
    """Remove partial files that killed writers left below *folder*; return how many."""
    removed = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            if name.endswith(PARTIAL):
                Path(parent, name).unlink(missing_ok=True)
                removed += 1
    return removed


@contextlib.contextmanager
def locked(
    folder: Path, lock: str = LOCK, activity: str = "run is writing this folder"
) -> Iterator[None]:
    """Lock *folder* against other runs meanwhile; *activity* is what the error message says of one.

    The lock ends with the process: a killed run leaves none.

    Raises:
        DatasetError: another process holds the lock.
    """
    path = folder / lock
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise _dataset_error(error, path) from error
    try:
        _lock(descriptor, path, f"{folder}: another {activity} right now")
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path, message: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise DatasetError(message) from error
    except OSError as error:
        # Some network file systems have no locks, which only guard against a user's mistake.
        if error.errno not in _NO_LOCK_ERRORS:
            raise _dataset_error(error, path) from error


def _write(path: Path, data: bytes) -> None:
    # Path.write_bytes takes half as long again, because of a buffer that is not needed.
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


def _dataset_error(error: OSError, path: Path) -> DatasetError:
    reason = error.strerror or str(error)
    if error.errno in _DISK_FULL_ERRORS:
        return DatasetError(
            f"DISK FULL: cannot write {path} ({reason}); "
            "free space and re-run the same command to resume"
        )
    if error.errno in _PERMISSION_ERRORS:
        return DatasetError(f"{path}: cannot write here ({reason}); choose another output folder")
    return DatasetError(f"{path}: cannot write ({reason})")


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
    # Unlike sync, syncfs leaves other disks alone, and reports data that could not be written.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(descriptor)
