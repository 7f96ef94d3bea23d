"""Choose the music fonts of a recipe, and the engraver that draws each of them."""

from collections.abc import Sequence

from deepscores.engraving.protocol import Engraver
from deepscores.engraving.registry import find_engraver, music_fonts
from deepscores.engraving.smufl.fontfile import is_font_path
from deepscores.engraving.verovio.choice import FontChoice
from deepscores.engraving.verovio.choice import choose_fonts as choose_names_and_files
from deepscores.engraving.verovio.data import MUSIC_FONTS
from deepscores.errors import RecipeError
from deepscores.page.model import FontFile


def choose_fonts(
    engravers: Sequence[str], fonts: Sequence[str], files: Sequence[FontFile], folder: str
) -> FontChoice:
    """The names of the fonts in *fonts*, engraver by engraver, and the font files.

    An entry is a name, or the path of a SMuFL font; *files* are already opened ones, *folder* holds
    fonts for engravers that load some from a folder. Exactly Verovio's own fonts stand for all
    fonts of the engravers. A font with the name of an earlier engraver's font is called NAME-TITLE.
    Raise RecipeError for a font that none of the engravers has.
    """
    if not engravers or len(set(engravers)) < len(engravers):
        raise RecipeError("engraver: name at least one, and each once")
    loaded_engravers = [find_engraver(name) for name in engravers]
    if folder and not any(engraver.takes_font_folder for engraver in loaded_engravers):
        music_fonts(engravers[0], folder)  # raises the error
    entries = _by_engraver(loaded_engravers, fonts, files)
    names: list[str] = []
    font_files: tuple[FontFile, ...] = ()
    for engraver in loaded_engravers:
        own_fonts = music_fonts(engraver.name, folder if engraver.takes_font_folder else "")
        requested = _select_entries(engraver, entries[engraver.name], fonts, own_fonts)
        if engraver.takes_font_files:
            drawn, font_files = choose_names_and_files(requested, files, own_fonts)
        else:
            used_names = {name.lower() for name in names}
            # A name means one font throughout a dataset.
            distinct_names = [
                f"{name}-{engraver.title}" if name.lower() in used_names else name
                for name in requested
            ]
            drawn = _choose_names(engraver, distinct_names, own_fonts)
        names += drawn
    return tuple(names), font_files


def engraver_of(font: str, engravers: Sequence[str], files: Sequence[FontFile]) -> str:
    """The engraver that draws a font named by `choose_fonts`."""
    if len(engravers) == 1:
        return engravers[0]
    return _find_drawer(font, [find_engraver(name) for name in engravers], files).name


def _by_engraver(
    engravers: Sequence[Engraver], fonts: Sequence[str], files: Sequence[FontFile]
) -> dict[str, list[str]]:
    entries: dict[str, list[str]] = {engraver.name: [] for engraver in engravers}
    for font in fonts:
        entries[_find_drawer(font, engravers, files).name].append(font)
    return entries


def _find_drawer(font: str, engravers: Sequence[Engraver], files: Sequence[FontFile]) -> Engraver:
    """The first engraver that has the font; else the one with a font folder, or the last."""
    is_file = is_font_path(font) or any(font == file.name for file in files)
    for engraver in engravers:
        if (is_file and engraver.takes_font_files) or font in engraver.music_fonts(""):
            return engraver
    from_folder = [engraver for engraver in engravers if engraver.takes_font_folder]
    return from_folder[0] if from_folder else engravers[-1]


def _select_entries(
    engraver: Engraver, entries: Sequence[str], fonts: Sequence[str], own_fonts: Sequence[str]
) -> Sequence[str]:
    """The entries that *engraver* draws: all of its own fonts if none was requested."""
    if tuple(fonts) == MUSIC_FONTS and not engraver.takes_font_files:
        return own_fonts
    if not entries and tuple(fonts[: len(MUSIC_FONTS)]) == MUSIC_FONTS:
        return own_fonts
    if not entries and fonts:
        raise RecipeError(f"fonts: none of them is {engraver.title}'s")
    return entries


def _choose_names(
    engraver: Engraver, fonts: Sequence[str], own_fonts: Sequence[str]
) -> tuple[str, ...]:
    for font in filter(is_font_path, fonts):
        source = "a folder (font-dir)" if engraver.takes_font_folder else "its own package"
        raise RecipeError(f"font: {font}: {engraver.title} takes fonts from {source} only")
    for font in fonts:
        if font not in own_fonts and font.removesuffix(f"-{engraver.title}") not in own_fonts:
            raise RecipeError(f"unknown music font {font!r}; there are {', '.join(own_fonts)}")
    if not fonts or len(set(fonts)) < len(fonts):
        raise RecipeError("fonts: name at least one, and each once")
    return tuple(fonts)
