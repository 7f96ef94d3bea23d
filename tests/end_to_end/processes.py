"""Programs that are started to be killed, and what they leave."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import psutil


@contextmanager
def started(arguments: list[str]) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def children_of(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children()
    except psutil.Error:
        return []


def assert_gone(processes: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(processes, timeout=10)
    assert not list(filter(is_running, alive))


def is_running(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE  # which init has yet to reap
    except psutil.NoSuchProcess:
        return False
