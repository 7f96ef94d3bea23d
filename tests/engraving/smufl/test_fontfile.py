"""Reading SMuFL fonts: against Verovio's own conversion of the same fonts, and what is refused."""

import json
import re
import shutil
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from fontTools.ttLib import TTFont

from deepscores.engraving.smufl.fontfile import identify, is_font_path, read_font
from deepscores.engraving.smufl.names import glyph_names
from deepscores.engraving.verovio.data import MUSIC_FONTS, data_folder
from deepscores.engraving.verovio.fonts import packaged_font
from deepscores.errors import RecipeError
from deepscores.page.model import FontFile
from deepscores.page.outlines.curves import path_edges

Maker = Callable[..., Path]

_LISTED = re.compile(
    r'<g c="(\w+)" x="(\S+)" y="(\S+)" w="(\S+)" h="(\S+)" h-a-x="(\S+)" n="(\w+)"'
)


def area(path: str) -> float:
    x0, y0, x1, y1 = path_edges(path, 0.3).T
    return abs(float((x0 * y1 - x1 * y0).sum() / 2))


@pytest.mark.parametrize("font", MUSIC_FONTS)
def test_glyphs_are_those_that_verovio_s_makers_converted(font: str, tmp_path: Path) -> None:
    # The judge: Verovio's own listing and drawings. What it packs as WOFF2 is the same font, with
    # quadratic curves, on whole units.
    path = tmp_path / f"{font}.woff2"
    path.write_bytes(packaged_font(font))
    ours = read_font(identify(path)).glyphs
    seen = 0
    for found in _LISTED.finditer((data_folder() / f"{font}.xml").read_text("utf-8")):
        code, (x, y, width, height, advance) = found[1], map(float, found.groups()[1:6])
        drawing = (data_folder() / font / f"{code}.xml").read_text("utf-8")
        path_there = re.search(r' d="([^"]*)"', drawing)
        if int(code, 16) not in ours or not path_there:
            continue
        glyph = ours[int(code, 16)]
        assert glyph.name == found[7]
        np.testing.assert_allclose(glyph.box, (x, y, x + width, y + height), atol=1.5)
        assert glyph.advance == pytest.approx(advance, abs=0.5)
        if seen % 4 == 0:  # flattening takes time
            assert area(glyph.path) == pytest.approx(area(path_there[1]), rel=0.022, abs=2)
        seen += 1
    assert seen > 200


def test_woff_and_plain_files_hold_the_same_glyphs(music_font: Maker, tmp_path: Path) -> None:
    plain = read_font(identify(music_font(tmp_path / "a.otf"))).glyphs
    packed = read_font(identify(music_font(tmp_path / "a.woff2"))).glyphs
    assert plain == packed


def test_units_of_any_em_become_thousandths(music_font: Maker, tmp_path: Path) -> None:
    from fontTools.ttLib.scaleUpem import scale_upem

    font = TTFont(music_font(tmp_path / "a.ttf"))
    scale_upem(font, 2000)
    font.save(tmp_path / "b.ttf")
    small = read_font(identify(tmp_path / "a.ttf")).glyphs[0xE050]
    large = read_font(identify(tmp_path / "b.ttf")).glyphs[0xE050]
    np.testing.assert_allclose(large.box, small.box, atol=0.01)
    assert large.advance == small.advance


def test_a_font_is_known_by_content_not_by_place(music_font: Maker, tmp_path: Path) -> None:
    one = identify(music_font(tmp_path / "one/Quill.otf"))
    (tmp_path / "other").mkdir()
    other = identify(Path(shutil.copy(tmp_path / "one/Quill.otf", tmp_path / "other/Quill.otf")))
    assert one == other
    assert one.path != other.path
    assert identify(music_font(tmp_path / "third.otf", without=[0xE4A0])) != one


