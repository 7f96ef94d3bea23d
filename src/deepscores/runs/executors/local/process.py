"""A worker process seen from its parent: start it, assign tasks, enforce limits, end it."""

import contextlib
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal, NamedTuple

import psutil

from deepscores.runs.executors.local.worker import Raised
from deepscores.runs.executors.protocol import Completed, Limits

START_SECONDS = 300.0  # for a worker's imports, on however slow a network disk

# Signals that people, batch systems and a kernel short of memory send; engines do not.
_FROM_OUTSIDE = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGHUP})


class End(NamedTuple):
    """How a worker process ended."""

    kind: Literal["crash", "killed", "timeout", "memory"]
    text: str


class Worker:
    """A worker process: starting, ready and idle, ready and busy, or dead.

    Two threads of the parent use it: one assigns tasks and receives answers, the other only calls
    `enforce_limits`. The lock keeps the latter from killing a worker that is answering.
    """

    def __init__(self, setup_message: bytes, *, show_output: bool) -> None:
        self.ready = False
        self._task_message = b""
        self._limits: Limits | None = None  # None while there is no task
        self._verdict: End | None = None
        self._lock = threading.Lock()
        self.pipe, self._popen = _spawn(show_output=show_output)
        self._meter = _Meter(self._popen.pid)
        self._send(setup_message)

    def assign(self, task: object, limits: Limits) -> None:
        """Assign a task; a worker that is still starting begins when it is ready."""
        self._task_message = pickle.dumps(task)
        # Under one lock: the watching thread must not see a new limit with an old clock.
        with self._lock:
            self._limits = limits
            self._meter.reset()
        if self.ready:
            self._send(self._task_message)

    def _send(self, message: bytes) -> None:
        # If the worker is dead, the next `receive` finds the end of the pipe.
        with contextlib.suppress(OSError):
            self.pipe.send_bytes(message)

    def receive(self) -> Completed[Any] | Raised | End | None:
        """Receive the worker's next message, or its end; None if it only reports being ready."""
        try:
            with self._lock:
                message = self.pipe.recv_bytes()
        except (EOFError, OSError):
            return self.reap()
        answer: Completed[Any] | Raised = pickle.loads(message)
        if not self.ready and isinstance(answer, Completed):
            with self._lock:
                self.ready = True
                self._meter.reset()
            self._send(self._task_message)
            return None
        with self._lock:
            self._limits = None
        return answer

    def enforce_limits(self) -> None:
        """Kill the worker if its task exceeds its limits, unless its answer is in the pipe."""
        if not self._lock.acquire(blocking=False):
            return  # the other thread is receiving from it or reaping it
        try:
            if self._limits and not (self._verdict or self.pipe.closed or self.pipe.poll()):
                self._verdict = self._judge(self._limits)
                if self._verdict:
                    self.kill()
        finally:
            self._lock.release()

    def _judge(self, limits: Limits) -> End | None:
        try:
            seconds, resident = self._meter.read()
        except psutil.Error:  # dead already: `receive` will see how it ended
            return None
        if not self.ready:
            late = seconds > START_SECONDS
            return End("timeout", f"not ready after {START_SECONDS:g} s") if late else None
        if seconds > limits.seconds:
            return End("timeout", f"no result after {limits.seconds:g} s")
        if resident > limits.bytes:
            return End("memory", f"took more than {limits.bytes / 2**20:.0f} MiB of memory")
        return None

    def is_spent(self, recycle_bytes: int) -> bool:
        """Whether this worker should take no further task."""
        try:
            return self._verdict is not None or self._meter.resident() > recycle_bytes
        except psutil.Error:
            return True

    def kill(self) -> None:
        """Kill the process and all programs it started: it leads a process group."""
        if self._popen.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._popen.pid, signal.SIGKILL)

    def reap(self) -> End:
        """Kill the process if it is alive, wait for it, and return how it ended."""
        with self._lock:
            # Before wait(): until then a dead worker's process id cannot be reused.
            self.kill()
            self.pipe.close()
        end = _end_of(self._popen.wait())
        return self._verdict or end


def end_all(workers: list[Worker]) -> None:
    """End all *workers* and empty the list."""
    # Without asking first: a worker has nothing to clean up that a kill would leave behind.
    for worker in workers:
        worker.kill()
    while workers:
        workers.pop().reap()


def _end_of(status: int) -> End:
    """Read the meaning of a process's return code."""
    if -status in _FROM_OUTSIDE:
        name = _signal_name(-status)
        return End("killed", f"killed ({name}) in every try, by hand or for want of memory")
    if status < 0:
        return End("crash", f"engine died with {_signal_name(-status)}")
    return End("crash", f"engine ended its process with exit status {status}")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # real-time signals have no names
        return f"signal {number}"


class _Meter:
    """The time and memory that a process uses."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._seconds = self._processor = 0.0
        self._wall = time.monotonic()

    def reset(self) -> None:
        """Start the clock of a task."""
        with contextlib.suppress(psutil.Error):
            self._advance()
        self._seconds = 0.0

    def read(self) -> tuple[float, int]:
        """Seconds since the reset, as `Limits` counts them, and resident bytes."""
        with self._process.oneshot():
            self._advance()
            return self._seconds, self.resident()

    def resident(self) -> int:
        return int(self._process.memory_info().rss)

    def _advance(self) -> None:
        times, wall = self._process.cpu_times(), time.monotonic()
        processor = times.user + times.system
        runs = self._process.status() in (psutil.STATUS_RUNNING, psutil.STATUS_WAKING)
        # An engine with threads may use more processor time than wall time; only the latter counts.
        passed = wall - self._wall
        self._seconds += min(processor - self._processor, passed) if runs else passed
        self._processor, self._wall = processor, wall


# The caller's import path first: it may have found this package in an unusual place.
_BOOT = """
import sys, json
sys.path[:] = json.loads(sys.argv[3])
from deepscores.runs.executors.local.worker import serve
serve(int(sys.argv[1]), int(sys.argv[2]))
"""

# One task is one core's work, and sums of floats must not depend on the number of threads.
_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def _spawn(*, show_output: bool) -> tuple[Connection, "subprocess.Popen[bytes]"]:
    """Start a worker; return the parent's end of its pipe, and its process.

    Not a fork, which would copy threads' locks and engines' state. Only the worker holds the
    pipe's other end, so that either side sees the other's death as the end of the stream.
    """
    parent_end, worker_end = socket.socketpair()
    with parent_end, worker_end:
        number = worker_end.fileno()
        popen = subprocess.Popen(
            [sys.executable, "-P", "-c", _BOOT, str(number), str(os.getpid()), _import_path()],
            pass_fds=[number],
            stdin=subprocess.DEVNULL,
            # Engines write thousands of warnings, from C, to descriptors 1 and 2.
            stdout=2 if show_output else subprocess.DEVNULL,
            stderr=None if show_output else subprocess.DEVNULL,
            env=os.environ | _ENVIRONMENT | {"PYTHONFAULTHANDLER": "1" if show_output else ""},
            process_group=0,  # Ctrl-C is for the parent; see also Worker.kill
        )
        return Connection(parent_end.detach()), popen


def _import_path() -> str:
    return json.dumps([folder or str(Path.cwd()) for folder in sys.path])
