"""Sequences: workers that have a worker of their own for the converters, killed at each level."""

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from deepscores.dataset.manifest import list_files
from tests.end_to_end.processes import assert_gone, children_of, started

Command = Callable[..., list[str]]

# Not measured: what a killed program's workers cost is nobody's.
pytestmark = pytest.mark.slow


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in list_files(folder)}


def encoded(folder: Path) -> int:
    """How many pictures have their last encoding."""
    return len(list(folder.glob("*/*.abc")))


def wait_for(process: "subprocess.Popen[str]", folder: Path, count: int) -> None:
    while encoded(folder) < count:
        assert process.poll() is None, "it ended before anyone could be killed"
        time.sleep(0.005)


def converters_of(workers: list[psutil.Process]) -> list[psutil.Process]:
    return [one for worker in workers for one in children_of(worker.pid)]


@pytest.fixture(scope="module")
def undisturbed(
    built: Path, command: Command, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("undisturbed") / "export"
    subprocess.run(
        command("export", built, to="sequences", output=folder, jobs=2, executor="local"),
        check=True, capture_output=True,
    )  # fmt: skip
    return contents(folder)


def test_whoever_is_killed_nobody_is_left_and_the_bytes_are_the_same(
    built: Path, command: Command, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    folder = tmp_path / "export"
    arguments = command("export", built, to="sequences", output=folder, jobs=2, executor="local")
    with started(arguments) as process:
        wait_for(process, folder, 2)
        workers = children_of(process.pid)
        converter = converters_of(workers)[0]
        converter.kill()  # its picture is tried again in a fresh one
        assert_gone([converter])

        wait_for(process, folder, encoded(folder) + 1)
        worker = next(one for one in children_of(process.pid) if converters_of([one]))
        own = converters_of([worker])
        worker.kill()  # its pages are tried again in a fresh one
        assert_gone([worker, *own])

        wait_for(process, folder, encoded(folder) + 1)
        workers = children_of(process.pid)
        converters = converters_of(workers)
        assert converters
        process.kill()
        assert process.wait() == -signal.SIGKILL
        assert_gone([*workers, *converters])
    assert not (folder / "export.json").exists()
    again = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert contents(folder) == undisturbed
    assert len(undisturbed) > 40
