"""The fonts of a recipe: their glyphs, and the facts in their files."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from deepscores.engraving.registry import find_engraver
from deepscores.engraving.smufl.fontfile import FontFacts
from deepscores.page.labels.label_sets import LabelSet
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
    facts: FontFacts

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
        font = find_engraver(style.engraver).read_font(style)
        yield FontEntry(
            style.engraver,
            style.music_font,
            font.file,
            font.sha256,
            bool(style.font_file and style.font_file.metadata_sha256),
            len(font.glyphs),
            tuple(name for name in glyph_names if name in font.lent - font.glyphs),
            font.lender,
            font.facts,
        )
