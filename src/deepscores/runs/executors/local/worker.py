"""The main loop of a worker process: tasks arrive through a pipe, values or exceptions leave."""

import contextlib
import ctypes
import os
import pickle
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from multiprocessing.connection import Connection
from typing import Any

from deepscores.runs.executors.protocol import Completed

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception sent from a worker to its parent."""

    pickled: bytes
    text: str
    trace: str

    @classmethod
    def from_error(cls, error: Exception) -> "Raised":
        trace = "".join(traceback.format_exception(error))
        try:
            pickled = pickle.dumps(error)
        except Exception:  # it may hold anything: a lock, a toolkit
            pickled = b""
        return cls(pickled, f"{type(error).__name__}: {error}", trace)

    def error(self) -> Exception:
        """The exception again, with the worker's traceback as a note."""
        try:
            error: Exception = pickle.loads(self.pickled)
        except Exception:  # not pickled, or its class does not accept its own args
            error = RuntimeError(self.text)
        error.add_note(f"In a worker process:\n{self.trace}")
        return error


class _WithoutPandas(MetaPathFinder):
    """Finds no pandas."""

    def find_spec(self, name: str, *_: object) -> None:
        if name == "pandas":
            raise ModuleNotFoundError("pandas is left out", name=name)


def leave_out_pandas() -> None:
    """Keep PyArrow from importing pandas if it is installed: half a second of every process.

    PyArrow looks for it whenever it converts a list; nothing here uses its tables.
    """
    sys.meta_path.insert(0, _WithoutPandas())


def serve(descriptor: int, parent: int) -> None:
    """Run tasks until the parent closes its end of the pipe."""
    os.set_inheritable(descriptor, False)
    leave_out_pandas()
    _bind_to_parent(parent)
    # A second descriptor, which Python does not close at exit: the parent must see the pipe's end
    # only when the process has ended, or it would have to kill it.
    os.dup(descriptor)
    pipe, runner = Connection(descriptor), _TaskRunner()
    try:
        pipe.send_bytes(_run_and_pickle(runner.prepare, pipe.recv_bytes()))
        while True:
            pipe.send_bytes(_run_and_pickle(runner.run, pipe.recv_bytes()))
            _return_memory()
    except (EOFError, OSError):  # the parent is gone
        os._exit(0)


def _bind_to_parent(parent: int) -> None:
    """Make this process end with its parent, and its crashes harmless."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        # An engine may be deep in C for hours: only the kernel can end it with the parent.
        # (To be exact, with the parent's thread that started it.)
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        # When memory runs out, the kernel should kill a worker, not the parent.
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
            file.write("500")
    if os.getppid() != parent:  # it died before prctl took effect
        os._exit(0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # crashes are routine here


def _return_memory() -> None:
    """Return freed memory to the system: glibc keeps fragments after a large task."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
        if trim is not None:
            trim(0)


class _TaskRunner:
    """Handles the messages that this worker receives."""

    def prepare(self, setup_message: bytes) -> None:
        self._work, start = _load(setup_message)
        if start is not None:
            start()

    def run(self, task_message: bytes) -> object:
        return self._work(_load(task_message))


def _load(message: bytes) -> Any:
    try:
        return pickle.loads(message)
    except AttributeError as error:
        raise RuntimeError(
            f"{error}: workers do not run the calling script, so what they need must live in a "
            "module they can import"
        ) from error


def _run_and_pickle(call: Callable[[bytes], object], message: bytes) -> bytes:
    """The pickled result of *call*, or the exception that it raised."""
    try:
        return pickle.dumps(Completed(call(message)))
    except Exception as error:
        return pickle.dumps(Raised.from_error(error))