@pytest.mark.parametrize(
    ("family", "name"),
    [
        ("Quill", "Quill"),
        ("Finale Maestro", "FinaleMaestro"),
        ("../..--page-1", "page1"),
        ("Übung", "Ubung"),
        ("音符", "file"),
        ("x" * 99, "x" * 40),
    ],
)
def test_names_can_stand_in_the_name_of_a_file(
    family: str, name: str, music_font: Maker, tmp_path: Path
) -> None:
    assert identify(music_font(tmp_path / "file.otf", family)).name == name


def test_entries_of_a_list_are_names_or_files() -> None:
    files = ("a.otf", "a.TTF", "a.woff2", "./Leland", "fonts/x", "~/x.otf")
    assert all(map(is_font_path, files))
    assert not any(map(is_font_path, (*MUSIC_FONTS, "Comic", "")))


def test_glyphs_without_ink_are_left_out(music_font: Maker, tmp_path: Path) -> None:
    font = TTFont(music_font(tmp_path / "a.ttf"))
    blank(font, 0xE4A0)
    font.save(tmp_path / "b.ttf")
    before = read_font(identify(tmp_path / "a.ttf")).glyphs
    after = read_font(identify(tmp_path / "b.ttf")).glyphs
    assert before.keys() - after.keys() == {0xE4A0}


def blank(font: TTFont, code: int) -> None:
    from fontTools.ttLib.tables._g_l_y_f import Glyph

    font["glyf"][font.getBestCmap()[code]] = Glyph()


def metadata(path: Path, **more: object) -> Path:
    table = {
        "fontName": "Quill",
        "engravingDefaults": {"stemThickness": 0.2, "textFontFamily": ["serif"]},
        "glyphsWithAnchors": {"noteheadBlack": {"stemUpSE": [1.2, 0.1]}},
        "optionalGlyphs": {
            "gClefFancy": {"codepoint": "U+F400"},
            "noteheadBlack": {"codepoint": "U+F401"},
            "two words": {"codepoint": "U+F402"},
            "elsewhere": {"codepoint": "U+E0A4"},
        },
    } | more
    path.write_text(json.dumps(table))
    return path


@pytest.mark.parametrize(
    "name", ["quill.json", "Quill.json", "quill_metadata.json", "a.json", "metadata.json"]
)
def test_metadata_beside_the_font_is_found(name: str, music_font: Maker, tmp_path: Path) -> None:
    path = music_font(tmp_path / "a.otf")
    alone = identify(path)
    metadata(tmp_path / name)
    found = identify(path)
    assert (alone.metadata, found.metadata) == (None, tmp_path / name)
    assert found != alone  # other anchors are another font
    read = read_font(found).metadata
    assert read.anchors == {"noteheadBlack": {"stemUpSE": (1.2, 0.1)}}
    assert read.engraving == {"stemThickness": 0.2}
    assert read.optional[0xF400] == "gClefFancy"
    assert 0xE0A4 not in read.optional


def test_metadata_of_another_font_does_not_count(music_font: Maker, tmp_path: Path) -> None:
    path = music_font(tmp_path / "a.otf")
    metadata(tmp_path / "metadata.json", fontName="Bravura")
    metadata(tmp_path / "glyphnames.json")
    assert identify(path).metadata is None


def test_optional_glyphs_are_named_by_the_metadata_alone(music_font: Maker, tmp_path: Path) -> None:
    font = TTFont(music_font(tmp_path / "a.ttf"))
    clef = font.getBestCmap()[0xE050]
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap.update(dict.fromkeys(range(0xF400, 0xF404), clef))
    font.save(tmp_path / "a.ttf")
    optional = range(0xF400, 0xF404)
    assert not read_font(identify(tmp_path / "a.ttf")).glyphs.keys() & set(optional)
    metadata(tmp_path / "a.json")
    glyphs = read_font(identify(tmp_path / "a.ttf")).glyphs
    # A name of SMuFL's own, or none at all, would make two glyphs one.
    assert {code: glyphs[code].name for code in optional if code in glyphs} == {
        0xF400: "gClefFancy"
    }


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"engravingDefaults": {"stemThickness": NaN}}',
     '{"glyphsWithAnchors": {"a": {"b": [1, Infinity]}}}',
     '{"glyphsWithAnchors": []}', '{"glyphsWithAnchors": {"a": {"b": [1]}}}',
     '{"optionalGlyphs": {"a": {}}}', '{"optionalGlyphs": {"a": {"codepoint": "U+X"}}}'],
)  # fmt: skip
def test_metadata_that_is_none_is_told(text: str, music_font: Maker, tmp_path: Path) -> None:
    path = music_font(tmp_path / "a.otf")
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(RecipeError, match=r"a\.json: is not (JSON|SMuFL metadata)"):
        identify(path)


