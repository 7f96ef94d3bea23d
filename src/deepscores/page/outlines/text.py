"""Text as placed glyph outlines, in fonts that come with the package's dependencies.

Latin, Greek and Cyrillic stand in Liberation Serif, which Verovio ships and whose widths are those
of the Times it lays text out with; other scripts fall back, character by character, to Noto Sans.
Fonts of the machine are never looked at.

Limits. Of the Unicode bidirectional algorithm only what single lines need is here: base direction
from the first strong letter, right-to-left words, numbers in them, neutrals between; bracket pairs,
embeddings, overrides and isolates are not looked at. Noto has italics for Latin, Greek and Cyrillic
only, and its font for Chinese, Japanese and Korean (in Japanese forms) has one weight.
"""

from base64 import b64decode
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.util import find_spec
from io import BytesIO
from itertools import accumulate, groupby
from pathlib import Path
from typing import NamedTuple
from unicodedata import bidirectional, category, normalize

import uharfbuzz as hb
from fontTools.ttLib import TTFont

from deepscores.page.outlines.curves import Outline, Tracer

EM = 1000  # units of a glyph outline per em
GLYPH_TOLERANCE = 0.25  # of a flattened glyph outline, in 1/1000 em
MISSING_ADVANCE = 0.25  # what a character that no font has takes, in em: a space's width

_LIBERATION = "verovio/data/Liberation.css"
_NOTO = "manimgx_fonts/NotoSans{}[wght].ttf"
_SCRIPTS = (
    "Hebrew",
    "Arabic",
    "Armenian",
    "Georgian",
    "Ethiopic",
    "Devanagari",
    "Bengali",
    "Gujarati",
    "Gurmukhi",
    "Oriya",
    "Tamil",
    "Telugu",
    "Kannada",
    "Malayalam",
    "Sinhala",
    "Thai",
    "Lao",
    "Khmer",
    "Myanmar",
    "Symbols",
)
_CJK = "noto_cjk_sans_jp_regular/NotoSansCJKjp-Regular.otf"
_EMOJI = "manimgx_fonts/NotoEmoji[wght].ttf"

_KINDS = {  # of bidirectional classes; the rest is neutral
    "L": "L",
    "R": "R",
    "AL": "R",
    "EN": "digit",  # takes the direction of Latin letters before it
    "AN": "number",
    "NSM": "mark",
    "ES": "separator",
    "CS": "separator",
}

# Verovio reserves the sum of the plain advances, so letters must not move closer or join. Only
# scripts that cannot be written without it keep full shaping.
_PLAIN = {"kern": False, "liga": False, "clig": False}
_PLAIN_FONTS = (_LIBERATION, _NOTO.format(""), _NOTO.format("-Italic"), _CJK)


class Face(NamedTuple):
    """The cut of a text font."""

    bold: bool = False
    italic: bool = False


class PlacedGlyph(NamedTuple):
    """A glyph and its place: point ``u`` of its outline goes to ``(x, y) + scale · u``."""

    key: tuple[str, int]  # font and glyph id, for `glyph_edges`
    x: float
    y: float
    scale: float


class Run(NamedTuple):
    """Shaped text, starting at (0, 0) on the baseline; x to the right, y down."""

    glyphs: tuple[PlacedGlyph, ...]  # those with ink, from left to right
    advance: float
    missing: str  # the characters that no font has, in the order of the text


@lru_cache(maxsize=8192)
def shape(text: str, size: float, face: Face) -> Run:
    """Shape one line of *text* at *size* page units to the em.

    Tabs and line ends count as spaces, other control characters as nothing. A character that no
    font has is left out, since a box would be ink that is no text, and takes a quarter em.

    >>> run = shape("Hé", 1000, Face(italic=True))
    >>> len(run.glyphs), round(run.advance), run.missing
    (2, 1166, '')
    """
    glyphs: list[PlacedGlyph] = []
    pen, missing = 0.0, []
    for piece in _in_visual_order(_pieces(_readable(text), face)):
        placed, advance, lost = _shape_piece(piece, pen, size)
        glyphs += placed
        pen += advance
        missing += lost
    return Run(tuple(glyphs), pen, "".join(char for _, char in sorted(missing)))


@lru_cache(maxsize=4096)
def glyph_edges(key: tuple[str, int]) -> Outline:
    """A glyph's outline (n, 4) in 1/1000 em: origin on the baseline, y down; read-only.

    Flattened to within 0.25/1000 em: 0.02 px in letters 80 px to the em.
    """
    font = _font(key[0])
    unit = EM / font.face.upem
    tracer = Tracer(GLYPH_TOLERANCE / unit)
    font.draw_glyph(key[1], _draw_funcs(), tracer)
    edges: Outline = tracer.contours() * (unit, -unit, unit, -unit)
    edges.setflags(write=False)
    return edges


