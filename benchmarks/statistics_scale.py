"""The cost of statistics on a very large dataset: time and peak memory.

    python -m benchmarks.statistics_scale DATASET [--rows 80000000] [--cores 2] [--json FILE]

The symbol table of DATASET is repeated under new page names, whole row groups at a time, until it
has so many rows; then a fresh process works out all that `deepscores stats` shows. The large
dataset consists of tables only, in a temporary folder, and is removed afterwards.
"""

import argparse
import json
import math
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

import deepscores
from benchmarks.common import at_most, conditions, report
from deepscores.dataset.columns import WRITING
from deepscores.inspection.statistics import scan

_COUNTS = "symbols and objects by page and class"
_SECONDS, _GIGABYTES = 60, 4  # what these counts of 80 million rows may take on two cores


def repeat(source: Path, folder: Path, rows: int) -> int:
    """Write tables of at least so many *rows* to *folder*; how many they became."""
    (folder / "symbols").mkdir(parents=True)
    shutil.copy(source / "dataset.json", folder)
    parts = [pq.ParquetFile(path) for path in sorted((source / "symbols").glob("*.parquet"))]
    pages = pq.read_table(source / "pages.parquet")
    once = sum(part.metadata.num_rows for part in parts)
    times = math.ceil(rows / once)
    with pq.ParquetWriter(folder / "pages.parquet", pages.schema, **WRITING) as writer:
        for turn in range(times):
            writer.write_table(_renamed(pages, turn))
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        list(pool.map(partial(_repeat_symbols, source, folder), range(times)))
    return int(once * times)


def _repeat_symbols(source: Path, folder: Path, turn: int) -> None:
    paths = sorted((source / "symbols").glob("*.parquet"))
    for number, path in enumerate(paths):
        part = pq.ParquetFile(path)
        name = f"symbols/part-{turn * len(paths) + number:05d}.parquet"
        with pq.ParquetWriter(folder / name, part.schema_arrow, **WRITING) as symbols:
            for group in range(part.num_row_groups):
                symbols.write_table(_renamed(part.read_row_group(group), turn))


def _renamed(table: pa.Table, turn: int) -> pa.Table:
    # In front: like other scores, whose pages' names do not lie between each other's.
    stems = pc.binary_join_element_wise(f"turn-{turn}", table["page"], "--")
    return table.set_column(0, table.schema.field(0), stems)


def require_space(source: Path, rows: int) -> None:
    """Stop before a disk runs full."""
    paths = list((source / "symbols").glob("*.parquet"))
    once = sum(pq.ParquetFile(path).metadata.num_rows for path in paths)
    needed = sum(path.stat().st_size for path in paths) * rows / max(1, once)
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if 1.5 * needed > free:  # the rest is for what DuckDB spills
        sys.exit(f"some {1.5 * needed / 1e9:.1f} GB are needed, {free / 1e9:.1f} GB are free")


def in_child(folder: Path, what: str, cores: int) -> dict[str, Any]:
    """What *what* took in a process of its own."""
    module = (sys.executable, "-m", "benchmarks.statistics_scale")
    command = [*module, str(folder), "--cores", str(cores), "--child", what]
    shown = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(shown)  # type: ignore[no-any-return]


def child(folder: Path, what: str, cores: int) -> None:
    """Measure *what* here, and print it as JSON."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    start = time.perf_counter()
    rows = _WORK[what](folder)
    wall = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_SELF)
    figures = {
        "wall_s": round(wall, 1),
        "cpu_s": round(used.ru_utime + used.ru_stime, 1),
        "peak_rss_mb": used.ru_maxrss // 1024,
        "rows": rows,
    }
    print(json.dumps(figures))


def _counts(folder: Path) -> int:
    with scan.scanning(folder) as tables:
        return int(tables.tally()["symbols"].sum())


def _everything(folder: Path) -> int:
    return deepscores.statistics(folder).symbols


_WORK: dict[str, Callable[[Path], int]] = {
    _COUNTS: _counts,
    "everything (sizes too)": _everything,
}


def show(result: dict[str, Any]) -> None:
    """The figures as a table."""
    title = f"{result['rows']:,} rows, {result['cores']} cores, load {result['load'][0]}"
    table = Table("statistics", title=title)
    for column in ("wall s", "CPU s", "peak MB"):
        table.add_column(column, justify="right")
    for what, took in result["took"].items():
        table.add_row(what, str(took["wall_s"]), str(took["cpu_s"]), f"{took['peak_rss_mb']:,}")
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--rows", type=int, default=80_000_000)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.dataset, options.child, options.cores)
        return
    require_space(options.dataset, options.rows)
    with tempfile.TemporaryDirectory(prefix="deepscores-scale-") as folder:
        large = Path(folder) / "large"
        start = time.perf_counter()
        rows = repeat(options.dataset, large, options.rows)
        made = time.perf_counter() - start
        size = sum(path.stat().st_size for path in large.rglob("*.parquet"))
        load = os.getloadavg()
        took = {what: in_child(large, what, options.cores) for what in _WORK}
    assert {one.pop("rows") for one in took.values()} == {rows}
    result = {
        "rows": rows,
        "bytes": size,
        "making_s": round(made, 1),
        "cores": options.cores,
        "took": took,
        "targets": [
            target
            for what, one in took.items()
            for target in (
                at_most(f"{what}, seconds", one["wall_s"], _SECONDS),
                at_most(f"{what}, megabytes", one["peak_rss_mb"], 1000 * _GIGABYTES),
            )
        ],
        **conditions(),
        "load": [round(one, 2) for one in load],
        "load_after": round(os.getloadavg()[0], 2),
        "duckdb": duckdb.__version__,
    }
    show(result)
    report(result, options.json)


if __name__ == "__main__":
    main()
