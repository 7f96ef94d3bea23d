"""Which parts of a page are samples: all of it, a grid of tiles, or squares at random places."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from deepscores.dataset.labelled import LabelledPage, Window, cut, windows
from deepscores.errors import RecipeError
from deepscores.runs.streams import stream

_MIN_TILE = 16  # pixels of a tile


@dataclass(frozen=True, slots=True)
class View:
    """How pages become pictures."""

    tiles: int | None = None  # pixels each way; None: whole pages
    overlap: int | None = None  # pixels that neighbouring tiles share; None: an eighth of one
    crops: int | None = None  # tiles at random places of each page; None: a grid over it
    seed: int = 0  # of those places

    def grid(self, width: int, height: int) -> tuple[Window, ...]:
        """The tiles that cover a page of this size."""
        assert self.tiles is not None
        overlap = self.tiles // 8 if self.overlap is None else self.overlap
        return _grid(width, height, self.tiles, overlap)

    def count(self, width: int, height: int) -> int:
        """How many samples a page of this size gives."""
        if self.tiles is None:
            return 1
        return self.crops or len(self.grid(width, height))

    def window(self, name: str, size: tuple[int, int], nth: int, epoch: int) -> Window | None:
        """The *nth* of a page with this *name*, width and height; None: all of it.

        Those of a grid are the same in every epoch.
        """
        width, height = size
        if self.tiles is None:
            return None
        if self.crops is None:
            return self.grid(width, height)[nth]
        random = stream(self.seed, "crop", epoch, name, nth)
        x = random.integers(max(width - self.tiles, 0), endpoint=True)
        y = random.integers(max(height - self.tiles, 0), endpoint=True)
        return Window(int(x), int(y), self.tiles)

    def part(self, page: LabelledPage, nth: int, epoch: int) -> LabelledPage:
        """The *nth* sample of *page*."""
        window = self.window(page.row["page"], (page.width, page.height), nth, epoch)
        return page if window is None else cut(page, window)

    def parts(self, page: LabelledPage, epoch: int) -> Iterator[LabelledPage]:
        """All samples of *page*."""
        for nth in range(self.count(page.width, page.height)):
            yield self.part(page, nth, epoch)


@cache
def _grid(width: int, height: int, size: int, overlap: int) -> tuple[Window, ...]:
    return tuple(windows(width, height, size, overlap))


def checked_view(view: View) -> View:
    """*view*, if it makes sense; else raise RecipeError."""
    if view.tiles is None:
        if view.crops is not None:
            raise RecipeError("crops: say how large, with tiles")
        return view
    if view.tiles < _MIN_TILE:
        raise RecipeError(f"tiles: {view.tiles} px is less than {_MIN_TILE}")
    if view.overlap is not None and not 0 <= view.overlap < view.tiles:
        raise RecipeError(f"overlap: {view.overlap} px is not between 0 and a tile's {view.tiles}")
    if view.crops is not None and view.crops < 1:
        raise RecipeError(f"crops: {view.crops} is not at least 1")
    return view
