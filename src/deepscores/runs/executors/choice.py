"""Choose the executor that runs the tasks of a command."""

import os

from deepscores.errors import RecipeError
from deepscores.runs.executors.inline import Inline
from deepscores.runs.executors.local.pool import Local
from deepscores.runs.executors.protocol import Executor

EXECUTORS = ("local", "inline")
ENVIRONMENT = "DEEPSCORES_EXECUTOR"  # the name of the default
ONE_WORKER = Local(1)


def choose_executor(executor: str | Executor | None, jobs: int | None) -> Executor:
    """The executor of this name, with *jobs* tasks at once (None: one per core).

    ``local`` runs them in worker processes that contain crashes and hold limits, ``inline`` in this
    process, one at a time, whatever *jobs* says. None stands for the environment
    variable ``DEEPSCORES_EXECUTOR``, else ``local``. Raise RecipeError for other names.

    >>> choose_executor("local", 2)
    Local(jobs=2)
    """
    if jobs is not None and jobs < 1:
        raise RecipeError(f"jobs: {jobs} is not at least 1")
    if executor is not None and not isinstance(executor, str):
        return executor
    option, name = "executor", executor
    if name is None:
        option, name = ENVIRONMENT, os.environ.get(ENVIRONMENT) or EXECUTORS[0]
    match name:
        case "local":
            return Local(jobs or os.cpu_count() or 1)
        case "inline":
            return Inline()
    raise RecipeError(f"{option}: {name!r} is not one of {', '.join(EXECUTORS)}")


def for_safe_work(executor: Executor, tasks: int | None = None) -> Executor:
    """The executor for *tasks* that call no engine, so that nothing has to be contained.

    If only one would run at a time, this process runs them: starting a worker takes longer.
    """
    return Inline() if executor.jobs == 1 or tasks == 1 else executor


def for_inner_tasks(executor: Executor) -> Executor:
    """The executor for tasks that a task runs itself: one at a time, contained if it is."""
    return executor if isinstance(executor, Inline) else ONE_WORKER
