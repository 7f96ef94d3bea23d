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
_FINE = 100  # steps within a unit, for HarfBuzz rounds advances
_NEEDED = (0xE050, 0xE0A4)  # gClef and noteheadBlack: without them it is no font for music
_BLANK = 0x20
_LONGEST_NAME = 40
_CURVES = {"Q": calcQuadraticBounds, "C": calcCubicBounds}

Value = TypeVar("Value")


class Drawing(NamedTuple):
    """A glyph in 1/1000 em, y up, origin on the baseline."""

    name: str  # SMuFL's
    path: str  # as in SVG's ``d``
    box: tuple[float, float, float, float]  # x0 y0 x1 y1, tight
    advance: float


@dataclass(frozen=True, slots=True)
class Facts:
    """What a font says of itself; "" where it says nothing."""

    family: str
    version: str = ""
    copyright: str = ""
    licence: str = ""
    licence_url: str = ""


@dataclass(frozen=True, slots=True)
class SmuflFont:
    """A font's glyphs by code point, those without ink left out."""

    facts: Facts
    glyphs: Mapping[int, Drawing]
    metadata: Metadata


def is_font_path(entry: str) -> bool:
    """Whether *entry* of a list of fonts is a file, not the name of a font.

    >>> is_font_path("fonts/Sebastian.otf"), is_font_path("Leland")
    (True, False)
    """
    return "/" in entry or Path(entry).suffix.lower() in SUFFIXES


def identify(path: Path) -> FontFile:
    """Which font is in the file *path*, with the metadata beside it.

    Raise RecipeError if it cannot be read or is no SMuFL font with plain outlines.
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
        _safe(family) or _safe(path.stem) or "Font",
        hashlib.sha256(data).hexdigest(),
        hashlib.sha256(text).hexdigest() if metadata else "",
        path,
        metadata,
    )


def read_font(file: FontFile) -> SmuflFont:
    """All of *file*'s glyphs that SMuFL or the font's metadata name.

    Raise RecipeError if there is no such file or it is another one by now.
    """
    data = _unchanged(file, file.path, file.sha256)
    metadata = Metadata()
    if file.metadata_sha256:
        text = _unchanged(file, file.metadata, file.metadata_sha256)
        metadata = parse_metadata(text, str(file.metadata))
    path = Path(file.path or "")
    font = _open(path, data)
    names = {**_own(metadata), **glyph_names()}
    glyphs = _guarded(path, lambda: _draw(_unpacked(font, data), names))
    for code in _NEEDED:
        if code not in glyphs:
            raise RecipeError(f"{path}: its glyph {names[code]} (U+{code:04X}) is blank")
    return SmuflFont(_facts(font, path), glyphs, metadata)


def _own(metadata: Metadata) -> dict[int, str]:
    """Optional glyphs, unless they are called as one of SMuFL's."""
    taken = set(glyph_names().values())
    return {code: name for code, name in metadata.optional.items() if name not in taken}


def facts_of(data: bytes, where: str) -> Facts:
    """What the font file with the content *data* says of itself."""
    return _facts(_open(Path(where), data), Path(where))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RecipeError(f"{path}: {error.strerror}") from None


def _unchanged(file: FontFile, path: Path | None, sha256: str) -> bytes:
    if path is None:
        raise RecipeError(
            f"the font {file.name} is needed (SHA-256 {file.sha256}): name its file with --font"
        )
    data = _bytes(path)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise RecipeError(f"{path}: is not the file it was when the work began")
    return data


def _guarded(path: Path, read: Callable[[], Value]) -> Value:
    try:
        return read()
    except Exception as error:  # noqa: BLE001 - a broken table makes fontTools raise just anything
        what = " ".join(f"{type(error).__name__}: {error}".split())
        raise RecipeError(f"{path}: is no sound font file ({what})") from None


