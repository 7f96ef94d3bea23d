"""From an engraved page to its sheet: symbols, picture and owner map."""

from deepscores.errors import EngravingError
from deepscores.model import Music, Page, Sheet
from deepscores.rendering.painting import Canvas
from deepscores.vocabulary.symbols import place_symbols

_MOST = 65_535  # symbols on a page: the instance map has 16 bits


class Studio:
    """Makes sheets of one page size; keeps its scratch memory from page to page."""

    def __init__(self, width: int, height: int) -> None:
        self._canvas = Canvas(width, height)

    def make_sheet(self, page: Page, music: Music) -> Sheet:
        """Paint *page*; its symbols are numbered from 1 in painting order.

        Raise EngravingError for more symbols than 16 bits can number.
        """
        placed = place_symbols(page, music)
        if len(placed) > _MOST:
            raise EngravingError(f"page {page.number}", f"{len(placed)} symbols, over {_MOST}")
        painting = self._canvas.paint([one.outline for one in placed])
        return Sheet(tuple(one.symbol for one in placed), painting)
