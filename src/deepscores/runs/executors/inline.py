"""Run tasks in this process: no worker has to start, and nothing contains what a task does."""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass

from deepscores.runs.executors.protocol import Completed, Failed, Limits, Outcome, Task, Value


@dataclass(frozen=True, slots=True)
class Inline:
    """Runs a task when its outcome is requested.

    Limits are not enforced, a crash ends the program, output of tasks is shown, and a debugger
    stops in them.
    """

    @property
    def jobs(self) -> int:
        return 1

    def run(
        self,
        work: Callable[[Task], Value],
        tasks: Iterable[Task],
        *,
        limits: Callable[[Task], Limits],
        start: Callable[[], None] | None = None,
    ) -> Generator[tuple[int, Task, Outcome[Value]]]:
        """As `Executor.run` says; *limits* and *start* are for workers, of which there are none."""
        for index, task in enumerate(tasks):
            outcome: Outcome[Value]
            try:
                outcome = Completed(work(task))
            except MemoryError:
                outcome = Failed("memory", "asked for more memory than there is")
            yield index, task, outcome
