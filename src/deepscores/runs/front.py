"""Results of the first tasks of a list that together suffice, in whatever order tasks finish."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Front(Generic[Value]):
    """The completed beginning of a list of tasks.

    Workers finish tasks in any order. Only the first tasks of the list whose sizes add up to
    *enough* count, or all of them if that is None: so the outcome does not depend on timing.
    Tasks are identified by *keys*, in the order of the list; *completed* holds results of an
    earlier run.
    """

    def __init__(
        self,
        keys: Sequence[int],
        size: Callable[[Value], int],
        enough: int | None = None,
        completed: Mapping[int, Value] | None = None,
    ) -> None:
        self._keys = keys
        self._size = size
        self._enough = enough
        self._completed = dict(completed or {})
        self._end = 0  # position of the first task without a result
        self._total = 0  # size of the tasks before it
        self._advance()

    def add(self, key: int, value: Value) -> None:
        """Add the result of a task."""
        self._completed[key] = value
        self._advance()

    def _advance(self) -> None:
        while not self.is_enough() and self._end < len(self._keys):
            value = self._completed.get(self._keys[self._end])
            if value is None:
                return
            self._total += self._size(value)
            self._end += 1

    def is_enough(self) -> bool:
        """Whether no further result is needed: tasks that still run may be stopped."""
        return self._enough is not None and self._total >= self._enough

    def pending(self) -> Iterator[int]:
        """Yield the keys of the tasks to run, in order and lazily.

        Ends as soon as the tasks before the next one suffice, even if some of them still run and
        turn out to be empty.
        """
        for position, key in enumerate(self._keys):
            if key in self._completed:
                continue
            if not self._may_count(position):
                return
            yield key

    def _may_count(self, position: int) -> bool:
        if self._enough is None:
            return True
        between = (self._completed.get(key) for key in self._keys[self._end : position])
        sizes = (self._size(value) for value in between if value is not None)
        return self._total + sum(sizes) < self._enough

    def results(self) -> list[Value]:
        """The results that count, in order."""
        if not self.is_enough() and self._end < len(self._keys):
            raise ValueError(f"task {self._keys[self._end]} is not done")
        return [self._completed[key] for key in self._keys[: self._end]]
