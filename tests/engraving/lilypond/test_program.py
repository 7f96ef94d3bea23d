"""Finding LilyPond, and what it does when it goes wrong."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from deepscores.engraving.lilypond import program
from deepscores.errors import EngravingError, RecipeError
from deepscores.runs.executors.local.pool import Local
from deepscores.runs.executors.protocol import Failed, Limits

Fake = Callable[[str], None]


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE  # which init has yet to reap
    except psutil.NoSuchProcess:
        return False


def ends(pid: int) -> bool:
    """Whether a process that was killed is gone soon: that is the system's work, and takes time."""
    deadline = time.monotonic() + 10
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_running(pid)


@pytest.fixture(autouse=True)
def _forgetful() -> Iterator[None]:
    program.find_program.cache_clear()
    yield
    program.find_program.cache_clear()


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Makes a shell script stand for LilyPond."""

    def make(script: str) -> None:
        path = tmp_path / "lilypond"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setenv(program.ENVIRONMENT, str(path))

    return make


def test_without_lilypond_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(program.ENVIRONMENT, raising=False)
    monkeypatch.setattr(program, "_packaged", lambda: "")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(RecipeError, match=r"pip install 'deepscores\[lilypond\]'"):
        program.find_program()


def test_a_program_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(program.ENVIRONMENT, "/nowhere/lilypond")
    with pytest.raises(RecipeError, match="/nowhere/lilypond is not a program"):
        program.find_program()


def test_a_newer_lilypond_on_the_path_goes_first(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake("echo 'GNU LilyPond 2.99.1 (running Guile 3.0)'")
    monkeypatch.delenv(program.ENVIRONMENT)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(program, "_packaged", lambda: "/packaged/lilypond")
    assert program.find_program() == str(tmp_path / "lilypond")


@pytest.mark.parametrize(
    ("script", "what"),
    [
        ("echo 'score.ly:3:1: error: syntax error' >&2; exit 1", "status 1: score.ly:3:1: error"),
        ("true", "drew no page"),
        ("echo '<svg><g>' > score.svg", "drew half a page"),
        ("kill -SEGV $$", "ended with status -11"),
    ],
)
def test_a_failure_is_an_engraving_error(fake: Fake, script: str, what: str) -> None:
    fake(script)
    with pytest.raises(EngravingError, match=what):
        program.run("", "song")


def test_pages_come_in_order(fake: Fake) -> None:
    fake('for i in 1 2 10; do echo "$i</svg>" > score-$i.svg; done')
    assert [page.split("<")[0] for page in program.run("", "song")] == ["1", "2", "10"]


def test_a_lilypond_that_hangs_ends_with_its_worker(fake: Fake, tmp_path: Path) -> None:
    fake(f"echo $$ > {tmp_path}/pid; exec sleep 600")
    work = partial(program.run, name="song")
    outcomes = Local(1).run(work, [""], limits=lambda _: Limits(1.0, 2 << 30))
    (_, _, outcome) = next(iter(outcomes))
    assert isinstance(outcome, Failed)
    assert outcome.reason == "timeout"
    outcomes.close()
    assert ends(int((tmp_path / "pid").read_text()))


_RUN = "from deepscores.engraving.lilypond.program import run; run('', 'song')"


def test_what_a_killed_process_leaves_the_next_removes(fake: Fake, tmp_path: Path) -> None:
    """LilyPond ends with the process that started it, and the folder of both is not kept."""
    fake(f"echo $$ > {tmp_path}/part; mv {tmp_path}/part {tmp_path}/pid; exec sleep 600")
    folder = tmp_path / "temporary"
    folder.mkdir()
    environment = os.environ | {"TMPDIR": str(folder)}
    with subprocess.Popen([sys.executable, "-c", _RUN], env=environment) as process:
        while not (tmp_path / "pid").exists():
            assert process.poll() is None
            time.sleep(0.02)
        process.kill()
    lilypond = int((tmp_path / "pid").read_text())
    assert ends(lilypond)
    assert len(list(folder.iterdir())) == 1
    fake("echo '</svg>' > score.svg")
    subprocess.run([sys.executable, "-c", _RUN], env=environment, check=True)
    assert not list(folder.iterdir())


def test_the_folder_of_a_living_process_stays(fake: Fake, tmp_path: Path) -> None:
    fake(f"ls -d {program._process_folder().path} && echo '</svg>' > score.svg")
    environment = os.environ | {"TMPDIR": str(program._process_folder().path.parent)}
    subprocess.run([sys.executable, "-c", _RUN], env=environment, check=True)
    assert (program._process_folder().path / "fonts.conf").exists()
