"""Opening Parquet files: what is missing or damaged is a DatasetError that names the file."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from deepscores.errors import DatasetError


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        if isinstance(error, OSError) and error.errno:  # the system's; else Arrow's of the content
            raise DatasetError(f"{path}: {os.strerror(error.errno)}") from None
        line = str(error).partition("\n")[0]
        raise DatasetError(f"{path}: not a readable table: {line}") from None


def open_table(path: Path) -> pq.ParquetFile:
    """A Parquet file of which only the end has been read."""
    with _reading(path):
        return pq.ParquetFile(path)


def read_table(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """A whole Parquet file, or some of its *columns*."""
    file = open_table(path)
    _require(file, path, columns)
    with _reading(path):
        return file.read(None if columns is None else list(columns))


def read_row_group(path: Path, group: int, columns: Sequence[str] | None = None) -> pa.Table:
    """One row group of a Parquet file, or some of its *columns*."""
    file = open_table(path)
    _require(file, path, columns)
    with _reading(path):
        return file.read_row_group(group, None if columns is None else list(columns))


def read_row_groups(path: Path, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """Yield the row groups of a Parquet file, or some of their *columns*."""
    file = open_table(path)
    _require(file, path, columns)
    for group in range(file.num_row_groups):
        with _reading(path):
            content = file.read_row_group(group, None if columns is None else list(columns))
        yield content


def _require(file: pq.ParquetFile, path: Path, columns: Sequence[str] | None) -> None:
    missing = sorted(set(columns or ()) - set(file.schema_arrow.names))
    if missing:
        raise DatasetError(f"{path}: no column {missing[0]!r}")
