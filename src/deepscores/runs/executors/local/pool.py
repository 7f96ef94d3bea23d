"""Run tasks in worker processes; one that crashes, hangs or leaks memory costs only its task.

Music engines are C++: some scores crash the process, some never end, some use all memory. So
tasks run in long-lived child processes, one task at a time each, under supervision.

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
from deepscores.runs.executors.protocol import Completed, Failed, Limits, Outcome, Task, Value

WATCH_SECONDS = 0.2  # between two checks of time and memory
RECYCLE_BYTES = 600 * 2**20

# How a try can end, and how often it may do so before the task has failed. Retries make sure that
# chance does not decide what a dataset holds:
#   crash    the engine crashed; heap damage does not show every time
#   killed   from outside: by a person, a batch system or the kernel short of memory
#   timeout  the second try has twice the time: shared caches and slow disks
#   memory   the first try may have been in a worker grown large by earlier tasks
MAX_TRIES = {"crash": 3, "killed": 5, "timeout": 2, "memory": 2}
MAX_FALSE_STARTS = 5  # workers that died before they received the task


@dataclass(frozen=True, slots=True)
class Local:
    """Runs tasks in worker processes of this machine, *jobs* at once.

    A worker that uses more than *recycle_bytes* between two tasks is replaced. Output of workers
    is dropped unless *show_output*.
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

        A worker that dies, or is killed because it exceeds the limits, affects no other task. Its
        own is retried in a fresh worker, so that outcomes do not depend on chance (``MAX_TRIES``).

        Exceptions are raised as the original type where that can be pickled, with the worker's
        traceback as a note.

        No worker outlives the generator: it ends them when it is exhausted, closed or interrupted,
        and they end themselves when this process is killed (or, on Linux, the thread that runs it
        ends).
        """
        tries = (_Attempts(index, task, limits(task)) for index, task in enumerate(tasks))
        start_worker = partial(Worker, pickle.dumps((work, start)), show_output=self.show_output)
        pool: WorkerPool[Task, Value] = WorkerPool(
            tries, self.jobs, self.recycle_bytes, start_worker
        )
        with pool.enforcing_limits():
            yield from pool.results()


@dataclass(slots=True)
class _Attempts(Generic[Task]):
    """A task and how its tries have ended so far."""

    index: int
    task: Task
    limits: Limits
    ends: list[End] = field(default_factory=list)
    false_starts: int = 0

    def give_up(self, end: End) -> Failed | None:
        """Record how a try ended; return None if the task is to be retried."""
        self.ends.append(end)
        if self._count(end.kind) < MAX_TRIES[end.kind]:
            return None
        if end.kind in ("timeout", "memory"):
            return Failed(end.kind, end.text)
        # All the texts, sorted: heap damage shows as SIGSEGV once and SIGABRT the next time.
        texts = {previous_end.text for previous_end in self.ends if previous_end.kind == end.kind}
        return Failed("crash", " or ".join(sorted(texts)))

    def note_false_start(self, end: End) -> None:
        """Record that a worker died while it started, which is never the task's fault."""
        self.false_starts += 1
        if self.false_starts == MAX_FALSE_STARTS:
            raise DeepScoresError(
                f"worker processes cannot start ({MAX_FALSE_STARTS} tries): {end.text}"
            )

    def next_limits(self) -> Limits:
        patience = 2 if self._count("timeout") else 1
        return Limits(self.limits.seconds * patience, self.limits.bytes)

    @property
    def runs_alone(self) -> bool:
        """Whether no other task may run beside this try.

        The last try of a task that gets killed: if its neighbours used up the memory, the dataset
        would depend on the number of jobs.
        """
        return self._count("killed") == MAX_TRIES["killed"] - 1

    def _count(self, kind: str) -> int:
        return sum(end.kind == kind for end in self.ends)


class WorkerPool(Generic[Task, Value]):
    """The workers and the tasks that they run."""

    def __init__(
        self,
        tries: Iterator[_Attempts[Task]],
        jobs: int,
        recycle_bytes: int,
        start_worker: Callable[[], Worker],
    ) -> None:
        self._tries = tries
        self._jobs = jobs
        self._recycle_bytes = recycle_bytes
        self._start_worker = start_worker
        self._retries: deque[_Attempts[Task]] = deque()
        self._workers: list[Worker] = []
        self._running: dict[Worker, _Attempts[Task]] = {}

    @contextlib.contextmanager
    def enforcing_limits(self) -> Iterator[None]:
        """Enforce the workers' limits meanwhile, and end all of them afterwards.

        A thread does it: while the caller is busy with a result, `results` does not run.
        """
        stopped = threading.Event()
        watch = threading.Thread(target=self._watch, args=(stopped,), name="watch", daemon=True)
        watch.start()
        try:
            yield
        finally:
            stopped.set()
            end_all(self._workers)
            watch.join()

    def _watch(self, stopped: threading.Event) -> None:
        while not stopped.wait(WATCH_SECONDS):
            for worker in tuple(self._workers):
                worker.enforce_limits()

    def results(self) -> Iterator[tuple[int, Task, Outcome[Value]]]:
        self._assign_tasks()
        while self._running:
            readable = wait([worker.pipe for worker in self._running])
            answering = [worker for worker in self._running if worker.pipe in readable]
            outcomes = [self._receive(worker) for worker in answering]
            self._assign_tasks()
            yield from filter(None, outcomes)

    def _assign_tasks(self) -> None:
        """Give every free worker a task; start workers up to the number of jobs."""
        while len(self._running) < self._jobs and (attempt := self._next()):
            worker = self._free_worker(fresh=bool(attempt.ends))
            self._running[worker] = attempt
            worker.assign(attempt.task, attempt.next_limits())

    def _next(self) -> _Attempts[Task] | None:
        if any(attempt.runs_alone for attempt in self._running.values()):
            return None
        if not self._retries:
            return next(self._tries, None)
        if self._retries[0].runs_alone and self._running:
            return None
        return self._retries.popleft()

    def _free_worker(self, *, fresh: bool) -> Worker:
        idle = [worker for worker in self._workers if worker not in self._running]
        if idle and not fresh:
            return idle[0]
        if len(self._workers) == self._jobs:
            self._dismiss(idle[0])
        worker = self._start_worker()
        self._workers.append(worker)
        return worker

    def _dismiss(self, worker: Worker) -> None:
        self._workers.remove(worker)
        worker.reap()

    def _receive(self, worker: Worker) -> tuple[int, Task, Outcome[Value]] | None:
        """Receive a worker's message; return the outcome if the task is finished."""
        answer = worker.receive()
        if answer is None:
            return None
        attempt = self._running.pop(worker)
        outcome: Outcome[Value] | None = None
        match answer:
            case Completed():
                outcome = answer
            case Raised():
                outcome = _failure_of(answer, in_task=worker.ready)
            case End() if worker.ready:
                outcome = attempt.give_up(answer)
            case End():
                attempt.note_false_start(answer)
        if isinstance(answer, End) or worker.is_spent(self._recycle_bytes):
            self._dismiss(worker)
        if outcome is None:
            self._retries.append(attempt)
            return None
        return attempt.index, attempt.task, outcome


def _failure_of(raised: Raised, *, in_task: bool) -> Failed:
    """Raise a worker's exception here, unless its task ran out of memory."""
    error = raised.error()
    if in_task and isinstance(error, MemoryError):
        return Failed("memory", "asked for more memory than there is")
    raise error
