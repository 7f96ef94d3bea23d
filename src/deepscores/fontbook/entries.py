"""What the fonts of a recipe hold and say of themselves."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from deepscores.engravers.verovio.data import FALLBACK, loaded_name
from deepscores.engravers.verovio.fonts import packaged_font
from deepscores.engravers.verovio.glyphs import glyph_names_of
from deepscores.model import Style
from deepscores.recipe import Recipe
from deepscores.smufl.fontfile import Facts, facts_of
from deepscores.vocabulary.labels import LabelSet


@dataclass(frozen=True, slots=True)
class Entry:
    """One font in one engraver."""

    engraver: str
    font: str  # as pages and rows call it
    file: str  # its name, without the folder; "" if it comes with the engraver
    sha256: str  # of that file
    metadata: bool  # whether anchors and engraving defaults came from a JSON beside it
    glyphs: int  # of SMuFL, that it draws
    missing: tuple[str, ...]  # glyphs of the label set's classes that it does not have
    lender: str  # the font that draws those
    facts: Facts

    def as_table(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        table = asdict(self)
        return {**table.pop("facts"), **table, "missing": list(self.missing)}


def list_fonts(recipe: Recipe, labels: LabelSet) -> Iterator[Entry]:
    """Yield an entry for every style of *recipe*, seen with the classes of *labels*."""
    wanted = dict.fromkeys(one.smufl for one in labels.classes if one.smufl)
    for style in recipe.styles():
        facts, names, lender = _READERS[style.engraver](style)
        file = style.font_file
        yield Entry(
            style.engraver,
            style.music_font,
            file.path.name if file and file.path else "",
            file.sha256 if file else "",
            bool(file and file.metadata_sha256),
            len(names),
            tuple(name for name in wanted if name not in names),
            lender,
            facts,
        )


def _read_verovio(style: Style) -> tuple[Facts, frozenset[str], str]:
    file = style.font_file
    if file is None:
        facts = facts_of(packaged_font(style.music_font), style.music_font)
        return facts, glyph_names_of(style.music_font), FALLBACK
    data = file.path.read_bytes() if file.path else b""
    return facts_of(data, str(file.path)), glyph_names_of(loaded_name(file)), FALLBACK


# How each engraver's fonts are read: facts, names of glyphs, and who lends what is missing.
_READERS: Mapping[str, Callable[[Style], tuple[Facts, frozenset[str], str]]] = {
    "verovio": _read_verovio
}
