"""Run tasks in worker processes that may crash, hang or swell and cost no more than their task.

Music engines are C++: some scores kill the process, some never end, some eat all memory. So tasks
run in long-lived child processes, one task at a time each, under a watch.

The workers are started as fresh interpreters, not through ``multiprocessing``: they import the
modules of *work* and of the tasks, and never the caller's script. Therefore a script needs no
``if __name__ == "__main__":``, but what it hands over must live in an importable module.
"""

import contextlib
import pickle
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import wait
from typing import Generic

from deepscores.errors import DeepScoresError
from deepscores.runs.executors.local.process import End, Worker, end_all
from deepscores.runs.executors.local.worker import Raised
from deepscores.runs.executors.protocol import Done, Failed, Limits, Outcome, Task, Value

WATCH_SECONDS = 0.2  # between two looks at time and memory
RECYCLE_BYTES = 600 * 2**20

# How a try can end, and how often it may do so before the task is given up. Repeats are there so
# that chance does not decide what a dataset holds:
#   crash    the engine died of itself; heap damage does not show every time
#   killed   by another than us: a person, a batch system or the kernel short of memory
#   timeout  the second try has twice the time: shared caches and slow disks
#   memory   the first try may have been in a worker swollen by earlier tasks
TRIES = {"crash": 3, "killed": 5, "timeout": 2, "memory": 2}
FALSE_STARTS = 5  # workers that died before they had seen the task


@dataclass(frozen=True, slots=True)
class Local:
    """Runs tasks in worker processes of this machine, *jobs* at once.

    A worker found above *recycle_bytes* between two tasks is replaced. What workers print is
    dropped unless *show_output*.
    """

    jobs: int
    show_output: bool = field(default=False, repr=False)
    recycle_bytes: int = field(default=RECYCLE_BYTES, repr=False)

    def __post_init__(self) -> None:
        if self.jobs < 1:
            raise ValueError(f"jobs must be at least 1, not {self.jobs}")

    def run(
        self,
        work: Callable[[Task], Value],
        tasks: Iterable[Task],
        *,
        limits: Callable[[Task], Limits],
        start: Callable[[], None] | None = None,
    ) -> Generator[tuple[int, Task, Outcome[Value]]]:
        """As `Executor.run` says; a free worker gets its next task before a result is yielded.

        A worker that dies, or goes over the limits and is killed, costs no other task. Its own is
        tried again in a fresh worker, so that outcomes do not depend on chance (see ``TRIES``).

        Exceptions are raised as the original type where that can be pickled, with the worker's
        traceback as a note.

        No worker outlives the generator: it ends them when it is exhausted, closed or interrupted,
        and they end themselves when this process is killed (or, on Linux, the thread that runs it
        ends).
        """
        tries = (_Try(index, task, limits(task)) for index, task in enumerate(tasks))
        hire = partial(Worker, pickle.dumps((work, start)), show_output=self.show_output)
        crew: _Crew[Task, Value] = _Crew(tries, self.jobs, self.recycle_bytes, hire)
        with crew.watched():
            yield from crew.results()


@dataclass(slots=True)
class _Try(Generic[Task]):
    """A task and how its tries went so far."""

    index: int
    task: Task
    limits: Limits
    ends: list[End] = field(default_factory=list)
    false_starts: int = 0

    def give_up(self, end: End) -> Failed | None:
        """Note how a try ended; None if the task deserves another."""
        self.ends.append(end)
        if self._count(end.kind) < TRIES[end.kind]:
            return None
        if end.kind in ("timeout", "memory"):
            return Failed(end.kind, end.text)
        # All the texts, sorted: heap damage shows as SIGSEGV once and SIGABRT the next time.
        texts = {other.text for other in self.ends if other.kind == end.kind}
        return Failed("crash", " or ".join(sorted(texts)))

    def note_false_start(self, end: End) -> None:
        """Note that a worker died while it started, which is never the task's fault."""
        self.false_starts += 1
        if self.false_starts == FALSE_STARTS:
            raise DeepScoresError(
                f"worker processes cannot start ({FALSE_STARTS} tries): {end.text}"
            )

    def next_limits(self) -> Limits:
        patience = 2 if self._count("timeout") else 1
        return Limits(self.limits.seconds * patience, self.limits.bytes)

    @property
    def alone(self) -> bool:
        """Whether no other task may run beside this try.

        The last of a task that gets killed: were its neighbours eating the memory, the dataset
        would depend on the number of jobs.
        """
        return self._count("killed") == TRIES["killed"] - 1

    def _count(self, kind: str) -> int:
        return sum(end.kind == kind for end in self.ends)


