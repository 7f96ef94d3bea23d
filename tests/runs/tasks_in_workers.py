"""What the tests let worker processes do: real crashes, real hangs, real exceptions."""

import ctypes
import errno
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from deepscores.errors import ScoreError

MIB = 2**20
STARTED: list[int] = []


def start() -> None:
    STARTED.append(os.getpid())


def fail_to_start() -> None:
    raise ImportError("no engine here")


def die_at_start() -> None:
    os._exit(7)


def die_at_first_start(folder: str) -> None:
    if _tries(folder, "start") == 1:
        os.kill(os.getpid(), signal.SIGKILL)


def act(task: tuple[object, ...]) -> object:
    """Do what the task says: the name of one of the functions below, and its arguments."""
    name, *arguments = task
    return ACTS[str(name)](*arguments)


def _pandas_beside_arrow() -> bool:
    """Whether pandas is loaded once PyArrow has been given a list."""
    import pyarrow as pa

    pa.array([1, 2])
    return "pandas" in sys.modules


def _tries(folder: str, name: str) -> int:
    """Count the calls, over all processes."""
    with open(Path(folder, name), "ab") as file:
        file.write(b".")
        return file.tell()


def _double(number: int) -> int:
    return 2 * number


def _segfault() -> None:
    ctypes.string_at(0)


def _die_of(number: int) -> None:
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _die_first(folder: str, number: int, times: int) -> int:
    tries = _tries(folder, "tries")
    if tries <= times:
        os.kill(os.getpid(), number)
    return tries


def _die_late_first(folder: str, seconds: float) -> int:
    time.sleep(seconds)
    _die_first(folder, signal.SIGSEGV, 1)
    return os.getpid()


def _sleep_and_fill(folder: str, seconds: float, size: int) -> bytes:
    _tries(folder, "tries")
    time.sleep(seconds)
    return b"x" * size


def _sleep_then_touch(seconds: float, path: str) -> None:
    time.sleep(seconds)
    Path(path).touch()


def _hang_in_c() -> None:
    ctypes.PyDLL(None).sleep(600)  # PyDLL: with the interpreter's lock, as an engine does


def _spin() -> None:
    while True:
        pass


def _work_for(processor_seconds: float) -> str:
    while time.process_time() < processor_seconds:
        sum(range(10_000))
    return "worked"


def _slow_first(folder: str, seconds: float) -> int:
    tries = _tries(folder, "tries")
    if tries == 1:
        time.sleep(seconds)
    return tries


def _eat(mebibytes: int) -> int:
    block = b"x" * (mebibytes * MIB)
    time.sleep(5)
    return len(block)


def _keep(mebibytes: int) -> int:
    STARTED.append(0)
    globals()["kept"] = b"x" * (mebibytes * MIB)
    return os.getpid()


def _disk_full() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/some/file")


def _bad_score() -> None:
    raise ScoreError("a.xml", "no notes")


class OddError(Exception):
    """Cannot be pickled: it holds a lock, and its class wants two arguments."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one + two)
        self.lock = threading.Lock()


def _odd_error() -> None:
    raise OddError("od", "d")


def _print() -> None:
    os.write(1, b"from C on 1\n")
    os.write(2, b"from C on 2\n")


def _report(folder: str, seconds: float) -> int:
    Path(folder, str(os.getpid())).touch()
    time.sleep(seconds)
    return os.getpid()


def _with_a_child(folder: str) -> None:
    """Start a program, as an engine of another kind would, and hang."""
    child = os.posix_spawn("/bin/sleep", ["sleep", "600"], {})
    Path(folder, str(child)).touch()
    time.sleep(600)


def _neighbours(folder: str) -> int:
    """How many other tasks run now; killed in all tries but the last."""
    if _tries(folder, "tries") <= 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return len(list(Path(folder).glob("busy-*")))


def _busy(folder: str, seconds: float) -> None:
    mark = Path(folder, f"busy-{os.getpid()}")
    mark.touch()
    time.sleep(seconds)
    mark.unlink()


ACTS: dict[str, Callable[..., object]] = {
    "abort": os.abort,
    "ask for the moon": lambda: bytes(2**60),
    "bad score": _bad_score,
    "be busy": _busy,
    "big": lambda size: b"x" * size,
    "count neighbours": _neighbours,
    "die first": _die_first,
    "die late first": _die_late_first,
    "die of": _die_of,
    "disk full": _disk_full,
    "double": _double,
    "pandas beside arrow": _pandas_beside_arrow,
    "eat": _eat,
    "exit in C": partial(ctypes.CDLL(None).exit, 3),
    "exit at once": os._exit,
    "exit in Python": sys.exit,
    "hang in C": _hang_in_c,
    "keep": _keep,
    "lambda": lambda: lambda: 0,
    "odd error": _odd_error,
    "print": _print,
    "report": _report,
    "segfault": _segfault,
    "sleep": time.sleep,
    "sleep and fill": _sleep_and_fill,
    "sleep then touch": _sleep_then_touch,
    "slow first": _slow_first,
    "spin": _spin,
    "started": lambda: list(STARTED),
    "where": os.getpid,
    "with a child": _with_a_child,
    "work for": _work_for,
}
