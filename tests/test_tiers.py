"""Which tests are slow, and what a run makes once."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar

import pytest

from tests.sharing import make_once
from tests.tiers import (
    DURATIONS,
    SLOW_SECONDS,
    Meter,
    cpu_seconds,
    mark_slow,
    merge_durations,
    read_durations,
    write_durations,
)


def burn(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_a_measurement_that_differs_little_changes_nothing() -> None:
    recorded = {"tests/places.py::a": 4.0, "tests/places.py::b": 4.0}
    measured = {"tests/places.py::a": 5.1, "tests/places.py::b": 9.04}
    assert merge_durations(recorded, measured, measured.keys()) == {
        "tests/places.py::a": 4.0, "tests/places.py::b": 9.0,
    }  # fmt: skip


def test_what_is_no_more_loses_its_line_and_what_was_not_run_keeps_it() -> None:
    recorded = {
        "tests/no_such.py::a": 4.0,
        "tests/places.py::a": 4.0,
        "tests/tiers.py::gone": 4.0,
        "tests/tiers.py::quicker": 4.0,
        "tests/tiers.py::not asked for": 4.0,
    }
    measured = {"tests/tiers.py::quicker": 0.1, "tests/tiers.py::new": 1.0}
    collected = {*measured, "tests/tiers.py::not asked for"}
    assert merge_durations(recorded, measured, collected) == {
        "tests/places.py::a": 4.0,
        "tests/tiers.py::new": 1.0,
        "tests/tiers.py::not asked for": 4.0,
    }


def test_durations_are_read_as_they_were_written(tmp_path: Path) -> None:
    durations = {"tests/a.py::b[with a\ttab]": 3.0, "tests/a.py::c": 1.5}
    write_durations(durations, tmp_path / "durations.tsv")
    assert read_durations(tmp_path / "durations.tsv") == durations


def test_the_recorded_file_is_as_it_would_be_written(tmp_path: Path) -> None:
    write_durations(read_durations(), tmp_path / "again.tsv")
    assert (tmp_path / "again.tsv").read_text() == DURATIONS.read_text()


def test_a_test_is_slow_from_three_seconds_on(request: pytest.FixtureRequest) -> None:
    item = request.node
    for seconds, slow in ((SLOW_SECONDS - 0.1, False), (SLOW_SECONDS, True)):
        mark_slow([item], {item.nodeid: seconds})
        assert (item.get_closest_marker("slow") is not None) == slow


def test_what_is_shared_is_no_cost_of_the_test_that_came_first() -> None:
    meter = Meter()
    call = meter.pytest_runtest_call(Item())  # type: ignore[arg-type]
    next(meter.pytest_runtest_setup(Item()))  # type: ignore[arg-type]
    next(call)
    burn(0.1)
    with meter.apart():
        burn(0.2)
        with meter.apart():
            burn(0.2)
    with pytest.raises(StopIteration):
        call.send(None)
    assert 0.1 <= dict(Item.user_properties)["cpu_seconds"] < 0.3


def test_what_is_made_for_a_file_is_shared_out_among_its_tests() -> None:
    meter = Meter()
    for test, own, uses, costs in (
        ("a", 0.5, ["f"], {"f": 4.0}),
        ("b", 0.5, ["f"], {"f": 0.0}),
        ("c", 0.5, [], {}),
    ):
        properties = [("cpu_seconds", own), ("cpu_uses", uses), ("cpu_fixtures", costs)]
        meter.pytest_runtest_logreport(
            pytest.TestReport(
                test, ("", 0, ""), {}, "passed", None, "call", user_properties=properties
            )
        )
    assert meter.seconds_by_test() == {"a": 2.5, "b": 2.5, "c": 0.5}


class Item:
    nodeid = "tests/a.py::b"
    fixturenames = ()
    user_properties: ClassVar[list[tuple[str, object]]] = []


def test_children_that_ended_count() -> None:
    before = cpu_seconds()
    child = os.fork()
    if not child:
        burn(0.2)
        os._exit(0)
    os.waitpid(child, 0)
    assert cpu_seconds() - before > 0.15


def test_what_is_shared_is_made_once_however_many_ask(tmp_path: Path) -> None:
    made: list[Path] = []

    def make(folder: Path) -> None:
        time.sleep(0.05)
        made.append(folder)
        (folder / "file").touch()

    with ThreadPoolExecutor(4) as threads:
        folders = list(threads.map(lambda _: make_once(tmp_path / "a", make), range(4)))
    assert made == [tmp_path / "a"]
    assert all((folder / "file").exists() for folder in folders)


def test_what_could_not_be_made_is_made_anew(tmp_path: Path) -> None:
    attempts: Iterator[int] = iter(range(2))

    def make(folder: Path) -> None:
        assert not list(folder.iterdir())
        (folder / "file").touch()
        if next(attempts) == 0:
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        make_once(tmp_path / "a", make)
    assert (make_once(tmp_path / "a", make) / "file").exists()
