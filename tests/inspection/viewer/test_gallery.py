"""Lists of pages, against a plain search through the dataset; classes against the XML files."""

import shutil
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deepscores import open_dataset
from deepscores.dataset.columns import SYMBOLS
from deepscores.dataset.reader import Dataset, DatasetPage
from deepscores.errors import DatasetError, RecipeError
from deepscores.formats.reading.findings import Finding
from deepscores.inspection.viewer.catalogue import Catalogue, Filters, parse_filters
from deepscores.inspection.viewer.columns import read_columns
from deepscores.inspection.viewer.gallery import Gallery
from deepscores.inspection.viewer.holdings import Holdings


@pytest.fixture(scope="module")
def dataset(built: Path) -> Dataset:
    return open_dataset(built)


@pytest.fixture(scope="module")
def gallery(built: Path, dataset: Dataset) -> Gallery:
    first, last = dataset[0].name, dataset[-1].name
    found = [
        Finding("loose", first, "3", "too wide"),
        Finding("loose", first, "4", "too high"),
        Finding("mask", last, "", "1 px"),
        Finding("files", "dataset.json", "", "odd"),
    ]
    gallery = Gallery(built, found)
    gallery.holdings.start()
    return gallery


def names(gallery: Gallery, **words: Any) -> list[str]:
    rows = gallery.catalogue.list_rows(gallery.select(parse_filters(words)))
    return [row["page"] for row in rows]


def objects_of(page: DatasetPage) -> Counter[str]:
    return Counter(one.name for one in page.objects)  # from the detection XML


def test_all_pages_are_listed_in_the_dataset_s_order(gallery: Gallery, dataset: Dataset) -> None:
    assert names(gallery) == [page.name for page in dataset]


@pytest.mark.parametrize("column", ["font", "engraver", "split"])
def test_a_column_is_filtered_by_its_value(gallery: Gallery, dataset: Dataset, column: str) -> None:
    for value, count in gallery.catalogue.choices()[column]:
        expected = [page.name for page in dataset if page.row[column] == value]
        assert names(gallery, **{column: value}) == expected
        assert len(expected) == count
    assert names(gallery, **{column: "nothing of the kind"}) == []


