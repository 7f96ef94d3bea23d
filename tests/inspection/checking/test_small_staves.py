"""On small staves strokes are thinner than half a pixel: their boxes are tight all the same."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deepscores import build
from deepscores.inspection.checking.audit import audit
from tests.inspection.checking.conftest import Planted

SIZES = (9, 10, 12)


@pytest.fixture(scope="module")
def small(
    tmp_path_factory: pytest.TempPathFactory, tune: Callable[..., str], quick: dict[str, Any]
) -> dict[int, Path]:
    """Datasets by staff space, in the font with the thinnest strokes; flats cross staff lines."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "flats.musicxml").write_text(tune(24, title="Flats", fifths=-7))
    for size in SIZES:
        options = {**quick, "fonts": "Leipzig", "staff_space": size}
        build(folder / "flats.musicxml", folder / str(size), **options)
    return {size: folder / str(size) for size in SIZES}


@pytest.mark.parametrize("size", SIZES)
def test_thin_strokes_across_staff_lines_are_no_findings(size: int, small: dict[int, Path]) -> None:
    assert audit(small[size]).findings == ()


@pytest.mark.parametrize("by", [-7, 7])
@pytest.mark.parametrize("side", ["y0", "y1"])
def test_a_box_elsewhere_is_found_there_too(
    side: str, by: int, small: dict[int, Path], tmp_path: Path
) -> None:
    planted = Planted(shutil.copytree(small[9], tmp_path / "dataset"))
    flat = planted.number_of("keyFlat")
    if (side, by) == ("y0", 7):
        by = 14  # of a stem that owns no pixel, half is not missed
    at = planted.box(flat)[("x0", "y0", "x1", "y1").index(side)]
    planted.set(flat, **{side: at + by})
    assert str(flat) in [one.object for one in planted.found("tight")]
