"""What a recipe says of styles, and what is drawn from it."""

import json
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import verovio

from deepscores import build, check
from deepscores.engraving.styling import KEYS, draw_for_page, draw_style, parse_styling, presets
from deepscores.engraving.verovio.engine import engrave
from deepscores.engraving.verovio.options import OPTIONS, style_options
from deepscores.errors import RecipeError
from deepscores.page.model import Score, Style
from deepscores.page.symbols.placing import place_symbols
from deepscores.recipe.recipe import Recipe, apply, read_recipe
from deepscores.scores import default_corpus, find_scores, read_score
from tests.places import GOLDEN_SCORES

GOLDEN = GOLDEN_SCORES


def drawn(table: Any, key: str, times: int = 300) -> list[Any]:
    styling = parse_styling("style", table)
    return [draw_style(styling, 7, f"score-{time}", "Leland")[key] for time in range(times)]


def test_a_value_is_every_score_s() -> None:
    assert set(drawn({"stem-thickness": 0.1}, "stem-thickness")) == {0.1}
    assert set(drawn({"ragged-right": True}, "ragged-right")) == {True}
    assert set(drawn({"page-size": "800x1000"}, "page-size")) == {"800x1000"}


def test_uniform_draws_fill_the_range() -> None:
    found = drawn({"staff-space": {"min": 12, "max": 20}}, "staff-space")
    assert 12 <= min(found) < 12.2
    assert 19.8 < max(found) <= 20
    assert set(drawn({"margin": {"min": 3, "max": 6}}, "margin")) == {3, 4, 5, 6}


def test_normal_draws_are_cut_at_both_ends() -> None:
    table = {"mean": 0.1, "sd": 0.02, "min": 0.08, "max": 0.12}
    found = drawn({"stem-thickness": table}, "stem-thickness", 600)
    assert min(found) == 0.08
    assert max(found) == 0.12
    assert sum(found) / len(found) == pytest.approx(0.1, abs=0.002)
    assert 0.6 < sum(0.08 < one < 0.12 for one in found) / len(found) < 0.76  # one sd: 0.68


def test_whole_numbers_stay_whole_and_others_are_short() -> None:
    margins = drawn({"margin": {"mean": 50, "sd": 9.0}}, "margin")
    assert all(type(one) is int for one in margins)
    sizes = drawn({"lyric-size": {"min": 2, "max": 3}}, "lyric-size")
    assert all(round(one, 4) == one for one in sizes)


def test_choices_come_by_their_weights() -> None:
    table = {"choice": [-2, 0, 3], "weights": [1, 3, 0]}
    found = drawn({"transpose": table}, "transpose", 400)
    assert set(found) == {-2, 0}
    assert found.count(0) / 400 == pytest.approx(0.75, abs=0.07)


def test_draws_depend_on_seed_score_and_font_alone() -> None:
    both = parse_styling("style", "publisher-varied")
    one = parse_styling("style", {"lyric-size": presets()["publisher-varied"]["lyric-size"]})
    there = draw_style(both, 1, "s", "Leland")
    assert draw_style(one, 1, "s", "Leland")["lyric-size"] == there["lyric-size"]
    assert draw_style(both, 1, "s", "Leland") == there
    for seed, score, font in ((2, "s", "Leland"), (1, "t", "Leland"), (1, "s", "Bravura")):
        assert draw_style(both, seed, score, font)["lyric-size"] != there["lyric-size"]


def test_transposition_is_a_score_s_and_wear_a_page_s() -> None:
    table = {"transpose": {"min": -6, "max": 6}, "wear": {"min": 0, "max": 1}}
    styling = parse_styling("style", table)
    for score in "abcdef":
        fonts = {draw_style(styling, 0, score, font)["transpose"] for font in ("X", "Y", "Z")}
        assert len(fonts) == 1
    assert "wear" not in draw_style(styling, 0, "a", "X")
    assert len({draw_for_page(styling, 0, "a", "X", page)["wear"] for page in (1, 2, 3)}) == 3


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("baroque", "unknown preset 'baroque'; there are plain, publisher-varied, dense"),
        (3, "3 is neither a preset's name nor a table"),
        ({"stem": 1}, "unknown key 'stem'; known: preset, page-size"),
        ({"stem-thickness": 9}, "stem-thickness: 9 is not between 0.05 and 0.25 (staff spaces)"),
        ({"stem-thickness": True}, "stem-thickness: True is not a number"),
        ({"margin": 2.5}, "margin: 2.5 is not a whole number"),
        ({"ragged-right": 1}, "ragged-right: 1 is neither true nor false"),
        ({"page-size": "wide"}, "page-size: 'wide' is not a size such as 1894x2668"),
        ({"wear": {"low": 1}}, "wear: a distribution is { choice = […] }"),
        ({"wear": {"min": 0.5, "max": 0.2}}, "wear: min 0.5 is over max 0.2"),
        ({"wear": {"mean": 0.5, "sd": 0}}, "wear: sd 0 is not a number over 0"),
        ({"wear": {"choice": []}}, "wear: choice [] is not a list of values"),
        ({"wear": {"choice": [0.1], "weights": [1, 2]}}, "wear: 2 weights for 1 values"),
        ({"wear": {"choice": [0.1], "weights": ["x"]}}, "wear: weights ['x'] is not a list"),
        ({"ragged-right": {"min": 0, "max": 1}}, "ragged-right: give a value or { choice = […] }"),
    ],
)
def test_what_makes_no_sense_is_named(table: Any, message: str) -> None:
    with pytest.raises(RecipeError) as error:
        parse_styling("style", table)
    assert str(error.value).startswith("style")
    assert message in str(error.value)


