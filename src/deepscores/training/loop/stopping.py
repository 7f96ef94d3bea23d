"""Ctrl-C during training: the current step is finished, and the run can be resumed."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stop_asked() -> Iterator[threading.Event]:
    """An event that Ctrl-C (or SIGTERM) sets while the block runs; a second one interrupts.

    Signals reach the main thread only: in another, nothing sets it.
    """
    requested = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        if requested.is_set():
            raise KeyboardInterrupt
        requested.set()

    if threading.current_thread() is not threading.main_thread():
        yield requested
        return
    previous_handlers = {
        number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield requested
    finally:
        for number, handler in previous_handlers.items():
            signal.signal(number, handler)