def text_font() -> bytes:
    return packaged_font("Liberation")


def variable_font() -> bytes:
    from importlib.util import find_spec

    spec = find_spec("manimgx_fonts")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0], "NotoSans[wght].ttf").read_bytes()


def changed(change: Callable[[TTFont], None]) -> bytes:
    font = TTFont(BytesIO(packaged_font("Leland")))
    change(font)
    font.flavor = None
    sink = BytesIO()
    font.save(sink)
    return sink.getvalue()


def drop_outlines(font: TTFont) -> None:
    for table in ("glyf", "loca"):
        del font[table]


def drop_head(font: TTFont) -> None:
    for table in font["cmap"].tables:
        table.cmap.pop(0xE0A4, None)


NO_FONTS: dict[str, tuple[Callable[[], bytes], str]] = {
    "text": (lambda: b"no font at all", "is not a valid font file"),
    "empty": (lambda: b"", "is not a valid font file"),
    "half": (lambda: packaged_font("Leland")[:9000], "is not a valid font file"),
    "half, unpacked": (lambda: changed(lambda _: None)[:9000], "is not a valid font file"),
    "collection": (lambda: b"ttcf\0\1\0\0", "is a collection of fonts"),
    "a text font": (text_font, r"is not a SMuFL font: it has no gClef \(U\+E050\)"),
    "variable": (variable_font, "is a variable font"),
    "no outlines": (lambda: changed(drop_outlines), r"has no outlines \(table CFF or glyf\)"),
    "no noteheads": (
        lambda: changed(drop_head),
        r"is not a SMuFL font: it has no noteheadBlack \(U\+E0A4\)",
    ),
    "blank noteheads": (
        lambda: changed(lambda font: blank(font, 0xE0A4)),
        r"its glyph noteheadBlack \(U\+E0A4\) is blank",
    ),
}


@pytest.mark.parametrize("case", NO_FONTS)
def test_what_is_no_font_for_music_is_refused_with_file_and_reason(
    case: str, tmp_path: Path
) -> None:
    make, reason = NO_FONTS[case]
    path = tmp_path / "odd.otf"
    path.write_bytes(make())
    with pytest.raises(RecipeError, match=rf"odd\.otf: {reason}"):
        read_font(identify(path))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"none\.otf: No such file"):
        identify(tmp_path / "none.otf")


def test_a_font_that_changed_meanwhile_is_told(music_font: Maker, tmp_path: Path) -> None:
    file = identify(music_font(tmp_path / "a.otf"))
    music_font(tmp_path / "a.otf", without=[0xE4A0])
    with pytest.raises(RecipeError, match="has changed since the work began"):
        read_font(file)


def test_a_font_known_by_its_digest_alone_cannot_be_read() -> None:
    with pytest.raises(RecipeError, match=r"font Quill is needed .*: name its file with --font"):
        read_font(FontFile("Quill", "00"))


def test_names_are_smufl_s() -> None:
    names = glyph_names()
    assert len(names) == 2936
    assert len(set(names.values())) == len(names)
    listed = {
        int(found[1], 16): found[7]
        for font in MUSIC_FONTS
        for found in _LISTED.finditer((data_folder() / f"{font}.xml").read_text("utf-8"))
    }
    assert {code: name for code, name in listed.items() if code < 0xF400}.items() <= names.items()
