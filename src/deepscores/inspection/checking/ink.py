"""The picture against the instance map: all ink has an owner, all owners have ink."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from deepscores.dataset.contents import HALF, PageContents


def unowned_ink(page: PageContents) -> Iterator[tuple[object, str]]:
    """Pixels at least half black that no symbol owns."""
    dark = page.image <= 255 - HALF
    if np.count_nonzero(dark) > np.count_nonzero(page.owned.ink >= HALF):
        places = np.flatnonzero(dark & (page.instances == 0))
        yield "", _pixels(places, page.width, "at least half black and owned by no symbol")


def owned_paper(page: PageContents) -> Iterator[tuple[object, str]]:
    """Symbols that own pixels without any ink."""
    yield from _by_owner(page, page.owned.ink == 0, "paper")


def light_owned(page: PageContents) -> Iterator[tuple[object, str]]:
    """Symbols that own pixels less than half black and are not thin.

    A thin symbol nowhere covers half a pixel: where a pixel of its is dark, another adds to it.
    """
    owned = page.owned
    light = (owned.ink < HALF) & (owned.ink > 0)
    for symbol in np.unique(owned.numbers[light]).tolist():
        if symbol > len(page.symbols.kinds):
            continue
        places = page.places_of(symbol)
        dark = page.image.ravel()[places] <= 255 - HALF
        if _alone(page, symbol, places[dark]).any():
            description = "less than half black, though it has darker ones"
            light_places = owned.places[light & (owned.numbers == symbol)]
            yield symbol, _pixels(light_places, page.width, description)


def _alone(page: PageContents, symbol: int, places: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether no other symbol can have inked each of a symbol's own pixels."""
    x0, y0, _, _ = page.window(symbol)
    y, x = np.divmod(places, page.width)
    covered: NDArray[np.bool_] = page.covered_by_others(symbol)[y - y0, x - x0]
    return ~covered


def lost_pixels(page: PageContents) -> Iterator[tuple[object, str]]:
    """Symbols that own more pixels than they have, where no other symbol can have helped."""
    symbols = page.symbols
    excess = symbols.visible_areas - symbols.whole_areas
    for row in np.flatnonzero(excess > 0):
        symbol = int(row) + 1
        helped = int((~_alone(page, symbol, page.places_of(symbol))).sum())
        if excess[row] > helped:
            areas = (
                f"visible_area {symbols.visible_areas[row]}, whole_area {symbols.whole_areas[row]}"
            )
            yield symbol, f"{areas}, {helped} pixels near other symbols"


def _by_owner(
    page: PageContents, mask: NDArray[np.bool_], description: str
) -> Iterator[tuple[object, str]]:
    if mask.any():
        places, numbers = page.owned.places[mask], page.owned.numbers[mask]
        for symbol in np.unique(numbers).tolist():
            yield symbol, _pixels(places[numbers == symbol], page.width, description)


def _pixels(places: NDArray[np.int64], width: int, description: str) -> str:
    y, x = divmod(int(places[0]), width)
    return f"{len(places)} px {description}, first at x {x}, y {y}"
