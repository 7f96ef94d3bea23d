"""Statistics against a plain count of the annotation files, and against tables made by hand."""

import json
import shutil
import statistics as plain
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from math import ceil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import deepscores
from deepscores.errors import DatasetError, RecipeError
from deepscores.inspection.statistics.counting import quantiles
from deepscores.inspection.statistics.model import Quantiles, Spread

Box = tuple[float, float, float, float]
PERCENTS = (0, 5, 25, 50, 75, 95, 100)


def spread_of(counts: Sequence[int]) -> Spread:
    """The judge: the standard library's statistics."""
    if not counts:
        return Spread(0.0, 0.0, 0, 0, 0.0)
    mean, std = plain.fmean(counts), plain.pstdev(counts)
    return Spread(
        pytest.approx(mean), pytest.approx(std), max(counts), min(counts), plain.median(counts)
    )


def quantiles_of(values: Sequence[float]) -> Quantiles:
    """The judge: the value at each rank of the sorted list."""
    ranks = [max(1, ceil(len(values) * percent / 100)) for percent in PERCENTS]
    return Quantiles(*(sorted(values)[rank - 1] for rank in ranks))


def annotated(dataset: Path) -> dict[str, list[tuple[str, float, float]]]:
    """Class, height and width of each object, by page, as the annotation files have them."""
    found = {}
    for path in (dataset / "xml_annotations").iterdir():
        root = ElementTree.parse(path).getroot()
        high, wide = (int(root.findtext(f"size/{side}", "")) for side in ("height", "width"))
        found[path.stem] = [
            (
                one.findtext("name", ""),
                high * (_side(one, "ymax") - _side(one, "ymin")),
                wide * (_side(one, "xmax") - _side(one, "xmin")),
            )
            for one in root.iter("object")
        ]
    return found


def _side(node: ElementTree.Element, name: str) -> float:
    return float(node.findtext(f"bndbox/{name}", ""))


def test_objects_are_those_of_the_annotation_files(built: Path) -> None:
    found, pages = deepscores.statistics(built), annotated(built)
    names = [one.name for one in deepscores.open_dataset(built).labels.classes]
    by_class = Counter(name for objects in pages.values() for name, _, _ in objects)
    assert (found.pages, found.objects) == (len(pages), by_class.total())
    assert found.objects_per_page == spread_of([len(objects) for objects in pages.values()])
    assert found.objects_per_class == spread_of([by_class[name] for name in names])
    assert found.objects_per_class_seen == spread_of(list(by_class.values()))
    assert [(one.name, one.objects) for one in found.classes] == [
        (name, by_class[name]) for name in names
    ]
    assert found.absent == tuple(name for name in names if name not in by_class)
    assert [by_class[name] for name in found.top_ten] == sorted(by_class.values())[: -10 - 1 : -1]
    top = sum(count for _, count in by_class.most_common(10))
    assert found.top_ten_share == pytest.approx(top / by_class.total())
    for one in found.classes:
        counts = [sum(name == one.name for name, _, _ in page) for page in pages.values()]
        assert one.per_page == spread_of(counts)
        assert one.pages == len(pages) - counts.count(0)


def test_sizes_are_those_of_the_annotation_files(built: Path) -> None:
    dataset = deepscores.open_dataset(built)
    (space,) = {page.row["staff_space"] for page in dataset}
    objects = [one for page in annotated(built).values() for one in page]
    near = {"abs": 0.051}  # lengths are counted in tenths
    for one in deepscores.statistics(built).classes:
        sides = [(high, wide) for name, high, wide in objects if name == one.name]
        if not sides:
            assert one.pixels is one.staff_spaces is None
            continue
        assert one.pixels is not None
        assert one.staff_spaces is not None
        judged = {
            "height": [high for high, _ in sides],
            "width": [wide for _, wide in sides],
            "area": [high * wide for high, wide in sides],
        }
        for side, values in judged.items():
            slack, power = (near, 1) if side != "area" else ({"abs": 0.51}, 2)
            for extent, unit in ((one.pixels, 1), (one.staff_spaces, space**power)):
                quantile = getattr(extent, side)
                for name, value in zip(
                    Quantiles.__slots__, _values(quantiles_of(values)), strict=True
                ):
                    expected = pytest.approx(value / unit, abs=slack["abs"] / unit + 1e-4)
                    assert getattr(quantile, name) == expected, (one.name, side, name)


def _values(one: Any) -> list[Any]:
    return [getattr(one, name) for name in type(one).__slots__]


