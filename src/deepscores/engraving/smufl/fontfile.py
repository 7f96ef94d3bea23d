"""SMuFL fonts from files: OpenType with CFF or TrueType outlines, WOFF and WOFF2."""

import hashlib
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, TypeVar
from unicodedata import normalize

import uharfbuzz as hb
from fontTools.misc.bezierTools import calcCubicBounds, calcQuadraticBounds
from fontTools.ttLib import TTFont

from deepscores.engraving.smufl.metadata import Metadata, find_metadata, parse_metadata
from deepscores.engraving.smufl.names import glyph_names
from deepscores.errors import RecipeError
from deepscores.page.model import FontFile

SUFFIXES = frozenset((".otf", ".ttf", ".woff", ".woff2", ".ttc", ".otc"))
_EM = 1000  # units of an outline
_STEPS_PER_UNIT = 100  # steps within a unit, for HarfBuzz rounds advances
_REQUIRED = (0xE050, 0xE0A4)  # gClef and noteheadBlack: without them it is not a music font
_BLANK = 0x20
_MAX_NAME_LENGTH = 40
_CURVES = {"Q": calcQuadraticBounds, "C": calcCubicBounds}

Value = TypeVar("Value")


class GlyphOutline(NamedTuple):
    """A glyph in 1/1000 em, y up, origin on the baseline."""

    name: str  # SMuFL's
    path: str  # as in SVG's ``d``
    box: tuple[float, float, float, float]  # x0 y0 x1 y1, tight
    advance: float


@dataclass(frozen=True, slots=True)
class FontFacts:
    """Entries of a font's name table; "" for missing ones."""

    family: str
    version: str = ""
    copyright: str = ""
    licence: str = ""
    licence_url: str = ""


@dataclass(frozen=True, slots=True)
class SmuflFont:
    """A font's glyphs by code point, those without ink left out."""

    facts: FontFacts
    glyphs: Mapping[int, GlyphOutline]
    metadata: Metadata


def is_font_path(entry: str) -> bool:
    """Whether *entry* of a list of fonts is a file, not the name of a font.

    >>> is_font_path("fonts/Sebastian.otf"), is_font_path("Leland")
    (True, False)
    """
    return "/" in entry or Path(entry).suffix.lower() in SUFFIXES


def identify(path: Path) -> FontFile:
    """Identify the font in the file *path*, with the metadata beside it.

    Raise RecipeError if it cannot be read or is not a SMuFL font with plain outlines.
    """
    path = path.absolute()
    data = _bytes(path)
    font = _open(path, data)
    family = _facts(font, path).family
    metadata = find_metadata(path, family)
    text = _bytes(metadata) if metadata else b""
    if metadata:
        parse_metadata(text, str(metadata))
    return FontFile(
        _safe_name(family) or _safe_name(path.stem) or "Font",
        hashlib.sha256(data).hexdigest(),
        hashlib.sha256(text).hexdigest() if metadata else "",
        path,
        metadata,
    )


def read_font(file: FontFile) -> SmuflFont:
    """All of *file*'s glyphs that SMuFL or the font's metadata name.

    Raise RecipeError if the file is missing or has changed.
    """
    data = _read_unchanged(file, file.path, file.sha256)
    metadata = Metadata()
    if file.metadata_sha256:
        text = _read_unchanged(file, file.metadata, file.metadata_sha256)
        metadata = parse_metadata(text, str(file.metadata))
    path = Path(file.path or "")
    font = _open(path, data)
    names = {**_optional_names(metadata), **glyph_names()}
    glyphs = _guard(path, lambda: _draw(_unpack(font, data), names))
    for code in _REQUIRED:
        if code not in glyphs:
            raise RecipeError(f"{path}: its glyph {names[code]} (U+{code:04X}) is blank")
    return SmuflFont(_facts(font, path), glyphs, metadata)


def _optional_names(metadata: Metadata) -> dict[int, str]:
    """Optional glyphs, except those with a name of SMuFL's own."""
    standard_names = set(glyph_names().values())
    return {code: name for code, name in metadata.optional.items() if name not in standard_names}


def facts_of(data: bytes, origin: str) -> FontFacts:
    """The name table's entries of the font file with the content *data*."""
    return _facts(_open(Path(origin), data), Path(origin))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RecipeError(f"{path}: {error.strerror}") from None


def _read_unchanged(file: FontFile, path: Path | None, sha256: str) -> bytes:
    if path is None:
        raise RecipeError(
            f"the font {file.name} is needed (SHA-256 {file.sha256}): name its file with --font"
        )
    data = _bytes(path)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise RecipeError(f"{path}: has changed since the work began")
    return data


def _guard(path: Path, read: Callable[[], Value]) -> Value:
    try:
        return read()
    except Exception as error:  # noqa: BLE001 - a broken table makes fontTools raise any exception
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise RecipeError(f"{path}: is not a valid font file ({reason})") from None


