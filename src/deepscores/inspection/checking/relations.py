"""Parents and groups: every number leads to a symbol, and to one of a sensible kind."""

from collections.abc import Iterator

import numpy as np

from deepscores.dataset.contents import PageContents
from deepscores.page.symbols.parents import may_belong


def wrong_parents(page: PageContents) -> Iterator[tuple[object, str]]:
    """Parents and groups that are no symbols of the page, or parents of a kind that makes none."""
    kinds, parents, groups = page.symbols.kinds, page.symbols.parents, page.symbols.groups
    for row in np.flatnonzero(parents):
        parent = int(parents[row])
        if not 0 < parent <= len(kinds):
            yield row + 1, f"{kinds[row]}: parent {parent}, no such symbol"
        elif parent == row + 1:
            yield row + 1, f"{kinds[row]}: its own parent"
        elif not may_belong(kinds[row], kinds[parent - 1]):
            yield row + 1, f"{kinds[row]}: parent {parent} is {kinds[parent - 1]}"
    exists = (groups > 0) & (groups <= len(kinds))
    for row in np.flatnonzero(~exists):
        yield row + 1, f"{kinds[row]}: group {groups[row]}, no such symbol"
    first = np.where(exists, groups, 1) - 1
    for row in np.flatnonzero(exists & (groups[first] != groups)):
        yield row + 1, f"{kinds[row]}: group {groups[row]}, whose own is {groups[first[row]]}"