def test_groups_are_parts_of_the_whole(built: Path) -> None:
    found, dataset = deepscores.statistics(built), deepscores.open_dataset(built)
    pages = annotated(built)
    for groups, column in ((found.fonts, "font"), (found.splits, "split")):
        for one in groups:
            mine = [page for page in dataset if page.row[column] == one.name]
            objects = [pages[page.name] for page in mine]
            assert one.pages == len(mine)
            assert one.objects == sum(map(len, objects))
            assert one.classes == len({name for page in objects for name, _, _ in page})
            assert one.objects_per_page == spread_of([len(page) for page in objects])
            assert one.symbols_per_page == spread_of([len(page.symbols) for page in mine])
        assert sum(one.pages for one in groups) == found.pages
        assert sum(one.symbols for one in groups) == found.symbols
    assert [one.name for one in found.fonts] == ["Bravura", "Leland"]
    assert [one.name for one in found.splits] == ["train", "val", "test"]


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(1, 30)), min_size=1, max_size=12))
def test_quantiles_of_a_histogram_are_those_of_the_values(bars: list[tuple[int, int]]) -> None:
    values = [float(value) for value, times in bars for _ in range(times)]
    sizes, times = (np.array(column) for column in zip(*bars, strict=True))
    assert quantiles(sizes.astype(float), times) == quantiles_of(values)


def write(folder: Path, name: str, columns: dict[str, tuple[str, Sequence[Any]]]) -> None:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    pq.write_table(
        pa.table({key: pa.array(value, kind) for key, (kind, value) in columns.items()}), path
    )


Rows = list[tuple[str, int, int, int, Box]]  # page, number, object, class, box
Tables = Callable[..., Path]


@pytest.fixture
def tables(tmp_path: Path, built: Path) -> Tables:
    """A dataset of nothing but tables: rows of symbols, and pages as name, staff space, counts."""

    def make(rows: Rows, pages: list[tuple[str, float, int, int]], parts: int = 1) -> Path:
        shutil.copy(built / "dataset.json", tmp_path)
        for part in range(parts):
            page, number, whole, class_id, boxes = zip(*rows[part::parts], strict=True)
            sides = {
                side: ("float32", [box[at] for box in boxes])
                for at, side in enumerate(("x0", "y0", "x1", "y1"))
            }
            counts = {"number": number, "object": whole, "class_id": class_id}
            ints = {name: ("int32", values) for name, values in counts.items()}
            write(
                tmp_path,
                f"symbols/part-{part:05d}.parquet",
                {"page": ("string", page), **ints, **sides},
            )
        names, spaces, symbols, objects = zip(*pages, strict=True)
        columns = {
            "page": ("string", names),
            "font": ("string", ["Bravura"] * len(pages)),
            "split": ("string", ["train"] * len(pages)),
            "staff_space": ("float32", spaces),
            "symbols": ("int32", symbols),
            "objects": ("int32", objects),
        }
        write(tmp_path, "pages.parquet", columns)
        return tmp_path

    return make


ROWS: Rows = [
    ("p", 1, 0, 0, (0, 0, 99, 99)),  # not labelled
    ("p", 2, 2, 3, (10, 10, 14, 20)),  # with number 4 and 5 one object, 16 x 14
    ("p", 3, 3, 3, (0, 0, 4, 8)),
    ("p", 4, 2, 3, (12, 6, 20, 18)),
    ("p", 5, 2, 3, (4, 12, 8, 16)),
    ("q", 1, 1, 3, (0, 0, 2, 2)),
    ("q", 2, 2, 5, (1, 1, 2.04, 4)),
]


@pytest.mark.parametrize("parts", [1, 2])
def test_an_object_of_several_symbols_counts_once_with_its_whole_box(
    tables: Tables, parts: int
) -> None:
    pages = [("q", 10.0, 2, 2), ("p", 10.0, 5, 2), ("r", 10.0, 0, 0)]
    found = deepscores.statistics(tables(ROWS, pages, parts))
    third, fifth = found.classes[2], found.classes[4]
    assert (found.symbols, found.objects) == (7, 4)
    assert found.symbols_per_page == spread_of([5, 2, 0])
    assert found.objects_per_page == spread_of([2, 2, 0])
    assert (third.symbols, third.objects, third.pages) == (5, 3, 2)
    assert third.per_page == spread_of([2, 1, 0])
    assert third.share == 0.75
    assert third.pixels is not None
    assert third.pixels.height == quantiles_of([14, 8, 2])
    assert third.pixels.width == quantiles_of([16, 4, 2])
    assert third.pixels.area == quantiles_of([224, 32, 4])
    assert fifth.pixels is not None
    assert fifth.pixels.width == quantiles_of([1.0])  # to a tenth