class _Crew(Generic[Task, Value]):
    """The workers, and who does which task."""

    def __init__(
        self,
        tries: Iterator[_Try[Task]],
        jobs: int,
        recycle_bytes: int,
        hire: Callable[[], Worker],
    ) -> None:
        self._tries = tries
        self._jobs = jobs
        self._recycle_bytes = recycle_bytes
        self._hire = hire
        self._again: deque[_Try[Task]] = deque()
        self._workers: list[Worker] = []
        self._doing: dict[Worker, _Try[Task]] = {}

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Hold workers to their limits meanwhile, and leave none behind.

        The watch is a thread: while the caller is busy with a result, nobody is in `results`.
        """
        over = threading.Event()
        watch = threading.Thread(target=self._watch, args=(over,), name="watch", daemon=True)
        watch.start()
        try:
            yield
        finally:
            over.set()
            end_all(self._workers)
            watch.join()

    def _watch(self, over: threading.Event) -> None:
        while not over.wait(WATCH_SECONDS):
            for worker in tuple(self._workers):
                worker.enforce_limits()

    def results(self) -> Iterator[tuple[int, Task, Outcome[Value]]]:
        self._assign()
        while self._doing:
            heard = wait([worker.pipe for worker in self._doing])
            spoke = [worker for worker in self._doing if worker.pipe in heard]
            ended = [self._hear(worker) for worker in spoke]
            self._assign()
            yield from filter(None, ended)

    def _assign(self) -> None:
        """Give every free worker a task, hiring up to the number of jobs."""
        while len(self._doing) < self._jobs and (this := self._next()):
            worker = self._free_worker(fresh=bool(this.ends))
            self._doing[worker] = this
            worker.give(this.task, this.next_limits())

    def _next(self) -> _Try[Task] | None:
        if any(this.alone for this in self._doing.values()):
            return None
        if not self._again:
            return next(self._tries, None)
        if self._again[0].alone and self._doing:
            return None
        return self._again.popleft()

    def _free_worker(self, *, fresh: bool) -> Worker:
        idle = [worker for worker in self._workers if worker not in self._doing]
        if idle and not fresh:
            return idle[0]
        if len(self._workers) == self._jobs:
            self._dismiss(idle[0])
        worker = self._hire()
        self._workers.append(worker)
        return worker

    def _dismiss(self, worker: Worker) -> None:
        self._workers.remove(worker)
        worker.reap()

    def _hear(self, worker: Worker) -> tuple[int, Task, Outcome[Value]] | None:
        """Take a worker's message; the outcome if that ends its task."""
        said = worker.hear()
        if said is None:
            return None
        this = self._doing.pop(worker)
        outcome: Outcome[Value] | None = None
        match said:
            case Done():
                outcome = said
            case Raised():
                outcome = _as_failure(said, in_task=worker.ready)
            case End() if worker.ready:
                outcome = this.give_up(said)
            case End():
                this.note_false_start(said)
        if isinstance(said, End) or worker.is_spent(self._recycle_bytes):
            self._dismiss(worker)
        if outcome is None:
            self._again.append(this)
            return None
        return this.index, this.task, outcome


def _as_failure(raised: Raised, *, in_task: bool) -> Failed:
    """Raise a worker's exception here, unless it is the task's own want of memory."""
    error = raised.error()
    if in_task and isinstance(error, MemoryError):
        return Failed("memory", "asked for more memory than there is")
    raise error
