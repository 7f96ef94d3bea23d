"""Which pages hold which classes: counted once from the symbol table, file by file."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from deepscores.errors import DatasetError
from deepscores.inspection.viewer.catalogue import Catalogue, Places
from deepscores.inspection.viewer.columns import read_columns
from deepscores.inspection.viewer.files import locate
from deepscores.page.model.packing import pack

_COLUMNS = ("page", "number", "object", "class_id")


class PagesOfClass(NamedTuple):
    """The pages that hold a class, and how many objects of it each has."""

    places: Places
    objects: NDArray[np.int32]


class Holdings:
    """Counts in the background, so that pages can be looked at meanwhile.

    A pair of page and class costs 8 bytes: 30 MB for 100,000 pages of 40 classes each.
    """

    def __init__(self, folder: Path, catalogue: Catalogue, classes: int) -> None:
        self._folder = folder
        self._catalogue = catalogue
        self._classes = classes
        self._counted: Future[list[PagesOfClass]] = Future()
        self._thread = threading.Thread(target=self._count, name="holdings", daemon=True)
        self._stopped = threading.Event()
        self.share_counted = 0.0  # share

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Count no further, so that no thread is in the midst of a file when the program ends."""
        self._stopped.set()
        self._thread.join()

    @property
    def is_ready(self) -> bool:
        return self._counted.done()

    def of_class(self, class_id: int) -> PagesOfClass:
        """Pages with *class_id*; waits until all is counted. Raise DatasetError if it cannot be."""
        return self._counted.result()[class_id]

    def totals(self) -> list[tuple[int, int]]:
        """Objects, and pages that have one, of each class by id; waits as `of_class` does."""
        return [
            (int(holding.objects.sum()), len(holding.places)) for holding in self._counted.result()
        ]

    def _count(self) -> None:
        try:
            self._counted.set_result(self._by_class(self._pairs()))
        except BaseException as error:  # it is raised where the counts are asked for
            self._counted.set_exception(error)

    def _pairs(self) -> list[NDArray[np.int32]]:
        """Rows of class id, place and objects, from each file."""
        names = sorted(path.name for path in (self._folder / "symbols").glob("*.parquet"))
        if not names:
            raise DatasetError(f"{self._folder}: no symbol table (symbols/*.parquet is missing)")
        pairs = []
        for index, name in enumerate(names):
            if self._stopped.is_set():
                raise DatasetError("the viewer has ended")
            path = locate(self._folder, "symbols", name)
            # A file has a million rows of some thousand pages: their names as numbers.
            table = read_columns(path, _COLUMNS, ["page"])
            pairs += [self._tally(chunk) for chunk in table.to_batches() if len(chunk)]
            self.share_counted = (index + 1) / len(names)
        return pairs

    def _tally(self, rows: pa.RecordBatch) -> NDArray[np.int32]:
        page, number, obj, class_id = rows.columns
        places = self._catalogue.places(page.dictionary.to_pylist())
        width = self._classes + 1
        # An object's number is that of its first symbol: those rows are the objects, each once.
        objects = number.to_numpy() == obj.to_numpy()
        ids = class_id.to_numpy()[objects]
        if len(ids) and not 0 <= ids.min() <= ids.max() < width:
            raise DatasetError(f"{self._folder}: its symbols have classes that the label set lacks")
        cells = pack([page.indices.to_numpy()[objects], ids], [len(places), width])
        counts = np.bincount(cells, minlength=len(places) * width).reshape(-1, width)
        counts[places < 0] = 0  # of pages that are in no list
        rows_, columns = np.nonzero(counts)
        triples = (columns, places[rows_], counts[rows_, columns])
        return np.stack([column.astype(np.int32) for column in triples], axis=1)

    def _by_class(self, pairs: Sequence[NDArray[np.int32]]) -> list[PagesOfClass]:
        triples = np.concatenate([np.empty((0, 3), np.int32), *pairs])
        triples = triples[np.lexsort((triples[:, 1], triples[:, 0]))]
        cuts = np.searchsorted(triples[:, 0], np.arange(self._classes + 2))
        parts = (triples[low:high] for low, high in pairwise(cuts))
        return [_merge_pages(part) for part in parts]


def _merge_pages(part: NDArray[np.int32]) -> PagesOfClass:
    """*part* of one class, by place; a page in two pieces is one."""
    places, first = np.unique(part[:, 1], return_index=True)
    objects = np.add.reduceat(part[:, 2], first) if len(first) else part[:, 2]
    return PagesOfClass(places.astype(np.int32), objects.astype(np.int32))
