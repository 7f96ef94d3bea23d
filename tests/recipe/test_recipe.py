"""Recipes: from a file, from options, and what is refused."""

from pathlib import Path
from typing import Any

import pytest

from deepscores.engraving.verovio.glyphs import MUSIC_FONTS
from deepscores.errors import RecipeError
from deepscores.recipe.recipe import Recipe, Run, apply, read_recipe, read_run

READABLE = Recipe().as_table()["readability"]

# Every key: in TOML, as an option's text, and the value both give.
KEYS: dict[str, tuple[str, object, object]] = {
    "fonts": ('["Bravura", "Leland"]', "Bravura,Leland", ("Bravura", "Leland")),
    "pages": ("12", "12", 12),
    "pages-per-score": ("4", "4", 4),
    "labels": ('"deepscores-v2"', "deepscores-v2", "deepscores-v2"),
    "page-size": ('"800x1000"', "800x1000", (800, 1000)),
    "staff-space": ("12.5", 12.5, 12.5),
    "margin": ("50", 50, 50),
    "patches": ('"20x30"', "20x30", (20, 30)),
    "patches-per-class": ("7", 7, 7),
    "max-lost-notes": ("0.5", 0.5, 0.5),
    "quota": ("{each = 4}", 4, {"each": 4}),
    "readability": ("{pile = 5}", {"pile": 5}, {**READABLE, "pile": 5}),
    "seed": ("3", 3, 3),
    "whole-masks": ("true", True, True),
}


def write(folder: Path, text: str) -> Path:
    path = folder / "recipe.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_table_of_keys_is_complete() -> None:
    table = Recipe(whole_masks=True).as_table()
    assert {*KEYS, "scores"} == set(table), "one is missing here"


def test_a_recipe_for_verovio_is_told_as_before_there_was_a_choice() -> None:
    assert not {"engraver", "font-dir"} & set(Recipe().as_table())
    assert apply(Recipe(), {"engraver": "lilypond"}).as_table()["engraver"] == "lilypond"


def test_an_engraver_has_fonts_of_its_own() -> None:
    assert apply(Recipe(), {"engraver": "lilypond"}).fonts == ("Emmentaler",)
    with pytest.raises(RecipeError, match="unknown music font 'Bravura'; there are Emmentaler"):
        apply(Recipe(), {"engraver": "lilypond", "fonts": "Bravura"})
    with pytest.raises(RecipeError, match="no engraver 'finale'; there are verovio, lilypond"):
        apply(Recipe(), {"engraver": "finale"})


def test_both_engravers_have_fonts_each() -> None:
    recipe = apply(Recipe(), {"engraver": "both"})
    assert recipe.fonts == (*MUSIC_FONTS, "Emmentaler")
    assert [style.engraver for style in recipe.styles()] == ["verovio"] * 5 + ["lilypond"]
    assert recipe.as_table()["engraver"] == "verovio,lilypond"
    assert apply(Recipe(), {"engraver": "lilypond, verovio"}) == recipe
    assert apply(recipe, {}) == recipe
    recipe = apply(Recipe(), {"engraver": "both", "fonts": "Emmentaler,Leland"})
    assert recipe.fonts == ("Leland", "Emmentaler")  # Verovio's first


@pytest.mark.parametrize(("fonts", "engraver"), [("Leland", "LilyPond"), ("Emmentaler", "Verovio")])
def test_with_both_each_engraver_needs_a_font(fonts: str, engraver: str) -> None:
    with pytest.raises(RecipeError, match=f"fonts: none of them is {engraver}'s"):
        apply(Recipe(), {"engraver": "both", "fonts": fonts})


def test_with_both_each_engraver_takes_what_it_can_draw() -> None:
    style = {"bar-numbers": 5, "stem-thickness": 0.1}  # the first is Verovio's alone
    recipe = apply(Recipe(), {"engraver": "both", "fonts": "Leland,Emmentaler", "style": style})
    assert recipe.page_style("s", "Leland", 1) == style
    assert recipe.page_style("s", "Emmentaler", 1) == {"stem-thickness": 0.1}
    assert dict(recipe.styles()[1].properties) == {"stem-thickness": 0.1}


