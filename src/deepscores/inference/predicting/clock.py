"""Where the time of a page goes."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter


class Clock:
    """Seconds by what they went into."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()

    @contextmanager
    def __call__(self, what: str) -> Iterator[None]:
        """The time of the block counts as *what*."""
        start = perf_counter()
        try:
            yield
        finally:
            self.seconds[what] += perf_counter() - start  # type: ignore[assignment] # a float