def _open(path: Path, data: bytes) -> TTFont:
    """Open the font in *data*; check that it is a SMuFL font with readable outlines."""
    if data[:4] == b"ttcf":
        raise RecipeError(f"{path}: is a collection of fonts; name a file with one font")
    font = _guard(path, lambda: TTFont(io.BytesIO(data), lazy=True))
    tables = set(font.keys())
    if "fvar" in tables or "CFF2" in tables:
        raise RecipeError(f"{path}: is a variable font; make a static one of it first")
    if not tables & {"CFF ", "glyf"}:
        raise RecipeError(f"{path}: has no outlines (table CFF or glyf)")
    characters = _guard(path, lambda: font.getBestCmap() or {})
    for code in _REQUIRED:
        if code not in characters:
            name = glyph_names()[code]
            raise RecipeError(f"{path}: is not a SMuFL font: it has no {name} (U+{code:04X})")
    return font


def _facts(font: TTFont, path: Path) -> FontFacts:
    table = _guard(path, lambda: font["name"])

    def say(*numbers: int) -> str:
        texts = (table.getDebugName(number) for number in numbers)
        return " ".join(next(filter(None, texts), "").split())

    return _guard(
        path, lambda: FontFacts(say(16, 1, 6) or path.stem, say(5), say(0), say(13), say(14))
    )


def _safe_name(name: str) -> str:
    """*name* without characters that are unsafe in file names.

    >>> _safe_name("Finale Maestro"), _safe_name("../Möpse 2")
    ('FinaleMaestro', 'Mopse2')
    """
    return re.sub(r"[^A-Za-z0-9]", "", normalize("NFKD", name))[:_MAX_NAME_LENGTH]


def _unpack(font: TTFont, data: bytes) -> bytes:
    """The plain OpenType file within WOFF or WOFF2."""
    if font.flavor is None:
        return data
    font.flavor = None
    sink = io.BytesIO()
    font.save(sink, reorderTables=None)
    return sink.getvalue()


def _draw(data: bytes, names: Mapping[int, str]) -> dict[int, GlyphOutline]:
    face = hb.Face(data)
    font = hb.Font(face)
    font.scale = (_EM * _STEPS_PER_UNIT, _EM * _STEPS_PER_UNIT)
    pens = _pens()
    glyphs = {}
    for code in sorted(set(face.unicodes) & names.keys()):
        number = font.get_nominal_glyph(code)
        steps: list[_Step] = []
        font.draw_glyph(number, pens, steps)
        if not steps and code != _BLANK:
            continue  # an empty placeholder; an engraver draws the glyph of another font
        path = "".join(
            letter + " ".join([f"{coordinate:.6g}" for coordinate in coordinates])
            for letter, coordinates in steps
        )
        advance = font.get_glyph_h_advance(number) / _STEPS_PER_UNIT
        glyphs[code] = GlyphOutline(names[code], path, _bounds(steps), advance)
    return glyphs


_Step: TypeAlias = tuple[str, list[float]]  # SVG's letter, and its numbers


def _pens() -> hb.DrawFuncs:
    pens = hb.DrawFuncs()

    def pen(letter: str) -> Callable[..., None]:
        def write(*arguments: Any) -> None:
            *numbers, steps = arguments
            steps.append((letter, [number / _STEPS_PER_UNIT for number in numbers]))

        return write

    pens.set_move_to_func(pen("M"))
    pens.set_line_to_func(pen("L"))
    pens.set_quadratic_to_func(pen("Q"))
    pens.set_cubic_to_func(pen("C"))
    pens.set_close_path_func(pen("Z"))
    return pens


def _bounds(steps: Sequence[_Step]) -> tuple[float, float, float, float]:
    """The tight box, unlike HarfBuzz's, which includes the control points of curves.

    >>> _bounds([("M", [0, 0]), ("C", [0, 4, 4, 4, 4, 0]), ("Z", [])])
    (0, 0, 4, 3.0)
    """
    ends = _bounding_box([coordinates[-2:] for _, coordinates in steps])
    if ends == _bounding_box([coordinates for _, coordinates in steps]):
        return ends  # the font has points at all extremes
    boxes = [ends]
    start: list[float] = []
    for letter, coordinates in steps:
        if letter in _CURVES:
            numbers = [*start, *coordinates]
            boxes.append(_CURVES[letter](*zip(numbers[::2], numbers[1::2], strict=True)))
        start = coordinates[-2:] or start
    left, low, right, high = zip(*boxes, strict=True)
    return (min(left), min(low), max(right), max(high))


def _bounding_box(places: Sequence[Sequence[float]]) -> tuple[float, float, float, float]:
    xs = [x for place in places for x in place[::2]]
    ys = [y for place in places for y in place[1::2]]
    return (min(xs), min(ys), max(xs), max(ys)) if xs else (0.0, 0.0, 0.0, 0.0)
