"""The numbers of a report: all equal to an independent count from the XML files."""

import csv
import statistics
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Etree

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepscores.dataset.reader import open_dataset
from deepscores.inspection.report.imbalance import imbalance, lorenz
from deepscores.inspection.report.survey import GRID, MIN_OVERLAP, survey

Page = list[tuple[str, tuple[float, float, float, float]]]


def annotated(dataset: Path) -> dict[str, Page]:
    """Names and boxes in pixels of every page, as the XML has them."""
    found: dict[str, Page] = {}
    for path in (dataset / "xml_annotations").glob("*.xml"):
        root = Etree.parse(path).getroot()
        width, height = (float(root.findtext(f"size/{side}", "")) for side in ("width", "height"))
        found[path.stem] = [
            (
                one.findtext("name", ""),
                (
                    width * float(one.findtext("bndbox/xmin", "")),
                    height * float(one.findtext("bndbox/ymin", "")),
                    width * float(one.findtext("bndbox/xmax", "")),
                    height * float(one.findtext("bndbox/ymax", "")),
                ),
            )
            for one in root.iter("object")
        ]
    return found


@pytest.fixture(scope="module")
def pages(built: Path) -> dict[str, Page]:
    return annotated(built)


def table(report: Path, name: str) -> list[dict[str, str]]:
    with (report / f"tables/{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def spread(row: dict[str, str]) -> list[float]:
    return [float(row[name]) for name in ("mean", "s.d.", "max", "min", "median")]


def spread_of(counts: list[int]) -> Any:
    return pytest.approx(
        [
            statistics.mean(counts),
            statistics.pstdev(counts),
            max(counts),
            min(counts),
            statistics.median(counts),
        ]
    )


def test_table_1_counts_what_the_xml_has(reported: Path, pages: dict[str, Page]) -> None:
    ours, again, *published = table(reported, "table-1-datasets")
    names = {name for page in pages.values() for name, _ in page}
    assert int(ours["images"]) == len(pages)
    assert int(ours["objects"]) == sum(map(len, pages.values()))
    assert (int(ours["classes"]), int(ours["with an object"])) == (118, len(names))
    assert int(ours["pixels"]) == len(pages) * 800 * 600
    # The same dataset as the one it is compared with, read by the same code.
    assert {**again, "dataset": "", "from": ""} == {**ours, "dataset": "", "from": ""}
    assert published[0]["dataset"] == "MNIST"
    deepscores = next(row for row in published if row["dataset"] == "DeepScores")
    assert (deepscores["images"], deepscores["objects"]) == ("300000", "80000000")


def test_table_2_is_that_of_the_xml(reported: Path, pages: dict[str, Page]) -> None:
    rows = {(row["what"], row["dataset"]): row for row in table(reported, "table-2-symbols")}
    per_class = Counter(name for page in pages.values() for name, _ in page)
    assert spread(rows["objects per page", "dataset"]) == spread_of([*map(len, pages.values())])
    found = spread(rows["objects per class that has one", "dataset"])
    assert found == spread_of([*per_class.values()])
    assert spread(rows["objects per page", "the paper"]) == [243, 203, 7664, 4, 212]


def test_each_class_is_counted_as_in_the_xml(reported: Path, pages: dict[str, Page]) -> None:
    objects = Counter(name for page in pages.values() for name, _ in page)
    on_pages = Counter(name for page in pages.values() for name in {name for name, _ in page})
    rows = table(reported, "classes")
    assert len(rows) == 118
    for row in rows:
        assert int(row["objects"]) == objects[row["class"]]
        assert int(row["pages"]) == on_pages[row["class"]]
    most = [int(row["objects"]) for row in rows]
    assert most == sorted(most, reverse=True)
    share = sum(sorted(objects.values())[-10:]) / sum(objects.values())
    assert float(table(reported, "imbalance")[0]["top ten"]) == pytest.approx(share)


@pytest.mark.parametrize("column", ["font", "split", "engraver"])
def test_groups_add_up_to_the_whole(
    column: str, reported: Path, built: Path, pages: dict[str, Page]
) -> None:
    of_page = {
        row["page"]: row[column] for row in pq.read_table(built / "pages.parquet").to_pylist()
    }
    rows = table(reported, f"by-{column}")
    assert {row[column] for row in rows} == set(of_page.values())
    for row in rows:
        mine = [page for name, page in pages.items() if of_page[name] == row[column]]
        assert int(row["pages"]) == len(mine)
        assert int(row["objects"]) == sum(map(len, mine))
        assert int(row["classes"]) == len({name for page in mine for name, _ in page})
        assert spread(row) == spread_of([*map(len, mine)])
        assert float(row["objects a megapixel"]) == pytest.approx(
            1e6 * int(row["objects"]) / (len(mine) * 800 * 600)
        )


def test_classes_come_together_as_often_as_in_the_xml(
    reported: Path, pages: dict[str, Page]
) -> None:
    classes = [{name for name, _ in page} for page in pages.values()]
    rows = table(reported, "together")
    assert rows
    for row in rows:
        both = sum({row["class"], row["other class"]} <= one for one in classes)
        either = sum(bool({row["class"], row["other class"]} & one) for one in classes)
        assert int(row["pages with both"]) == both
        assert float(row["of pages with either"]) == pytest.approx(both / either)


def overlap(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    if wide <= 0 or high <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return wide * high / (sum(areas) - wide * high)


def test_overlaps_are_those_of_a_naive_search(built: Path, pages: dict[str, Page]) -> None:
    found = survey(open_dataset(built))
    names = [one.name for one in open_dataset(built).labels.classes]
    expected: Counter[tuple[str, ...]] = Counter()
    for page in pages.values():
        for place, (name, box) in enumerate(page):
            for other, its in page[:place]:
                if overlap(box, its) > MIN_OVERLAP:
                    expected[tuple(sorted((name, other)))] += 1
    assert {
        tuple(sorted((names[one], names[other]))): times
        for (one, other), times in found.overlaps.items()
    } == dict(expected)


def test_every_object_has_a_place_and_a_size(built: Path, pages: dict[str, Page]) -> None:
    found = survey(open_dataset(built))
    every = sum(map(len, pages.values()))
    assert found.places.sum() == every
    assert found.in_pixels.sum(axis=1).tolist() == [every] * 3
    assert found.in_staff_spaces.sum(axis=1).tolist() == [every] * 3
    rows = Counter(
        int((box[1] + box[3]) / 2 / 600 * GRID[0]) for page in pages.values() for _, box in page
    )
    assert found.places.sum(axis=(0, 2)).tolist() == [rows[row] for row in range(GRID[0])]
    densities = sorted(1e6 * len(page) / (800 * 600) for page in pages.values())
    assert sorted(found.density) == pytest.approx(densities)


def test_what_is_hidden_is_what_the_instance_map_says(built: Path) -> None:
    """Of objects of one symbol: their share of the pixels that they would own alone."""
    dataset, found = open_dataset(built), survey(open_dataset(built))
    sums = np.zeros(len(dataset.labels.classes))
    for page in dataset:
        owned = np.bincount(page.instances.ravel(), minlength=len(page.symbols) + 1)
        for row in page.symbols.to_pylist():
            if row["object"]:
                shown = int(owned[row["number"]]) / max(row["whole_area"], 1)
                sums[row["class_id"] - 1] += min(max(1 - shown, 0), 1)
    assert found.hidden[0] == pytest.approx(sums, abs=1e-6)


def test_samples_of_a_class_are_of_different_pages_and_are_there(built: Path) -> None:
    dataset, found = open_dataset(built), survey(open_dataset(built))
    names = [one.name for one in dataset.labels.classes]
    for class_place, samples in enumerate(found.samples):
        assert len({one.page for one in samples}) == len(samples)
        assert bool(samples) == bool(found.total.counts[class_place])
        for one in samples:
            objects = {some.number: some for some in dataset[one.page].objects}
            assert objects[one.number].name == names[class_place]
            assert objects[one.number].box == pytest.approx(one.box, abs=0.01)


COUNTS = st.lists(st.integers(0, 1000), min_size=1, max_size=30).filter(any)


@given(COUNTS)
def test_imbalance_is_that_of_the_definitions(counts: list[int]) -> None:
    some = [count for count in counts if count]
    every = sum(some)
    found = imbalance(np.array(counts))
    differences = sum(abs(x - y) for x in some for y in some)
    assert found.gini == pytest.approx(differences / (2 * len(some) * every), abs=1e-9)
    entropy = -sum(count / every * np.log2(count / every) for count in some)
    assert found.entropy == pytest.approx(entropy, abs=1e-9)
    assert found.effective == pytest.approx(2**entropy)
    assert 1 - 1e-9 <= found.inverse_simpson <= len(some) + 1e-9
    assert -1e-9 <= found.evenness <= 1 + 1e-9


@given(COUNTS)
def test_the_gini_coefficient_is_the_area_over_the_lorenz_curve(counts: list[int]) -> None:
    x, y = np.array(lorenz(np.array(counts))).T
    assert imbalance(np.array(counts)).gini == pytest.approx(1 - 2 * np.trapezoid(y, x), abs=1e-9)
