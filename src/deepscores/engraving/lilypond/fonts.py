"""Music fonts for LilyPond: Emmentaler, which it has, and others from a folder."""

import re
from hashlib import blake2b
from pathlib import Path

from deepscores.errors import RecipeError

MUSIC_FONTS = ("Emmentaler",)
SIZES = (11, 13, 14, 16, 18, 20, 23, 26)  # in which LilyPond asks for a font
_SUFFIX = "-LilyPond"
_FILE = re.compile(r"(.+)-(?:\d+|brace)\.(?:otf|svg)")


def font_files(folder: Path) -> dict[str, Path]:
    """The font files in *folder* and below, by file name."""
    paths = sorted(path for path in folder.rglob("*") if _FILE.fullmatch(path.name))
    return {path.name: path for path in paths}


def fonts_in(folder: Path) -> tuple[str, ...]:
    """The music fonts in *folder*: each as OTF and SVG in all of LilyPond's sizes.

    Raise RecipeError if there are none, naming what is missing where some are incomplete.
    """
    if not folder.is_dir():
        raise RecipeError(f"font-dir: {folder} is not a folder")
    files = font_files(folder)
    names = sorted({match[1] for name in files if (match := _FILE.fullmatch(name))})
    complete = tuple(name for name in names if not missing_files(name, files))
    if complete:
        return complete
    if names:
        raise RecipeError(
            f"font-dir: {folder}: {names[0]} lacks {missing_files(names[0], files)[0]}"
        )
    raise RecipeError(f"font-dir: {folder} holds no fonts for LilyPond (NAME-20.otf, NAME-20.svg)")


def lilypond_name(font: str) -> str:
    """LilyPond's name of a font, which has a suffix if Verovio has a font with the same name.

    >>> lilypond_name("Gonville-LilyPond")
    'Gonville'
    """
    return font.removesuffix(_SUFFIX)


def missing_files(name: str, files: dict[str, Path]) -> list[str]:
    """The files that a font lacks; its braces can be Emmentaler's."""
    required = [f"{name}-{size}.{suffix}" for suffix in ("otf", "svg") for size in SIZES]
    return [file_name for file_name in required if file_name not in files]


def digest(folder: Path) -> str:
    """A hash of all font files in *folder*."""
    state = blake2b(digest_size=8)
    for name, path in sorted(font_files(folder).items()):
        state.update(name.encode() + b"\0" + path.read_bytes())
    return state.hexdigest()
