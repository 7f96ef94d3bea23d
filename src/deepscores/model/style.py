"""How a score is to be engraved."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Style:
    """One way to draw a score; pixel sizes are those of the finished page."""

    music_font: str = "Bravura"
    engraver: str = "verovio"
    page_width: int = 1894
    page_height: int = 2668
    staff_space: float = 16.0  # between two staff lines
    margin: int = 100  # on all four sides
    font_dir: str = ""  # where the engraver looks for music fonts besides its own