def write_text_fonts(folder: Path) -> None:
    """Write the four cuts of the serif of Latin words, for other programs to measure with."""
    for cut in ("regular", "bold", "regular-italic", "bold-italic"):
        (folder / f"LiberationSerif-{cut}.ttf").write_bytes(
            _liberation(_installed(_LIBERATION), cut)
        )


def font_folders() -> tuple[Path, ...]:
    """The folders of the fonts that other scripts fall back to."""
    return tuple(_installed(path).parent for path in (_NOTO, _CJK))


@cache
def _draw_funcs() -> hb.DrawFuncs:
    """Callbacks through which HarfBuzz draws on a tracer; coordinates come as plain numbers."""
    funcs = hb.DrawFuncs()
    funcs.set_move_to_func(lambda x, y, tracer: tracer.move(complex(x, y)))
    funcs.set_line_to_func(lambda x, y, tracer: tracer.line(complex(x, y)))
    funcs.set_quadratic_to_func(
        lambda x1, y1, x, y, tracer: tracer.quadratic(complex(x1, y1), complex(x, y))
    )
    funcs.set_cubic_to_func(
        lambda x1, y1, x2, y2, x, y, tracer: tracer.cubic(
            complex(x1, y1), complex(x2, y2), complex(x, y)
        )
    )
    funcs.set_close_path_func(lambda tracer: tracer.close())
    return funcs


class _Piece(NamedTuple):
    """Neighbouring characters of one font and direction."""

    start: int  # its place in the text
    text: str
    font: str  # empty: no font has these characters
    level: int  # odd: right to left


def _readable(text: str) -> str:
    """Composed letters, every kind of break a space, no other control characters."""
    spaced = "".join(" " if char.isspace() and category(char) != "Zs" else char for char in text)
    return normalize("NFC", "".join(char for char in spaced if category(char) != "Cc"))


def _pieces(text: str, face: Face) -> list[_Piece]:
    """Cut text where font or direction changes, in the order of the text."""
    pieces: list[_Piece] = []
    levels = _levels(text)
    start = 0
    for cluster in _clusters(text):
        last = pieces[-1] if pieces else _Piece(0, "", "", -1)
        font = _font_for(cluster, face)
        if (font, levels[start]) == (last.font, last.level):
            pieces[-1] = last._replace(text=last.text + cluster)
        else:
            pieces.append(_Piece(start, cluster, font, levels[start]))
        start += len(cluster)
    return pieces


def _clusters(text: str) -> Iterator[str]:
    """Letters with the marks and invisible joiners that follow them."""
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or category(text[end]) not in ("Mn", "Mc", "Me", "Cf"):
            yield text[start:end]
            start = end


@lru_cache(maxsize=8192)
def _font_for(cluster: str, face: Face) -> str:
    """The first font that has all characters of a cluster, else its first one; empty if none."""
    if category(cluster[0]) == "Co":  # private use: means something else in every font
        return ""
    fonts = _fonts_in_order(face)
    complete = (font for font in fonts if all(_has(font, char) for char in cluster))
    return next(complete, None) or next((font for font in fonts if _has(font, cluster[0])), "")


def _has(font: str, char: str) -> bool:
    # HarfBuzz hides format characters, whether or not the font knows them.
    return category(char) == "Cf" or _font(font).get_nominal_glyph(ord(char)) is not None


@cache
def _fonts_in_order(face: Face) -> tuple[str, ...]:
    """Font names, first choice first: the path inside its package, and the cut."""
    cut = "bold" if face.bold else "regular"
    latin = "-Italic" if face.italic else ""
    noto = [_NOTO.format(script) for script in (latin, *_SCRIPTS)]
    serif = f"{_LIBERATION}@{cut}{'-italic' if face.italic else ''}"
    return (serif, *(f"{path}@{cut}" for path in noto), f"{_CJK}@regular", f"{_EMOJI}@{cut}")


@cache
def _font(name: str) -> hb.Font:
    """Open a font; its units are those of its design."""
    path, cut = name.rsplit("@", 1)
    file = _installed(path)
    if path == _LIBERATION:
        return hb.Font(hb.Face(_liberation(file, cut)))
    font = hb.Font(hb.Face(hb.Blob.from_file_path(str(file))))
    if font.face.has_var_data:
        font.set_variations({"wght": 700 if cut == "bold" else 400})
    return font


