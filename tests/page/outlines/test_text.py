"""Shaping against Verovio's own widths, and what every script needs to be legible."""

import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from deepscores.page.outlines.contours import bounds
from deepscores.page.outlines.text import EM, Face, glyph_edges, shape

REGULAR = Face()
FACES = [Face(bold, italic) for bold in (False, True) for italic in (False, True)]
TABLES = ["Times", "Times-italic", "Times-bold", "Times-bold-italic"]  # in the order of FACES
NATIVE = {
    "Greek": "Κύριε ἐλέησον",
    "Cyrillic": "Господи помилуй",
    "Hebrew": "הַלְלוּיָהּ",
    "Arabic": "السلام عليكم",
    "Devanagari": "रघुपति राघव राजाराम",
    "Thai": "เพลงชาติไทย น้ำ",
    "Chinese": "茉莉花 好一朵美丽的",
    "Japanese": "さくら カタカナ 弥生の空は",
    "Korean": "아리랑",
    "Bengali": "আমার সোনার বাংলা",
    "Tamil": "தமிழ்த்தாய் வாழ்த்து",
    "Georgian": "თავისუფლება",
    "Armenian": "Մեր Հայրենիք",
    "Vietnamese": "Tiến quân ca",
}


def glyphs(text: str, face: Face = REGULAR) -> list[tuple[str, int]]:
    return [glyph.key for glyph in shape(text, 100, face).glyphs]


@cache
def verovio_advances(table: str) -> dict[str, float]:
    """What Verovio's layout reserves for a character, in em; some letters have no entry."""
    spec = find_spec("verovio")
    assert spec
    assert spec.submodule_search_locations
    path = Path(spec.submodule_search_locations[0], "data/text", f"{table}.xml")
    root = ElementTree.parse(path).getroot()
    em = float(root.get("units-per-em", ""))
    return {
        chr(int(glyph.get("c", ""), 16)): float(glyph.get("h-a-x", "")) / em
        for glyph in root.iter("g")
        if glyph.get("h-a-x")
    }


@pytest.mark.parametrize(("face", "table"), list(zip(FACES, TABLES, strict=True)))
@pytest.mark.parametrize(
    "text", ["allegro ma non troppo", "To. Te. fi ffl", "et in terra pax 1234567890!?;()"]
)
def test_text_is_as_wide_as_verovio_reserves(text, face, table):
    advances = verovio_advances(table)
    text = "".join(char for char in text if char in advances)
    width = sum(advances[char] for char in text)
    assert shape(text, 360, face).advance / 360 == pytest.approx(width, rel=0.01)


@pytest.mark.parametrize(("face", "table"), list(zip(FACES, TABLES, strict=True)))
def test_every_ascii_character_is_as_wide_as_verovio_reserves(face, table):
    advances = verovio_advances(table)
    ours = {char: shape(char, 1, face).advance for char in advances if " " <= char <= "~"}
    assert len(ours) > 60
    assert ours == pytest.approx({char: advances[char] for char in ours}, rel=0.01)


def test_the_four_faces_differ():
    outlines = [glyph_edges(glyphs("a", face)[0]) for face in FACES]
    assert len({edges.tobytes() for edges in outlines}) == 4


@pytest.mark.parametrize("script", NATIVE)
@pytest.mark.parametrize("face", FACES)
def test_script_has_glyphs_in_every_face(script, face):
    run = shape(NATIVE[script], 50, face)
    assert run.missing == ""
    assert len(run.glyphs) >= len(NATIVE[script].split())
    assert all(len(glyph_edges(glyph.key)) for glyph in run.glyphs)
    assert 0 < run.advance < 100 * len(NATIVE[script])


@pytest.mark.parametrize("text", ["שלום", "السلام", "हिन्दी", "я"])
def test_bold_is_bolder_in_fallback_fonts_too(text):
    def ink(face: Face) -> float:
        x0, y0, x1, y1 = np.concatenate([glyph_edges(key) for key in glyphs(text, face)]).T
        return abs(float((x0 * y1 - x1 * y0).sum()))

    assert ink(Face(bold=True)) > 1.15 * ink(REGULAR)


def test_arabic_letters_are_joined():
    apart = [key for letter in "سلم" for key in glyphs(letter)]
    assert set(glyphs("سلم")).isdisjoint(apart)


@pytest.mark.parametrize("word", ["של", "سم"])
def test_right_to_left_words_start_at_the_right(word):
    run = shape(word, 100, REGULAR)
    alone = bounds(glyph_edges(glyphs(word[0])[0])).width
    last = run.glyphs[-1]
    assert [glyph.x for glyph in run.glyphs] == sorted(glyph.x for glyph in run.glyphs)
    if word == "של":  # Hebrew letters do not change with their place
        assert bounds(glyph_edges(last.key)).width == alone
        assert last.key == glyphs(word[0])[0]


