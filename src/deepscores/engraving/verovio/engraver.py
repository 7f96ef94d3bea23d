"""Verovio's entry in the registry; the engine itself is imported when it is used."""

from collections.abc import Sequence
from dataclasses import replace

from deepscores.engraving.protocol import Engraving, FontContents
from deepscores.engraving.verovio.data import FALLBACK, LICENCE, MUSIC_FONTS, loaded_name
from deepscores.engraving.verovio.options import OPTIONS
from deepscores.page.model import Score, Style


class Verovio:
    """The default engraver, which also reads the scores for others. See `Engraver`."""

    name = "verovio"
    title = "Verovio"
    style_properties = frozenset(OPTIONS)
    takes_font_files = True
    takes_font_folder = False
    relative_cost = 1.0

    def is_installed(self) -> bool:
        return True

    def versions(self, font_folder: str) -> dict[str, str]:
        return {}  # every dataset depends on Verovio

    def music_fonts(self, font_folder: str) -> tuple[str, ...]:
        return MUSIC_FONTS

    def engrave(self, score: Score, styles: Sequence[Style], /) -> Engraving:
        from deepscores.engraving.verovio.engine import engrave

        return engrave(score, styles)

    def read_font(self, style: Style) -> FontContents:
        from deepscores.engraving.smufl.fontfile import facts_of
        from deepscores.engraving.verovio.fonts import packaged_font
        from deepscores.engraving.verovio.glyphs import glyph_names_of

        lent = glyph_names_of(FALLBACK)
        file = style.font_file
        if file is None:
            # Verovio's fonts for browsers lack their licence; its documentation states it.
            facts = facts_of(packaged_font(style.music_font), style.music_font)
            facts = replace(facts, licence=LICENCE)
            return FontContents(facts, glyph_names_of(style.music_font), FALLBACK, lent)
        facts = facts_of(file.path.read_bytes() if file.path else b"", str(file.path))
        file_name = file.path.name if file.path else ""
        glyphs = glyph_names_of(loaded_name(file))
        return FontContents(facts, glyphs, FALLBACK, lent, file_name, file.sha256)


VEROVIO = Verovio()
