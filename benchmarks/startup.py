"""Startup times: help, the import, and the first page of a build.

    python -m benchmarks.startup [--repeats 7] [--json FILE]

Each run is a fresh process; the first run of each, which fills the file cache and the cache of
compiled loops, is not counted. The first page of a build counts as done when all its files exist:
image, annotations, masks. Seconds; the median of the runs, compared with a Python that does
nothing; and the CPU seconds of the whole command, which vary less on a busy machine.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.common import at_most, conditions, report

_PROGRAM = str(Path(sys.executable).with_name("deepscores"))
_FOLDERS = ("images_png", "xml_annotations", "pix_annotations_png", "instances_png")
_PATIENCE = 120  # seconds
_TUNE = (
    "<score-partwise><part-list><score-part id='P1'><part-name/></score-part></part-list>"
    "<part id='P1'><measure number='1'><attributes><divisions>1</divisions><time><beats>4</beats>"
    "<beat-type>4</beat-type></time><clef><sign>G</sign><line>2</line></clef></attributes>"
    "{notes}</measure></part></score-partwise>"
)
_NOTE = (
    "<note><pitch><step>{step}</step><octave>5</octave></pitch><duration>1</duration>"
    "<type>quarter</type></note>"
)


def run(*words: str) -> float:
    """Seconds of a fresh process."""
    start = time.perf_counter()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def first_page() -> float:
    """Seconds from the start of a build of one small score until its first page is there."""
    with tempfile.TemporaryDirectory(prefix="deepscores-startup-") as name:
        folder = Path(name)
        score, dataset = folder / "tune.musicxml", folder / "dataset"
        score.write_text(_TUNE.format(notes="".join(_NOTE.format(step=one) for one in "CEGB")))
        command = [_PROGRAM, "build", str(score), "-o", str(dataset)]
        start = time.perf_counter()
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as build:
            while not is_there(dataset):
                if build.poll() or time.perf_counter() - start > _PATIENCE:
                    build.kill()
                    sys.exit(f"no page: {' '.join(command)}")
                time.sleep(0.005)
            took = time.perf_counter() - start
        if build.returncode:
            sys.exit(f"failed: {' '.join(command)}")
        return took


def is_there(dataset: Path) -> bool:
    """Whether a page has all its files, under their final names."""
    stems = [
        {path.stem for path in (dataset / one).glob("*") if path.suffix in (".png", ".xml")}
        for one in _FOLDERS
    ]
    return bool(set.intersection(*stems))


WORK: dict[str, tuple[Callable[[], float], float | None]] = {  # with what it may take
    "python -c pass": (lambda: run(sys.executable, "-c", "pass"), None),
    "import deepscores": (lambda: run(sys.executable, "-c", "import deepscores"), 0.15),
    "deepscores --help": (lambda: run(_PROGRAM, "--help"), 0.3),
    "deepscores build, first page": (first_page, 3.0),
}


def measure(work: Callable[[], float], repeats: int) -> dict[str, float]:
    """Seconds until it is done, and CPU seconds of the whole command."""
    work()
    wall, cpu = zip(*(with_cpu(work) for _ in range(repeats)), strict=True)
    figures = {
        "median_s": statistics.median(wall),
        "min_s": min(wall),
        "max_s": max(wall),
        "cpu_s": statistics.median(cpu),
    }
    return {name: round(value, 3) for name, value in figures.items()}


def with_cpu(work: Callable[[], float]) -> tuple[float, float]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall = work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def show(result: dict[str, Any]) -> None:
    """The figures as a table."""
    table = Table("seconds until it is done", title=f"load {result['load'][0]}")
    for column in ("median", "least", "most", "target", "CPU"):
        table.add_column(column, justify="right")
    for what, took in result["took"].items():
        target = WORK[what][1]
        times = (took["median_s"], took["min_s"], took["max_s"])
        table.add_row(
            what, *(f"{one:.3f}" for one in times), f"{target or '–'}", f"{took['cpu_s']:.2f}"
        )
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    took = {what: measure(work, options.repeats) for what, (work, _) in WORK.items()}
    result = {
        "took": took,
        "targets": [
            at_most(f"{what}, seconds", took[what]["median_s"], target)
            for what, (_, target) in WORK.items()
            if target is not None
        ],
        **conditions(),
    }
    show(result)
    report(result, options.json)


if __name__ == "__main__":
    main()