@pytest.mark.parametrize(
    ("logical", "visual"),
    [
        ("ab אב cd", "ab בא cd"),
        ("אב ab גד", "דג ab בא"),
        ("אב 12 גד", "דג 12 בא"),
        ("אב 3:15 גד", "דג 3:15 בא"),
        ("ab אב גד!", "ab דג בא!"),
        ("op. 12 אב", "op. 12 בא"),
        ("אב, גד", "דג ,בא"),
    ],
)
def test_mixed_directions_read_in_visual_order(logical, visual):
    letters = [key for char in visual.replace(" ", "") for key in glyphs(char)]
    assert glyphs(logical) == letters


def test_brackets_are_mirrored_between_right_to_left_letters():
    assert glyphs("א(ב)ג") == [key for char in "ג(ב)א" for key in glyphs(char)]


def test_latin_is_neither_kerned_nor_joined():
    parts = [shape(char, 100, REGULAR).advance for char in "AVfi"]
    assert shape("AVfi", 100, REGULAR).advance == pytest.approx(sum(parts))
    assert len(glyphs("ffi")) == 3


def test_composed_and_decomposed_letters_look_alike():
    assert shape("e\u0301", 100, REGULAR) == shape("\u00e9", 100, REGULAR)


def test_mark_takes_the_font_that_has_letter_and_mark():
    (letter, mark) = shape("x\u0301", 100, REGULAR).glyphs
    assert letter.key[0] == mark.key[0]
    assert shape("x\u0301", 100, REGULAR).missing == ""


@pytest.mark.parametrize("char", ["\u00a0", "\t", "\n", "\u2028", "\x85"])
def test_every_blank_is_a_space_without_ink(char):
    assert shape(f"a{char}b", 100, REGULAR).advance == shape("a b", 100, REGULAR).advance
    assert len(glyphs(f"a{char}b")) == 2


@pytest.mark.parametrize("char", ["\u200b", "\u200d", "\u00ad", "\ufeff", "\u200f", "\x07", "\x00"])
def test_invisible_characters_take_no_room(char):
    assert shape(f"a{char}b", 100, REGULAR) == shape("ab", 100, REGULAR)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("a\U000e0fffb", "\U000e0fff"),
        ("\U0001d11e", "\U0001d11e"),  # a treble clef: in no text font
        ("a\ue1d5b", "\ue1d5"),  # private use: SMuFL's own
        ("\ud800", "\ud800"),
        ("א\ue001ב\ue002", "\ue001\ue002"),
    ],
)
def test_character_without_font_is_missing_and_leaves_a_gap(text, missing):
    run = shape(text, 100, REGULAR)
    assert run.missing == missing
    assert len(run.glyphs) == len(text) - len(missing)
    assert run.advance >= 25 * len(missing)


def test_empty_text_is_an_empty_run():
    assert shape("", 100, REGULAR) == ((), 0.0, "")


def test_outline_stands_on_the_baseline_with_y_down():
    box = bounds(glyph_edges(glyphs("H")[0]))
    assert box.y1 == 0
    assert -0.7 * EM < box.y0 < -0.6 * EM
    assert 0 < box.x0 < box.x1 < 0.722 * EM
    assert bounds(glyph_edges(glyphs("漢")[0])).height == pytest.approx(0.9 * EM, rel=0.1)


def test_size_scales_the_run():
    small, large = shape("Aé,", 10, REGULAR), shape("Aé,", 40, REGULAR)
    assert large.advance == pytest.approx(4 * small.advance)
    for one, other in zip(small.glyphs, large.glyphs, strict=True):
        assert other.key == one.key
        assert other[1:] == pytest.approx([4 * value for value in one[1:]])


def test_outlines_are_read_only():
    with pytest.raises(ValueError, match="read-only"):
        glyph_edges(glyphs("a")[0])[0, 0] = 1


SURVEY = """
import sys
from hashlib import sha256
import deepscores.page.outlines.text as text
assert text._font.cache_info().currsize == 0, "importing opened a font"
run = text.shape(sys.argv[1], 37.5, text.Face(True, True))
outlines = b"".join(text.glyph_edges(glyph.key).tobytes() for glyph in run.glyphs)
print(sha256(repr(run).encode() + outlines).hexdigest())
assert "verovio" not in sys.modules
"""


def test_same_text_gives_same_bytes_in_any_process_and_locale():
    text = " ".join(NATIVE.values())
    results = {
        subprocess.run(
            [sys.executable, "-c", SURVEY, text],
            env={"PYTHONHASHSEED": seed, "LC_ALL": locale, "PYTHONUTF8": "1", "HOME": "/nowhere"},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed, locale in [("0", "C"), ("1", "C.UTF-8"), ("4711", "ja_JP.UTF-8")]
    }
    assert len(results) == 1
