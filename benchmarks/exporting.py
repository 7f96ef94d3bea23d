"""The cost of exporting a large dataset: seconds, CPU seconds, memory, bytes, and those of `cp -r`.

    python -m benchmarks.exporting DATASET [--pages 3000] [--jobs 2] [--kinds coco yolo …]

Each export runs as `deepscores export` does for a user. Memory is the proportional set size of the
whole tree of processes, looked at five times a second: what is shared counts once. Beside them
`cp -r` of the same pictures. Files are in the system's cache before, as far as there is room. With
``--pages`` the dataset is cut to so many: its table of pages is, all else is linked.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from benchmarks.common import at_most, conditions, report

LOOK = 0.2  # seconds between two looks at memory
GIGABYTE = 2**30
KINDS: dict[str, list[str]] = {
    "coco, linked": ["--to", "coco", "--images", "link"],
    "coco, copied": ["--to", "coco", "--images", "copy"],
    "yolo": ["--to", "yolo", "--images", "copy"],
    "webdataset": ["--to", "webdataset"],
    "parquet": ["--to", "parquet"],
    "deepscores-v2, linked": ["--to", "deepscores-v2", "--images", "link"],
    "mung, linked": ["--to", "mung", "--images", "link"],
    "yolo-seg, linked": ["--to", "yolo-seg", "--images", "link"],
}
COPY = "cp -r of the pictures"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command took."""

    pages: int
    seconds: float
    cpu_seconds: float
    memory_mb: float  # of all its processes at their most
    megabytes: float  # written

    @property
    def pages_per_s(self) -> float:
        return round(self.pages / self.seconds, 1)


def run(command: list[str], output: Path, pages: int) -> Cost:
    """Run *command*, which writes to *output*."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    most = 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        root = psutil.Process(process.pid)
        while process.poll() is None:
            most = max(most, memory(root))
            time.sleep(LOOK)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"exit status {process.returncode} of: {' '.join(command)}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    size = sum(
        Path(folder, name).lstat().st_size for folder, _, names in os.walk(output) for name in names
    )
    return Cost(pages, round(seconds, 1), round(cpu, 1), round(most / 2**20), round(size / 1e6, 1))


def memory(root: psutil.Process) -> int:
    """Bytes of a process and all below it, what several share counted once."""
    found = 0
    try:
        for one in (root, *root.children(recursive=True)):
            found += int(one.memory_full_info().pss)
    except psutil.Error:  # one ended meanwhile
        return 0
    return found


def first_pages(dataset: Path, pages: int, folder: Path) -> Path:
    """The first so many pages of *dataset*; but for their table it is linked."""
    folder.mkdir()
    for path in dataset.iterdir():
        if path.name not in ("pages.parquet", "manifest.tsv"):
            (folder / path.name).symlink_to(path.resolve())
    table = pq.read_table(dataset / "pages.parquet")
    pq.write_table(table.slice(0, pages), folder / "pages.parquet")
    return folder


def copied(dataset: Path, folder: Path) -> Path:
    """A folder of hard links to the pictures of the dataset's pages, to be copied."""
    folder.mkdir()
    for page in pq.read_table(dataset / "pages.parquet", columns=["page"])["page"].to_pylist():
        name = f"{page}.png"
        os.link((dataset / "images_png" / name).resolve(), folder / name)
    return folder


def measure(dataset: Path, folder: Path, kinds: list[str], jobs: int) -> dict[str, Cost]:
    pages = pq.read_metadata(dataset / "pages.parquet").num_rows
    pictures = copied(dataset, folder / "pictures")
    # Nothing is deleted before the end: on some disks files are dear to make soon after.
    output = folder / "copy"
    found = {COPY: run(["cp", "-r", str(pictures), str(output)], output, pages)}
    program = [sys.executable, "-c", "from deepscores.cli import main; main()", "export"]
    for kind in kinds:
        output = folder / kind
        words = [str(dataset), *KINDS[kind], "-o", str(output), "--jobs", str(jobs)]
        found[kind] = run([*program, *words], output, pages)
        print(kind, found[kind], file=sys.stderr)
    return found


def show(costs: dict[str, Cost]) -> None:
    """The figures as a table."""
    heads = ("pages", "seconds", "pages a second", "CPU seconds", "MB memory", "MB written")
    table = Table("", *heads)
    for kind, one in costs.items():
        row = (one.pages, one.seconds, one.pages_per_s, one.cpu_seconds, one.memory_mb)
        table.add_row(kind, *map(str, (*row, one.megabytes)))
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--pages", type=int, help="so many of them; default: all")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--folder", type=Path, help="on the dataset's disk; default: beside it")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    near = options.folder or options.dataset.resolve().parent
    folder = Path(tempfile.mkdtemp(prefix="deepscores-exporting-", dir=near))
    try:
        dataset = options.dataset
        if options.pages:
            dataset = first_pages(dataset, options.pages, folder / "dataset")
        costs = measure(dataset, folder, options.kinds, options.jobs)
    finally:
        shutil.rmtree(folder)
    show(costs)
    result: dict[str, Any] = {"jobs": options.jobs, **conditions()}
    result["sides"] = {
        kind: {**asdict(one), "pages_per_s": one.pages_per_s} for kind, one in costs.items()
    }
    most = max(one.memory_mb for one in costs.values())
    result["targets"] = [at_most("memory, MB", most, GIGABYTE / 2**20)]
    report(result, options.json)


if __name__ == "__main__":
    main()
