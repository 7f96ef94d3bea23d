"""Exports of real pages."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deepscores import export


@pytest.fixture
def exported(real: Path, tmp_path: Path) -> Callable[..., Path]:
    """Export `real` into a new folder; the folder."""

    def run(to: str, name: str = "export", **options: Any) -> Path:
        export(real, tmp_path / name, to=to, **options)
        return tmp_path / name

    return run
