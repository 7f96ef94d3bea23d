"""The tiers of the tests, fast and slow: by measured processor time, which every run prints.

``make test-times`` writes what it measures into ``durations.tsv``; a test of `SLOW_SECONDS` or more
in there is slow. What is not in there is fast.
"""

import resource
import time
from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.places import ROOT

SLOW_SECONDS = 3.0
RECORDED_SECONDS = 1.0  # the file has no test of less
SAME = 1.5  # a measurement that differs by less than this factor is the same again
SLOWEST_SHOWN = 15
DURATIONS = Path(__file__).with_name("durations.tsv")

# What costs more than is measured: a browser's processes are not this one's children.
SLOW_FIXTURES = frozenset(("chromium", "registry_fonts"))


def cpu_seconds() -> float:
    """Processor time of this process and of all children that ended."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def read_durations(path: Path = DURATIONS) -> dict[str, float]:
    """Seconds by test."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    rows = [line.split("\t", 1) for line in lines]
    return {test: float(seconds) for seconds, test in rows}


def merge_durations(
    recorded: Mapping[str, float], measured: Mapping[str, float], collected: AbstractSet[str]
) -> dict[str, float]:
    """What to record after a run that measured these: nothing changes by a little.

    A test that was not run keeps its line if it may still exist: if it was *collected*, or if
    its file exists and no test of it was.
    """
    files = {file_of(test) for test in collected | measured.keys()}
    kept = {
        test: seconds
        for test, seconds in recorded.items()
        if test in collected or (file_of(test) not in files and (ROOT / file_of(test)).exists())
    }
    for test, seconds in measured.items():
        before = recorded.get(test, 0.0)
        kept[test] = before if before / SAME < seconds < before * SAME else round(seconds, 1)
    return {test: kept[test] for test in sorted(kept) if kept[test] >= RECORDED_SECONDS}


def write_durations(durations: Mapping[str, float], path: Path = DURATIONS) -> None:
    """A line for each test."""
    lines = [f"{seconds:.1f}\t{test}\n" for test, seconds in durations.items()]
    path.write_text("".join(lines), encoding="utf-8")


def file_of(test: str) -> str:
    """Path of the file that a test is in."""
    return test.split("::", 1)[0]


class Meter:
    """Measures what each test costs.

    What is made once for the tests of many files is no test's cost; what is made for those of one
    file is shared out among those that use it.
    """

    def __init__(self) -> None:
        # In the process that runs tests: of the one that is run, and of fixtures of files.
        self._start = 0.0
        self._apart = 0.0
        self._fixtures: dict[str, float] = {}  # by file and name; set up, and not reported yet
        # In the process that reports.
        self.collected: set[str] = set()
        self._own: dict[str, float] = {}  # by test
        self._uses: dict[str, list[str]] = {}  # fixtures of files, by test
        self._costs: Counter[str] = Counter()  # of fixtures
        self._workers = 0.0  # processor time of those that ended

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Leave what is done inside out of the cost of the test that is run."""
        start, before = cpu_seconds(), self._apart
        try:
            yield
        finally:
            self._apart = before + cpu_seconds() - start

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: "pytest.FixtureDef[Any]", request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        if fixturedef.scope == "function":
            return (yield)
        start, before = cpu_seconds(), self._apart
        with self.apart():
            try:
                return (yield)
            finally:
                if fixturedef.scope != "session":
                    name = f"{file_of(request.node.nodeid)}::{fixturedef.argname}"
                    own = cpu_seconds() - start - (self._apart - before)
                    self._fixtures[name] = self._fixtures.get(name, 0.0) + own

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        self._start, self._apart = cpu_seconds(), 0.0
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        result = yield
        names = (f"{file_of(item.nodeid)}::{name}" for name in getattr(item, "fixturenames", ()))
        uses = [name for name in names if name in self._fixtures]
        item.user_properties += [
            ("cpu_seconds", cpu_seconds() - self._start - self._apart),
            ("cpu_uses", uses),
            ("cpu_fixtures", {name: self._fixtures[name] for name in uses}),
        ]
        self._fixtures.update(dict.fromkeys(uses, 0.0))
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            properties: dict[str, Any] = dict(report.user_properties)
            if "cpu_seconds" in properties:
                self._own[report.nodeid] = properties["cpu_seconds"]
                self._uses[report.nodeid] = properties["cpu_uses"]
                self._costs.update(properties["cpu_fixtures"])

    def seconds_by_test(self) -> dict[str, float]:
        """What each test cost, with its shares of fixtures."""
        users = Counter(name for names in self._uses.values() for name in names)
        shares = {name: self._costs[name] / count for name, count in users.items()}
        return {
            test: own + sum(shares[name] for name in self._uses[test])
            for test, own in self._own.items()
        }

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        output = getattr(node, "workeroutput", {})
        self._workers += output.get("cpu_seconds", 0.0)
        self.collected.update(output.get("collected", ()))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        config = session.config
        if hasattr(config, "workeroutput"):
            config.workeroutput |= {
                "cpu_seconds": cpu_seconds(), "collected": sorted(self.collected),
            }  # fmt: skip
        elif config.getoption("record_cpu"):
            durations = merge_durations(read_durations(), self.seconds_by_test(), self.collected)
            write_durations(durations)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        seconds_by_test = self.seconds_by_test()
        slowest = sorted(seconds_by_test.items(), key=lambda pair: -pair[1])[:SLOWEST_SHOWN]
        shown = [(test, seconds) for test, seconds in slowest if seconds >= RECORDED_SECONDS]
        if shown:
            terminalreporter.section("slowest tests, in seconds of processor time")
            for test, seconds in shown:
                terminalreporter.write_line(f"{seconds:7.1f}  {test}")
            # Processes of xdist are children too, and would be counted twice.
            whole = self._workers + time.process_time() if self._workers else cpu_seconds()
            terminalreporter.write_line(
                f"{sum(seconds_by_test.values()):7.1f}  all tests; with start-up and what they "
                f"share {whole:.1f}"
            )


METER = Meter()


def mark_slow(items: list[pytest.Item], durations: Mapping[str, float]) -> None:
    """Mark the tests that are slow, by what is recorded of them."""
    for item in items:
        fixtures = SLOW_FIXTURES.intersection(getattr(item, "fixturenames", ()))
        if fixtures or durations.get(item.nodeid, 0.0) >= SLOW_SECONDS:
            item.add_marker(pytest.mark.slow)
