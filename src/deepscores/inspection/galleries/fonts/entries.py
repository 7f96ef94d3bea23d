"""What the fonts of a recipe hold and say of themselves."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from deepscores.engraving.registry import find_engraver
from deepscores.engraving.smufl.fontfile import FontFacts
from deepscores.page.labels.label_sets import LabelSet
from deepscores.recipe.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Entry:
    """One font in one engraver."""

    engraver: str
    font: str  # as pages and rows call it
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


def list_fonts(recipe: Recipe, labels: LabelSet) -> Iterator[Entry]:
    """Yield an entry for every style of *recipe*, seen with the classes of *labels*."""
    wanted = dict.fromkeys(one.smufl for one in labels.classes if one.smufl)
    for style in recipe.styles():
        font = find_engraver(style.engraver).read_font(style)
        yield Entry(
            style.engraver,
            style.music_font,
            font.file,
            font.sha256,
            bool(style.font_file and style.font_file.metadata_sha256),
            len(font.glyphs),
            tuple(name for name in wanted if name in font.lent - font.glyphs),
            font.lender,
            font.facts,
        )
