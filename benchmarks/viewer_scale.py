"""The viewer on a very large dataset: startup, memory, and the time of each request.

    python -m benchmarks.viewer_scale DATASET [--pages 100000] [--json FILE]

The tables of DATASET are repeated under new page names until there are so many pages; then
`deepscores view` runs on them as a program, and is asked over HTTP what a browser asks. The large
dataset consists of tables only, in a temporary folder, and is removed afterwards.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import psutil
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from benchmarks.common import conditions, report
from benchmarks.statistics_scale import repeat, require_space

_PROGRAM = str(Path(sys.executable).with_name("deepscores"))
_REPEATS = 7
_PATIENCE = 600  # seconds


class Running(NamedTuple):
    """The viewer as a program of its own."""

    process: psutil.Process
    connection: HTTPConnection
    start_s: float

    def ask(self, what: str, **words: Any) -> Any:
        self.connection.request("GET", f"/api/{what}?{urlencode(words)}")
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            sys.exit(f"{what} {words}: {answer.status} {body[:200]!r}")
        return json.loads(body)

    def megabytes(self) -> int:
        return int(self.process.memory_info().rss // 2**20)

    def peak_megabytes(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        line = next(one for one in status.splitlines() if one.startswith("VmHWM"))
        return int(line.split()[1]) // 1024

    def cpu(self) -> float:
        times = self.process.cpu_times()
        return times.user + times.system


def start(folder: Path) -> Running:
    """Run the viewer; it has started when it has answered what a browser asks first."""
    began = time.perf_counter()
    command = [_PROGRAM, "view", str(folder), "--no-open", "--port", "0"]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    where = urlsplit(program.stdout.readline().split()[0])
    connection = HTTPConnection(str(where.hostname), where.port, timeout=_PATIENCE)
    running = Running(psutil.Process(program.pid), connection, 0.0)
    running.ask("overview")
    running.ask("pages", count=100)
    return running._replace(start_s=time.perf_counter() - began)


def measure(running: Running, pages: int) -> dict[str, Any]:
    """Figures of one run."""
    began, memory, spent = time.perf_counter(), running.megabytes(), running.cpu()
    while running.ask("totals")["objects"] is None:
        time.sleep(0.05)
    counted, cpu = running.start_s + time.perf_counter() - began, running.cpu()
    questions = _questions(running, pages)
    took = {what: _milliseconds(running, asked) for what, asked in questions.items()}
    return {
        "start_s": round(running.start_s, 2),
        "cpu_s_at_start": round(spent, 1),
        "counted_after_s": round(counted, 2),
        "cpu_s_until_counted": round(cpu, 1),
        "rss_mb_at_start": memory,
        "rss_mb_after": running.megabytes(),
        "peak_rss_mb": running.peak_megabytes(),
        "took_ms": took,
    }


def _questions(running: Running, pages: int) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """What is asked, in several variants each: an answer given before is quicker."""
    overview, totals = running.ask("overview"), running.ask("totals")
    held = sorted((n, i) for i, n in enumerate(totals["pages"]) if n)
    names = [overview["classes"][i]["name"] for _, i in held]
    fonts = [name for name, _ in overview["choices"]["font"]]
    some = [running.ask("pages", first=pages * k // 9, count=1)["rows"][0] for k in range(_REPEATS)]
    stems = [one["page"] for one in some]
    least, most = overview["symbols_a_page"]
    return {
        "list: all, a slice from the middle": [
            ("pages", {"first": pages * k // 9, "count": 100}) for k in range(_REPEATS)
        ],
        "filter: font, split and symbols": [
            ("pages", {"font": fonts[0], "split": "train", "least": least + k, "most": most})
            for k in range(_REPEATS)
        ],
        "filter: part of a name": [("pages", {"name": f"n-{k}"}) for k in range(_REPEATS)],
        "filter: rare classes": [("pages", {"class": name}) for name in names[:_REPEATS]],
        "filter: common classes": [("pages", {"class": name}) for name in names[-_REPEATS:]],
        "order: most of the class": [
            ("pages", {"class": name, "order": "most of the class"}) for name in names[-_REPEATS:]
        ],
        "order: most symbols": [
            ("pages", {"order": "most symbols", "least": k}) for k in range(_REPEATS)
        ],
        "place of a page in the list": [("position", {"page": stem}) for stem in stems],
        "a page: row and symbols": [("page", {"page": stem}) for stem in stems],
        "a symbol's row": [("symbol", {"page": stem, "number": 9}) for stem in stems],
    }


def _milliseconds(running: Running, questions: list[tuple[str, dict[str, Any]]]) -> float:
    took = []
    for what, words in questions:
        began = time.perf_counter()
        running.ask(what, **words)
        took.append(1000 * (time.perf_counter() - began))
    return round(statistics.median(took), 1)


def show(result: dict[str, Any]) -> None:
    """The figures as a table."""
    title = f"{result['pages']:,} pages, {result['rows']:,} symbols, load {result['load'][0]}"
    table = Table("the viewer", "", title=title)
    for name in ("start_s", "cpu_s_at_start", "counted_after_s", "cpu_s_until_counted"):
        table.add_row(name, f"{result[name]} s")
    for name in ("rss_mb_at_start", "rss_mb_after", "peak_rss_mb"):
        table.add_row(name, f"{result[name]} MB")
    for what, milliseconds in result["took_ms"].items():
        table.add_row(what, f"{milliseconds} ms")
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--pages", type=int, default=100_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    once = pq.ParquetFile(options.dataset / "pages.parquet").metadata.num_rows
    symbols = sum(
        pq.ParquetFile(path).metadata.num_rows
        for path in (options.dataset / "symbols").glob("*.parquet")
    )
    times = -(-options.pages // once)
    require_space(options.dataset, symbols * times)
    with tempfile.TemporaryDirectory(prefix="deepscores-viewer-") as folder:
        large, rows = options.dataset, symbols  # a dataset that is large enough stays as it is
        if times > 1:
            large = Path(folder) / "large"
            rows = repeat(options.dataset, large, symbols * times)
        running = start(large)
        try:
            figures = measure(running, once * times)
        finally:
            running.process.terminate()
            running.process.wait(10)
    result = {"pages": once * times, "rows": rows, **figures, **conditions()}
    show(result)
    report(result, options.json)


if __name__ == "__main__":
    main()
