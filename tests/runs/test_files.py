"""Whole or absent files, records and locks."""

import errno
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deepscores.errors import DatasetError
from deepscores.runs import files
from deepscores.runs.files import (
    clean_partials,
    commit_record,
    locked,
    replacing,
    write_file,
)

Write = Callable[[Path, bytes], None]


def write_durable(path: Path, data: bytes) -> None:
    write_file(path, data, durable=True)


writers = pytest.mark.parametrize("write", [write_file, write_durable, commit_record])


@writers
def test_a_file_is_written_with_the_folders_above(write: Write, tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "c.png"
    write(path, b"one")
    write(path, b"two")
    assert path.read_bytes() == b"two"
    assert os.listdir(path.parent) == ["c.png"]


def write_too_much(path: Path, write: Write) -> None:
    """Let the system refuse to write more than 4096 bytes to a file."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    try:
        write(path, b"x" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@writers
def test_what_cannot_be_written_whole_is_absent(write: Write, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot write"):
        write_too_much(tmp_path / "a.png", write)
    assert os.listdir(tmp_path) == []


def start_and_raise(path: Path, error: BaseException) -> None:
    with replacing(path) as file:
        file.write(b"new")
        raise error


def test_a_full_disk_says_how_to_go_on(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"^DISK FULL: .*a\.png.*re-run the same command"):
        start_and_raise(tmp_path / "a.png", OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_place_that_cannot_be_written_is_named(number: int, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"a\.png: .*choose another output folder"):
        start_and_raise(tmp_path / "a.png", OSError(number, os.strerror(number)))


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"a/b: cannot write \(Not a directory\)"):
        write_file(tmp_path / "a" / "b", b"")


def test_an_interrupted_file_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_file(path, b"old")
    with pytest.raises(KeyboardInterrupt):
        start_and_raise(path, KeyboardInterrupt())
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]


def test_a_record_is_written_after_the_data_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    spied = {
        "_sync_file_system": files._sync_file_system,
        "_open_new": files._open_new,
        "_sync_folder": files._sync_folder,
    }
    for name, function in spied.items():

        def spy(path: Path, name: str = name, function: Callable[[Path], object] = function):  # type: ignore[no-untyped-def]
            said.append(name)
            return function(path)

        monkeypatch.setattr(files, name, spy)
    commit_record(tmp_path / "record.json", b"{}")
    assert said == ["_sync_file_system", "_open_new", "_sync_folder"]


def test_partials_are_cleaned_and_nothing_else(tmp_path: Path) -> None:
    for name in ("a.png", "b.png.partial", "x/c.partial", "x/partial", ".build/d.json.partial"):
        write_file(tmp_path / name, b"")
    assert clean_partials(tmp_path) == 3
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == [
        "a.png",
        "partial",
    ]


# --- locks ---


def test_two_builds_in_one_folder_are_refused(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(DatasetError, match="another run"), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


HOLD = """
import sys, time
from pathlib import Path
from deepscores.runs.files import locked
with locked(Path(sys.argv[1])):
    print("locked", flush=True)
    time.sleep(60)
"""


def test_a_killed_build_leaves_no_lock(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE)
    with holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"locked\n"
        with pytest.raises(DatasetError, match="another run"), locked(tmp_path):
            pass
        holder.kill()
    with locked(tmp_path):
        pass


# --- killed writers ---


WRITE_FOR_EVER = """
import sys
from itertools import count
from pathlib import Path
from deepscores.runs.files import write_file
for number in count():
    write_file(Path(sys.argv[1], f"{number % 3}.bin"), bytes([number % 251]) * 2**20)
"""


def test_a_writer_killed_at_any_moment_leaves_whole_files(tmp_path: Path) -> None:
    for delay in (0.0, 0.003, 0.007, 0.012):
        before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.bin")}
        with subprocess.Popen([sys.executable, "-c", WRITE_FOR_EVER, tmp_path]) as writer:
            while before == {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.bin")}:
                time.sleep(0.001)
            time.sleep(delay)
            writer.kill()
        for path in tmp_path.glob("*.bin"):
            data = path.read_bytes()
            assert data == data[:1] * 2**20
    clean_partials(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".bin"}
