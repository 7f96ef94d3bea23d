"""Whether a dataset's size changes the cost per page and the memory of a worker.

    python -m benchmarks.scale [--sizes 200 2000 10000] [--jobs 2] [--json FILE]

The same dozen scores are copied under other names as often as a size needs them, so that pages
are alike and only their number differs; `deepscores build` then runs as a user runs it. It reports
CPU and wall seconds per page (startup, engraving, merging, patches and manifest included), the
memory of the largest worker during its first 200 pages and later, that of the parent, and bytes and
files per page. The second size is also built stopped half way and resumed, and by one process and
two. Patches are limited by class, so that a page of a large dataset has fewer: each size is also
built without them, and the cost of a further page, from size to size, is what must not grow. As the
machine's speed drifts, all but the largest are built so both before and after it, and averaged.

Nothing is deleted until all is built. An ext4 without a journal passes over inodes freed in the
last minutes, one by one, whenever a file is made; a file made after ten thousand were deleted costs
ten times as much.
"""

import argparse
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any

import psutil

from benchmarks.common import at_least, at_most, conditions, report, sample
from deepscores.scores import read_score

FIRST = 200  # pages after which a worker should need no more
LOOK = 0.1  # seconds between two looks at memory
MEGABYTE = 2**20


@dataclass(frozen=True, slots=True)
class Built:
    """What a build took."""

    pages: int
    cpu_ms: float  # a page
    wall_ms: float  # a page
    load: float  # average of the last minute when it ended
    worker_first_mb: float  # largest worker while the first pages were made
    worker_later_mb: float
    parent_mb: float
    page_kb: float  # on the disk
    files: float  # a page


def copies(folder: Path, pages: int, a_copy: int, texts: dict[str, str]) -> Path:
    """A folder of scores that make at least *pages* pages."""
    folder.mkdir()
    for copy in range(-(-pages // a_copy)):
        for name, text in texts.items():
            # The comment keeps equal files from being taken for one.
            (folder / f"{name}-{copy}.musicxml").write_text(f"{text}\n<!-- {copy} -->\n")
    return folder


def build(scores: Path, output: Path, jobs: int, *more: str, stop_at: int | None = None) -> Built:
    """Run `deepscores build`; interrupt it once there are *stop_at* pages."""
    command = [
        str(Path(sys.executable).with_name("deepscores")), "build", str(scores), "-o", str(output),
        "--pages", "all", "--jobs", str(jobs), *more,
    ]  # fmt: skip
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    first = later = parent = 0.0
    images = output / "images_png"
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        root = psutil.Process(process.pid)
        made = 0
        while process.poll() is None:
            time.sleep(LOOK)
            if made < FIRST or stop_at:
                made = len(list(images.iterdir())) if images.exists() else 0
            largest = max((_megabytes(one) for one in _workers(root)), default=0.0)
            parent = max(parent, _megabytes(root))
            first, later = (
                (max(first, largest), 0.0) if made < FIRST else (first, max(later, largest))
            )
            if stop_at and made >= stop_at:
                process.send_signal(signal.SIGINT)
                stop_at = None
                process.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    wall = time.perf_counter() - start
    pages = len(list(images.iterdir()))
    files = [path.stat().st_size for path in output.rglob("*") if path.is_file()]
    return Built(
        pages,
        round(1e3 * cpu / pages, 1),
        round(1e3 * wall / pages, 1),
        round(os.getloadavg()[0], 2),
        round(first),
        round(later),
        round(parent),
        round(sum(files) / pages / 1e3, 1),
        round(len(files) / pages, 2),
    )


def _workers(root: psutil.Process) -> list[psutil.Process]:
    try:
        return root.children(recursive=True)
    except psutil.Error:
        return []


def _megabytes(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss) / MEGABYTE
    except psutil.Error:
        return 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[200, 2000, 10_000])
    parser.add_argument("--scores", type=int, default=12)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where there is room; default: a temporary one")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background ignores it
    folder = Path(tempfile.mkdtemp(prefix="deepscores-scale-", dir=options.folder))
    try:
        result = run(folder, options.sizes, options.scores, options.jobs)
    finally:
        shutil.rmtree(folder)
    report(result, options.json)


def run(folder: Path, sizes: list[int], scores: int, jobs: int) -> dict[str, Any]:
    texts = {source.id: read_score(source).text for source in sample(scores)}
    once = build(copies(folder / "once", 1, 1, texts), folder / "of once", jobs)  # compiles, too
    found: dict[str, Any] = {"pages_a_copy": once.pages}
    by_size: dict[int, Built] = {}
    plain: dict[int, list[Built]] = {size: [] for size in sizes}
    for size in sizes:
        corpus, dataset = copies(folder / str(size), size, once.pages, texts), folder / f"of {size}"
        by_size[size] = build(corpus, dataset, jobs)
        plain[size].append(build(corpus, folder / f"plain {size}", jobs, *_NO_PATCHES))
        print(size, by_size[size], *plain[size], file=sys.stderr)
        if size == sizes[min(1, len(sizes) - 1)]:
            halves = folder / "halves"
            half = build(corpus, halves, jobs, stop_at=by_size[size].pages // 2)
            rest = build(corpus, halves, jobs)
            found["resumed"] = {
                "stopped_at": half.pages,
                "cpu_ms": round((half.cpu_ms * half.pages) / rest.pages + rest.cpu_ms, 1),
                "same_manifest": _manifest(halves) == _manifest(dataset),
            }
            found["one_process"] = asdict(build(corpus, folder / "by one", 1))
            found["two_processes"] = asdict(build(corpus, folder / "by two", 2))
            gain = found["one_process"]["wall_ms"] / found["two_processes"]["wall_ms"]
            found["two_processes_times"] = round(gain, 2)
    for size in reversed(sizes[:-1]):
        again = folder / f"plain {size} again"
        plain[size].append(build(folder / str(size), again, jobs, *_NO_PATCHES))
    found.update(conditions())
    found["sizes"] = {str(size): asdict(one) for size, one in by_size.items()}
    found["without_patches"] = {str(size): list(map(asdict, of)) for size, of in plain.items()}
    found["further_page_ms"] = further_page(list(plain.values()))
    found["targets"] = targets(
        list(by_size.values()), found["further_page_ms"], found["two_processes_times"]
    )
    return found


_NO_PATCHES = ("--patches-per-class", "0")


def further_page(sizes: Sequence[Sequence[Built]]) -> list[float]:
    """CPU milliseconds of each page that a size has more than the one before."""
    costs = [(of[0].pages, fmean(one.cpu_ms for one in of) * of[0].pages) for of in sizes]
    return [
        round((cost - before) / (pages - fewer), 1)
        for (fewer, before), (pages, cost) in pairwise(costs)
    ]


def targets(sizes: list[Built], further: list[float], gain: float) -> list[dict[str, Any]]:
    """What is asked of *sizes*, smallest first, of a *further* page, and of two processes."""
    last = sizes[-1]
    later = last.worker_later_mb / max(1.0, last.worker_first_mb)
    growth = max(further) / min(further) if further else 1.0
    return [
        at_least("pages a second, two processes / one", gain, 1.9),
        at_most("CPU of a further page, dearest step / cheapest", round(growth, 2), 1.1),
        at_most(f"memory after {FIRST} pages / before", round(later, 2), 1.1),
        at_most("largest worker, MB", max(one.worker_later_mb for one in sizes), 400),
    ]


def _manifest(folder: Path) -> bytes:
    return (folder / "manifest.tsv").read_bytes()


if __name__ == "__main__":
    main()
