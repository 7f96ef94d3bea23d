"""The protocol of executors, and the outcomes of tasks."""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeAlias, TypeVar

Task = TypeVar("Task")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Limits:
    """The resources that one task may use.

    *seconds* is processor time plus time asleep: wall-clock time, less the time spent waiting for
    a core. So a crowded machine, or more jobs than cores, does not change which tasks fail.
    *bytes* is resident memory of the whole worker, interpreter and imports included.
    """

    seconds: float
    bytes: int


@dataclass(frozen=True, slots=True)
class Completed(Generic[Value]):
    """The task returned *value*."""

    value: Value


@dataclass(frozen=True, slots=True)
class Failed:
    """The task failed in every try; *detail* is one line for the user."""

    reason: Literal["crash", "timeout", "memory"]
    detail: str


Outcome: TypeAlias = Completed[Value] | Failed


class Executor(Protocol):
    """Runs tasks somewhere: in this process, in local workers, on other machines.

    An executor is a small picklable value; processes it starts belong to one call of `run`.
    """

    @property
    def jobs(self) -> int:
        """How many tasks run at once."""

    def run(
        self,
        work: Callable[[Task], Value],
        tasks: Iterable[Task],
        *,
        limits: Callable[[Task], Limits],
        start: Callable[[], None] | None = None,
    ) -> Generator[tuple[int, Task, Outcome[Value]]]:
        """Yield ``(index, task, outcome)`` of every task, as they finish; the caller orders them.

        *tasks* is pulled lazily, in its order. Where there are worker processes, *start* runs once
        in each before its first task, and a task that goes over its *limits* is `Failed`; *work*
        and *start* must live in an importable module, and tasks and values must be picklable.

        An exception that *work* raises is a bug or the machine's failure, not the task's: it is
        raised here. Only `MemoryError` counts as ``Failed("memory")``.

        Closing the generator stops the tasks that still run; nothing outlives it.
        """