def test_sizes_filter(gallery: Gallery, dataset: Dataset) -> None:
    assert gallery.catalogue.choices()["size"] == [("800x600", len(dataset))]
    assert len(names(gallery, size="800x600")) == len(dataset)
    symbols = [page.row["symbols"] for page in dataset]
    assert gallery.catalogue.extent() == (min(symbols), max(symbols))
    middle = sorted(symbols)[len(symbols) // 2]
    assert names(gallery, least=str(middle)) == [
        page.name for page in dataset if page.row["symbols"] >= middle
    ]
    assert names(gallery, most=str(middle - 1)) == [
        page.name for page in dataset if page.row["symbols"] < middle
    ]


def test_names_are_found_by_a_part_in_any_case(gallery: Gallery, dataset: Dataset) -> None:
    assert names(gallery, name="LELAND--page-2") == [
        page.name for page in dataset if "leland--page-2" in page.name
    ]
    assert names(gallery, name=".*") == []  # no pattern


def test_every_class_leads_to_the_pages_that_have_it(gallery: Gallery, dataset: Dataset) -> None:
    held = {page.name: objects_of(page) for page in dataset}
    for one in dataset.labels.classes:
        assert names(gallery, **{"class": one.name}) == [
            name for name, counts in held.items() if counts[one.name]
        ]


def test_totals_are_those_of_the_xml_files(gallery: Gallery, dataset: Dataset) -> None:
    held = [objects_of(page) for page in dataset]
    every = sum(held, Counter())
    gallery.holdings.totals()  # waits
    totals = gallery.totals()
    classes = [one.name for one in dataset.labels.classes]
    assert totals["done"] == 1
    assert totals["objects"] == [every[name] for name in classes]
    assert totals["pages"] == [sum(name in counts for counts in held) for name in classes]


def test_orders(gallery: Gallery, dataset: Dataset) -> None:
    symbols = {page.name: page.row["symbols"] for page in dataset}
    heads = {page.name: objects_of(page)["noteheadBlack"] for page in dataset}
    most = names(gallery, order="most symbols")
    assert most == sorted(symbols, key=lambda name: -symbols[name])
    assert names(gallery, order="fewest symbols") == sorted(symbols, key=lambda name: symbols[name])
    words = {"order": "most of the class", "class": "noteheadBlack"}
    assert names(gallery, **words) == sorted(heads, key=lambda name: -heads[name])


def test_filters_add_up(gallery: Gallery, dataset: Dataset) -> None:
    words = {"class": "gClef", "font": "Leland", "split": dataset[0].split, "least": "1"}
    assert names(gallery, **words) == [
        page.name
        for page in dataset
        if page.row["font"] == "Leland"
        and page.split == dataset[0].split
        and objects_of(page)["gClef"]
    ]


def test_findings_lead_to_their_pages(gallery: Gallery, dataset: Dataset) -> None:
    first, last = dataset[0].name, dataset[-1].name
    assert names(gallery, finding="any") == [first, last]
    assert names(gallery, finding="mask") == [last]
    assert names(gallery, order="most findings")[:2] == [first, last]
    overview = gallery.overview()
    assert overview["checks"] == [("loose", 1), ("mask", 1)]
    assert [one["where"] for one in overview["findings_elsewhere"]] == ["dataset.json"]
    assert [one["object"] for one in gallery.page(first)["findings"]] == ["3", "4"]


def test_a_folder_without_a_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no dataset here"):
        Gallery(tmp_path, None)


def test_empty_words_are_no_filters() -> None:
    assert parse_filters({"font": "", "class": "", "order": "", "other": "x"}) == Filters()
    with pytest.raises(RecipeError, match="least: '-1' is not a number"):
        parse_filters({"least": "-1"})


# What counts classes, on tables made by hand


def write_tables(
    folder: Path, pages: list[str], symbols: list[list[tuple[str, int, int, int]]]
) -> None:
    """Tables of *pages*; a list of *symbols* (page, number, object, class id) is a row group."""
    columns = {"split": "train", "engraver": "x", "font": "y", "width": 1, "height": 1}
    rows = [{"page": page, **columns, "symbols": 1, "objects": 1} for page in pages]
    pq.write_table(pa.Table.from_pylist(rows), folder / "pages.parquet")
    (folder / "symbols").mkdir()
    names = ("page", "number", "object", "class_id")
    schema = pa.schema([SYMBOLS.field(name) for name in names])
    with pq.ParquetWriter(folder / "symbols" / "part-0.parquet", schema) as writer:
        for group in symbols:
            table = pa.Table.from_pylist(
                [dict(zip(names, row, strict=True)) for row in group], schema
            )
            writer.write_table(table)


def hold(folder: Path, classes: int = 3) -> Holdings:
    holdings = Holdings(folder, Catalogue(folder), classes)
    holdings.start()
    return holdings


def test_a_page_in_two_row_groups_is_one_page(tmp_path: Path) -> None:
    groups = [[("b", 1, 1, 2), ("a", 1, 1, 2)], [("a", 2, 2, 2), ("a", 3, 2, 2)]]
    write_tables(tmp_path, ["a", "b"], groups)
    held = hold(tmp_path).of_class(2)
    assert (held.places.tolist(), held.objects.tolist()) == ([0, 1], [2, 1])


def test_symbols_of_unlisted_pages_and_of_no_class_count_for_nothing(tmp_path: Path) -> None:
    write_tables(tmp_path, ["a"], [[("gone", 1, 1, 1), ("a", 1, 0, 0), ("a", 2, 2, 3)], []])
    assert hold(tmp_path).totals() == [(0, 0), (0, 0), (0, 0), (1, 1)]


def test_a_class_that_the_label_set_lacks_is_an_error(tmp_path: Path) -> None:
    write_tables(tmp_path, ["a"], [[("a", 1, 1, 4)]])
    with pytest.raises(DatasetError, match="classes that the label set lacks"):
        hold(tmp_path).totals()


def test_without_symbol_tables_counting_says_so(tmp_path: Path) -> None:
    write_tables(tmp_path, ["a"], [])
    (tmp_path / "symbols" / "part-0.parquet").unlink()
    with pytest.raises(DatasetError, match="no symbol table"):
        hold(tmp_path).of_class(1)


def test_counting_ends_with_the_viewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tables(tmp_path, ["a"], [[("a", 1, 1, 1)]])
    for number in range(1, 50):
        shutil.copy(
            tmp_path / "symbols/part-0.parquet", tmp_path / f"symbols/part-{number}.parquet"
        )
    reading, going_on = threading.Event(), threading.Event()

    def read_when_told(*arguments: Any) -> pa.Table:
        reading.set()
        going_on.wait()
        return read_columns(*arguments)

    monkeypatch.setattr("deepscores.inspection.viewer.holdings.read_columns", read_when_told)
    holdings = hold(tmp_path)
    reading.wait()
    threading.Timer(0.1, going_on.set).start()
    holdings.stop()
    assert holdings.share_counted < 0.1
    with pytest.raises(DatasetError, match="has ended"):
        holdings.of_class(1)


def test_a_list_of_pages_that_lacks_a_column_is_named(tmp_path: Path) -> None:
    pq.write_table(pa.table({"page": ["a"]}), tmp_path / "pages.parquet")
    with pytest.raises(DatasetError, match="has no column 'split'"):
        Catalogue(tmp_path)


def test_a_dataset_without_pages_has_an_empty_list(
    tmp_path: Path, serve: Callable[..., Any]
) -> None:
    write_tables(tmp_path, ["a"], [])
    table = pq.read_table(tmp_path / "pages.parquet")
    pq.write_table(table.slice(0, 0), tmp_path / "pages.parquet")
    catalogue = Catalogue(tmp_path)
    assert (len(catalogue), catalogue.extent()) == (0, (0, 0))
    assert catalogue.choices() == {"split": [], "engraver": [], "font": [], "size": []}
