"""`deepscores view` as a program: it starts, answers, and ends when it is told to."""

import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

Deepscores = Callable[..., "subprocess.CompletedProcess[str]"]
Command = Callable[..., list[str]]


@contextmanager
def viewing(words: list[str]) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A viewer, and its address."""
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        try:
            assert program.stdout is not None
            yield program, program.stdout.readline().split()[0]
        finally:
            program.kill()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_while_a_browser_is_still_there(
    built: Path, command: Command, sign: signal.Signals
) -> None:
    words = command("view", built, "--no-open", port=0)
    with viewing(words) as (program, address), urlopen(f"{address}api/overview") as answer:
        assert answer.status == 200
        program.send_signal(sign)
        _, errors = program.communicate(timeout=20)
        assert errors == ""
        assert program.returncode == (0 if sign == signal.SIGINT else -signal.SIGTERM)


def test_a_port_in_use_is_not_taken_again(
    built: Path, command: Command, deepscores: Deepscores
) -> None:
    with viewing(command("view", built, "--no-open", port=0)) as (_, address):
        port = address.rstrip("/").rpartition(":")[2]
        done = deepscores("view", built, "--no-open", port=port)
        assert done.returncode == 2
        told = f"--port {port}: it is in use by another program; omit --port to use a free one"
        assert done.stderr == f"deepscores: {told}\n"


def test_what_is_no_dataset_is_told(tmp_path: Path, deepscores: Deepscores) -> None:
    (tmp_path / "half" / ".build").mkdir(parents=True)
    (tmp_path / "half" / ".build" / "plan.json").write_text("{}")
    for name, part in (("nothing", "no dataset here"), ("half", "is not finished")):
        done = deepscores("view", tmp_path / name, "--no-open")
        assert (done.returncode, done.stdout) == (1, "")
        assert part in done.stderr
        assert done.stderr.count("\n") == 1


def test_findings_that_are_none_are_told(built: Path, deepscores: Deepscores) -> None:
    done = deepscores("view", built, "--no-open", findings=built / "dataset.json")
    assert (done.returncode, done.stdout) == (1, "")
    assert "is not a report of 'deepscores check DATASET --json'" in done.stderr


def test_other_machines_cannot_reach_it(built: Path, command: Command) -> None:
    with viewing(command("view", built, "--no-open", port=0)) as (program, address):
        with urlopen(address) as answer:
            assert answer.status == 200
        listening = [
            one.laddr.ip
            for one in psutil.Process(program.pid).net_connections()
            if one.status == psutil.CONN_LISTEN
        ]
    assert listening == ["127.0.0.1"]
