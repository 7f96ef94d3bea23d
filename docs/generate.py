"""Write the pages of docs/ that are made from the code; check links and third-party versions.

With --check nothing is written: a page that differs from what would be written is an error.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pyarrow as pa

from deepscores.cli.app import find_commands
from deepscores.dataset.columns import (
    PAGE_COLUMNS,
    SCORE_COLUMNS,
    SYMBOL_COLUMNS,
    WHOLE_MASK,
)
from deepscores.page.labels.label_sets import built_in_sets, load_label_set

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
_NOTE = "<!-- Made by `make docs`; change the code, not this page. -->\n\n"
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_ROW = re.compile(r"^\| ([a-z0-9-]+)(?: \([^|]*)? \| ([^|]+) \|", re.MULTILINE)
_LOCKED = re.compile(r"^([a-z0-9-]+)==(\S+)(?!.*win32)", re.MULTILINE)
_COLUMNS = re.compile(r"(<!-- columns: (\w+) -->\n).*?(<!-- end of columns -->)", re.DOTALL)
COLUMNS = {
    "symbols": (*SYMBOL_COLUMNS, WHOLE_MASK),
    "pages": PAGE_COLUMNS,
    "scores": SCORE_COLUMNS,
}
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def main() -> int:
    """Exit status: 1 if a link leads nowhere or, with --check, a page is stale."""
    check = "--check" in sys.argv[1:]
    problems = []
    made = (
        ("commands.md", commands_page()),
        ("classes.md", classes_page()),
        ("dataset.md", dataset_page()),
    )
    for name, text in made:
        path = DOCS / name
        if path.exists() and path.read_text("utf-8") == text:
            continue
        if check:
            problems.append(f"docs/{name}: stale; run make docs")
        else:
            path.write_text(text, "utf-8")
            print(f"docs/{name}: written")
    problems += [problem for page in pages() for problem in broken_links(page)]
    problems += unlisted_packages()
    print("\n".join(problems) or "docs: pages, links and third-party versions are right")
    return 1 if problems else 0


def commands_page() -> str:
    """The help of every command, as the terminal shows it."""
    parts = [f"{_NOTE}# Commands\n\n{_help()}"]
    parts += [f"## deepscores {command}\n\n{_help(command)}" for command in find_commands()]
    return "\n".join(parts)


def _help(*command: str) -> str:
    program = Path(sys.executable).with_name("deepscores")
    help_text = subprocess.run(
        [program, *command, "--help"],
        capture_output=True,
        check=True,
        encoding="utf-8",
        env={**os.environ, "COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1", "PYTHONUTF8": "1"},
    ).stdout
    lines = [line.rstrip() for line in help_text.strip().splitlines()]
    return "```\n{}\n```\n".format("\n".join(lines))


def classes_page() -> str:
    """A table of each label set that comes with the package."""
    parts = [f"{_NOTE}# Classes\n\nId 0 is paper in every label set.\n"]
    for name in built_in_sets():
        labels = load_label_set(name)
        parts.append(f"## {name}\n\n{labels.description}: {len(labels.classes)} classes.\n")
        rows = [
            f"| {row.id} | {row.name} | {row.smufl} | {row.description} |" for row in labels.classes
        ]
        table = ("| id | name | SMuFL glyph | what it is |", "| --: | --- | --- | --- |", *rows)
        parts.append("\n".join(table) + "\n")
    return "\n".join(parts)


def dataset_page() -> str:
    """The page about datasets with the columns of each table as they are declared."""
    text = (DOCS / "dataset.md").read_text("utf-8")
    return _COLUMNS.sub(lambda found: f"{found[1]}{columns_table(found[2])}{found[3]}", text)


def columns_table(name: str) -> str:
    """The columns of one table of a dataset, neighbours that mean the same in one line."""
    lines = ["| column | type | unit | what it is |", "|---|---|---|---|"]
    for (meaning, unit, arrow_type), columns in groupby(
        COLUMNS[name], key=lambda column: (column.meaning, column.unit, column.type)
    ):
        names = " ".join(f"`{column.name}`" for column in columns)
        lines.append(f"| {names} | {_type_name(arrow_type)} | {unit} | {meaning} |")
    return "\n".join(lines) + "\n"


def _type_name(arrow_type: pa.DataType) -> str:
    names = {"float": "float32", "double": "float64"}
    if isinstance(arrow_type, pa.FixedSizeListType):
        return f"{arrow_type.list_size} × {_type_name(arrow_type.value_type)}"
    if isinstance(arrow_type, pa.ListType):
        return f"list of {_type_name(arrow_type.value_type)}s"
    return names.get(str(arrow_type), str(arrow_type))


def pages() -> Iterator[Path]:
    """Every Markdown page of the project."""
    yield from sorted(ROOT.glob("*.md"))
    for folder in ("docs", "examples", "benchmarks"):
        yield from sorted((ROOT / folder).rglob("*.md"))


def broken_links(page: Path) -> Iterator[str]:
    """Yield what is wrong with links to files of the project and to their headings."""
    for link in _LINK.findall(_FENCE.sub("", page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = page.parent / file if file else page
        if not target.exists():
            yield f"{page.relative_to(ROOT)}: no file {file!r}"
        elif anchor and target.suffix == ".md" and anchor not in anchors(target):
            yield f"{page.relative_to(ROOT)}: no heading {anchor!r} in {target.name}"


def anchors(page: Path) -> set[str]:
    """The names by which links refer to the headings of *page*."""
    text = _FENCE.sub("", page.read_text("utf-8"))
    headings = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(text))
    return {heading.strip().replace(" ", "-") for heading in headings}


def unlisted_packages() -> Iterator[str]:
    """Yield the locked packages that third-party.md does not list in their version."""
    listed_versions = dict(_ROW.findall((DOCS / "third-party.md").read_text("utf-8")))
    for name, version in _LOCKED.findall((ROOT / "requirements.lock").read_text("utf-8")):
        if version not in re.split(r"[ ;]+", listed_versions.get(name, "")):
            yield f"docs/third-party.md: lists no {name} {version}"


if __name__ == "__main__":
    sys.exit(main())
