"""What runs inside a worker process: tasks come in through a pipe, values or exceptions go out."""

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

from deepscores.runs.executors.protocol import Done

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception on its way from a worker to the parent."""

    pickled: bytes
    text: str
    trace: str

    @classmethod
    def of(cls, error: Exception) -> "Raised":
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
        except Exception:  # not pickled, or its class cannot be called with its args
            error = RuntimeError(self.text)
        error.add_note(f"In a worker process:\n{self.trace}")
        return error


class _WithoutPandas(MetaPathFinder):
    """Finds no pandas."""

    def find_spec(self, name: str, *_: object) -> None:
        if name == "pandas":
            raise ModuleNotFoundError("pandas is left out", name=name)


def leave_out_pandas() -> None:
    """Keep PyArrow from loading pandas, where that is installed: half a second of every process.

    PyArrow looks for it whenever it is given a list; nothing here has any of its tables.
    """
    sys.meta_path.insert(0, _WithoutPandas())


def serve(descriptor: int, parent: int) -> None:
    """Live as a worker, until the parent closes its end of the pipe."""
    os.set_inheritable(descriptor, False)
    leave_out_pandas()
    _settle(parent)
    # A second descriptor, which Python does not close on its way out: the parent must see the
    # pipe's end when the process has ended, or it would take it for one that has gone astray.
    os.dup(descriptor)
    pipe, hired = Connection(descriptor), _Hired()
    try:
        pipe.send_bytes(_answer(hired.prepare, pipe.recv_bytes()))
        while True:
            pipe.send_bytes(_answer(hired.do, pipe.recv_bytes()))
            _give_back()
    except (EOFError, OSError):  # the parent is gone
        os._exit(0)


def _settle(parent: int) -> None:
    """Make this process one that ends with its parent and harms nobody by crashing."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        # An engine may be deep in C for hours: only the kernel can end it with the parent.
        # (To be exact, with the parent's thread that started it.)
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        # When memory runs out, it is to be a worker that goes, not the parent.
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
            file.write("500")
    if os.getppid() != parent:  # it died before it could be noticed
        os._exit(0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # crashes are routine here


def _give_back() -> None:
    """Return freed memory to the system: glibc keeps what a large task left, in pieces."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
        if trim is not None:
            trim(0)


class _Hired:
    """What this worker does with the messages it gets."""

    def prepare(self, hello: bytes) -> None:
        self._work, start = _load(hello)
        if start is not None:
            start()

    def do(self, order: bytes) -> object:
        return self._work(_load(order))


def _load(message: bytes) -> Any:
    try:
        return pickle.loads(message)
    except AttributeError as error:
        raise RuntimeError(
            f"{error}: workers do not run the calling script, so what they need must live in a "
            "module they can import"
        ) from error


def _answer(call: Callable[[bytes], object], message: bytes) -> bytes:
    """The pickled result of *call*, or the exception it let out."""
    try:
        return pickle.dumps(Done(call(message)))
    except Exception as error:
        return pickle.dumps(Raised.of(error))
