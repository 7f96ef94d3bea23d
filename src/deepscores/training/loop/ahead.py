"""Things made in order by threads that work ahead of whoever takes them."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")

_WAITING = 3  # things of each thread that may wait


def made_ahead(
    make: Callable[[Given], Made], given: Iterable[Given], threads: int
) -> Iterator[Made]:
    """What *make* makes of each of *given*, in their order; without threads, when it is asked for.

    Whoever takes them may stop early: what is being made then is finished, the rest is not begun.
    """
    if not threads:
        yield from map(make, given)
        return
    pool = ThreadPoolExecutor(threads)
    waiting: deque[Future[Made]] = deque()
    try:
        for one in given:
            waiting.append(pool.submit(make, one))
            if len(waiting) > _WAITING * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
