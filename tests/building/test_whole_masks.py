"""Whole masks in a dataset: there when asked for, and nothing else changes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepscores import build, engrave, open_dataset
from deepscores.dataset.columns import SYMBOLS, SYMBOLS_WHOLE
from deepscores.dataset.manifest import list_files
from deepscores.errors import DatasetError


@pytest.fixture(scope="module")
def whole(built: Path, quick: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dataset `built`, with whole masks."""
    folder = tmp_path_factory.mktemp("whole") / "dataset"
    build(built.parent / "tunes", folder, whole_masks=True, **quick)
    return folder


def test_masks_have_their_areas_and_hold_what_shows(whole: Path) -> None:
    for page in open_dataset(whole):
        rows = page.symbols.to_pylist()
        shape, instances = page.image.shape, page.instances
        dark = page.image <= 127
        for row in rows[::5]:
            mask = page.whole_mask(row["number"])
            assert mask.shape == shape
            assert mask.sum() == row["whole_area"]
            shown = instances == row["number"]
            assert (dark | shown)[mask & shown].all()
            assert (instances[mask & dark] > 0).all()  # hidden by a symbol, not lost


def test_all_but_the_symbol_table_is_as_without_them(built: Path, whole: Path) -> None:
    told = {"dataset.json", "manifest.tsv"}
    names = list(list_files(built))
    assert names == list(list_files(whole))
    for name in names:
        if name not in told and not name.startswith("symbols/"):
            assert (built / name).read_bytes() == (whole / name).read_bytes(), name
    for without, page in zip(open_dataset(built), open_dataset(whole), strict=True):
        assert without.symbols.schema.equals(SYMBOLS)
        assert page.symbols.schema.equals(SYMBOLS_WHOLE)
        assert page.symbols.drop_columns(["whole_mask"]).equals(without.symbols)


def test_a_dataset_without_them_says_so(built: Path) -> None:
    with pytest.raises(DatasetError, match="built without whole masks"):
        open_dataset(built)[0].whole_mask(1)


def test_one_score_can_be_engraved_with_them(
    built: Path, quick: dict[str, Any], tmp_path: Path
) -> None:
    import pyarrow.parquet as pq

    options = {"page_size": quick["page_size"], "staff_space": 10, "margin": 40}
    score = built.parent / "tunes/tune-0.musicxml"
    page, *_ = engrave(score, tmp_path / "out", fonts="Leland", whole_masks=True, **options)
    table = pq.read_table(tmp_path / f"out/symbols/{page.stem}.parquet")
    assert np.array([len(one) for one in table["whole_mask"].to_pylist()]).min() > 2
