"""Builds that are killed and go on: the same bytes as a build that nobody disturbed."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from deepscores.dataset.manifest import check_manifest
from tests.end_to_end.processes import assert_gone, children_of, started

# Not measured: what a killed program's workers cost is nobody's.
pytestmark = pytest.mark.slow

MANY = int(os.environ.get("DEEPSCORES_KILLS", "10"))
KILLS = {"verovio": MANY, "both": MANY * 2 // 5}  # LilyPond takes its time
Command = Callable[..., list[str]]


@pytest.fixture(scope="module", params=list(KILLS))
def engraver(request: pytest.FixtureRequest) -> str:
    if request.param == "both":
        pytest.importorskip("lilypond")
    return str(request.param)


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory, tune: Callable[..., str]) -> Path:
    folder = tmp_path_factory.mktemp("kill") / "scores"
    folder.mkdir()
    for index in range(9):
        text = tune(3 + 3 * index, title=f"Tune {index}", fifths=index - 4)
        (folder / f"tune-{index}.musicxml").write_text(text)
    (folder / "broken.musicxml").write_text("<score-partwise>")
    return folder


@pytest.fixture(scope="module")
def options(quick: dict[str, Any], engraver: str) -> dict[str, Any]:
    # Fewer pages than there are: workers are ahead of what is asked for when they are killed.
    options = quick | {"pages": 40, "patches_per_class": 60}
    if engraver == "both":
        options |= {"engraver": "both", "fonts": "Bravura,Emmentaler"}
    return options


@pytest.fixture(scope="module")
def undisturbed(
    scores: Path,
    options: dict[str, Any],
    command: Command,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed") / "dataset"
    subprocess.run(
        command("build", scores, output=folder, jobs=2, executor="local", **options),
        check=True,
        capture_output=True,
    )
    return folder


def files_in(folder: Path) -> int:
    return sum(len(files) for _, _, files in os.walk(folder))


def wait_for_files(process: "subprocess.Popen[str]", folder: Path, count: int) -> bool:
    """Whether *folder* came to hold *count* files before the process ended."""
    while process.poll() is None:
        if files_in(folder) >= count:
            return True
        time.sleep(0.002)
    return False


def programs_of(workers: list[psutil.Process]) -> list[psutil.Process]:
    """What the workers have started: LilyPond."""
    try:
        return [one for worker in workers for one in worker.children()]
    except psutil.Error:
        return []


@pytest.fixture
def assert_equal(
    undisturbed: Path, differences: Callable[[Path, Path], list[str]]
) -> Callable[[Path], None]:
    def assert_equal(folder: Path) -> None:
        assert differences(undisturbed, folder) == []
        manifest = (undisturbed / "manifest.tsv").read_text()
        assert (folder / "manifest.tsv").read_text() == manifest
        assert check_manifest(folder) == []  # nothing changed, missing or left over
        names = [path.name for path in folder.rglob("*")]
        assert ".build" not in names
        assert not [name for name in names if name.endswith(".partial")]

    return assert_equal


def test_a_build_killed_many_times_ends_as_if_it_had_not_been(
    scores: Path,
    engraver: str,
    options: dict[str, Any],
    undisturbed: Path,
    command: Command,
    assert_equal: Callable[[Path], None],
    tmp_path: Path,
) -> None:
    chance = random.Random(20180911)
    total = files_in(undisturbed)
    killed: list[str] = []
    builds = 0
    while len(killed) < KILLS[engraver]:
        folder = tmp_path / f"dataset-{builds}"
        finished = False
        while not finished:
            jobs = chance.randint(1, 3)
            arguments = command(
                "build", scores, output=folder, jobs=jobs, executor="local", **options
            )
            with started(arguments) as process:
                while len(killed) < KILLS[engraver]:
                    aim = files_in(folder) + chance.randint(1, total // 3)
                    if not wait_for_files(process, folder, aim):
                        break
                    workers = children_of(process.pid)
                    programs = programs_of(workers)
                    wanted = {"parent", "worker"}.difference(killed)
                    if len(killed) + len(wanted) < KILLS[engraver]:
                        wanted = {"parent" if chance.random() < 0.6 else "worker"}
                    if "parent" in wanted or not workers:
                        process.kill()
                        killed.append("parent")
                        process.wait()
                        assert_gone([*workers, *programs])
                    else:
                        chance.choice(workers).kill()
                        killed.append("worker")
                status = process.wait()
            assert status in (0, -signal.SIGKILL)
            finished = status == 0
        assert_equal(folder)
        builds += 1
    assert {"parent", "worker"} == set(killed)


def test_ctrl_c_stops_cleanly_and_the_same_command_goes_on(
    scores: Path,
    options: dict[str, Any],
    command: Command,
    assert_equal: Callable[[Path], None],
    tmp_path: Path,
) -> None:
    folder = tmp_path / "dataset"
    arguments = command("build", scores, output=folder, jobs=2, executor="local", **options)
    with started(arguments) as process:
        assert wait_for_files(process, folder, 20)
        workers = children_of(process.pid)
        workers += programs_of(workers)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "deepscores: interrupted. Re-run the same command to resume"
    assert "Traceback" not in errors
    assert_gone(workers)
    again = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert_equal(folder)
