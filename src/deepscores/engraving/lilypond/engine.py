"""LilyPond as an engraver: Verovio reads the score, LilyPond lays it out and draws it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from deepscores.engraving.lilypond.fonts import MUSIC_FONTS, lilypond_name
from deepscores.engraving.lilypond.layout import layout
from deepscores.engraving.lilypond.notation import (
    Notation,
    UnsupportedNotation,
    score_source,
    write_notation,
)
from deepscores.engraving.lilypond.program import find_program, music_font_folder, run
from deepscores.engraving.lilypond.svg import read_page
from deepscores.engraving.protocol import EngravedPage
from deepscores.engraving.verovio.engine import engrave as understand
from deepscores.errors import EngravingError
from deepscores.page.model import Music, Score, Style

__all__ = ["MUSIC_FONTS", "engrave"]


def engrave(score: Score, styles: Sequence[Style], /) -> "LilyPondEngraving":
    """Let Verovio read *score* and write it for LilyPond, which draws it when pages are requested.

    Raise EngravingError if Verovio refuses it or it has notation that is not supported,
    RecipeError if LilyPond is not installed.
    """
    find_program()
    music = understand(score, [Style(transpose=styles[0].transpose)]).music
    try:
        notation = write_notation(music)
    except UnsupportedNotation as refusal:
        raise EngravingError(score.path, f"{refusal} are not written for LilyPond yet") from None
    if notation is None:
        raise EngravingError(score.path, "Verovio reads no measure in it")
    return LilyPondEngraving(music, notation, tuple(styles), score.path)


@dataclass(frozen=True)
class LilyPondEngraving:
    """A score written for LilyPond."""

    music: Music
    notation: Notation
    styles: tuple[Style, ...]
    name: str

    def pages(self, max_pages: int | None = None) -> Iterator[EngravedPage]:
        for index, style in enumerate(self.styles):
            font = lilypond_name(style.music_font)
            folders = () if font in MUSIC_FONTS else (music_font_folder(font, style.font_dir),)
            head = layout(style, self.notation.timeline, folders)
            source = score_source(self.notation, head)
            svgs = run(source.text, self.name, folders)
            lines = source.elements
            for number, svg in enumerate(svgs[:max_pages], start=1):
                page = read_page(svg, number, style, self.notation, lines)
                yield EngravedPage(index, page, len(svgs))
