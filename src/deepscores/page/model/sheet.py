"""A painted page with its symbols: picture and truth of one rasterisation."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepscores.page.model.pictures import Picture
from deepscores.page.model.symbols import Symbols


@dataclass(frozen=True, slots=True)
class Painting:
    """Picture and owners of a page. Symbols are numbered 1…n in painting order; 0 is paper."""

    width: int  # pixels
    height: int
    picture: Picture  # 0 = black … 255 = paper
    owner_map: Picture  # numbers of the symbols that own the pixels, 0 = paper
    visible_boxes: NDArray[np.int64]  # (n + 1, 4), x0 y0 x1 y1 around owned pixels; zeros if none
    visible_areas: NDArray[np.int64]  # (n + 1,), pixels owned
    whole_areas: NDArray[np.int64]  # (n + 1,), pixels it would own if nothing else were drawn

    @property
    def image(self) -> NDArray[np.uint8]:
        """The picture, (height, width), 255 = paper; made anew each time."""
        return self.picture.pixels(np.uint8)

    @property
    def owners(self) -> NDArray[np.uint16]:
        """The owner map, (height, width): symbol number per pixel, 0 = paper; made anew."""
        return self.owner_map.pixels(np.uint16)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A painted page and its symbols."""

    symbols: Symbols
    painting: Painting
    whole_masks: tuple[str, ...] | None = None  # of the symbols in order: COCO's compressed counts
