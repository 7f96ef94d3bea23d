"""Music fonts from a folder."""

import shutil
from pathlib import Path

import pytest

from deepscores.engraving.lilypond.fonts import SIZES, fonts_in, lilypond_name
from deepscores.engraving.registry import find_engraver, music_fonts
from deepscores.engraving.verovio.data import MUSIC_FONTS
from deepscores.errors import RecipeError
from deepscores.page.model import Style
from deepscores.recipe.recipe import Recipe, apply
from deepscores.scores import find_scores, read_score
from tests.places import GOLDEN_SCORES

GOLDEN = GOLDEN_SCORES


def write_font(folder: Path, name: str) -> None:
    for kind in ("otf", "svg"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for size in SIZES:
            (folder / kind / f"{name}-{size}.{kind}").touch()


def test_whole_fonts_are_found(tmp_path: Path) -> None:
    write_font(tmp_path, "haydn")
    write_font(tmp_path, "improviso")
    (tmp_path / "svg" / "improviso-20.svg").unlink()
    assert fonts_in(tmp_path) == ("haydn",)
    assert music_fonts("lilypond", str(tmp_path)) == ("Emmentaler", "haydn")


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    write_font(tmp_path, "haydn")
    (tmp_path / "svg" / "haydn-20.svg").unlink()
    with pytest.raises(RecipeError, match=r"haydn lacks haydn-20\.svg"):
        fonts_in(tmp_path)


def test_a_folder_without_fonts_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="holds no fonts for LilyPond"):
        fonts_in(tmp_path)


def test_verovio_takes_no_folder(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="only the engraver 'lilypond'"):
        music_fonts("verovio", str(tmp_path))


def test_a_font_of_both_engravers_has_two_names(tmp_path: Path) -> None:
    """One name, one font in all of a dataset; and whose it is follows from the name."""
    write_font(tmp_path, "Leland")
    folder = {"font-dir": str(tmp_path)}
    both = apply(Recipe(), {"engraver": "both", **folder})
    assert both.fonts == (*MUSIC_FONTS, "Emmentaler", "Leland-LilyPond")
    leland, parted = both.styles()[1], both.styles()[-1]
    assert (leland.engraver, leland.font_dir) == ("verovio", "")
    assert (parted.engraver, parted.font_dir) == ("lilypond", str(tmp_path))
    assert lilypond_name(parted.music_font) == "Leland"
    assert apply(both, {"fonts": both.fonts}) == both
    one = apply(Recipe(), {"engraver": "lilypond", "fonts": "Leland-LilyPond", **folder})
    assert one.styles() == (parted,)
    assert apply(Recipe(), {"engraver": "lilypond", **folder}).fonts == ("Emmentaler", "Leland")


@pytest.mark.parametrize("name", ["other", "Other"])
def test_a_copied_font_gives_the_same_page(name: str, tmp_path: Path) -> None:
    """Emmentaler under another name, without braces of its own."""
    lilypond = pytest.importorskip("lilypond")
    from fontTools.ttLib import TTFont

    own = next(Path(lilypond.executable()).parent.parent.glob("share/lilypond/*/fonts"))
    write_font(tmp_path, name)
    for size in SIZES:
        shutil.copyfile(own / f"svg/emmentaler-{size}.svg", tmp_path / f"svg/{name}-{size}.svg")
        font = TTFont(own / f"otf/emmentaler-{size}.otf")
        for record in font["name"].names:
            if record.nameID in (1, 4, 6, 16):
                record.string = f"{name}-{size}"
        font["CFF "].cff.fontNames = [f"{name}-{size}"]
        font.save(tmp_path / f"otf/{name}-{size}.otf")
    score = read_score(find_scores([GOLDEN / "piano.musicxml"])[0])
    styles = [
        Style(name, "lilypond", font_dir=str(tmp_path)),
        Style("Emmentaler", "lilypond"),
    ]
    other, emmentaler = (
        one.page for one in find_engraver("lilypond").engrave(score, styles).pages()
    )
    assert [mark.glyph for mark in other.marks] == [mark.glyph for mark in emmentaler.marks]
    assert {mark.font for mark in other.marks} == {"", name}
