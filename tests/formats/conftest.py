"""What the tables of the real pages say, read once."""

from pathlib import Path

import pytest

from tests.formats.told import Told, pages_told


@pytest.fixture(scope="session")
def told(real: Path) -> list[Told]:
    """`pages_told` of `real`; tests leave it as it is."""
    return pages_told(real)
