"""From an engraved page to its sheet: symbols, picture and owner map."""

from deepscores.model import Music, Page, Sheet
from deepscores.rendering.painting import Canvas
from deepscores.vocabulary.symbols import place_symbols


class Studio:
    """Makes sheets of one page size; keeps its scratch memory from page to page."""

    def __init__(self, width: int, height: int) -> None:
        self._canvas = Canvas(width, height)

    def make_sheet(self, page: Page, music: Music) -> Sheet:
        """Paint *page*; its symbols are numbered from 1 in painting order."""
        placed = place_symbols(page, music)
        painting = self._canvas.paint([one.outline for one in placed])
        return Sheet(
            painting.image,
            tuple(one.symbol for one in placed),
            painting.pixels,
            painting.numbers,
            painting.visible_boxes,
            painting.visible_areas,
            painting.whole_areas,
        )