def test_a_page_too_small_for_what_may_be_drawn_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"400x900 px .* 20 px .* 50 px; at least 500 px"):
        apply(
            Recipe(),
            {
                "margin": 50,
                "style": {
                    "page-size": {"choice": ["1894x2668", "400x900"]},
                    "staff-space": {"min": 10, "max": 20},
                },
            },
        )


def test_recipe_file_and_dataset_tell_the_style(tmp_path: Path) -> None:
    file = tmp_path / "recipe.toml"
    file.write_text('[style]\npreset = "dense"\nmargin = 70\nwear = { mean = 0.2, sd = 0.1 }\n')
    recipe = read_recipe(file)
    table = recipe.as_table()["style"]
    assert table["margin"] == 70
    assert table["staff-space"] == presets()["dense"]["staff-space"]
    assert table["wear"] == {"mean": 0.2, "sd": 0.1, "min": 0.0, "max": 1.0}
    assert apply(Recipe(), {"style": table}).style == recipe.style
    assert "style" not in Recipe().as_table()


@pytest.mark.parametrize("name", presets())
def test_every_preset_makes_sense(name: str) -> None:
    recipe = apply(Recipe(), {"style": name})
    assert [key for key, _ in recipe.style] == [key for key in KEYS if key in presets()[name]]
    assert (recipe.style == ()) == (name == "plain")


def test_defaults_and_ranges_are_verovio_s() -> None:
    groups = json.loads(json.dumps(verovio.toolkit().getAvailableOptions()))["groups"].values()
    known = {name: option for group in groups for name, option in group["options"].items()}
    assert set(OPTIONS) | {"page-size", "margin", "staff-space", "transpose", "wear"} == set(KEYS)
    for key, (name, default, factor, flagged) in OPTIONS.items():
        assert known[name]["default"] == default, key
        if flagged is None:
            assert known[name]["min"] <= KEYS[key].low * factor, key
            assert KEYS[key].high * factor <= known[name]["max"], key


def test_an_option_that_verovio_lacks_is_named() -> None:
    with pytest.raises(RecipeError, match="Verovio has no property 'halo'"):
        style_options({"halo": 1})


@pytest.fixture(scope="module")
def scores() -> list[Score]:
    zoo = Path(str(files("deepscores.inspection.galleries.classes"))) / "scores"
    paths = [GOLDEN / "strings.musicxml", GOLDEN / "song.musicxml"]
    paths += [zoo / f"{name}.mei" for name in ("groups", "pieces", "spans", "tuplets")]
    chorale = next(one for one in default_corpus() if one.name == "bach/bwv256.mxl")  # beams
    return [read_score(source) for source in (*find_scores(paths), chorale)]


def pages(score: Score, *styles: Style) -> list[list[Any]]:
    found: list[list[Any]] = [[] for _ in styles]
    for place, page, _ in engrave(score, styles).pages():
        found[place] += [(one.shape, one.to_page, one.box, page.number) for one in page.marks]
        outlines = (one.edges for one in page.marks if not one.glyph and one.edges is not None)
        found[place] += [edges.tolist() for edges in outlines]
    return found


@pytest.mark.parametrize("key", OPTIONS)
def test_every_property_changes_pages_and_the_next_style_is_plain_again(
    key: str, scores: list[Score]
) -> None:
    high = 1 if key == "systems-per-page" else KEYS[key].high
    value = True if KEYS[key].kind is bool else high
    changes = 0
    for score in scores:
        styles = (
            Style(),
            Style(properties=((key, value),)),
            Style(properties=(("lyric-size", 2.25),)),
        )
        plain, changed, again = pages(score, *styles)
        assert again == plain
        changes += changed != plain
    assert changes, key


def test_what_a_thing_is_does_not_depend_on_how_thick_it_is(scores: list[Score]) -> None:
    thick = [key for key in OPTIONS if key.endswith("thickness")]
    thin = Style(properties=tuple((key, KEYS[key].low) for key in thick))
    bold = Style(properties=tuple((key, KEYS[key].high) for key in thick))
    for score in scores:
        engraving = engrave(score, [thin, bold])
        kinds: list[Counter[str]] = [Counter(), Counter()]
        for place, page, _ in engraving.pages():
            kinds[place].update(one.symbol.kind for one in place_symbols(page, engraving.music))
        assert kinds[0] == kinds[1]


def test_transposing_moves_every_pitch(scores: list[Score]) -> None:
    def pitches(transpose: int) -> dict[str, int]:
        engraving = engrave(scores[0], [Style(transpose=transpose)])
        steps = dict(zip("cdefgab", (0, 2, 4, 5, 7, 9, 11), strict=True))
        return {
            name: 12 * (fact.octave or 0) + steps[fact.step] + round(fact.alter)
            for name, fact in engraving.music.facts.items()
            if "pname" in fact.attributes
        }

    there = pitches(0)
    assert there
    assert pitches(3) == {name: one + 3 for name, one in there.items()}


@pytest.mark.parametrize("name", [one for one in presets() if one != "plain"])
def test_pages_of_every_preset_pass_the_audit(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    build([str(GOLDEN)], folder, style=name, fonts="Leland,Petaluma", pages="all")
    report = check(folder)
    assert report.findings == ()
    rows = pq.read_table(folder / "pages.parquet").to_pylist()
    styles = [json.loads(row["style"]) for row in rows]
    assert all(set(style) == set(presets()[name]) for style in styles)
    assert [row["staff_space"] for row in rows] == pytest.approx(
        [style["staff-space"] for style in styles], rel=1e-6
    )
    assert len({style["staff-space"] for style in styles}) > 1
