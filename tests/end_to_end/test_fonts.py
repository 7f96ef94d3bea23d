"""A font of the user's from the command line to the dataset, and back."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from deepscores import build, check, open_dataset, verify
from deepscores.engraving.verovio.data import fonts_folder
from deepscores.errors import DatasetError, RecipeError
from tests.commands import run_command

Maker = Callable[..., Path]
Differences = Callable[[Path, Path], list[str]]


@pytest.fixture
def quill(music_font: Maker, tmp_path: Path) -> Path:
    path = music_font(tmp_path / "fonts/quill.otf", without=[0xE0A4 + 1, 0xE083])
    (path.parent / "quill.json").write_text('{"engravingDefaults": {"stemThickness": 0.2}}')
    return path


@pytest.fixture
def other_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One that has converted no font yet."""

    def move() -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other-machine"))
        fonts_folder.cache_clear()

    yield move
    monkeypatch.undo()
    fonts_folder.cache_clear()


def test_a_dataset_in_a_font_of_the_user_s(
    tunes: Path, quill: Path, quick: dict[str, Any], tmp_path: Path, differences: Differences
) -> None:
    options = quick | {"fonts": f"Leland,{quill}"}
    one, other = tmp_path / "one", tmp_path / "other"
    build(tunes, one, **options)
    moved = shutil.copytree(quill.parent, tmp_path / "elsewhere") / "quill.otf"
    build(tunes, other, **quick | {"fonts": "Leland", "font": [moved]})
    assert differences(one, other) == []
    assert not check(one).total
    info = json.loads((one / "dataset.json").read_text("utf-8"))
    assert info["recipe"]["fonts"] == ["Leland", "Quill"]
    assert info["recipe"]["font-files"].keys() == {"Quill"}
    assert str(tmp_path) not in (one / "dataset.json").read_text("utf-8")
    pages = open_dataset(one)
    assert {page.row["font"] for page in pages} == {"Leland", "Quill"}
    fonts = {
        row["font"]
        for path in (one / "symbols").iterdir()
        for row in pq.ParquetFile(path).read().to_pylist()
        if "-aug-quill--" in row["page"] and row["smufl"]
    }
    assert fonts == {"Quill"}
    again = build(tunes, one, **options)
    assert again.already_there


def test_a_glyph_that_the_font_lacks_says_who_drew_it(
    tunes: Path, music_font: Maker, quick: dict[str, Any], tmp_path: Path
) -> None:
    path = music_font(tmp_path / "a.otf", "Clefless", without=[0xE262])  # accidentalSharp
    build(tunes, tmp_path / "d", **quick | {"fonts": str(path)})
    rows = pq.ParquetFile(next((tmp_path / "d/symbols").iterdir())).read().to_pylist()
    drawn_by = {(row["smufl"], row["font"]) for row in rows if row["smufl"]}
    assert ("accidentalSharp", "Leipzig") in drawn_by
    assert ("gClef", "Clefless") in drawn_by
    assert [name for name, font in drawn_by if font != "Clefless"] == ["accidentalSharp"]


def test_another_font_or_other_metadata_is_another_dataset(
    tunes: Path, quill: Path, quick: dict[str, Any], tmp_path: Path
) -> None:
    options = quick | {"fonts": str(quill)}
    build(tunes, tmp_path / "d", **options)
    (quill.parent / "quill.json").write_text("{}")
    with pytest.raises(DatasetError, match=r"another recipe \(font-files, .*give --force"):
        build(tunes, tmp_path / "d", **options)


def test_pages_are_made_again_on_a_machine_that_has_the_font(
    tunes: Path,
    quill: Path,
    quick: dict[str, Any],
    tmp_path: Path,
    other_machine: Callable[[], None],
) -> None:
    dataset = tmp_path / "d"
    build(tunes, dataset, **quick | {"fonts": str(quill)})
    moved = quill.rename(tmp_path / "moved.otf")
    assert verify(dataset, rerender=1).problems == ()  # known here by its digest
    other_machine()
    assert verify(dataset, rerender=0).problems == ()
    with pytest.raises(RecipeError, match="the font Quill is needed"):
        verify(dataset, rerender=1)
    with pytest.raises(RecipeError, match=r"moved\.otf: the dataset was not made with this font"):
        verify(dataset, rerender=1, font=[moved])  # its metadata is not beside it
    (quill.parent / "quill.json").rename(tmp_path / "moved.json")
    verdict = verify(dataset, rerender=1, font=[moved])
    assert (verdict.problems, verdict.pages_remade > 3) == ((), True)


def test_what_is_no_music_font_costs_one_line_and_writes_nothing(
    tunes: Path, tmp_path: Path
) -> None:
    odd = tmp_path / "odd.otf"
    odd.write_text("no font")
    for command in (
        ("build", tunes, "-o", tmp_path / "d", "--font", odd),
        ("engrave", tunes / "tune-0.musicxml", "-o", tmp_path / "d", "--fonts", odd),
        ("gallery", "-o", tmp_path / "d", "--font", odd),
        ("fonts", odd, "-o", tmp_path / "d"),
    ):
        done = run_command(*command)
        assert done.returncode == 2
        assert done.stderr.splitlines()[-1:] == done.stderr.splitlines()
        assert done.stderr.startswith(f"deepscores: {odd}: is not a valid font file")
        assert not (tmp_path / "d").exists()


def test_engrave_draws_in_a_font_s_file(tunes: Path, quill: Path, tmp_path: Path) -> None:
    done = run_command("engrave", tunes / "tune-0.musicxml", "-o", tmp_path / "d", "--fonts", quill)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (tmp_path / "d/images_png").iterdir()] == [
        "tune-0-aug-quill--page-1.png"
    ]


def test_fonts_are_listed_as_json(quill: Path) -> None:
    done = run_command("fonts", "Leland", quill, "--json", "--labels", "full")
    leland, ours = json.loads(done.stdout)
    assert (leland["font"], leland["file"], leland["licence"]) == ("Leland", "", "OFL-1.1")
    assert (ours["font"], ours["file"], ours["metadata"]) == ("Quill", "quill.otf", True)
    assert ours["engraver"] == "verovio"
    assert ours["lender"] == "Leipzig"
    assert "timeSig3" in ours["missing"]
    assert "timeSig3" not in leland["missing"]
    assert ours["glyphs"] > 300
