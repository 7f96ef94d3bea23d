"""Containment, with real processes, real signals and real kills."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest
import tasks_in_workers as acts
from tasks_in_workers import MIB

from deepscores.errors import DeepScoresError, ScoreError
from deepscores.runs.executors.local.pool import Local
from deepscores.runs.executors.protocol import Completed, Failed, Limits, Outcome

FREE = Limits(seconds=60, bytes=1024 * MIB)
Act = tuple[object, ...]
GOOD: Act = ("double", 21)


def outcomes(
    *tasks: Act, jobs: int = 1, limits: Limits = FREE, start: Callable[[], None] | None = None
) -> list[Outcome[object]]:
    """Outcomes in the order of the tasks."""
    found = Local(jobs).run(acts.act, tasks, limits=lambda _: limits, start=start)
    ordered = sorted(found, key=lambda row: row[0])
    assert [(index, task) for index, task, _ in ordered] == list(enumerate(tasks))
    return [outcome for _, _, outcome in ordered]


def outcome(*act: object, limits: Limits = FREE) -> Outcome[object]:
    """The outcome of one act; the task after it must not suffer."""
    first, second = outcomes(act, GOOD, limits=limits)
    assert second == Completed(42)
    return first


# Processes that tests of other files left, such as the resource tracker of `multiprocessing`, which
# ends with its process.
_OTHERS: set[psutil.Process] = set()


def children() -> set[psutil.Process]:
    return set(psutil.Process().children(recursive=True)) - _OTHERS


@pytest.fixture(autouse=True)
def _no_worker_is_left() -> Iterator[None]:
    _OTHERS.update(children())
    yield
    assert not children()


# --- results ---


@pytest.mark.parametrize("jobs", [1, 3])
def test_every_task_gets_its_value(jobs: int) -> None:
    assert outcomes(*[("double", i) for i in range(50)], jobs=jobs) == [
        Completed(2 * i) for i in range(50)
    ]


def test_pyarrow_loads_no_pandas_in_a_worker() -> None:
    assert find_spec("pandas"), "it is installed for the tests"
    assert outcomes(("pandas beside arrow",)) == [Completed(False)]


def test_no_task_starts_no_worker() -> None:
    assert outcomes() == []


def test_fewer_than_one_job_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Local(0)


def test_tasks_run_outside_this_process() -> None:
    [where] = outcomes(("where",))
    assert where != Completed(os.getpid())


def test_one_worker_serves_many_tasks_and_starts_once() -> None:
    first, second = outcomes(("started",), ("started",), start=acts.start)
    assert first == second
    assert isinstance(first, Completed)
    assert len(first.value) == 1  # type: ignore[arg-type]


def test_messages_larger_than_the_pipe_pass_both_ways() -> None:
    size = 5 * MIB
    assert outcomes(("big", size), jobs=2) == [Completed(b"x" * size)]
    tasks = [b"y" * size] * 4
    found = Local(2).run(len, tasks, limits=lambda _: FREE)
    assert [result for *_, result in found] == [Completed(size)] * 4


def test_tasks_are_pulled_as_workers_get_free() -> None:
    pulled = []

    def tasks() -> Iterator[Act]:
        for i in range(100):
            pulled.append(i)
            yield "double", i

    found = Local(2).run(acts.act, tasks(), limits=lambda _: FREE)
    next(found)
    assert len(pulled) <= 5
    found.close()  # type: ignore[attr-defined]


def test_a_result_waits_for_a_slow_caller_without_running_out_of_time(tmp_path: Path) -> None:
    # More than the pipe holds: the worker cannot end before the caller comes back.
    slow: Act = ("sleep and fill", str(tmp_path), 0.4, 5 * MIB)
    limits = Limits(seconds=0.7, bytes=FREE.bytes)
    tasks = [("sleep", 0.2), slow]
    for _, _, result in Local(2).run(acts.act, tasks, limits=lambda _: limits):
        assert isinstance(result, Completed)
        time.sleep(1.2)
    assert (tmp_path / "tries").stat().st_size == 1


def test_idle_time_is_not_the_next_tasks_time(tmp_path: Path) -> None:
    limits = Limits(seconds=0.6, bytes=FREE.bytes)

    def tasks() -> Iterator[Act]:
        for _ in range(2):
            yield "report", str(tmp_path), 0.3
            time.sleep(0.7)

    found = Local(1).run(acts.act, tasks(), limits=lambda _: limits)
    assert len({outcome for *_, outcome in found}) == 1  # the same worker, not killed


def test_what_workers_print_is_dropped_unless_asked_for(capfd: pytest.CaptureFixture[str]) -> None:
    outcomes(("print",))
    assert capfd.readouterr() == ("", "")
    list(Local(1, show_output=True).run(acts.act, [("print",)], limits=lambda _: FREE))
    assert capfd.readouterr() == ("", "from C on 1\nfrom C on 2\n")


# --- crashes ---


@pytest.mark.parametrize(
    ("act", "detail"),
    [
        (("segfault",), "engine died with SIGSEGV"),
        (("die of", signal.SIGFPE), "engine died with SIGFPE"),
        (("abort",), "engine died with SIGABRT"),
        (("exit in C",), "engine ended its process with exit status 3"),
        (("exit at once", 0), "engine ended its process with exit status 0"),
        (("exit in Python", 5), "engine ended its process with exit status 5"),
    ],
)
def test_a_crash_costs_its_task_only(act: Act, detail: str) -> None:
    assert outcome(*act) == Failed("crash", detail)


def test_many_crashes_among_good_tasks() -> None:
    tasks: list[Act] = [("segfault",) if i % 4 == 1 else ("double", i) for i in range(12)]
    assert outcomes(*tasks, jobs=3) == [
        Failed("crash", "engine died with SIGSEGV") if i % 4 == 1 else Completed(2 * i)
        for i in range(12)
    ]


@pytest.mark.parametrize(
    ("number", "times"), [(signal.SIGSEGV, 2), (signal.SIGKILL, 4), (signal.SIGTERM, 4)]
)
def test_a_death_that_does_not_repeat_costs_nothing(
    tmp_path: Path, number: int, times: int
) -> None:
    assert outcome("die first", str(tmp_path), number, times) == Completed(times + 1)


def test_a_task_is_tried_again_in_a_fresh_worker(tmp_path: Path) -> None:
    idle, second_try = outcomes(("where",), ("die late first", str(tmp_path), 0.5), jobs=2)
    assert idle != second_try


def test_a_task_killed_five_times_is_given_up(tmp_path: Path) -> None:
    found = outcome("die first", str(tmp_path), signal.SIGKILL, 5)
    assert isinstance(found, Failed)
    assert found.reason == "crash"
    assert "SIGKILL" in found.detail


def test_the_last_try_of_a_killed_task_runs_alone(tmp_path: Path) -> None:
    tasks: list[Act] = [("be busy", str(tmp_path), 0.2) for _ in range(30)]
    tasks[3] = ("count neighbours", str(tmp_path))
    assert outcomes(*tasks, jobs=3)[3] == Completed(0)


def test_a_worker_killed_from_outside_in_mid_task_costs_nothing(tmp_path: Path) -> None:
    killer = threading.Thread(target=kill_the_first_to_report, args=(tmp_path,))
    killer.start()
    first, second = outcomes(*[("report", str(tmp_path), 0.7)] * 2, jobs=2)
    killer.join()
    assert isinstance(first, Completed)
    assert isinstance(second, Completed)
    assert len(list(tmp_path.iterdir())) == 3  # two workers and the one that came after the kill


def kill_the_first_to_report(folder: Path) -> None:
    os.kill(int(waited_for(folder)[0].name), signal.SIGKILL)


def waited_for(folder: Path, count: int = 1) -> list[Path]:
    """The first files to appear in *folder*."""
    deadline = time.monotonic() + 20
    while len(found := list(folder.iterdir())) < count:
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.02)
    return found


def test_an_idle_worker_killed_from_outside_costs_nothing() -> None:
    found = Local(1).run(acts.act, tasks_after_kills(), limits=lambda _: FREE)
    assert [result for *_, result in found] == [Completed(42)] * 3


def tasks_after_kills() -> Iterator[Act]:
    for _ in range(3):
        for worker in children():
            worker.kill()
        yield GOOD


# --- time and memory ---


@pytest.mark.parametrize("act", ["hang in C", "spin"])
def test_a_task_without_end_is_stopped(act: str) -> None:
    began = time.monotonic()
    limits = Limits(seconds=0.5, bytes=FREE.bytes)
    assert outcome(act, limits=limits) == Failed("timeout", "no result after 1 s")
    assert time.monotonic() - began < 10


def test_a_slow_task_gets_twice_the_time_once(tmp_path: Path) -> None:
    limits = Limits(seconds=0.5, bytes=FREE.bytes)
    assert outcome("slow first", str(tmp_path), 3, limits=limits) == Completed(2)


def test_waiting_for_a_core_is_not_the_tasks_time() -> None:
    # 8 tasks of 0.4 s on few cores: some wait longer for a core than their limit is.
    jobs = 4 * len(os.sched_getaffinity(0))
    limits = Limits(seconds=1.2, bytes=FREE.bytes)
    assert (
        outcomes(*[("work for", 0.8)] * jobs, jobs=jobs, limits=limits)
        == [Completed("worked")] * jobs
    )


def test_a_task_that_eats_memory_is_stopped() -> None:
    limits = Limits(seconds=60, bytes=200 * MIB)
    assert outcome("eat", 400, limits=limits) == Failed(
        "memory", "took more than 200 MiB of memory"
    )


def test_limits_hold_while_the_caller_is_busy() -> None:
    limits = Limits(seconds=60, bytes=200 * MIB)
    tasks = [GOOD, ("eat", 400)]
    found = Local(2).run(acts.act, tasks, limits=lambda _: limits)
    next(found)
    deadline = time.monotonic() + 10
    while any(worker.is_running() and rss(worker) > 150 * MIB for worker in children()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert [result for *_, result in found] == [
        Failed("memory", "took more than 200 MiB of memory")
    ]


def rss(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def test_memory_that_does_not_exist_costs_the_task() -> None:
    assert outcome("ask for the moon") == Failed("memory", "asked for more memory than there is")


def test_limits_are_asked_for_each_task() -> None:
    tasks = [("sleep", 1.5), ("sleep", 1.5)]
    quick, patient = Limits(0.3, FREE.bytes), FREE
    given = iter([quick, patient])
    found = Local(2).run(acts.act, tasks, limits=lambda _: next(given))
    assert {index: type(result) for index, _, result in found} == {0: Failed, 1: Completed}


def test_a_swollen_worker_is_replaced_between_tasks() -> None:
    found = Local(1, recycle_bytes=120 * MIB).run(
        acts.act, [("where",), ("where",), ("keep", 150), ("where",)], limits=lambda _: FREE
    )
    first, second, third, fourth = (result for *_, result in found)
    assert first == second == third != fourth


# --- exceptions ---


def test_an_exception_comes_back_as_itself_with_the_workers_traceback() -> None:
    with pytest.raises(ScoreError, match=r"a\.xml: no notes") as caught:
        outcomes(("bad score",))
    assert (caught.value.place, caught.value.problem) == ("a.xml", "no notes")
    assert "_bad_score" in caught.value.__notes__[0]


def test_a_full_disk_comes_back_as_a_full_disk() -> None:
    with pytest.raises(OSError, match="/some/file") as caught:
        outcomes(GOOD, ("disk full",), GOOD, jobs=2)
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, "/some/file")


@pytest.mark.parametrize(("act", "text"), [("odd error", "OddError: odd"), ("lambda", "lambda")])
def test_what_cannot_be_pickled_still_tells_its_story(act: str, text: str) -> None:
    with pytest.raises(Exception, match=text):
        outcomes((act,))


def test_an_exception_at_start_comes_back() -> None:
    with pytest.raises(ImportError, match="no engine here"):
        outcomes(GOOD, start=acts.fail_to_start)


def test_workers_that_never_start_are_one_clear_error() -> None:
    with pytest.raises(DeepScoresError, match=r"cannot start \(5 tries\): .*exit status 7"):
        outcomes(GOOD, GOOD, jobs=2, start=acts.die_at_start)


def test_a_worker_killed_while_starting_costs_nothing(tmp_path: Path) -> None:
    start = partial(acts.die_at_first_start, str(tmp_path))
    assert outcomes(GOOD, start=start) == [Completed(42)]


# --- no process is left ---


def test_closing_early_ends_the_workers() -> None:
    tasks: list[Act] = [GOOD, ("hang in C",), ("sleep", 600), ("spin",)]
    found = Local(3).run(acts.act, tasks, limits=lambda _: FREE)
    next(found)
    assert len(children()) == 3
    began = time.monotonic()
    found.close()  # type: ignore[attr-defined]
    assert not children()
    assert time.monotonic() - began < 3


def test_what_a_stopped_worker_started_ends_with_it(tmp_path: Path) -> None:
    limits = Limits(seconds=0.4, bytes=FREE.bytes)
    assert isinstance(outcome("with a child", str(tmp_path), limits=limits), Failed)
    grandchildren = [int(path.name) for path in tmp_path.iterdir()]
    assert len(grandchildren) == 2
    assert not any(map(alive, grandchildren))


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


SCRIPT = """
import sys
import tasks_in_workers as acts
from deepscores.runs.executors.local.pool import Local
from deepscores.runs.executors.protocol import Limits

