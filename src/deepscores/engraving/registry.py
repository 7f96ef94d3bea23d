"""The engravers by name, and the music fonts that each has; an engine is imported when used."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deepscores.engraving.lilypond import fonts as lilypond_fonts
from deepscores.engraving.lilypond.options import PROPERTIES
from deepscores.engraving.protocol import Engraved, Engraver, Engraving
from deepscores.engraving.verovio import glyphs as verovio_glyphs
from deepscores.engraving.verovio.options import OPTIONS
from deepscores.errors import RecipeError
from deepscores.page.model import Music, Score, Style

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


def engravers_here() -> tuple[str, ...]:
    """The engravers that can be used on this machine."""
    from deepscores.engraving.lilypond.program import find_program  # noqa: PLC0415

    try:
        find_program()
    except RecipeError:
        return ("verovio",)
    return tuple(ENGRAVERS)


def properties_of(engraver: str) -> frozenset[str]:
    """The properties of a style that *engraver* can draw."""
    return frozenset(OPTIONS) if engraver == "verovio" else PROPERTIES


def find_engraver(name: str) -> Engraver:
    """The engraver of that *name*."""
    if name == "lilypond":
        from deepscores.engraving.lilypond.engine import engrave as lilypond  # noqa: PLC0415

        return lilypond
    from deepscores.engraving.verovio.engine import engrave as verovio  # noqa: PLC0415

    return verovio


def engrave(score: Score, styles: Sequence[Style]) -> Engraving:
    """Let the engraver of each of *styles* read *score*; raise EngravingError if one refuses it."""
    places: dict[str, list[int]] = {}
    for place, style in enumerate(styles):
        places.setdefault(style.engraver, []).append(place)
    parts = {
        tuple(some): find_engraver(name)(score, [styles[place] for place in some])
        for name, some in places.items()
    }
    return next(iter(parts.values())) if len(parts) == 1 else _Engravings(parts)


@dataclass(frozen=True)
class _Engravings:
    """What several engravers understood of one score, by the places of their styles."""

    parts: Mapping[tuple[int, ...], Engraving]

    @property
    def music(self) -> Music:
        return next(iter(self.parts.values())).music  # all read Verovio's

    def pages(self, most: int | None = None) -> Iterator[Engraved]:
        for places, engraving in self.parts.items():
            for one in engraving.pages(most):
                yield one._replace(style=places[one.style])


def engine_versions(engravers: Sequence[str], folder: str = "") -> dict[str, str]:
    """What a dataset's bytes depend on with these, besides Verovio, which reads the scores.

    Raise RecipeError if a program is not there.
    """
    if "lilypond" not in engravers:
        return {}
    from deepscores.engraving.lilypond.program import version  # noqa: PLC0415

    fonts = {"fonts": lilypond_fonts.digest(Path(folder))} if folder else {}
    return {"lilypond": version(), **fonts}
