"""What all executors have in common, and how one is chosen. Containment is in test_pool.py."""

import os
import pickle
from collections.abc import Iterator

import pytest
import tasks_in_workers as acts

from deepscores.errors import RecipeError, ScoreError
from deepscores.runs.executors.choice import (
    ENVIRONMENT,
    choose_executor,
    for_inner_tasks,
    for_safe_work,
)
from deepscores.runs.executors.inline import Inline
from deepscores.runs.executors.local.pool import Local
from deepscores.runs.executors.protocol import Completed, Executor, Failed, Limits

FREE = Limits(seconds=60, bytes=2**30)
EXECUTORS: dict[str, Executor] = {"inline": Inline(), "local": Local(2)}
of_all = pytest.mark.parametrize("executor", EXECUTORS.values(), ids=EXECUTORS)


@of_all
def test_every_task_gets_its_value(executor: Executor) -> None:
    tasks = [("double", number) for number in range(20)]
    results = sorted(executor.run(acts.act, tasks, limits=lambda _: FREE))  # type: ignore[type-var]
    assert results == [(index, task, Completed(2 * index)) for index, task in enumerate(tasks)]


@of_all
def test_tasks_are_pulled_as_outcomes_are_asked_for(executor: Executor) -> None:
    pulled: list[int] = []

    def tasks() -> Iterator[tuple[object, ...]]:
        for number in range(100):
            pulled.append(number)
            yield "double", number

    results = executor.run(acts.act, tasks(), limits=lambda _: FREE)
    assert not pulled
    next(results)
    results.close()
    assert len(pulled) <= 2 * executor.jobs + 1


@of_all
def test_an_exception_is_raised_as_itself(executor: Executor) -> None:
    with pytest.raises(ScoreError, match=r"a\.xml: no notes"):
        list(executor.run(acts.act, [("bad score",)], limits=lambda _: FREE))


@of_all
def test_memory_that_does_not_exist_costs_its_task_only(executor: Executor) -> None:
    tasks = [("ask for the moon",), ("double", 21)]
    outcomes = {
        index: outcome for index, _, outcome in executor.run(acts.act, tasks, limits=lambda _: FREE)
    }
    assert outcomes == {
        0: Failed("memory", "asked for more memory than there is"),
        1: Completed(42),
    }


@of_all
def test_an_executor_can_be_handed_to_a_task(executor: Executor) -> None:
    assert pickle.loads(pickle.dumps(executor)) == executor


def test_inline_runs_one_task_at_a_time_in_this_process_and_prepares_nothing() -> None:
    results = Inline().run(
        acts.act, [("where",), ("where",)], limits=lambda _: FREE, start=acts.fail_to_start
    )
    assert [outcome for *_, outcome in results] == [Completed(os.getpid())] * 2
    assert Inline().jobs == 1


def test_an_executor_is_chosen_by_name_by_environment_or_handed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    assert choose_executor(None, 3) == choose_executor("local", 3) == Local(3)
    assert choose_executor("local", None) == Local(os.cpu_count() or 1)
    assert choose_executor("inline", 3) == Inline()
    assert choose_executor(Local(4), 3) == Local(4)
    monkeypatch.setenv(ENVIRONMENT, "inline")
    assert choose_executor(None, 3) == Inline()
    assert choose_executor("local", 3) == Local(3)


def test_executors_that_cannot_be_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RecipeError, match=r"^executor: 'cluster' is not one of local, inline$"):
        choose_executor("cluster", 1)
    with pytest.raises(RecipeError, match=r"^jobs: 0 is not at least 1$"):
        choose_executor("inline", 0)
    monkeypatch.setenv(ENVIRONMENT, "cloud")
    with pytest.raises(RecipeError, match=r"^DEEPSCORES_EXECUTOR: 'cloud' is not one of"):
        choose_executor(None, 1)


def test_safe_work_starts_no_worker_where_one_task_runs_at_a_time() -> None:
    assert for_safe_work(Local(1)) == for_safe_work(Local(4), tasks=1) == Inline()
    assert for_safe_work(Local(4), tasks=2) == Local(4)


def test_tasks_within_a_task_are_contained_as_it_is() -> None:
    assert for_inner_tasks(Local(8)) == Local(1)
    assert for_inner_tasks(Inline()) == Inline()
