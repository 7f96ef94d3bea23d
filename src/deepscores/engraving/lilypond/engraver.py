"""LilyPond's entry in the registry; the program is looked up when it is used."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from deepscores.engraving.lilypond import fonts
from deepscores.engraving.lilypond.options import PROPERTIES
from deepscores.engraving.protocol import Engraving, FontContents
from deepscores.errors import RecipeError
from deepscores.page.model import Score, Style


class LilyPond:
    """The second engraver, a program of its own (``deepscores[lilypond]``). See `Engraver`."""

    name = "lilypond"
    title = "LilyPond"
    style_properties = PROPERTIES
    takes_font_files = False
    takes_font_folder = True
    relative_cost = 10.0  # it lays out the whole score at once, a second or more per page and font

    def is_installed(self) -> bool:
        from deepscores.engraving.lilypond.program import find_program

        try:
            find_program()
        except RecipeError:
            return False
        return True

    def versions(self, font_folder: str) -> dict[str, str]:
        from deepscores.engraving.lilypond.program import version

        added = {"fonts": fonts.digest(Path(font_folder))} if font_folder else {}
        return {"lilypond": version(), **added}

    def music_fonts(self, font_folder: str) -> tuple[str, ...]:
        added = fonts.fonts_in(Path(font_folder)) if font_folder else ()
        return (*fonts.MUSIC_FONTS, *added)

    def engrave(self, score: Score, styles: Sequence[Style], /) -> Engraving:
        from deepscores.engraving.lilypond.engine import engrave

        return engrave(score, styles)

    def read_font(self, style: Style) -> FontContents:
        from deepscores.engraving.lilypond.glyphs import smufl_names
        from deepscores.engraving.lilypond.program import glyphs_of, music_font_file
        from deepscores.engraving.smufl.fontfile import facts_of

        font = fonts.lilypond_name(style.music_font)
        path = music_font_file(font, style.font_dir, "otf")
        data = path.read_bytes()
        glyphs = smufl_names(glyphs_of(font, style.font_dir))
        facts = facts_of(data, str(path))
        # LilyPond's fonts have their licence among the rights.
        facts = replace(facts, licence=facts.licence or facts.copyright)
        if font in fonts.MUSIC_FONTS:
            return FontContents(facts, glyphs)
        return FontContents(facts, glyphs, file=path.name, sha256=sha256(data).hexdigest())


LILYPOND = LilyPond()
