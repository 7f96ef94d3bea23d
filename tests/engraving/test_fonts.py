"""Fonts of the user's: converted once for Verovio, drawn as they are, others where they lack."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deepscores.engraving.smufl.fontfile import identify
from deepscores.engraving.verovio.data import MUSIC_FONTS, data_folder, fonts_folder, shown_name
from deepscores.engraving.verovio.engine import engrave
from deepscores.engraving.verovio.fonts import install, line_options
from deepscores.engraving.verovio.glyphs import glyph
from deepscores.errors import RecipeError
from deepscores.page.model import FontFile, Page, Score, Style
from deepscores.page.outlines.curves import path_edges
from deepscores.scores import find_scores, read_score
from tests.places import GOLDEN_SCORES

Maker = Callable[..., Path]
PIANO = GOLDEN_SCORES / "piano.musicxml"
LACKING = (0xE0A3, 0xE4A0)  # noteheadHalf, articAccentAbove


@pytest.fixture(scope="module")
def piano() -> Score:
    return read_score(find_scores([PIANO])[0])


@pytest.fixture(scope="module")
def quill(music_font: Maker, tmp_path_factory: pytest.TempPathFactory) -> FontFile:
    path = tmp_path_factory.mktemp("fonts") / "quill.otf"
    return identify(music_font(path, without=LACKING))


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    fonts_folder.cache_clear()
    yield tmp_path / "cache"
    fonts_folder.cache_clear()


def style(file: FontFile, **more: int) -> Style:
    return Style(file.name, font_file=file, **more)


def pages(score: Score, *styles: Style) -> list[Page]:
    return [found.page for found in engrave(score, styles).pages()]


def listed(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and path.parent.resolve().is_relative_to(folder)
    }


def test_glyphs_come_from_the_font_and_missing_ones_from_the_lender(
    piano: Score, quill: FontFile
) -> None:
    (page,) = pages(piano, style(quill))
    fonts = {(mark.glyph, mark.font) for mark in page.marks if mark.glyph}
    lent = {name for name, font in fonts if font != "Quill"}
    assert {font for _, font in fonts} == {"Quill", "Leipzig"}
    assert lent == {"noteheadHalf", "articAccentAbove"}
    assert {name for name, font in fonts if font == "Quill"} >= {"gClef", "noteheadBlack"}


def test_what_is_said_to_be_drawn_is_what_verovio_drew(piano: Score, quill: FontFile) -> None:
    # The judge: the drawings that Verovio itself put into the page's <defs>.
    engraving = engrave(piano, [style(quill)])
    (*_, svg) = next(engraving.svgs())
    drawn = dict(re.findall(r'<g id="(\w{4})-\w+">\s*<path[^>]* d="([^"]*)"', svg))
    assert len(drawn) > 20
    for code, path in drawn.items():
        found = glyph(engraving.fonts[0], code)
        if found.numeral is None:
            expected = path_edges(path, 0.3) * (1, -1, 1, -1)
            np.testing.assert_array_equal(found.edges, expected)
        assert found.font == ("Leipzig" if int(code, 16) in LACKING else "Quill")


def test_a_font_beside_others_changes_nothing_on_their_pages(
    piano: Score, music_font: Maker, tmp_path: Path
) -> None:
    thick = music_font(tmp_path / "thick.otf", "Thick")
    (tmp_path / "thick.json").write_text('{"engravingDefaults": {"stemThickness": 0.25}}')
    first, last = Style("Leland"), Style("Bravura")
    alone = [*pages(piano, first), *pages(piano, last)]
    (before, between, after) = pages(piano, first, style(identify(thick)), last)
    assert [repr(page.marks) for page in (before, after)] == [repr(page.marks) for page in alone]
    assert stems(between) == {4.0}


def test_lines_are_as_thick_as_the_metadata_says(
    piano: Score, music_font: Maker, tmp_path: Path
) -> None:
    path = music_font(tmp_path / "a.otf", "Thick")
    thin = stems(pages(piano, style(identify(path)))[0])
    (tmp_path / "a.json").write_text('{"engravingDefaults": {"stemThickness": 0.25}}')
    thick = stems(pages(piano, style(identify(path)))[0])
    assert thin == {1.6}  # Verovio's own: a tenth of a staff space of 16 px
    assert thick == {4.0}


def stems(page: Page) -> set[float]:
    kinds = [element.kind for element in page.elements]
    return {
        round(mark.box.x1 - mark.box.x0, 2)
        for mark in page.marks
        if kinds[mark.element] == "stem" and mark.box and not mark.glyph
        and kinds[page.elements[mark.element].parent] in ("note", "chord")
    }  # fmt: skip


def test_thickness_beyond_what_verovio_takes_is_cut(music_font: Maker, tmp_path: Path) -> None:
    path = music_font(tmp_path / "a.otf")
    (tmp_path / "a.json").write_text(
        '{"engravingDefaults": {"stemThickness": 9, "hairpinThickness": 0, "thickness": 1}}'
    )
    options = line_options(install(identify(path)))
    assert (options["stemWidth"], options["hairpinThickness"]) == (0.5, 0.1)
    assert options.keys() == line_options("Bravura").keys()


def test_the_table_of_lines_is_verovio_s() -> None:
    import verovio

    from deepscores.engraving.verovio.fonts import _LINES

    known = {}
    for group in verovio.toolkit(False).getAvailableOptions()["groups"].values():
        known |= group["options"]
    for option, default, least, most in _LINES.values():
        there = known[option]
        assert (there["default"], there["min"], there["max"]) == (default, least, most), option


def test_anchors_move_stems(piano: Score, music_font: Maker, tmp_path: Path) -> None:
    path = music_font(tmp_path / "a.otf", "Anchored")
    plain = pages(piano, style(identify(path)))[0]
    (tmp_path / "a.json").write_text(
        '{"glyphsWithAnchors": {"noteheadBlack": {"stemUpSE": [0.5, 0], "stemDownNW": [0.5, 0]}}}'
    )
    moved = pages(piano, style(identify(path)))[0]
    assert left_of_stems(plain) != left_of_stems(moved)


def left_of_stems(page: Page) -> list[float]:
    kinds = [element.kind for element in page.elements]
    return [m.box.x0 for m in page.marks if kinds[m.element] == "stem" and m.box]


def test_two_fonts_of_one_name_do_not_mix(piano: Score, music_font: Maker, tmp_path: Path) -> None:
    one = identify(music_font(tmp_path / "one.otf", "Twin", "Leland"))
    other = identify(music_font(tmp_path / "other.otf", "Twin", "Petaluma"))
    pictures = [
        next(mark.edges for mark in page.marks if mark.glyph == "gClef")
        for page in pages(piano, style(one), style(other))
    ]
    keys = {
        next(mark.key for mark in page.marks if mark.glyph == "gClef")
        for page in pages(piano, style(one), style(other))
    }
    assert len(pictures[0]) != len(pictures[1])
    assert len(keys) == 2  # boxes are kept by key


def test_music_in_text_is_in_the_font(
    tmp_path: Path, quill: FontFile, tune: Callable[..., str]
) -> None:
    metronome = (
        '<direction placement="above"><direction-type><metronome><beat-unit>quarter</beat-unit>'
        "<per-minute>90</per-minute></metronome></direction-type></direction>"
    )
    text = tune().replace("<note>", f"{metronome}<note>", 1)
    (tmp_path / "tempo.musicxml").write_text(text)
    score = read_score(find_scores([tmp_path / "tempo.musicxml"])[0])
    for font, file in (("Bravura", None), ("Quill", quill)):
        (page,) = pages(score, Style(font, font_file=file))
        notes = [mark.font for mark in page.marks if mark.glyph.startswith("metNote")]
        assert notes == [font]


def test_an_octave_clef_whose_plain_clef_is_missing_stays_whole(
    music_font: Maker, tmp_path: Path
) -> None:
    whole = identify(music_font(tmp_path / "a.otf", "Whole"))
    less = identify(music_font(tmp_path / "b.otf", "Less", without=[0xE062]))  # fClef
    taken_apart, one_piece = (glyph(install(file), "E064") for file in (whole, less))
    assert taken_apart.name == one_piece.name == "fClef8vb"
    assert taken_apart.numeral is not None
    assert one_piece.numeral is None
    assert len(one_piece.edges) > len(taken_apart.edges)


def test_a_font_is_converted_once(own_cache: Path, quill: FontFile) -> None:
    name = install(quill)
    folder = fonts_folder()
    assert folder.is_relative_to(own_cache)
    listing = folder / f"{name}.xml"
    before = listing.stat().st_mtime_ns
    assert install(replace(quill, path=None)) == name  # it is known by its digest
    assert listing.stat().st_mtime_ns == before
    assert shown_name(name) == "Quill"
    assert not list(folder.glob(".new-*"))


def test_a_font_never_seen_and_without_a_file_is_asked_for(
    own_cache: Path, quill: FontFile
) -> None:
    with pytest.raises(RecipeError, match=rf"Quill is needed \(SHA-256 {quill.sha256}\)"):
        install(replace(quill, path=None))


def test_a_writer_that_was_killed_half_way_is_followed_by_another(
    own_cache: Path, quill: FontFile
) -> None:
    name = install(quill)
    whole = listed(fonts_folder())
    (fonts_folder() / f"{name}.xml").unlink()  # as if it came no further
    (fonts_folder() / ".new-killed").mkdir()
    assert install(quill) == name
    shutil.rmtree(fonts_folder() / ".new-killed")
    assert listed(fonts_folder()) == whole


def test_a_drawing_that_never_reached_the_disk_is_told(own_cache: Path, quill: FontFile) -> None:
    name = install(quill)
    (fonts_folder() / name / "E051.xml").write_text("")
    with pytest.raises(RecipeError, match="a cached font is damaged: delete the folder"):
        glyph(name, "E051")


def test_processes_that_convert_at_once_agree(own_cache: Path, quill: FontFile) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from deepscores.engraving.smufl.fontfile import identify\n"
        "from deepscores.engraving.verovio.fonts import install\n"
        "file = identify(Path(sys.argv[1])); sys.stdin.readline(); install(file)"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(quill.path)], stdin=subprocess.PIPE)
        for _ in range(3)
    ]
    for process in started:
        process.communicate(b"\n", timeout=120)
    assert [process.returncode for process in started] == [0, 0, 0]
    (folder,) = (own_cache / "deepscores").iterdir()
    together = listed(folder)
    shutil.rmtree(own_cache)
    fonts_folder.cache_clear()
    install(quill)
    assert listed(folder) == together
    assert len(together) > 400


def test_without_a_cache_that_can_be_written_to_fonts_are_kept_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quill: FontFile, piano: Score
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    fonts_folder.cache_clear()
    try:
        assert fonts_folder().is_relative_to(tmp_path / "temporary")
        assert fonts_folder().parent.stat().st_mode & 0o777 == 0o700
        assert pages(piano, style(quill))
    finally:
        fonts_folder.cache_clear()


def test_the_cache_is_where_the_user_s_system_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for named in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", named)
        fonts_folder.cache_clear()
        assert fonts_folder().parent == tmp_path / ".cache/deepscores"
    fonts_folder.cache_clear()


def test_verovio_s_own_fonts_are_reached_by_links(own_cache: Path) -> None:
    for font in MUSIC_FONTS:
        link = fonts_folder() / f"{font}.xml"
        assert link.is_symlink()
        assert link.resolve() == (data_folder() / f"{font}.xml").resolve()
