"""What the tables of the real pages say, read once."""

from pathlib import Path

import pytest

from tests.formats.table_pages import TablePage, read_table_pages


@pytest.fixture(scope="session")
def table_pages(real: Path) -> list[TablePage]:
    """`read_table_pages` of `real`; tests leave it as it is."""
    return read_table_pages(real)
