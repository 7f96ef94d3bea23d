"""The inventory of the zoo: scores, expected counts of classes, and what cannot be drawn."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from deepscores.engraving.verovio.data import MUSIC_FONTS
from deepscores.scores import Source, find_scores

_FOLDER = Path(str(files("deepscores.inspection.galleries.classes")))


class Hole(NamedTuple):
    """A class that some fonts or the engraver cannot draw, and why."""

    labels: str
    name: str  # of the class
    fonts: tuple[str, ...]
    reason: str

    def is_in(self, font: str) -> bool:
        """Whether *font* has the hole; a font of the user's has those of all other fonts."""
        return font in self.fonts or (font not in MUSIC_FONTS and self.fonts == MUSIC_FONTS)


class Borrowed(NamedTuple):
    """Glyphs that *font* lacks; the engraver takes them from another."""

    font: str
    lender: str
    glyphs: tuple[str, ...]  # SMuFL names
    reason: str


def zoo_scores() -> list[Source]:
    """The zoo's scores, by name."""
    return find_scores([_FOLDER / "scores"])


@cache
def expected_counts() -> dict[str, dict[str, dict[str, int]]]:
    """Score id → label set → class → count on all its pages; the same in every font."""
    return {
        score: {labels: _counts(text) for labels, text in table.items()}
        for score, table in _read("expected.toml").items()
    }


@cache
def known_holes() -> tuple[Hole, ...]:
    """Every class that the zoo's scores contain and that is not drawn."""
    return tuple(
        Hole(
            entry["labels"], entry["class"], tuple(entry.get("fonts", MUSIC_FONTS)), entry["reason"]
        )
        for entry in _read("holes.toml").get("hole", [])
    )


@cache
def known_loans() -> tuple[Borrowed, ...]:
    """Every glyph of the zoo that a font lacks and the engraver takes from another."""
    return tuple(
        Borrowed(entry["font"], entry["from"], tuple(entry["glyphs"]), entry["reason"])
        for entry in _read("holes.toml").get("borrowed", [])
    )


def _counts(text: str) -> dict[str, int]:
    pairs = (item.split() for item in text.split(","))
    return {name: int(count) for name, count in pairs}


def _read(name: str) -> Mapping[str, Any]:
    return tomllib.loads((_FOLDER / name).read_text("utf-8"))