@pytest.mark.parametrize("engraver", ["verovio,verovio", ","])
def test_engravers_are_named_once(engraver: str) -> None:
    with pytest.raises(RecipeError, match="engraver: name at least one, and each once"):
        apply(Recipe(), {"engraver": engraver})


def test_a_recipe_without_whole_masks_is_told_as_before_there_were_any() -> None:
    assert "whole-masks" not in Recipe().as_table()


def test_a_flag_is_true_or_false() -> None:
    with pytest.raises(RecipeError, match="whole-masks: 'yes' is neither true nor false"):
        apply(Recipe(), {"whole_masks": "yes"})


@pytest.mark.parametrize("key", KEYS)
def test_a_key_means_the_same_in_a_file_and_as_an_option(key: str, tmp_path: Path) -> None:
    toml, option, value = KEYS[key]
    from_file = read_recipe(write(tmp_path, f"{key} = {toml}"))
    assert (
        from_file
        == apply(Recipe(), {key: option})
        == apply(Recipe(), {key.replace("-", "_"): option})
    )
    assert from_file.as_table()[key] == value
    assert from_file != Recipe()


def test_an_empty_file_is_the_default_recipe(tmp_path: Path) -> None:
    assert read_recipe(write(tmp_path, "")) == Recipe()


def test_the_defaults_are_the_paper_s() -> None:
    recipe = Recipe()
    assert (recipe.page_size, recipe.patches, recipe.patches_per_class) == (
        (1894, 2668),
        (45, 170),
        5000,
    )
    assert len(recipe.labels.classes) == 118
    assert set(recipe.fonts) == {"Bravura", "Leland", "Leipzig", "Petaluma", "Gootville"}


def test_all_pages(tmp_path: Path) -> None:
    assert read_recipe(write(tmp_path, 'pages = "all"')).pages is None


def test_a_recipe_s_table_gives_the_recipe_back() -> None:
    changed = apply(Recipe(), {key: option for key, (_, option, _) in KEYS.items()})
    assert apply(Recipe(), changed.as_table()) == changed


def test_paths_are_relative_to_the_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "recipes"
    folder.mkdir()
    (folder / "mine.toml").write_text('name = "mine"\nbase = "deepscores-118"\nkeep = ["gClef"]')
    monkeypatch.chdir(tmp_path)
    absolute = tmp_path / "elsewhere"
    recipe = read_recipe(
        write(folder, f'scores = ["a.mxl", "b/**", "{absolute}"]\nlabels = "mine.toml"')
    )
    assert recipe.scores == (str(folder / "a.mxl"), str(folder / "b/**"), str(absolute))
    assert recipe.labels.name == "mine"


def test_a_home_folder_is_not_looked_for_beside_the_recipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    recipe = read_recipe(write(tmp_path, 'scores = "~/scores"'))
    assert recipe.scores == (str(tmp_path / "home/scores"),)


def test_styles_are_one_a_font() -> None:
    styles = apply(Recipe(), {"page_size": "800x900", "staff_space": 9}).styles()
    assert [style.music_font for style in styles] == list(MUSIC_FONTS)
    assert {(s.page_width, s.page_height, s.staff_space) for s in styles} == {(800, 900, 9.0)}


