"""Files with a line per picture or per class."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from deepscores.runs.files import replacing, write_file


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write *lines* to *path*."""
    write_file(path, "".join(f"{line}\n" for line in lines).encode())


def concatenate(path: Path, parts: Sequence[Path]) -> None:
    """Concatenate *parts* in *path*."""
    with replacing(path) as file:
        for part in parts:
            file.write(part.read_bytes())
