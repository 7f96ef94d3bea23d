"""The two passes over the symbol table, in SQL: DuckDB streams the files and spills what it must.

An object's number is that of its first symbol, so the rows with ``number = object`` are the
objects, each once, and nothing has to be made distinct.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from deepscores.errors import DatasetError, RecipeError

if TYPE_CHECKING:
    import duckdb

Columns = dict[str, NDArray[Any]]

TENTHS = 10  # lengths are counted in tenths of a pixel
_MEMORY = "2GB"  # beyond it, DuckDB spills to disk

_PAGES = """
SELECT page, font, split, staff_space::DOUBLE AS staff_space, symbols, objects
FROM pages
ORDER BY file_row_number
"""

_TALLY = """
WITH tally AS (
    SELECT page, class_id, count(*) AS symbols, count(*) FILTER (number = object) AS objects
    FROM symbols
    GROUP BY ALL
)
SELECT coalesce(file_row_number, -1) AS place, class_id, tally.symbols, tally.objects
FROM tally LEFT JOIN pages USING (page)
ORDER BY ALL
"""

# Few objects are of several symbols: all are counted by the box of their first symbol, then those
# few once more, less that box and with the whole one. A join of all rows takes three times as long.
_SIZES = f"""
WITH several AS (
    SELECT DISTINCT page, object FROM symbols WHERE object > 0 AND number <> object
), whole AS (
    SELECT
        page, min(class_id) AS class_id,
        min(x0) AS x0, min(y0) AS y0, max(x1) AS x1, max(y1) AS y1,
        min(x0) FILTER (number = object) AS first_x0, min(y0) FILTER (number = object) AS first_y0,
        max(x1) FILTER (number = object) AS first_x1, max(y1) FILTER (number = object) AS first_y1
    FROM symbols SEMI JOIN several USING (page, object)
    GROUP BY page, object
), boxes AS (
    SELECT page, class_id, x0, y0, x1, y1, 1 AS times
    FROM symbols WHERE number = object
    UNION ALL
    SELECT page, class_id, first_x0, first_y0, first_x1, first_y1, -1 FROM whole
    UNION ALL
    SELECT page, class_id, x0, y0, x1, y1, 1 FROM whole
), sides AS (
    SELECT
        class_id, staff_space::DOUBLE AS staff_space, times,
        y1::DOUBLE - y0::DOUBLE AS high, x1::DOUBLE - x0::DOUBLE AS wide
    FROM boxes {{staff_spaces}}
), sizes AS (
    SELECT
        class_id, staff_space, times,
        floor({TENTHS} * high + 0.5)::INT AS height, floor({TENTHS} * wide + 0.5)::INT AS width,
        floor(high * wide + 0.5)::BIGINT AS area
    FROM sides
)
SELECT
    class_id, staff_space, coalesce(height, -1) AS height, coalesce(width, -1) AS width,
    coalesce(area, -1) AS area, sum(times)::BIGINT AS times
FROM sizes
GROUP BY GROUPING SETS (
    (class_id, staff_space, height), (class_id, staff_space, width), (class_id, staff_space, area)
)
HAVING sum(times) <> 0
ORDER BY ALL
"""

_OF_EACH_PAGE = "JOIN pages USING (page)"
_OF_ALL_PAGES = "CROSS JOIN (SELECT DISTINCT staff_space FROM pages)"


class Scan:
    """The tables of one dataset, queried through one connection."""

    def __init__(self, folder: Path, engine: "duckdb.DuckDBPyConnection") -> None:
        self._folder = folder
        self._engine = engine

    def pages(self) -> Columns:
        """Columns of ``pages.parquet``, in its order."""
        return self._ask(_PAGES)

    def tally(self) -> Columns:
        """``symbols`` and ``objects`` by ``place`` of the page and ``class_id``.

        Places are those of `pages`, -1 for a page that is not among them.
        """
        return self._ask(_TALLY)

    def sizes(self, *, one_staff_space: bool = False) -> Columns:
        """How many ``times`` a class has a height, width or area, by ``staff_space``.

        Each row has one of them, and -1 in the two other columns: lengths in tenths of a pixel,
        areas in whole pixels. It takes half as long where all pages have *one_staff_space*.
        """
        staff_spaces = _OF_ALL_PAGES if one_staff_space else _OF_EACH_PAGE
        return self._ask(_SIZES.format(staff_spaces=staff_spaces))

    def _ask(self, query: str) -> Columns:
        with _reading(self._folder):
            return self._engine.execute(query).fetchnumpy()


@contextmanager
def scanning(folder: Path) -> Iterator[Scan]:
    """A `Scan` of the dataset in *folder*; raise RecipeError if DuckDB is not installed."""
    try:
        import duckdb
    except ImportError:
        raise RecipeError("statistics need DuckDB: pip install 'deepscores[stats]'") from None
    symbols = sorted((folder / "symbols").glob("*.parquet"))
    if not symbols:
        raise DatasetError(f"{folder}: no symbol table (symbols/*.parquet is missing)")
    with TemporaryDirectory(prefix="deepscores-") as spilled:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": False,  # nothing from the network
            "memory_limit": _MEMORY,
            "preserve_insertion_order": False,
            "temp_directory": spilled,  # by default a folder where the command runs
        }
        with duckdb.connect(config=settings) as engine:
            with _reading(folder):
                for name, paths in (("symbols", symbols), ("pages", [folder / "pages.parquet"])):
                    engine.from_parquet(
                        [escape(str(path)) for path in paths],  # taken for patterns
                        file_row_number=True,
                        hive_partitioning=False,  # "name=value" in a path is not a column
                    ).create_view(name)
            yield Scan(folder, engine)


@contextmanager
def _reading(folder: Path) -> Iterator[None]:
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise DatasetError(f"{folder}: its tables cannot be read: {reason}") from None
