"""From an engraved page to its sheet: symbols, picture and owner map."""

from deepscores.errors import EngravingError
from deepscores.page.degrading.wear import Wear, wear_symbols
from deepscores.page.model import Music, Page, Sheet
from deepscores.page.painting.canvas import Canvas
from deepscores.page.painting.whole_masks import whole_masks
from deepscores.page.symbols.placing import place_symbols

MAX_SYMBOLS_PER_PAGE = 65_535  # the instance map has 16 bits


class SheetMaker:
    """Makes sheets of one page size; reuses its scratch memory for every page."""

    def __init__(self, width: int, height: int, *, whole_masks: bool = False) -> None:
        self._canvas = Canvas(width, height)
        self._whole_masks = whole_masks

    def make_sheet(self, page: Page, music: Music, wear: Wear | None = None) -> Sheet:
        """Paint *page*, worn by *wear*; its symbols are numbered from 1 in painting order.

        A maker with *whole_masks* adds each symbol's own mask to the sheet.
        Raise EngravingError for more symbols than 16 bits can number.
        """
        placed = place_symbols(page, music)
        if len(placed) > MAX_SYMBOLS_PER_PAGE:
            raise EngravingError(
                f"page {page.number}", f"{len(placed)} symbols, over {MAX_SYMBOLS_PER_PAGE}"
            )
        if wear:
            placed = wear_symbols(placed, page, *wear)
        painting = self._canvas.paint(placed.outlines)
        masks = None
        if self._whole_masks:
            masks = whole_masks(placed.outlines, page.width, page.height)
        return Sheet(placed.symbols, painting, masks)
