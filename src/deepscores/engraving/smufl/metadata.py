"""A font's SMuFL metadata: anchors, thicknesses of lines, optional glyphs."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

from deepscores.engraving.smufl.names import OPTIONAL
from deepscores.errors import RecipeError

_NAMES = ("{}.json", "{}_metadata.json", "{}-metadata.json", "metadata.json")
_GLYPH = re.compile(r"\w+")

Anchors = Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Metadata:
    """The metadata that engraving needs; lengths in staff spaces, y up."""

    anchors: Mapping[str, Anchors] = field(default_factory=dict)  # glyph → anchor → x, y
    engraving: Mapping[str, float] = field(default_factory=dict)  # SMuFL's engravingDefaults
    optional: Mapping[int, str] = field(default_factory=dict)  # code point → name


def find_metadata(font: Path, family: str) -> Path | None:
    """The metadata file beside *font*: ``NAME.json``, ``NAME_metadata.json`` or the like.

    A ``metadata.json`` counts unless it names another font than *family*.
    """
    json_files = {path.name.lower(): path for path in font.parent.glob("*.json")}
    stems = dict.fromkeys((font.stem.lower(), _plain(family)))
    for name in dict.fromkeys(form.format(stem) for stem in stems for form in _NAMES):
        path = json_files.get(name)
        if path and (name != "metadata.json" or _is_of(path, family)):
            return path
    return None


def parse_metadata(data: bytes, origin: str) -> Metadata:
    """Read metadata; raise RecipeError with *origin* and the entry that is not valid SMuFL."""
    table = _table(data, origin)
    try:
        return Metadata(
            {
                name: dict(_points(anchors))
                for name, anchors in table.get("glyphsWithAnchors", {}).items()
            },
            dict(_lengths(table.get("engravingDefaults", {}))),
            dict(_optional(table.get("optionalGlyphs", {}))),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise RecipeError(f"{origin}: is not SMuFL metadata: {error}") from None


def _table(data: bytes, origin: str) -> dict[str, Any]:
    try:
        table = json.loads(data)
    except ValueError as error:
        raise RecipeError(f"{origin}: is not JSON: {error}") from None
    if not isinstance(table, dict):
        raise RecipeError(f"{origin}: is not SMuFL metadata: not a table")
    return table


def _points(anchors: Mapping[str, Any]) -> Iterator[tuple[str, tuple[float, float]]]:
    for name, (x, y) in anchors.items():
        yield name, (_finite(x), _finite(y))


def _lengths(lengths: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for name, value in lengths.items():
        if isinstance(value, int | float):  # textFontFamily is a list of names
            yield name, _finite(value)


def _finite(value: Any) -> float:
    if not isfinite(value):  # Python's JSON reads NaN and Infinity
        raise ValueError(f"{value} is not a length")
    return float(value)


def _optional(glyphs: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    for name, entry in glyphs.items():
        code = int(entry["codepoint"].removeprefix("U+"), 16)
        if code in OPTIONAL and _GLYPH.fullmatch(name):
            yield code, name


def _is_of(path: Path, family: str) -> bool:
    try:
        name = _table(path.read_bytes(), str(path)).get("fontName", "")
    except OSError:
        return True  # reading it again will raise the error
    expected, stated = _plain(family), _plain(str(name))
    return not stated or stated in expected or expected in stated


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
