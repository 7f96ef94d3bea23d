"""What share of all bindings has a name that says nothing, by room; ``--max`` makes it a check.

A binding is a parameter, an assigned or loop variable, an import alias, a function, a class or an
attribute set on ``self``. Python's fixed names (``self``, ``cls``, ``_``, dunders) do not count.

    python -m benchmarks.naming                      the share in each room
    python -m benchmarks.naming src/deepscores/page  every such binding of a folder, with its place
    python -m benchmarks.naming --max 0.01           fail above one per cent
"""

import argparse
import ast
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SOURCE = Path("src/deepscores")
# Bare names: alone, they name no thing of this field. Part of a longer name, they may say much.
BANNED = frozenset((
    "above", "across", "after", "along", "another", "around", "asked", "at", "before", "below",
    "both", "chosen", "done", "each", "every", "few", "found", "given", "good", "got", "held",
    "here", "hers", "his", "how", "inside", "its", "kept", "known", "least", "listed", "made",
    "many", "met", "mine", "more", "most", "much", "named", "near", "nobody", "none", "now", "of",
    "old", "one", "ones", "other", "others", "ours", "out", "own", "put", "said", "same", "seen",
    "several", "shown", "so", "some", "stuff", "taken", "tell", "tells", "that", "theirs", "them",
    "there", "these", "they", "thing", "things", "this", "those", "to", "told", "us", "wanted",
    "what", "where", "which", "who", "whole", "whose", "why", "wide", "yours",
))  # fmt: skip
FIXED = frozenset(("self", "cls"))


class Binding(NamedTuple):
    """A name that is bound at a place."""

    name: str
    path: Path
    line: int

    @property
    def is_banned(self) -> bool:
        """Whether the name, but for leading underscores, says nothing."""
        return self.name.lstrip("_").lower() in BANNED


def bindings(path: Path) -> Iterator[Binding]:
    """Yield every binding in a Python file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        for name in _names(node):
            if name not in FIXED and name.strip("_") and not name.startswith("__"):
                yield Binding(name, path, getattr(node, "lineno", 0))


def _names(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name
        case ast.arg():
            yield node.arg
        case ast.Name(ctx=ast.Store()):
            yield node.id
        case ast.Attribute(value=ast.Name(id="self"), ctx=ast.Store()):
            yield node.attr
        case ast.ExceptHandler(name=str(name)) | ast.alias(asname=str(name)):
            yield name
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case _:
            return


def main(arguments: list[str]) -> int:
    """Print the shares, or every such binding of the folders named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--max", type=float, default=1.0, help="largest share allowed")
    options = parser.parse_args(arguments)
    totals: Counter[str] = Counter()
    banned: Counter[str] = Counter()
    for folder in options.folders or [SOURCE]:
        for path in sorted(folder.rglob("*.py")) if folder.is_dir() else [folder]:
            room = path.relative_to(SOURCE).parts[0] if path.is_relative_to(SOURCE) else str(folder)
            for binding in bindings(path):
                totals[room] += 1
                if binding.is_banned:
                    banned[room] += 1
                    if options.folders:
                        print(f"{binding.path}:{binding.line}: {binding.name}")
    for room in sorted(totals):
        print(f"{banned[room] / totals[room]:7.2%}  {banned[room]:5} of {totals[room]:6}  {room}")
    share = sum(banned.values()) / max(sum(totals.values()), 1)
    print(f"{share:7.2%}  {sum(banned.values()):5} of {sum(totals.values()):6}  all")
    return int(share > options.max)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