print("once", flush=True)  # a script that workers ran again would print again
limits = Limits(seconds=600, bytes=2**30)
tasks = [("report", sys.argv[1], 0), ("hang in C",), ("sleep", 600), ("spin",)]
tasks += [("report", sys.argv[1], 600), ("sleep", 600)]
try:
    for _ in Local(5, show_output=True).run(acts.act, tasks, limits=lambda _: limits):
        print("result", flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def run_script(text: str, folder: Path) -> "subprocess.Popen[str]":
    script = folder / "script.py"
    script.write_text(text)
    path = os.pathsep.join(filter(None, sys.path))
    (folder / "pids").mkdir()
    return subprocess.Popen(
        [sys.executable, script, folder / "pids"],
        env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_workers_end_with_their_parent(tmp_path: Path, number: signal.Signals) -> None:
    script = run_script(SCRIPT, tmp_path)
    assert script.stdout
    assert [next(script.stdout), next(script.stdout)] == ["once\n", "result\n"]
    waited_for(tmp_path / "pids", 2)
    workers = [child.pid for child in psutil.Process(script.pid).children(recursive=True)]
    assert len(workers) == 5
    os.killpg(script.pid, number)
    said, _ = script.communicate(timeout=10)
    assert said == ("interrupted\n" if number == signal.SIGINT else "")
    deadline = time.monotonic() + 3
    while left := [pid for pid in workers if alive(pid)]:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


UNIMPORTABLE = """
from deepscores.runs.executors.local.pool import Local
from deepscores.runs.executors.protocol import Limits

def work(task):
    return task

for found in Local(1).run(work, [1], limits=lambda _: Limits(60, 2**30)):
    print(found)
"""


def test_work_defined_in_a_script_is_one_clear_error(tmp_path: Path) -> None:
    script = run_script(UNIMPORTABLE, tmp_path)
    said, _ = script.communicate(timeout=20)
    assert script.returncode == 1
    assert "must live in a module they can import" in said
