"""One page as the browser takes it: symbols by column, pixels as runs."""

import math
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

# What is drawn, listed and clicked; a symbol's other columns are asked for one by one.
_DRAWN = ("number", "object", "class_id", "kind", "smufl", "parent", "group")
_BOX = ("x0", "y0", "x1", "y1")
_DECIMALS = 2  # of a pixel


def symbol_columns(symbols: pa.Table) -> dict[str, Any]:
    """The symbols of a page by column; ``box`` is four numbers a symbol, ``oriented`` eight.

    Columns that an older or foreign table lacks are empty.
    """
    columns = {
        name: symbols[name].to_pylist() if name in symbols.column_names else [] for name in _DRAWN
    }
    boxes = np.stack([symbols[name].to_numpy() for name in _BOX], axis=1)
    return {**columns, "box": _round_all(boxes), "oriented": _oriented(symbols)}


def _oriented(symbols: pa.Table) -> list[float]:
    if "oriented" not in symbols.column_names or symbols["oriented"].null_count:
        return []
    corners = symbols["oriented"].combine_chunks()
    return _round_all(corners.flatten().to_numpy(zero_copy_only=False).reshape(-1, 8))


def _round_all(numbers: NDArray[Any]) -> list[float]:
    rounded: list[float] = np.round(numbers.astype(np.float64), _DECIMALS).ravel().tolist()
    return rounded


def plain(value: Any) -> Any:
    """*value* of a table as JSON can hold it: what is not a finite number is null.

    >>> plain({"onset": float("nan"), "oriented": [1.5]})
    {'onset': None, 'oriented': [1.5]}
    """
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def encode_runs(pixels: NDArray[Any]) -> bytes:
    """*pixels* (height, width) as little-endian uint32: width, height, then a pair a run.

    A pair is the place, row by row, where a run of equal pixels ends, and their value. Some
    100,000 pairs stand for the five million pixels of a page, and no picture format, colour
    profile or depth comes between.

    >>> np.frombuffer(encode_runs(np.array([[0, 0, 7], [7, 0, 0]])), "<u4").tolist()
    [3, 2, 2, 0, 4, 7, 6, 0]
    """
    height, width = pixels.shape
    flat = pixels.ravel()
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    ends = np.append(changes, len(flat))
    runs = np.stack([ends, flat[ends - 1]], axis=1)
    return np.concatenate([[width, height], runs.ravel()]).astype("<u4").tobytes()
