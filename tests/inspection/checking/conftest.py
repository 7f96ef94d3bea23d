"""Small datasets to plant defects in."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from deepscores.dataset.columns import SYMBOLS, WRITING
from deepscores.dataset.png.codec import decode_png, encode_png
from deepscores.formats.reading.findings import Finding
from deepscores.inspection.checking.audit import audit


class Planted:
    """A copy of a built dataset in which one thing after another can be spoiled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stem = min(path.stem for path in (folder / "images_png").iterdir())

    def check(self, **options: Any) -> list[Finding]:
        return list(audit(self.folder, **options).findings)

    def found(self, check: str, **options: Any) -> list[Finding]:
        return [one for one in self.check(**options) if one.check == check]

    def path(self, kind: str, suffix: str = ".png") -> Path:
        return self.folder / kind / (self.stem + suffix)

    def pixels(self, kind: str) -> NDArray[Any]:
        path = self.path(kind)
        return decode_png(path.read_bytes()).copy()

    def paint(self, kind: str, change: Callable[[NDArray[Any]], None]) -> None:
        pixels = self.pixels(kind)
        change(pixels)
        self.path(kind).write_bytes(encode_png(pixels))

    @property
    def part(self) -> Path:
        return self.folder / "symbols/part-00000.parquet"

    def symbols(self) -> pa.Table:
        """Those of the page."""
        table = pq.ParquetFile(self.part).read()
        return table.filter(pa.compute.equal(table["page"], self.stem))

    def number_of(self, kind: str) -> int:
        """The first symbol of that kind on the page."""
        table = self.symbols()
        return int(table["number"][table["kind"].to_pylist().index(kind)].as_py())

    def set(self, symbol: int, /, **values: Any) -> None:
        """Change a symbol's row."""
        file = pq.ParquetFile(self.part)
        groups = [file.read_row_group(group) for group in range(file.num_row_groups)]
        with pq.ParquetWriter(self.part, SYMBOLS, **WRITING) as writer:
            for table in groups:
                rows = zip(table["page"].to_pylist(), table["number"].to_pylist(), strict=True)
                mine = np.array([row == (self.stem, symbol) for row in rows])
                for name, value in values.items():
                    place = SYMBOLS.get_field_index(name)
                    new = pa.compute.if_else(
                        pa.array(mine), pa.scalar(value, SYMBOLS.field(name).type), table[name]
                    )
                    table = table.set_column(place, SYMBOLS.field(name), new)
                writer.write_table(table)

    def box(self, number: int) -> list[float]:
        row = self.symbols().slice(number - 1, 1).to_pylist()[0]
        return [row[side] for side in ("x0", "y0", "x1", "y1")]

    def set_json(self, **values: Any) -> None:
        path = self.folder / "dataset.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


@pytest.fixture
def planted(built: Path, tmp_path: Path) -> Planted:
    return Planted(shutil.copytree(built, tmp_path / "dataset"))
