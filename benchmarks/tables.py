"""Make the tables of docs/performance.md from the figures that the benchmarks wrote.

    python -m benchmarks.tables [--check]

A table is between ``<!-- table: NAME -->`` and ``<!-- end -->``; the text around is written by
hand. A table whose figures are missing is left unchanged. With --check nothing is written: a table
that differs from its figures is an error.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"
FIGURES = ROOT / "docs" / "performance"
_TABLE = re.compile(r"(<!-- table: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)

Figures = Mapping[str, Any]
Row = Iterable[object]


def markdown(*rows: Row) -> str:
    """A table; the first row is its header."""
    lines = [f"| {' | '.join(map(str, row))} |" for row in rows]
    columns = lines[0].count(" | ") + 1
    return "\n".join((lines[0], "|---" * columns + "|", *lines[1:])) + "\n"


def targets(figures: Figures) -> str:
    """Each target beside the measured value."""
    rows = [
        (
            one["what"],
            one["measured"],
            *(f"{key} {one[key]}" for key in ("at most", "at least") if key in one),
            "met" if one["met"] else "**missed**",
        )
        for one in figures.get("targets", ())
    ]
    return "\n" + markdown(("", "measured", "target", ""), *rows) if rows else ""


def page_cost(figures: Figures) -> str:
    return markdown(
        ("", "CPU ms per page"),
        ("Verovio: load, layout and SVG, each font by itself", figures["verovio_ms"]),
        (
            "Verovio: one load for all five fonts, as we do it",
            figures["verovio_one_load_for_all_fonts_ms"],
        ),
        ("our page, engraving included", figures["page_ms"]),
        ("merging and patches, once for the dataset", figures["merge_and_patches_ms"]),
    ) + targets(figures)


def page_stages(figures: Figures) -> str:
    return markdown(("stage", "CPU ms per page"), *figures["stages_ms"].items())


def methods(figures: Figures) -> str:
    keys = ("pages", "cpu_ms_a_page", "times_five_fonts", "times_one_font")
    head = ("", "pages", "CPU ms per page", "times ours, five fonts", "times ours, one font")
    rows = ((name, *(side.get(key, "") for key in keys)) for name, side in figures["sides"].items())
    return markdown(head, *rows) + targets(figures)


def scale(figures: Figures) -> str:
    keys = (
        "pages", "cpu_ms", "wall_ms", "page_kb", "files", "worker_first_mb", "worker_later_mb",
        "parent_mb",
    )  # fmt: skip
    head = (
        "pages", "CPU ms per page", "wall ms per page", "kB per page", "files per page",
        "largest worker, first 200 pages, MB", "later, MB", "parent, MB",
    )  # fmt: skip
    rows = (tuple(one[key] for key in keys) for one in figures["sizes"].values())
    return markdown(head, *rows) + targets(figures)


def growing(figures: Figures) -> str:
    """How the second size went: stopped and resumed, and by one process and two."""
    resumed = figures["resumed"]
    return markdown(
        ("", "CPU ms per page", "wall ms per page"),
        ("one process", figures["one_process"]["cpu_ms"], figures["one_process"]["wall_ms"]),
        ("two processes", figures["two_processes"]["cpu_ms"], figures["two_processes"]["wall_ms"]),
        (f"stopped at {resumed['stopped_at']} pages and resumed", resumed["cpu_ms"], ""),
    )


def census(figures: Figures) -> str:
    keys = ("wall_s", "cpu_s", "peak_rss_mb")
    rows = ((what, *(took[key] for key in keys)) for what, took in figures["took"].items())
    head = (f"{figures['rows']:,} rows", "seconds", "CPU seconds", "peak memory, MB")
    return markdown(head, *rows) + targets(figures)


def reading(figures: Figures) -> str:
    keys = ("cpu_ms", "baseline_cpu_ms", "cpu_ratio", "pages_per_s")
    head = ("", "CPU ms per page", "with Pillow and ElementTree", "speed-up", "pages per second")
    rows = ((what, *(one[key] for key in keys)) for what, one in figures["read"].items())
    return markdown(head, *rows)


def loading(figures: Figures) -> str:
    head = (f"tiles of {figures['size']} px, {figures['workers']} workers", "tiles per second")
    rows = ((side, one["tiles_per_s"]) for side, one in figures["sides"].items())
    return markdown(head, *rows)


def startup(figures: Figures) -> str:
    keys = ("median_s", "min_s", "max_s", "cpu_s")
    head = ("", "seconds", "min", "max", "CPU seconds of the whole command")
    rows = ((what, *(took[key] for key in keys)) for what, took in figures["took"].items())
    return markdown(head, *rows) + targets(figures)


def exporting(figures: Figures) -> str:
    head = (
        "",
        "pages",
        "CPU ms per page",
        "seconds",
        "pages per second",
        "memory, MB",
        "written, MB",
    )
    rows = (
        (
            kind,
            one["pages"],
            round(1000 * one["cpu_seconds"] / one["pages"], 1),
            *(one[name] for name in ("seconds", "pages_per_s", "memory_mb", "megabytes")),
        )
        for kind, one in figures["sides"].items()
    )
    return markdown(head, *rows) + targets(figures)


TABLES: dict[str, tuple[str, Callable[[Figures], str]]] = {  # name → its figures, and how
    "page": ("page", page_cost),
    "stages": ("page", page_stages),
    "methods": ("methods", methods),
    "scale": ("scale", scale),
    "growing": ("scale", growing),
    "statistics": ("statistics", census),
    "reading": ("reading", reading),
    "loading": ("loading", loading),
    "exporting": ("exporting", exporting),
    "startup": ("startup", startup),
}


def filled(text: str, figures: Mapping[str, Figures]) -> str:
    """The page with each table regenerated whose figures exist."""

    def table(found: re.Match[str]) -> str:
        file, make = TABLES[found[2]]
        return f"{found[1]}{make(figures[file])}{found[3]}" if file in figures else found[0]

    return _TABLE.sub(table, text)


def read_figures(folder: Path) -> Iterator[tuple[str, Figures]]:
    for path in sorted(folder.glob("*.json")):
        yield path.stem, json.loads(path.read_text("utf-8"))


def main() -> int:
    """Exit status: 1 if, with --check, a table is stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    text = PAGE.read_text("utf-8")
    wanted = filled(text, dict(read_figures(FIGURES)))
    if options.check:
        return int(wanted != text)
    PAGE.write_text(wanted, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
