"""Fonts of the user's in a recipe: by path from anywhere, in the dataset by content."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from deepscores.engraving.verovio.data import MUSIC_FONTS
from deepscores.errors import RecipeError
from deepscores.recipe.recipe import Recipe, apply, read_recipe

Maker = Callable[..., Path]


def test_a_file_among_the_fonts_is_called_by_its_family(music_font: Maker, tmp_path: Path) -> None:
    path = music_font(tmp_path / "some-file.otf", "Fine Quill")
    recipe = apply(Recipe(), {"fonts": f"Leland,{path}"})
    assert recipe.fonts == ("Leland", "FineQuill")
    leland, quill = recipe.styles()
    assert leland.font_file is None
    assert quill.music_font == "FineQuill"
    assert quill.font_file is not None
    assert quill.font_file.path == path


def test_font_is_added_to_the_fonts(music_font: Maker, tmp_path: Path) -> None:
    quill, reed = music_font(tmp_path / "a.otf", "Quill"), music_font(tmp_path / "b.otf", "Reed")
    assert apply(Recipe(), {"font": [str(quill)]}).fonts == (*MUSIC_FONTS, "Quill")
    recipe = apply(Recipe(), {"font": [str(quill), str(reed)], "fonts": "Leland"})
    assert recipe.fonts == ("Leland", "Quill", "Reed")
    recipe = apply(Recipe(), {"fonts": [str(quill)]})
    assert apply(recipe, {"font": str(reed)}).fonts == ("Quill", "Reed")


def test_files_are_relative_to_the_recipe(
    music_font: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    music_font(tmp_path / "recipes/fonts/a.otf", "One")
    music_font(tmp_path / "recipes/b.otf", "Other")
    path = tmp_path / "recipes/mine.toml"
    path.write_text('fonts = ["Leland", "fonts/a.otf"]\nfont = "b.otf"\n')
    monkeypatch.chdir(tmp_path)
    assert read_recipe(path).fonts == ("Leland", "One", "Other")


def test_a_dataset_knows_a_font_by_content_and_no_path(music_font: Maker, tmp_path: Path) -> None:
    path = music_font(tmp_path / "here/a.otf", "Quill")
    elsewhere = tmp_path / "there/b.otf"
    elsewhere.parent.mkdir()
    shutil.copy(path, elsewhere)
    recipe, moved_recipe = (apply(Recipe(), {"fonts": [str(file)]}) for file in (path, elsewhere))
    assert recipe == moved_recipe
    assert recipe.as_table() == moved_recipe.as_table()
    table = recipe.as_table()
    assert str(tmp_path) not in json.dumps(table)
    assert table["fonts"] == ("Quill",)
    assert set(table["font-files"]) == {"Quill"}
    assert apply(Recipe(), json.loads(json.dumps(table))) == recipe
    (elsewhere.parent / "b.json").write_text("{}")
    assert apply(Recipe(), {"fonts": [str(elsewhere)]}).as_table() != table


def test_the_engraver_s_own_fonts_need_no_files_in_a_dataset_s_recipe() -> None:
    assert "font-files" not in Recipe().as_table()


def test_fonts_that_are_left_out_take_their_files_along(music_font: Maker, tmp_path: Path) -> None:
    path = music_font(tmp_path / "a.otf")
    recipe = apply(Recipe(), {"font": [str(path)]})
    assert apply(recipe, {"fonts": "Leland"}) == apply(Recipe(), {"fonts": "Leland"})
    assert apply(recipe, {"fonts": "Quill"}).font_files == recipe.font_files


def test_every_font_has_a_name_of_its_own(music_font: Maker, tmp_path: Path) -> None:
    paths = [
        music_font(tmp_path / "a.otf", "Quill"),
        music_font(tmp_path / "b.otf", "QUILL"),
        music_font(tmp_path / "c.otf", "leland"),
    ]
    recipe = apply(Recipe(), {"fonts": [str(path) for path in paths]})
    first, second, third = recipe.font_files
    assert recipe.fonts == ("Quill", f"QUILL-{second.sha256[:6]}", f"leland-{third.sha256[:6]}")
    assert first.sha256 != second.sha256


def test_one_font_twice_is_a_mistake(music_font: Maker, tmp_path: Path) -> None:
    path = music_font(tmp_path / "a.otf")
    copy = shutil.copy(path, tmp_path / "copy.otf")
    with pytest.raises(RecipeError, match=r"copy\.otf and .*a\.otf are the same font"):
        apply(Recipe(), {"fonts": [str(path), str(copy)]})
    recipe = apply(Recipe(), {"fonts": [str(path)]})
    with pytest.raises(RecipeError, match="each once"):
        apply(recipe, {"fonts": ["Quill", "Quill"]})


NONSENSE: dict[str, tuple[object, str]] = {
    "no table": (3, "font-files: 3 is not a table of fonts"),
    "no digest": ({"Quill": {}}, "font-files: a font has no sha256"),
    "no font": ({"Quill": 3}, "font-files: a font has no sha256"),
}


@pytest.mark.parametrize("case", NONSENSE)
def test_a_damaged_list_of_font_files_is_told(case: str) -> None:
    value, message = NONSENSE[case]
    with pytest.raises(RecipeError, match=message):
        apply(Recipe(), {"font_files": value})


def test_font_takes_files_not_names() -> None:
    with pytest.raises(RecipeError, match=r"font: 'Leland' is not a font file .*--fonts"):
        apply(Recipe(), {"font": ["Leland"]})


def test_an_unknown_font_is_told_with_what_there_is() -> None:
    with pytest.raises(RecipeError, match=r"unknown music font 'Comic'; .* any SMuFL font by"):
        apply(Recipe(), {"fonts": "Comic"})