def _installed(path: str) -> Path:
    """Find a data file of an installed package without importing the package."""
    package, _, relative_path = path.partition("/")
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"text is drawn with the fonts of the package {package}")
    return Path(spec.submodule_search_locations[0], relative_path)


def _liberation(stylesheet: Path, cut: str) -> bytes:
    """One of the WOFF2 fonts in Verovio's stylesheet, unpacked."""
    weight = "bold" if cut.startswith("bold") else "normal"
    style = "italic" if cut.endswith("italic") else "normal"
    for rule in stylesheet.read_text(encoding="ascii").split("@font-face")[1:]:
        if f"font-weight: {weight};" in rule and f"font-style: {style};" in rule:
            font = TTFont(BytesIO(b64decode(rule.partition("base64,")[2].partition(")")[0])))
            font.flavor = None
            unpacked = BytesIO()
            font.save(unpacked)
            return unpacked.getvalue()
    raise ValueError(f"{stylesheet}: no {weight} {style} font")


def _shape_piece(
    piece: _Piece, pen: float, size: float
) -> tuple[list[PlacedGlyph], float, list[tuple[int, str]]]:
    """Glyphs from *pen* on, the advance, and the missing characters with their places."""
    if not piece.font:
        lost = [(piece.start + i, char) for i, char in enumerate(piece.text)]
        return [], MISSING_ADVANCE * size * len(lost), lost
    font, buffer = _font(piece.font), _shaped(piece)
    unit, scale = size / font.face.upem, size / EM
    glyphs, start, lost = [], pen, []
    for info, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        key = (piece.font, info.codepoint)
        if info.codepoint == 0:  # .notdef
            lost.append((piece.start + info.cluster, piece.text[info.cluster]))
        elif len(glyph_edges(key)):
            x, y = pen + position.x_offset * unit, -position.y_offset * unit
            glyphs.append(PlacedGlyph(key, x, y, scale))
        pen += position.x_advance * unit if info.codepoint else MISSING_ADVANCE * size
    return glyphs, pen - start, lost


def _shaped(piece: _Piece) -> hb.Buffer:
    buffer = hb.Buffer()
    buffer.add_str(piece.text)
    buffer.direction = "rtl" if piece.level % 2 else "ltr"
    buffer.language = "und"  # HarfBuzz would ask the machine's locale
    buffer.flags = hb.BufferFlags.DO_NOT_INSERT_DOTTED_CIRCLE
    buffer.guess_segment_properties()
    plain = piece.font.rpartition("@")[0] in _PLAIN_FONTS
    hb.shape(_font(piece.font), buffer, _PLAIN if plain else {})
    return buffer


def _in_visual_order(pieces: list[_Piece]) -> list[_Piece]:
    """From left to right: rule L2 of the bidirectional algorithm."""
    for level in range(max((piece.level for piece in pieces), default=0), 0, -1):
        groups = groupby(pieces, lambda piece, level=level: piece.level >= level)  # type: ignore[misc]
        rows = [list(group)[:: -1 if deep else 1] for deep, group in groups]
        pieces = [piece for row in rows for piece in row]
    return pieces


def _levels(text: str) -> list[int]:
    """The direction of each character: even left to right, odd right to left, nested by height."""
    kinds = [_KINDS.get(bidirectional(char), "") for char in text]
    base = next((kind for kind in kinds if kind in ("L", "R")), "L")
    kinds = _resolved(kinds, base)
    depth = {"L": 0 if base == "L" else 2, "R": 1, "number": 2}
    sides = ["R" if kind == "number" else kind for kind in kinds]  # as neutrals see them
    preceding = list(accumulate(sides, _latest, initial=base))[:-1]
    following = list(accumulate(reversed(sides), _latest, initial=base))[-2::-1]
    return [
        depth[kind or (left if left == right else base)]
        for kind, left, right in zip(kinds, preceding, following, strict=True)
    ]


def _resolved(kinds: list[str], base: str) -> list[str]:
    """L, R, number or neutral, from where weak characters stand."""
    resolved: list[str] = []
    letter = base
    for i, kind in enumerate(kinds):
        if kind in ("L", "R"):
            letter = kind
        elif kind == "mark":
            kind = resolved[-1] if resolved else ""
        elif kind == "digit":
            kind = "L" if letter == "L" else "number"
        elif kind == "separator":
            within = resolved[-1:] == ["number"] and kinds[i + 1 : i + 2] in (["digit"], ["number"])
            kind = "number" if within else ""
        resolved.append(kind)
    return resolved


def _latest(previous: str, kind: str) -> str:
    return kind or previous
