"""Lets the engraver's processes import this folder's poison, however pytest was told to import."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory, tune: object) -> Path:
    """A folder of three short scores."""
    folder = tmp_path_factory.mktemp("small")
    for index, steps in enumerate(("CEGB", "DFAC", "EGBD")):
        text = tune(4 + 10 * index, title=f"Piece {index}", steps=steps)  # type: ignore[operator]
        (folder / f"piece-{index}.musicxml").write_text(text)
    return folder
