"""Values made in order by threads that work ahead of their consumer."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Input = TypeVar("Input")
Output = TypeVar("Output")

_MAX_WAITING_PER_THREAD = 3  # results of each thread that may wait to be taken


def make_ahead(
    make: Callable[[Input], Output], inputs: Iterable[Input], threads: int
) -> Iterator[Output]:
    """The results of *make* for each of *inputs*, in order; without threads, made on demand.

    The consumer may stop early: calls under way are finished, the others are not begun.
    """
    if not threads:
        yield from map(make, inputs)
        return
    pool = ThreadPoolExecutor(threads)
    waiting: deque[Future[Output]] = deque()
    try:
        for item in inputs:
            waiting.append(pool.submit(make, item))
            if len(waiting) > _MAX_WAITING_PER_THREAD * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