def test_staff_spaces_are_those_of_the_page(tables: Tables) -> None:
    found = deepscores.statistics(tables(ROWS, [("p", 4.0, 5, 2), ("q", 8.0, 2, 2)]))
    spaces = found.classes[2].staff_spaces
    assert spaces is not None
    assert spaces.height == quantiles_of([14 / 4, 8 / 4, 2 / 8])
    assert spaces.width == quantiles_of([16 / 4, 4 / 4, 2 / 8])
    assert spaces.area == quantiles_of([224 / 16, 32 / 16, 4 / 64])


@pytest.mark.parametrize("name", ["a*b", "[1]", "c?", "font=Leland", "it's", "{x}"])
def test_a_folder_may_have_any_name(name: str, tables: Tables, tmp_path: Path) -> None:
    pages = [("p", 4.0, 5, 2), ("q", 8.0, 2, 2)]
    folder = tables(ROWS, pages)
    shutil.copytree(folder, tmp_path / "sets" / name)
    found = deepscores.statistics(tmp_path / "sets" / name)
    assert found.classes == deepscores.statistics(folder).classes
    assert [one.name for one in found.fonts] == ["Bravura"]


DISAGREEING = {
    "a page too few": ([("p", 4.0, 5, 2)], "has pages that pages.parquet lacks"),
    "symbols": ([("p", 4.0, 6, 2), ("q", 4.0, 2, 2)], "page p has 5 symbols .* 6 in pages.parquet"),
    "objects": ([("p", 4.0, 5, 2), ("q", 4.0, 2, 1)], "page q has 2 objects .* 1 in pages.parquet"),
    "an empty page": ([("p", 4.0, 5, 2), ("q", 4.0, 2, 2), ("r", 4.0, 1, 0)], "page r has 0 symb"),
}


@pytest.mark.parametrize("name", DISAGREEING)
def test_tables_that_disagree_are_an_error(name: str, tables: Tables) -> None:
    pages, message = DISAGREEING[name]
    with pytest.raises(DatasetError, match=message):
        deepscores.statistics(tables(ROWS, pages))


def test_a_class_that_the_label_set_lacks_is_an_error(tables: Tables) -> None:
    rows = [("p", 1, 1, 119, (0.0, 0.0, 1.0, 1.0))]
    with pytest.raises(DatasetError, match="classes that the label set lacks"):
        deepscores.statistics(tables(rows, [("p", 4.0, 1, 1)]))


def test_a_dataset_of_no_labelled_object_has_statistics(tables: Tables) -> None:
    rows = [("p", 1, 0, 0, (0.0, 0.0, 1.0, 1.0))]
    found = deepscores.statistics(tables(rows, [("p", 4.0, 1, 0)]))
    assert (found.objects, found.top_ten, found.top_ten_share) == (0, (), 0)
    assert found.objects_per_class_seen == spread_of([])
    assert len(found.absent) == 118


SPOILED: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no dataset": (lambda folder: (folder / "dataset.json").unlink(), "no dataset here"),
    "no symbols": (lambda folder: shutil.rmtree(folder / "symbols"), "no symbol table"),
    "no pages": (lambda folder: (folder / "pages.parquet").unlink(), "cannot be read"),
    "not Parquet": (
        lambda folder: (folder / "symbols" / "part-00000.parquet").write_bytes(b"PAR1" * 9),
        "cannot be read",
    ),
    "cut off": (
        lambda folder: (folder / "pages.parquet").write_bytes(b"PAR1"),
        "cannot be read",
    ),
    "other columns": (
        lambda folder: write(folder, "pages.parquet", {"page": ("string", ["p"])}),
        "cannot be read",
    ),
}


@pytest.mark.parametrize("name", SPOILED)
def test_a_spoiled_dataset_is_an_error(name: str, tables: Tables) -> None:
    spoil, message = SPOILED[name]
    folder = tables(ROWS, [("p", 4.0, 5, 2), ("q", 4.0, 2, 2)])
    spoil(folder)
    with pytest.raises(DatasetError, match=message):
        deepscores.statistics(folder)


def test_without_the_extra_the_error_names_it(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(RecipeError, match=r"pip install 'deepscores\[stats\]'"):
        deepscores.statistics(built)


def test_statistics_as_a_table_are_json(built: Path) -> None:
    found = deepscores.statistics(built)
    table = json.loads(json.dumps(found.as_table()))
    assert table["classes"][0].keys() == set(type(found.classes[0]).__slots__)
    assert table["symbols_per_page"]["max"] == found.symbols_per_page.max
