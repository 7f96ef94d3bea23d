"""A new attribute of a symbol is one line of source, beside what computes it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.places import ROOT

LINE = '    slant = OptionalRealAttribute("of its stroke", unit="degrees", table_type="float32")\n'
PROGRAM = """
import sys
from pathlib import Path

import numpy as np

from deepscores.dataset.columns import SYMBOL_COLUMNS, encode_table
from deepscores.dataset.symbol_files import open_symbol_files
from deepscores.dataset.symbol_table import symbol_table, symbols_of
from deepscores.page.geometry import Box
from deepscores.page.labels.label_sets import load_label_set
from deepscores.page.model import Painting, PixelPicture, Sheet, Symbol, Symbols

rows = [
    Symbol(1, "stem", "", "stem", "", Box(1, 2, 3, 4), (), "n1", slant=0.5),
    Symbol(2, "slur", "", "slur", "", Box(1, 2, 3, 4), (0.5,) * 8, "n2", text="x"),
]
symbols = Symbols.of(rows)
assert list(symbols) == rows, "rows and columns"
assert np.array_equal(symbols.slant, [0.5, np.nan], equal_nan=True), "a column"

areas = np.ones(3, np.int64)
paper = PixelPicture(np.zeros((2, 2), np.uint8))
sheet = Sheet(symbols, Painting(2, 2, paper, paper, np.ones((3, 4), np.int64), areas, areas))
folder = Path(sys.argv[1])
(folder / "symbols").mkdir()
table = symbol_table("page", sheet, load_label_set("full"), [])
(folder / "symbols/part-00000.parquet").write_bytes(encode_table(table))

table = open_symbol_files(folder).of_page("page")
assert table["slant"].to_pylist() == [0.5, None], "Parquet"
assert list(symbols_of(table)) == rows, "read back"
assert list(symbols_of(table.drop_columns(["slant"])))[0].slant is None, "an older dataset"
(column,) = (column for column in SYMBOL_COLUMNS if column.name == "slant")
assert (column.unit, column.meaning) == ("degrees", "of its stroke"), "documentation"
"""


def test_an_attribute_that_is_declared_in_one_line_is_in_rows_tables_and_docs(
    tmp_path: Path,
) -> None:
    package = tmp_path / "deepscores"
    package.mkdir()
    for path in (ROOT / "src/deepscores").iterdir():
        if path.name != "page":
            (package / path.name).symlink_to(path)
    shutil.copytree(ROOT / "src/deepscores/page", package / "page")
    declaration = package / "page/model/symbols.py"
    source = declaration.read_text("utf-8")
    place = source.index("    text = RareTextAttribute(")
    declaration.write_text(source[:place] + LINE + source[place:], "utf-8")
    (tmp_path / "dataset").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "dataset")],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
