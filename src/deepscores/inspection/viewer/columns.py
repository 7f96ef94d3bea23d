"""Columns of a Parquet file, whole."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from deepscores.errors import DatasetError


def read_columns(path: Path, columns: Sequence[str], names: Sequence[str]) -> pa.Table:
    """Some *columns* of a file; those of few *names* as numbers into a list of them.

    Raise DatasetError if it lacks one, or is not readable.
    """
    try:
        lacking = [name for name in columns if name not in pq.read_schema(path).names]
        if lacking:
            raise DatasetError(f"{path}: has no column {lacking[0]!r}")
        file = pq.ParquetFile(path, read_dictionary=list(names))
        return file.read(list(columns)).unify_dictionaries()
    except (OSError, pa.ArrowException) as error:
        raise DatasetError(f"{path}: not a readable table: {error}") from None
