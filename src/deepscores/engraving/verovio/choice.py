"""Choose fonts: Verovio's own by name, others by the path of their file."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from deepscores.engraving.smufl.fontfile import identify, is_font_path
from deepscores.engraving.verovio.data import MUSIC_FONTS
from deepscores.engraving.verovio.fonts import install
from deepscores.errors import RecipeError
from deepscores.page.model import FontFile

FontChoice = tuple[tuple[str, ...], tuple[FontFile, ...]]


def choose_fonts(
    entries: Sequence[str],
    known_files: Sequence[FontFile] = (),
    own_fonts: Sequence[str] = MUSIC_FONTS,
) -> FontChoice:
    """The names of the fonts in *entries*, and the font files among them.

    An entry is the name of one of the engraver's *own_fonts* or of *known_files*, or a path; files
    are opened and converted, and get unique names. Raise RecipeError for what is not a font, or is
    named twice.
    """
    by_name = {file.name: file for file in known_files}
    names: list[str] = []
    files: list[FontFile] = []
    for entry in entries:
        if is_font_path(entry):
            file = _with_unique_name(identify(Path(entry).expanduser()), names, files)
            install(file)
            files.append(file)
            names.append(file.name)
        elif entry in by_name or entry in own_fonts:
            files += [by_name[entry]] if entry in by_name else []
            names.append(entry)
        else:
            raise RecipeError(
                f"unknown music font {entry!r}; there are {', '.join(own_fonts)}, "
                "and any SMuFL font by the path of its file"
            )
    if not names or len(set(names)) < len(names):
        raise RecipeError("fonts: name at least one, and each once")
    return tuple(names), tuple(files)


def _with_unique_name(file: FontFile, names: Sequence[str], files: Sequence[FontFile]) -> FontFile:
    """*file* with a name that is neither Verovio's nor among *names*, ignoring case."""
    for earlier in files:
        if replace(earlier, name=file.name) == file:
            raise RecipeError(f"fonts: {file.path} and {earlier.path} are the same font")
    used_names = {name.lower() for name in (*MUSIC_FONTS, *names)}
    if file.name.lower() in used_names:
        return replace(file, name=f"{file.name}-{file.sha256[:6]}")
    return file