NONSENSE: dict[str, tuple[dict[str, Any], str]] = {
    "unknown key": (
        {"typeface": "Bravura"},
        r"unknown key 'typeface'; known: engraver, .*staff-space",
    ),
    "a file for LilyPond": (
        {"engraver": "lilypond", "font": "a.otf"},
        "font: a.otf: LilyPond takes fonts from a folder",
    ),
    "unknown font": ({"fonts": "Bravura,Comic"}, "unknown music font 'Comic'; there are Bravura, "),
    "no fonts": ({"fonts": ""}, "fonts: name at least one"),
    "a font twice": ({"fonts": "Bravura,Bravura"}, "fonts: .* each once"),
    "fonts as a number": ({"fonts": 3}, "fonts: 3 is not a list of names"),
    "unknown labels": ({"labels": "v9"}, "no label set 'v9'; there are deepscores-118, "),
    "no labels": ({"labels": ""}, "labels: '' is not a name"),
    "no size": ({"page-size": "1894"}, "page-size: '1894' is not a size such as 1894x2668"),
    "three sides": ({"page_size": "1x2x3"}, "page-size: '1x2x3' is not a size"),
    "negative size": ({"page-size": "-800x600"}, "page-size: '-800x600' is not a size"),
    "superscript": ({"page-size": "80²x600"}, "page-size: '80²x600' is not a size"),
    "no page": ({"page-size": "0x600"}, "page-size: 0x600 is not between 1 and 20000"),
    "vast page": ({"page-size": "99999x600"}, "page-size: 99999x600 is not between"),
    "small page": (
        {"page-size": "300x300"},
        "page-size: 300x300 px leaves no room .* at least 520 px are needed",
    ),
    "small staff": ({"staff-space": 3}, "staff-space: 3 px is not between 4 and 64"),
    "staff that is not a number": ({"staff-space": "wide"}, "staff-space: 'wide' is not a number"),
    "staff nan": ({"staff-space": "nan"}, "staff-space: nan px is not between"),
    "margin": ({"margin": 501}, "margin: 501 px is not between 0 and 500"),
    "negative margin": ({"margin": -1}, "margin: -1 is not a whole number from 0 up"),
    "no pages": ({"pages": 0}, "pages: 0 is not a whole number from 1 up"),
    "some pages": ({"pages": "some"}, "pages: 'some' is not a whole number"),
    "half pages": ({"pages": 1.5}, "pages: 1.5 is not a whole number"),
    "yes": ({"pages": True}, "pages: True is not a whole number"),
    "patches": ({"patches": "big"}, "patches: 'big' is not a size"),
    "negative patches": ({"patches-per-class": -5}, "patches-per-class: -5 is not a whole number"),
    "lost more than all": ({"max-lost-notes": 1.5}, "max-lost-notes: 1.5 is not between 0 and 1"),
    "lost nan": ({"max-lost-notes": "nan"}, "max-lost-notes: nan is not between"),
    "seed": ({"seed": -1}, "seed: -1 is not a whole number"),
}


@pytest.mark.parametrize(("changes", "message"), NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_one_line_that_names_the_key(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=f"^{message}[^\n]*$"):
        apply(Recipe(), changes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("typeface = 1", "unknown key 'typeface'"),
        ("pages = 0", "pages: 0 is not a whole number"),
        ('fonts = ["Comic"]', "unknown music font 'Comic'"),
        ('labels = "none.toml"', "no label set '.*none.toml'"),
        ("pages = ", r"Invalid value \(at end of document\)"),
        ("pages = 1\n\npages 2", r".*line 3"),
        ("[pages]\nn = 1", "pages: .* is not a whole number"),
    ],
)
def test_nonsense_in_a_file_names_the_file(text: str, message: str, tmp_path: Path) -> None:
    path = write(tmp_path, text)
    with pytest.raises(RecipeError, match=f"^{path}: {message}[^\n]*$"):
        read_recipe(path)


def test_a_recipe_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"none\.toml: No such file or directory$"):
        read_recipe(tmp_path / "none.toml")
    with pytest.raises(RecipeError, match=r"Is a directory$"):
        read_recipe(tmp_path)
    (tmp_path / "utf16.toml").write_text("pages = 1", encoding="utf-16")
    with pytest.raises(RecipeError, match=r"utf16\.toml: "):
        read_recipe(tmp_path / "utf16.toml")


def test_a_run_can_stand_in_the_file_and_makes_no_other_dataset(tmp_path: Path) -> None:
    path = write(
        tmp_path, 'output = "out"\njobs = 3\nexecutor = "inline"\nforce = true\nseed = 4\n'
    )
    assert read_run(path) == Run(str(tmp_path / "out"), 3, "inline", force=True)
    assert read_recipe(path) == apply(Recipe(), {"seed": 4})
    assert read_run(write(tmp_path, "seed = 4\n")) == Run()


@pytest.mark.parametrize("line", ["jobs = 0", 'force = "yes"', "output = 3", "executor = 1"])
def test_a_wrong_run_is_one_line(line: str, tmp_path: Path) -> None:
    path = write(tmp_path, line)
    with pytest.raises(RecipeError, match=f"{path.name}: {line.split(maxsplit=1)[0]}: "):
        read_run(path)
