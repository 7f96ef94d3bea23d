"""Parse the values of options: text of the command line, TOML values and Python objects alike.

Each parser takes the option's name, for its message, and the value; it raises RecipeError.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from deepscores.errors import RecipeError

if TYPE_CHECKING:
    from deepscores.engraving.styling import Styling
    from deepscores.page.labels.label_sets import LabelSet
    from deepscores.page.labels.readability import Readability
    from deepscores.page.model import FontFile


class Kind(NamedTuple):
    """A kind of value: what the command line converts an option's text to, and its parser."""

    python: type
    parse: Callable[[str, Any], Any]


def parse_text(key: str, value: object) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value:
        raise RecipeError(f"{key}: {value!r} is not a name")
    return value


def parse_path(key: str, value: object) -> Path:
    """The path of a file or folder."""
    if not isinstance(value, str | Path) or not str(value):
        raise RecipeError(f"{key}: {value!r} is not a path")
    return Path(value)


def parse_whole_number(key: str, value: object, smallest: int = 0) -> int:
    """A whole number, not below *smallest*."""
    try:
        number = int(str(value))
    except ValueError:
        number = smallest - 1
    if isinstance(value, bool) or number < smallest:
        raise RecipeError(f"{key}: {value!r} is not a whole number from {smallest} up")
    return number


def parse_number(key: str, value: object) -> float:
    """A number, which may have decimals."""
    try:
        return float(str(value))
    except ValueError:
        raise RecipeError(f"{key}: {value!r} is not a number") from None


def parse_flag(key: str, value: object) -> bool:
    """True or false, not a word for it."""
    if not isinstance(value, bool):
        raise RecipeError(f"{key}: {value!r} is neither true nor false")
    return value


def parse_page_limit(key: str, value: object) -> int | None:
    """A number of pages, from 1 up; None for ``all``."""
    return None if value in ("all", None) else parse_whole_number(key, value, smallest=1)


def parse_label_set(key: str, value: object) -> LabelSet:
    """A label set, by its name or TOML file, or as it is."""
    from deepscores.page.labels.label_sets import LabelSet, load_label_set

    return value if isinstance(value, LabelSet) else load_label_set(parse_text(key, value))


def parse_size(key: str, value: object) -> tuple[int, int]:
    """Width and height in pixels."""
    from deepscores.engraving.styling import page_size

    return page_size(key, value)


def parse_names(key: str, value: object) -> tuple[str, ...]:
    """Names as a list, or in one text with commas between them."""
    if isinstance(value, str):
        value = [name for name in value.split(",") if name]
    if not isinstance(value, list | tuple) or not all(
        isinstance(name, str | Path) for name in value
    ):
        raise RecipeError(f"{key}: {value!r} is not a list of names")
    return tuple(str(name).strip() for name in value)


def parse_paths(key: str, value: object) -> tuple[str, ...]:
    """Paths as a list, or a single path, which may have commas in it."""
    return parse_names(key, [value] if isinstance(value, str | Path) else value)


def parse_font_paths(key: str, value: object) -> tuple[str, ...]:
    """Paths of font files."""
    from deepscores.engraving.smufl.fontfile import is_font_path

    paths = parse_paths(key, value)
    for path in paths:
        if not is_font_path(path):
            raise RecipeError(
                f"{key}: {path!r} is not a font file (.otf …); names of fonts go with --fonts"
            )
    return paths


def parse_font_files(key: str, value: object) -> tuple[FontFile, ...]:
    """Fonts as a dataset records them: names with the digests of their files."""
    from deepscores.page.model import FontFile

    if not isinstance(value, Mapping):
        raise RecipeError(f"{key}: {value!r} is not a table of fonts")
    try:
        return tuple(
            FontFile(name, digests["sha256"], digests["metadata-sha256"])
            for name, digests in value.items()
        )
    except (KeyError, TypeError):
        raise RecipeError(f"{key}: a font has no sha256 or metadata-sha256") from None


def parse_engravers(key: str, value: object) -> tuple[str, ...]:
    """One engraver or several, in the order of the registry.

    >>> parse_engravers("engraver", "both")
    ('verovio', 'lilypond')
    """
    from deepscores.engraving.registry import engraver_names

    available = engraver_names()
    names = ("verovio", "lilypond") if value == "both" else parse_names(key, value)
    for name in names:
        if name not in available:
            raise RecipeError(f"no engraver {name!r}; there are {', '.join(available)}, and both")
    return tuple(name for name in available for _ in range(names.count(name)))


def parse_quota(key: str, value: object) -> tuple[tuple[str, int], ...]:
    """A table of counts by class, or one count for each.

    >>> parse_quota("quota", 50)
    (('each', 50),)
    """
    if not isinstance(value, Mapping):
        value = {"each": value}
    return tuple(
        (str(name), parse_whole_number(f"{key}: {name}", count)) for name, count in value.items()
    )


def parse_style(key: str, value: Any) -> Styling:
    """A preset's name, or a table of properties with their values or distributions."""
    from deepscores.engraving.styling import parse_styling

    return parse_styling(key, value)


def parse_readability(key: str, value: object) -> Readability:
    """A table of limits; those that are not in it keep their defaults."""
    from deepscores.page.labels.readability import Readability

    if not isinstance(value, Mapping):
        raise RecipeError(f"{key}: {value!r} is not a table of limits")
    types = {field.name.replace("_", "-"): field.type for field in fields(Readability)}
    limits: dict[str, Any] = {}
    for name, limit in value.items():
        if name not in types:
            raise RecipeError(f"{key}: unknown key {name!r}; known: {', '.join(sorted(types))}")
        parse = parse_whole_number if types[name] is int else parse_number
        limits[name.replace("-", "_")] = parse(f"{key}: {name}", limit)
    return Readability(**limits)


TEXT = Kind(str, parse_text)
PATH = Kind(Path, parse_path)
WHOLE_NUMBER = Kind(int, parse_whole_number)
NUMBER = Kind(float, parse_number)
FLAG = Kind(bool, parse_flag)
PAGE_LIMIT = Kind(str, parse_page_limit)
LABEL_SET = Kind(str, parse_label_set)
SIZE = Kind(str, parse_size)
NAMES = Kind(str, parse_names)
PATHS = Kind(str, parse_paths)
FONT_PATHS = Kind(str, parse_font_paths)
FONT_FILES = Kind(str, parse_font_files)
ENGRAVER_NAMES = Kind(str, parse_engravers)
QUOTA = Kind(int, parse_quota)
STYLE = Kind(str, parse_style)
READABILITY = Kind(str, parse_readability)