def _open(path: Path, data: bytes) -> TTFont:
    """The font in *data*, seen to be a SMuFL font whose outlines can be read."""
    if data[:4] == b"ttcf":
        raise RecipeError(f"{path}: is a collection of fonts; name a file with one font")
    font = _guarded(path, lambda: TTFont(io.BytesIO(data), lazy=True))
    tables = set(font.keys())
    if "fvar" in tables or "CFF2" in tables:
        raise RecipeError(f"{path}: is a variable font; make a static one of it first")
    if not tables & {"CFF ", "glyf"}:
        raise RecipeError(f"{path}: has no outlines (table CFF or glyf)")
    known = _guarded(path, lambda: font.getBestCmap() or {})
    for code in _NEEDED:
        if code not in known:
            name = glyph_names()[code]
            raise RecipeError(f"{path}: is no SMuFL font: it has no {name} (U+{code:04X})")
    return font


def _facts(font: TTFont, path: Path) -> Facts:
    table = _guarded(path, lambda: font["name"])

    def say(*numbers: int) -> str:
        found = (table.getDebugName(number) for number in numbers)
        return " ".join(next(filter(None, found), "").split())

    return _guarded(
        path, lambda: Facts(say(16, 1, 6) or path.stem, say(5), say(0), say(13), say(14))
    )


def _safe(name: str) -> str:
    """*name* as it can stand in the name of a file.

    >>> _safe("Finale Maestro"), _safe("../Möpse 2")
    ('FinaleMaestro', 'Mopse2')
    """
    return re.sub(r"[^A-Za-z0-9]", "", normalize("NFKD", name))[:_LONGEST_NAME]


def _unpacked(font: TTFont, data: bytes) -> bytes:
    """The plain OpenType file within WOFF or WOFF2."""
    if font.flavor is None:
        return data
    font.flavor = None
    sink = io.BytesIO()
    font.save(sink, reorderTables=None)
    return sink.getvalue()


def _draw(data: bytes, names: Mapping[int, str]) -> dict[int, Drawing]:
    face = hb.Face(data)
    font = hb.Font(face)
    font.scale = (_EM * _FINE, _EM * _FINE)
    pens = _pens()
    glyphs = {}
    for code in sorted(set(face.unicodes) & names.keys()):
        number = font.get_nominal_glyph(code)
        steps: list[_Step] = []
        font.draw_glyph(number, pens, steps)
        if not steps and code != _BLANK:
            continue  # a place kept for a glyph; an engraver borrows one
        path = "".join(letter + " ".join([f"{one:.6g}" for one in at]) for letter, at in steps)
        advance = font.get_glyph_h_advance(number) / _FINE
        glyphs[code] = Drawing(names[code], path, _bounds(steps), advance)
    return glyphs


_Step: TypeAlias = tuple[str, list[float]]  # SVG's letter, and its numbers


def _pens() -> hb.DrawFuncs:
    pens = hb.DrawFuncs()

    def pen(letter: str) -> Callable[..., None]:
        def write(*arguments: Any) -> None:
            *numbers, steps = arguments
            steps.append((letter, [one / _FINE for one in numbers]))

        return write

    pens.set_move_to_func(pen("M"))
    pens.set_line_to_func(pen("L"))
    pens.set_quadratic_to_func(pen("Q"))
    pens.set_cubic_to_func(pen("C"))
    pens.set_close_path_func(pen("Z"))
    return pens


def _bounds(steps: Sequence[_Step]) -> tuple[float, float, float, float]:
    """The tight box. HarfBuzz's own takes the control points of curves in.

    >>> _bounds([("M", [0, 0]), ("C", [0, 4, 4, 4, 4, 0]), ("Z", [])])
    (0, 0, 4, 3.0)
    """
    ends = _around([at[-2:] for _, at in steps])
    if ends == _around([at for _, at in steps]):  # as in a font drawn by the book
        return ends
    boxes = [ends]
    here: list[float] = []
    for letter, at in steps:
        if letter in _CURVES:
            numbers = [*here, *at]
            boxes.append(_CURVES[letter](*zip(numbers[::2], numbers[1::2], strict=True)))
        here = at[-2:] or here
    left, low, right, high = zip(*boxes, strict=True)
    return (min(left), min(low), max(right), max(high))


def _around(places: Sequence[Sequence[float]]) -> tuple[float, float, float, float]:
    xs = [x for at in places for x in at[::2]]
    ys = [y for at in places for y in at[1::2]]
    return (min(xs), min(ys), max(xs), max(ys)) if xs else (0.0, 0.0, 0.0, 0.0)
