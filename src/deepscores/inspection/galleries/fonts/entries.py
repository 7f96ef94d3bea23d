"""The fonts of a recipe: their glyphs, and the facts in their files."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any, NamedTuple

from deepscores.engraving.lilypond.fonts import MUSIC_FONTS, own_name
from deepscores.engraving.lilypond.glyphs import smufl_names
from deepscores.engraving.lilypond.program import glyphs_of, music_font_file
from deepscores.engraving.smufl.fontfile import Facts, facts_of
from deepscores.engraving.verovio.data import FALLBACK, LICENCE, loaded_name
from deepscores.engraving.verovio.fonts import packaged_font
from deepscores.engraving.verovio.glyphs import glyph_names_of
from deepscores.page.labels.label_sets import LabelSet
from deepscores.page.model import Style
from deepscores.recipe.recipe import Recipe


@dataclass(frozen=True, slots=True)
class FontEntry:
    """One font in one engraver."""

    engraver: str
    font: str  # its name in tables
    file: str  # its name, without the folder; "" if it comes with the engraver
    sha256: str  # of that file
    metadata: bool  # whether anchors and engraving defaults came from a JSON beside it
    glyphs: int  # of SMuFL, that it draws
    missing: tuple[str, ...]  # glyphs of the label set's classes that it lacks, and its lender has
    lender: str  # the font that draws those
    facts: Facts

    def as_table(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        table = asdict(self)
        return {**table.pop("facts"), **table, "missing": list(self.missing)}


def list_fonts(recipe: Recipe, labels: LabelSet) -> Iterator[FontEntry]:
    """Yield an entry for every style of *recipe*, compared with the classes of *labels*."""
    glyph_names = dict.fromkeys(
        label_class.smufl for label_class in labels.classes if label_class.smufl
    )
    for style in recipe.styles():
        read = _READERS[style.engraver](style)
        yield FontEntry(
            style.engraver,
            style.music_font,
            read.file,
            read.sha256,
            bool(style.font_file and style.font_file.metadata_sha256),
            len(read.names),
            tuple(name for name in glyph_names if name in read.lent - read.names),
            read.lender,
            read.facts,
        )


class _FontContent(NamedTuple):
    facts: Facts
    names: frozenset[str]  # of its glyphs
    lender: str
    lent: frozenset[str]  # names of the lender's glyphs
    file: str = ""
    sha256: str = ""


def _read_verovio(style: Style) -> _FontContent:
    lent = glyph_names_of(FALLBACK)
    file = style.font_file
    if file is None:
        # Verovio's packed fonts lack their licence; its documents name it.
        facts = facts_of(packaged_font(style.music_font), style.music_font)
        facts = replace(facts, licence=LICENCE)
        return _FontContent(facts, glyph_names_of(style.music_font), FALLBACK, lent)
    facts = facts_of(file.path.read_bytes() if file.path else b"", str(file.path))
    place = file.path.name if file.path else ""
    names = glyph_names_of(loaded_name(file))
    return _FontContent(facts, names, FALLBACK, lent, place, file.sha256)


def _read_lilypond(style: Style) -> _FontContent:
    font = own_name(style.music_font)
    path = music_font_file(font, style.font_dir, "otf")
    data = path.read_bytes()
    names = smufl_names(glyphs_of(font, style.font_dir))
    facts = facts_of(data, str(path))
    # LilyPond's fonts have their licence among the rights.
    facts = replace(facts, licence=facts.licence or facts.copyright)
    if font in MUSIC_FONTS:
        return _FontContent(facts, names, "", frozenset())
    return _FontContent(facts, names, "", frozenset(), path.name, sha256(data).hexdigest())


_READERS: Mapping[str, Callable[[Style], _FontContent]] = {
    "verovio": _read_verovio,
    "lilypond": _read_lilypond,
}
