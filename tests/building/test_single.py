"""One score, engraved to be looked at."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from deepscores import engrave
from deepscores.building.single import OWNED
from deepscores.errors import DatasetError, RecipeError, ScoreError
from deepscores.runs.claim import MARKER


@pytest.fixture
def options(quick: dict[str, Any]) -> dict[str, Any]:
    return {key: quick[key] for key in ("page_size", "staff_space", "margin", "fonts")}


@pytest.fixture
def song(tune: Callable[..., str], tmp_path: Path) -> Path:
    path = tmp_path / "song.musicxml"
    path.write_text(tune(9))
    return path


def test_every_page_has_its_files_and_an_overlay(
    song: Path, options: dict[str, Any], tmp_path: Path
) -> None:
    pages = engrave(song, tmp_path / "out", **options)
    assert [page.stem for page in pages] == [
        f"song-aug-{font}--page-{number}" for font in ("bravura", "leland") for number in (1, 2)
    ]
    for page in pages:
        with Image.open(page.overlay) as overlay, Image.open(page.image) as image:
            assert overlay.size == image.size == (800, 600)
            colours = overlay.getcolors(1 << 16)
            assert colours
            assert any(len({*colour}) > 1 for _, colour in colours)  # not all grey
        assert page.symbols > page.objects > 3
    folders = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert folders == sorted([MARKER, *OWNED])


def test_pages_equal_those_of_a_build(
    built: Path, quick: dict[str, Any], options: dict[str, Any], tmp_path: Path
) -> None:
    engrave(built.parent / "tunes/tune-3.musicxml", tmp_path / "out", **options)
    images = list((tmp_path / "out/images_png").iterdir())
    assert images
    for path in images:
        assert path.read_bytes() == (built / "images_png" / path.name).read_bytes()


def test_a_bad_score_is_one_line(tmp_path: Path, options: dict[str, Any]) -> None:
    (tmp_path / "bad.xml").write_text("<score-partwise/>")
    with pytest.raises(ScoreError, match=r"^bad\.xml: score without parts$"):
        engrave(tmp_path / "bad.xml", tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_pages_of_another_score_are_replaced_by_force_alone(
    song: Path, options: dict[str, Any], tmp_path: Path
) -> None:
    other, folder = tmp_path / "other.musicxml", tmp_path / "out"
    other.write_text(song.read_text())
    for _ in range(2):  # the same again needs no force, nor do other options
        engrave(song, folder, **options)
    engrave(song, folder, **options | {"fonts": "Gootville"})
    assert len(list((folder / "overlays").iterdir())) == 6
    with pytest.raises(DatasetError) as refused:
        engrave(other, folder, **options)
    assert str(refused.value) == (
        f"{folder}: holds an engraving of another score (song.musicxml there, other.musicxml asked "
        "for); give --force to replace it, or choose another folder"
    )
    (folder / "notes.txt").write_text("the user's")
    engrave(other, folder, force=True, **options)
    assert {path.name[:5] for path in (folder / "overlays").iterdir()} == {"other"}
    assert (folder / "notes.txt").exists()


def test_what_is_not_one_score(song: Path, tmp_path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match="no such file or folder"):
        engrave(tmp_path / "none.xml", tmp_path / "out", **options)
    (tmp_path / "other.musicxml").write_text(song.read_text())
    with pytest.raises(RecipeError, match="holds 2 scores; name one, or use build"):
        engrave(tmp_path, tmp_path / "out", **options)
    with pytest.raises(DatasetError, match="is a file, not a folder"):
        engrave(song, tmp_path / "other.musicxml", **options)
