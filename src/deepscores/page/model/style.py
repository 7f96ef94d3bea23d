"""How a score is to be engraved."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FontFile:
    """A SMuFL font that the user brings. Which it is follows from content, never from place."""

    name: str  # as pages and rows call it
    sha256: str
    metadata_sha256: str = ""  # of the JSON beside it; "" if there is none
    path: Path | None = field(default=None, compare=False)
    metadata: Path | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Style:
    """One way to draw a score; pixel sizes are those of the finished page."""

    music_font: str = "Bravura"
    engraver: str = "verovio"
    page_width: int = 1894
    page_height: int = 2668
    staff_space: float = 16.0  # between two staff lines
    margin: int = 100  # on all four sides
    font_file: FontFile | None = None  # None: a font of the engraver's own
    properties: tuple[tuple[str, float | int | bool], ...] = ()  # see `styling.KEYS`; none: its own
    transpose: int = 0  # semitones
    font_dir: str = ""  # where LilyPond looks for music fonts besides its own
