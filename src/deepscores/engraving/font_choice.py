"""Which music fonts a recipe means, and whose they are where there are two engravers."""

from collections.abc import Sequence

from deepscores.engraving.lilypond.fonts import own_name, parted_name
from deepscores.engraving.registry import ENGRAVERS, music_fonts
from deepscores.engraving.smufl.fontfile import is_font_path
from deepscores.engraving.verovio.choice import Choice
from deepscores.engraving.verovio.choice import choose_fonts as choose_verovios
from deepscores.engraving.verovio.data import MUSIC_FONTS
from deepscores.errors import RecipeError
from deepscores.page.model import FontFile


def choose_fonts(
    engravers: Sequence[str], fonts: Sequence[str], files: Sequence[FontFile], folder: str
) -> Choice:
    """The names of the fonts that *fonts* mean, Verovio's first, and those of them that are files.

    An entry is a name, or the path of a SMuFL font, which Verovio draws; *files* are known already
    by their names, *folder* holds fonts for LilyPond. Verovio's own fonts alone stand for all that
    the engravers have. Raise RecipeError for a font that none of the engravers has.
    """
    if not engravers or len(set(engravers)) < len(engravers):
        raise RecipeError("engraver: name at least one, and each once")
    if "lilypond" not in engravers:
        for engraver in engravers:
            music_fonts(engraver, folder)
        return choose_verovios(fonts, files)
    lilyponds = music_fonts("lilypond", folder)
    if "verovio" not in engravers:
        return _choose_lilyponds(fonts, lilyponds), ()
    return _choose_both(fonts, files, lilyponds)


def engraver_of(font: str, engravers: Sequence[str], files: Sequence[FontFile]) -> str:
    """The engraver that draws in a font that `choose_fonts` has named."""
    if len(engravers) == 1:
        return engravers[0]
    return "verovio" if font in MUSIC_FONTS or _is_file(font, files) else "lilypond"


def _choose_lilyponds(fonts: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    for font in filter(is_font_path, fonts):
        raise RecipeError(f"font: {font}: LilyPond takes fonts from a folder (font-dir) only")
    if tuple(fonts) == MUSIC_FONTS:  # none were asked for
        return tuple(known)
    for font in fonts:
        if font not in known and own_name(font) not in known:
            raise RecipeError(f"no music font {font!r}; there are {', '.join(known)}")
    if not fonts or len(set(fonts)) < len(fonts):
        raise RecipeError("fonts: name at least one, and each once")
    return tuple(fonts)


def _choose_both(
    fonts: Sequence[str], files: Sequence[FontFile], lilyponds: Sequence[str]
) -> Choice:
    theirs = [one for one in fonts if is_font_path(one) or engraver_of(one, (), files) == "verovio"]
    ours = [one for one in fonts if one not in theirs]
    if not ours and tuple(theirs[: len(MUSIC_FONTS)]) == MUSIC_FONTS:
        ours = list(lilyponds)
    for some, engraver in ((theirs, "verovio"), (ours, "lilypond")):
        if not some:
            raise RecipeError(f"fonts: none of them is {ENGRAVERS[engraver]}'s")
    names, chosen = choose_verovios(theirs, files)
    taken = {name.lower() for name in names}
    # One name, one font, in all of a dataset.
    parted = (parted_name(one) if one.lower() in taken else one for one in ours)
    return (*names, *_choose_lilyponds(tuple(parted), lilyponds)), chosen


def _is_file(font: str, files: Sequence[FontFile]) -> bool:
    return any(font == file.name for file in files)
