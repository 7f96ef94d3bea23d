"""The engravers by name, and the music fonts that each has; an engine is imported when used."""

from pathlib import Path

from deepscores.engravers.lilypond import fonts as lilypond_fonts
from deepscores.engravers.lilypond.options import PROPERTIES
from deepscores.engravers.protocol import Engraver
from deepscores.engravers.verovio import glyphs as verovio_glyphs
from deepscores.engravers.verovio.options import OPTIONS
from deepscores.errors import RecipeError

ENGRAVERS = {"verovio": "Verovio", "lilypond": "LilyPond"}  # with the names they go by


def music_fonts(engraver: str, folder: str = "") -> tuple[str, ...]:
    """The music fonts of *engraver*, its own first; LilyPond's can come from a *folder*, too.

    Raise RecipeError for an engraver that there is not, or a folder without fonts.
    """
    if engraver not in ENGRAVERS:
        raise RecipeError(f"no engraver {engraver!r}; there are {', '.join(ENGRAVERS)}")
    if engraver == "verovio":
        if folder:
            raise RecipeError("font-dir: only the engraver 'lilypond' takes fonts from a folder")
        return verovio_glyphs.MUSIC_FONTS
    added = lilypond_fonts.fonts_in(Path(folder)) if folder else ()
    return (*lilypond_fonts.MUSIC_FONTS, *added)


def properties_of(engraver: str) -> frozenset[str]:
    """The properties of a style that *engraver* can draw."""
    return frozenset(OPTIONS) if engraver == "verovio" else PROPERTIES


def find_engraver(name: str) -> Engraver:
    """The engraver of that *name*."""
    if name == "lilypond":
        from deepscores.engravers.lilypond.engine import engrave as lilypond  # noqa: PLC0415

        return lilypond
    from deepscores.engravers.verovio.engine import engrave as verovio  # noqa: PLC0415

    return verovio


def engine_versions(name: str, folder: str = "") -> dict[str, str]:
    """What a dataset's bytes depend on with this engraver, besides Verovio, which reads the scores.

    Raise RecipeError if its program is not there.
    """
    if name != "lilypond":
        return {}
    from deepscores.engravers.lilypond.program import version  # noqa: PLC0415

    fonts = {"fonts": lilypond_fonts.digest(Path(folder))} if folder else {}
    return {"lilypond": version(), **fonts}
