"""Which music fonts a recipe means, and which engraver draws each of them."""

from collections.abc import Sequence

from deepscores.engraving.protocol import Engraver
from deepscores.engraving.registry import find_engraver, music_fonts
from deepscores.engraving.smufl.fontfile import is_font_path
from deepscores.engraving.verovio.choice import Choice
from deepscores.engraving.verovio.choice import choose_fonts as choose_names_and_files
from deepscores.engraving.verovio.data import MUSIC_FONTS
from deepscores.errors import RecipeError
from deepscores.page.model import FontFile


def choose_fonts(
    engravers: Sequence[str], fonts: Sequence[str], files: Sequence[FontFile], folder: str
) -> Choice:
    """The names of the fonts that *fonts* mean, engraver by engraver, and those that are files.

    An entry is a name, or the path of a SMuFL font; *files* are known already by their names,
    *folder* holds fonts for engravers that take some from a folder. Verovio's own fonts alone stand
    for all that the engravers have. A font whose name an earlier engraver has too is called
    NAME-TITLE. Raise RecipeError for a font that none of the engravers has.
    """
    if not engravers or len(set(engravers)) < len(engravers):
        raise RecipeError("engraver: name at least one, and each once")
    chosen = [find_engraver(name) for name in engravers]
    if folder and not any(engraver.takes_font_folder for engraver in chosen):
        music_fonts(engravers[0], folder)  # says which engravers do
    entries = _by_engraver(chosen, fonts, files)
    names: list[str] = []
    font_files: tuple[FontFile, ...] = ()
    for engraver in chosen:
        own = music_fonts(engraver.name, folder if engraver.takes_font_folder else "")
        wanted = _wanted(engraver, entries[engraver.name], fonts, own)
        if engraver.takes_font_files:
            drawn, font_files = choose_names_and_files(wanted, files, own)
        else:
            taken = {name.lower() for name in names}
            # One name, one font, in all of a dataset.
            apart = [
                f"{name}-{engraver.title}" if name.lower() in taken else name for name in wanted
            ]
            drawn = _choose_names(engraver, apart, own)
        names += drawn
    return tuple(names), font_files


def engraver_of(font: str, engravers: Sequence[str], files: Sequence[FontFile]) -> str:
    """The engraver that draws in a font that `choose_fonts` has named."""
    if len(engravers) == 1:
        return engravers[0]
    return _drawn_by(font, [find_engraver(name) for name in engravers], files).name


def _by_engraver(
    engravers: Sequence[Engraver], fonts: Sequence[str], files: Sequence[FontFile]
) -> dict[str, list[str]]:
    entries: dict[str, list[str]] = {engraver.name: [] for engraver in engravers}
    for font in fonts:
        entries[_drawn_by(font, engravers, files).name].append(font)
    return entries


def _drawn_by(font: str, engravers: Sequence[Engraver], files: Sequence[FontFile]) -> Engraver:
    """The first engraver that has the font; else one that may find it in a folder, or the last."""
    is_file = is_font_path(font) or any(font == file.name for file in files)
    for engraver in engravers:
        if (is_file and engraver.takes_font_files) or font in engraver.music_fonts(""):
            return engraver
    from_folder = [engraver for engraver in engravers if engraver.takes_font_folder]
    return from_folder[0] if from_folder else engravers[-1]


def _wanted(
    engraver: Engraver, entries: Sequence[str], fonts: Sequence[str], own: Sequence[str]
) -> Sequence[str]:
    """The entries that *engraver* is to draw in: all of its own where no font was asked for."""
    if tuple(fonts) == MUSIC_FONTS and not engraver.takes_font_files:
        return own
    if not entries and tuple(fonts[: len(MUSIC_FONTS)]) == MUSIC_FONTS:
        return own
    if not entries and fonts:
        raise RecipeError(f"fonts: none of them is {engraver.title}'s")
    return entries


def _choose_names(engraver: Engraver, fonts: Sequence[str], own: Sequence[str]) -> tuple[str, ...]:
    for font in filter(is_font_path, fonts):
        source = "a folder (font-dir)" if engraver.takes_font_folder else "its own package"
        raise RecipeError(f"font: {font}: {engraver.title} takes fonts from {source} only")
    for font in fonts:
        if font not in own and font.removesuffix(f"-{engraver.title}") not in own:
            raise RecipeError(f"no music font {font!r}; there are {', '.join(own)}")
    if not fonts or len(set(fonts)) < len(fonts):
        raise RecipeError("fonts: name at least one, and each once")
    return tuple(fonts)
