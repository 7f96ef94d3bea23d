"""A dataset for the viewer: lists of pages, a page, a symbol, its music."""

import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from deepscores.dataset.layout import IMAGES, INSTANCES, MASKS
from deepscores.dataset.reader import DatasetPage, open_dataset
from deepscores.errors import RecipeError
from deepscores.formats.reading.findings import Finding
from deepscores.inspection.viewer.catalogue import ANY, ORDERS, Catalogue, Filters, Places
from deepscores.inspection.viewer.files import NotThereError, locate
from deepscores.inspection.viewer.findings import Findings
from deepscores.inspection.viewer.holdings import Holdings
from deepscores.inspection.viewer.music import Library
from deepscores.inspection.viewer.sheet import encode_runs, plain, symbol_columns
from deepscores.page.painting.overlay import class_colour

_LISTS = 32  # of pages that are kept: 8 bytes per page each
KINDS = {"instances": INSTANCES, "classes": MASKS}  # of maps of pixels


class Gallery:
    """One dataset; every method may be called from any thread."""

    def __init__(self, folder: Path, findings: Sequence[Finding] | None) -> None:
        self.folder = folder.resolve()
        self._dataset = open_dataset(self.folder)
        self._classes = self._dataset.labels.classes
        self.catalogue = Catalogue(self.folder)
        self._findings = None if findings is None else Findings(findings, self.catalogue)
        self.holdings = Holdings(self.folder, self.catalogue, len(self._classes))
        self._library = Library()
        self._tables = threading.Lock()  # a Dataset keeps what it read last, for one thread
        self._tables_are_own = False  # until they are checked for links
        self._select = lru_cache(_LISTS)(self._choose)

    def overview(self) -> dict[str, Any]:
        """The dataset as a whole: classes, and the values that pages can be filtered by."""
        info = self._dataset.info
        smallest, largest = self.catalogue.extent()
        return {
            "name": self.folder.name,
            "folder": str(self.folder),
            "label_set": self._dataset.labels.name,
            "pages": len(self.catalogue),
            "symbols": info["counts"].get("symbols"),
            "objects": info["counts"].get("objects"),
            "classes": [
                {
                    "id": label_class.id,
                    "name": label_class.name,
                    "smufl": label_class.smufl,
                    "description": label_class.description,
                    "colour": "#{:02x}{:02x}{:02x}".format(*class_colour(label_class.id)),
                }
                for label_class in self._classes
            ],
            "choices": self.catalogue.choices(),
            "symbols_a_page": [smallest, largest],
            "orders": ORDERS,
            "checks": None if self._findings is None else self._findings.checks(),
            "findings_elsewhere": (
                []
                if self._findings is None
                else [finding._asdict() for finding in self._findings.elsewhere]
            ),
        }

    def totals(self) -> dict[str, Any]:
        """Objects and pages of each class, by id - 1; or how far counting has come."""
        if not self.holdings.is_ready:
            return {"done": self.holdings.share_counted, "objects": None, "pages": None}
        counts = self.holdings.totals()[1:]
        return {
            "done": 1,
            "objects": [objects for objects, _ in counts],
            "pages": [pages for _, pages in counts],
        }

    def select(self, filters: Filters) -> Places:
        """Places of the pages that pass *filters*, in its order; waits for counts if need be."""
        if filters.order == "most of the class" and not filters.class_name:
            raise RecipeError("order: 'most of the class' needs a class")
        return self._select(filters)

    def _choose(self, filters: Filters) -> Places:
        passed = self.catalogue.matching(filters)
        ranks = None
        if filters.class_name:
            holding = self.holdings.of_class(self._class_id(filters.class_name))
            counts = np.zeros(len(passed), np.int64)
            counts[holding.places] = holding.objects
            passed &= counts > 0
            ranks = counts if filters.order == "most of the class" else None
        if filters.finding or filters.order == "most findings":
            counts = self._finding_counts(filters.finding or ANY)
            passed &= (counts > 0) | (not filters.finding)
            ranks = counts if filters.order == "most findings" else ranks
        places = np.flatnonzero(passed)
        return self.catalogue.ordered(places, filters.order, ranks)

    def _class_id(self, name: str) -> int:
        for label_class in self._classes:
            if label_class.name == name:
                return label_class.id
        raise RecipeError(f"class: the label set has none called {name!r}")

    def _finding_counts(self, check: str) -> Places:
        if self._findings is None:
            raise RecipeError("finding: no findings are open; see deepscores view --help")
        return self._findings.counts(check, len(self.catalogue))

    def page(self, name: str) -> dict[str, Any]:
        """A page but for its pixels: row, score, symbols, findings."""
        place = self.catalogue.place(name)
        row = self.catalogue.row(place)
        findings = () if self._findings is None else self._findings.of_page(place)
        return {
            "place": place,
            "row": plain(row),
            "score": plain(self._score(row)),
            "symbols": symbol_columns(self._symbols(self._page(name))),
            "findings": [finding._asdict() for finding in findings],
        }

    def symbol(self, name: str, number: int) -> dict[str, Any]:
        """The whole row of a symbol."""
        symbols = self._symbols(self._page(name))
        rows = symbols.filter(pc.field("number") == number)
        if not len(rows):
            raise NotThereError(f"{name}: no symbol {number}")
        row: dict[str, Any] = plain(rows.slice(0, 1).to_pylist()[0])
        return row

    def music(self, name: str, number: int) -> dict[str, Any]:
        """The ``music`` behind a symbol, and the number of the symbol whose element that is.

        Engravers make elements of their own (stems, flags, the clefs of later systems), which no
        score has. Then it is that of the notehead or whatever else the symbol belongs to or
        consists of; or else its measure, ``of`` symbol 0; or None.
        """
        row = self.catalogue.row(self.catalogue.place(name))
        if not (self.folder / "scores").exists():  # imported pages have no scores
            return {"of": 0, "music": None}
        path = locate(self.folder, "scores", f"{row['score']}.mei")
        symbols = self._symbols(self._page(name)).select(list(_RELATED)).to_pylist()
        matches = [symbol for symbol in symbols if symbol["number"] == number]
        if not matches:
            raise NotThereError(f"{name}: no symbol {number}")
        for symbol in (*matches, *_relatives(matches[0], symbols)):
            if music := self._library.find(path, symbol["element"] or ""):
                return {"of": symbol["number"], "music": music._asdict()}
        measure = self._library.find_measure(path, matches[0]["measure"] or "")
        return {"of": 0, "music": measure and measure._asdict()}

    def image(self, name: str) -> Path:
        """The path of a page's picture."""
        self.catalogue.place(name)
        return locate(self.folder, IMAGES, f"{name}.png")

    def runs(self, name: str, kind: str) -> bytes:
        """Symbol numbers (``instances``) or class ids (``classes``) of a page's pixels, as runs."""
        if kind not in KINDS:
            raise RecipeError(f"kind: {kind!r} is not one of {', '.join(KINDS)}")
        locate(self.folder, KINDS[kind], f"{name}.png")
        page = self._page(name)
        return encode_runs(page.instances if kind == "instances" else page.mask)

    def _page(self, name: str) -> DatasetPage:
        return self._dataset.page_of(self.catalogue.row(self.catalogue.place(name)))

    def _symbols(self, page: DatasetPage) -> pa.Table:
        with self._tables:
            self._require_own_tables()
            return page.symbols

    def _require_own_tables(self) -> None:
        if not self._tables_are_own:
            for path in (self.folder / "symbols").glob("*.parquet"):
                locate(self.folder, "symbols", path.name)
            self._tables_are_own = True

    def _score(self, row: dict[str, Any]) -> dict[str, Any]:
        try:
            path = locate(self.folder, "scores.parquet")
            rows = pq.read_table(path, partitioning=None, filters=[("score", "=", row["score"])])
        except (OSError, ValueError, pa.ArrowException, NotThereError) as error:
            return {"problem": str(error)}  # the page can be looked at without
        return rows.to_pylist()[0] if len(rows) else {}


_RELATED = ("number", "parent", "group", "element", "measure")


def _relatives(symbol: dict[str, Any], symbols: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What *symbol* belongs to, what belongs to it, and the rest of its group, in this order."""
    parent = [candidate for candidate in symbols if candidate["number"] == symbol["parent"]]
    children = [candidate for candidate in symbols if candidate["parent"] == symbol["number"]]
    group = [candidate for candidate in symbols if candidate["group"] == symbol["group"] != 0]
    return [*parent, *children, *group]
