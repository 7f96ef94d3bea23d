"""Which fonts are meant: Verovio's own by name, others by the path of their file."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from deepscores.engraving.smufl.fontfile import identify, is_font_path
from deepscores.engraving.verovio.data import MUSIC_FONTS
from deepscores.engraving.verovio.fonts import install
from deepscores.errors import RecipeError
from deepscores.page.model import FontFile

Choice = tuple[tuple[str, ...], tuple[FontFile, ...]]


def choose_fonts(
    entries: Sequence[str], known: Sequence[FontFile] = (), own: Sequence[str] = MUSIC_FONTS
) -> Choice:
    """The names of the fonts that *entries* mean, and those of them that are files.

    An entry is a name, of the engraver's *own* or of a font *known* already, or a path; those are
    opened and converted, and called by names that nothing else has. Raise RecipeError for what is
    not a font, or is named twice.
    """
    by_name = {file.name: file for file in known}
    names: list[str] = []
    files: list[FontFile] = []
    for entry in entries:
        if is_font_path(entry):
            file = _named(identify(Path(entry).expanduser()), names, files)
            install(file)
            files.append(file)
            names.append(file.name)
        elif entry in by_name or entry in own:
            files += [by_name[entry]] if entry in by_name else []
            names.append(entry)
        else:
            raise RecipeError(
                f"no music font {entry!r}; there are {', '.join(own)}, "
                "and any SMuFL font by the path of its file"
            )
    if not names or len(set(names)) < len(names):
        raise RecipeError("fonts: name at least one, and each once")
    return tuple(names), tuple(files)


def _named(file: FontFile, names: Sequence[str], files: Sequence[FontFile]) -> FontFile:
    """*file* by a name that is neither Verovio's nor among *names*, whatever the case."""
    for other in files:
        if replace(other, name=file.name) == file:
            raise RecipeError(f"fonts: {file.path} and {other.path} are the same font")
    taken = {name.lower() for name in (*MUSIC_FONTS, *names)}
    if file.name.lower() in taken:
        return replace(file, name=f"{file.name}-{file.sha256[:6]}")
    return file
