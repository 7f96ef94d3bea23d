"""The data that passes between the parts: frozen, without I/O."""

from deepscores.page.model.marks import Drawing, Mark, Marks
from deepscores.page.model.outlines import Contours, Outline, Outlines
from deepscores.page.model.page import Element, Elements, Facts, Music, Page
from deepscores.page.model.pictures import (
    Picture,
    PixelPicture,
    RunPicture,
    Runs,
    join_runs,
    recolour_runs,
    spread_runs,
)
from deepscores.page.model.score import Score
from deepscores.page.model.sheet import Painting, Sheet
from deepscores.page.model.style import FontFile, Style
from deepscores.page.model.symbols import Symbol, Symbols
from deepscores.page.model.words import Words

__all__ = [
    "Contours",
    "Drawing",
    "Element",
    "Elements",
    "Facts",
    "FontFile",
    "Mark",
    "Marks",
    "Music",
    "Outline",
    "Outlines",
    "Page",
    "Painting",
    "Picture",
    "PixelPicture",
    "RunPicture",
    "Runs",
    "Score",
    "Sheet",
    "Style",
    "Symbol",
    "Symbols",
    "Words",
    "join_runs",
    "recolour_runs",
    "spread_runs",
]
