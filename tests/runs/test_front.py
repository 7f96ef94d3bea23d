"""What counts of a list of tasks does not depend on timing, and nobody waits for what does not."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import tasks_in_workers as acts
from hypothesis import given
from hypothesis import strategies as st

from deepscores.runs.executors.local.pool import Local
from deepscores.runs.executors.protocol import Completed, Limits
from deepscores.runs.front import Front

SIZES = st.lists(st.integers(0, 4), max_size=12)


def size(value: int) -> int:
    return value


def in_sequence(sizes: list[int], enough: int | None) -> list[int]:
    """The results of one task after the other."""
    results: list[int] = []
    for value in sizes:
        if enough is not None and sum(results) >= enough:
            break
        results.append(value)
    return results


@given(SIZES, st.none() | st.integers(1, 15), st.integers(1, 4), st.randoms(), st.data())
def test_what_counts_does_not_depend_on_which_task_ends_first(
    sizes: list[int], enough: int | None, jobs: int, random: object, data: st.DataObject
) -> None:
    keys = [10 * position for position in range(len(sizes))]
    value_of = dict(zip(keys, sizes, strict=True))
    earlier = {key: value_of[key] for key in keys if data.draw(st.booleans())}
    front = Front(keys, size, enough, earlier)
    pending = front.pending()
    running: list[int] = []
    while not front.is_enough():
        while len(running) < jobs and (key := next(pending, None)) is not None:
            assert key not in earlier
            running.append(key)
        if not running:
            break
        key = running.pop(random.randrange(len(running)))  # type: ignore[attr-defined]
        front.add(key, value_of[key])
    assert front.results() == in_sequence(sizes, enough)


def test_a_task_behind_enough_is_not_begun_while_one_before_it_still_runs() -> None:
    front = Front(range(9), size, enough=10)
    pending = front.pending()
    assert [next(pending) for _ in range(3)] == [0, 1, 2]
    front.add(1, 4)
    assert next(pending) == 3
    front.add(2, 6)  # whatever task 0 gives, 3 and all that follow are not needed
    assert next(pending, None) is None
    front.add(3, 5)
    assert not front.is_enough()
    front.add(0, 0)
    assert front.results() == [0, 4, 6]


def test_results_that_miss_a_task_are_refused() -> None:
    front = Front([7, 8], size)
    front.add(8, 1)
    with pytest.raises(ValueError, match="task 7 is not done"):
        front.results()


def test_a_task_that_nobody_waits_for_is_stopped(tmp_path: Path) -> None:
    finished = tmp_path / "finished"
    front: Front[int] = Front(range(9), size, enough=1)
    begun: list[int] = []

    def tasks() -> Iterator[tuple[object, ...]]:
        for key in front.pending():
            begun.append(key)
            yield ("double", 1) if key == 0 else ("sleep then touch", 60, str(finished))

    limits = Limits(seconds=600, bytes=2**30)
    results = Local(2).run(acts.act, tasks(), limits=lambda _: limits)
    with closing(results):
        for index, _, outcome in results:
            assert isinstance(outcome, Completed)
            front.add(index, outcome.value)  # type: ignore[arg-type]
            assert front.is_enough()
            ended = time.monotonic()
            break
    assert time.monotonic() - ended < 1
    assert 2 <= len(begun) <= 3
    assert front.results() == [2]
    assert not finished.exists()
