"""A painted page with its symbols: picture and truth of one rasterisation."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.geometry import Box


class Symbol(NamedTuple):
    """One atomic symbol on a page, independent of any label set."""

    number: int  # 1…n in painting order: the value in the instance map
    kind: str  # class in the label set "full": SMuFL name of the glyph, or what the line or text is
    glyph: str  # SMuFL name of what was drawn, "" if no glyph
    role: str  # MEI name of the element, or the engraver's name of its part
    font: str  # the font that drew it; "" for lines
    box: Box  # tight around the vectors, pixels of the page
    oriented: tuple[float, ...]  # four corners x y x y x y x y of the tight rotated box
    element: str  # xml:id in the MEI
    small: bool = False  # grace, cue or small staff
    grace: bool = False
    part: str = ""
    system: int = 0  # on the page, from 1
    staff: int = 0  # in the score, from 1
    voice: int = 0
    measure: str = ""
    staff_position: int | None = None  # half staff spaces above the bottom line
    step: str = ""
    alter: float | None = None
    octave: int | None = None
    duration: float | None = None  # quarter notes
    onset: float | None = None
    parent: int = 0  # number of the symbol it belongs to, 0 = none
    group: int = 0  # symbols that one element draws share this number (dynamic letters, digits)
    text: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Picture, symbols, and which symbol owns each labelled pixel, of one page."""

    image: NDArray[np.uint8]  # (height, width), 255 = paper
    symbols: tuple[Symbol, ...]
    pixels: NDArray[np.int32]  # flat indices of the labelled pixels
    numbers: NDArray[np.uint16]  # and the symbols that own them
    visible_boxes: NDArray[np.int64]  # (n + 1, 4), row = symbol number
    visible_areas: NDArray[np.int64]  # (n + 1,), pixels owned
    whole_areas: NDArray[np.int64]  # (n + 1,), pixels it would own if nothing else were drawn

    @property
    def owners(self) -> NDArray[np.uint16]:
        """The owner map, (height, width): symbol number per pixel, 0 = paper."""
        owners = np.zeros(self.image.size, np.uint16)
        owners[self.pixels] = self.numbers
        return owners.reshape(self.image.shape)
