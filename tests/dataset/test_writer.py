"""A dataset's files agree, symbol by symbol and page by page."""

import csv
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from deepscores import open_dataset
from deepscores.dataset.annotations import read_voc
from deepscores.dataset.manifest import MANIFEST, hash_files, list_files, read_manifest
from deepscores.dataset.png.codec import decode_png
from deepscores.dataset.reader import Dataset, DatasetPage
from deepscores.dataset.writer import Provenance, Sample, make_sample
from deepscores.page.geometry import Box
from deepscores.page.labels.label_sets import load_label_set
from deepscores.page.labels.patches import cut_patch
from deepscores.page.model import Element, Mark, Music, Outline, Page
from deepscores.page.sheets import SheetMaker


@pytest.fixture(scope="module")
def dataset(built: Path) -> Dataset:
    return open_dataset(built)


@pytest.fixture(scope="module")
def pages(dataset: Dataset) -> list[DatasetPage]:
    return list(dataset)


def stems(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.iterdir())


def test_every_page_has_its_files_and_no_file_is_without_a_page(
    built: Path, pages: list[DatasetPage]
) -> None:
    names = sorted(page.name for page in pages)
    for folder in ("images_png", "xml_annotations", "pix_annotations_png", "instances_png"):
        assert stems(built / folder) == names


def test_pages_are_what_was_asked_for(pages: list[DatasetPage]) -> None:
    assert {(page.row["width"], page.row["height"]) for page in pages} == {(800, 600)}
    assert {page.row["font"] for page in pages} == {"Bravura", "Leland"}
    assert {page.row["staff_space"] for page in pages} == {10.0}
    assert {page.row["score"] for page in pages} == {f"tune-{index}" for index in range(4)}


def test_a_pixel_is_labelled_if_and_only_if_somebody_owns_it(pages: list[DatasetPage]) -> None:
    for page in pages:
        owned, labelled = page.instances > 0, page.mask > 0
        assert not (labelled & ~owned).any()
        # Thin symbols keep lighter pixels; no dark pixel is left over.
        assert ((page.image <= 127) <= owned).all()
        assert page.row["ink"] == owned.sum()


def test_masks_follow_from_instances_and_the_symbol_table(pages: list[DatasetPage]) -> None:
    for page in pages:
        classes = np.array([0, *page.symbols["class_id"].to_pylist()])
        assert (classes[page.instances] == page.mask).all()


def test_the_symbol_table_s_visible_boxes_and_areas_are_those_of_the_instances(
    pages: list[DatasetPage],
) -> None:
    sides = ("visible_x0", "visible_y0", "visible_x1", "visible_y1")
    for page in pages:
        instances = page.instances
        for row in page.symbols.to_pylist():
            ys, xs = np.nonzero(instances == row["number"])
            assert row["visible_area"] == len(xs)
            assert row["whole_area"] > 0  # nothing vanishes
            found = (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1) if len(xs) else (None,) * 4
            assert tuple(row[side] for side in sides) == found


def test_boxes_lie_on_the_page_with_positive_extent_around_what_shows(
    pages: list[DatasetPage],
) -> None:
    for page in pages:
        for row in page.symbols.to_pylist():
            assert 0 <= row["x0"] < row["x1"] <= 800
            assert 0 <= row["y0"] < row["y1"] <= 600
            if row["visible_area"]:
                assert row["visible_x0"] >= np.floor(row["x0"])
                assert row["visible_y0"] >= np.floor(row["y0"])
                assert row["visible_x1"] <= np.ceil(row["x1"])
                assert row["visible_y1"] <= np.ceil(row["y1"])


def test_annotations_are_the_objects_of_the_symbol_table(pages: list[DatasetPage]) -> None:
    for page in pages:
        rows = {row["number"]: row for row in page.symbols.to_pylist()}
        firsts = sorted({row["object"] for row in rows.values()} - {0})
        assert [one.number for one in page.objects] == firsts
        assert page.row["objects"] == len(firsts)
        for one in page.objects:
            row = rows[one.number]
            assert one.name == row["class"]
            assert one.position == row["staff_position"]
            assert one.onset == row["onset"]
            assert np.allclose(one.box, [row["x0"], row["y0"], row["x1"], row["y1"]], atol=1e-3)


def test_relations_lead_to_symbols_of_the_page(pages: list[DatasetPage]) -> None:
    linked = 0
    for page in pages:
        rows = page.symbols.to_pylist()
        for row in rows:
            assert 0 <= row["parent"] <= len(rows)
            assert row["parent"] != row["number"]
            if row["kind"].startswith("notehead"):
                linked += 1
                assert rows[row["parent"] - 1]["kind"] == "stem"
                assert row["step"]
                assert row["onset"] is not None
                assert row["staff"] == 1
    assert linked > 100


def test_counts_add_up(built: Path, dataset: Dataset, pages: list[DatasetPage]) -> None:
    counts = dataset.info["counts"]
    seen = Counter(one.name for page in pages for one in page.objects)
    assert counts["pages"] == len(pages)
    assert counts["scores"] == len({page.row["score"] for page in pages})
    assert counts["objects"] == seen.total()
    assert counts["symbols"] == sum(page.row["symbols"] for page in pages)
    assert {name: count for name, count in counts["classes"].items() if count} == seen
    assert counts["patches"] == len(list((built / "patches").rglob("*.png")))
    assert counts["skipped"] == {"unreadable": 1}
    with open(built / "classes.csv", newline="") as file:
        listed = list(csv.DictReader(file))
    assert [int(row["id"]) for row in listed] == list(range(1, 119))
    assert {row["name"]: int(row["objects"]) for row in listed} == counts["classes"]


def test_patches_are_cut_from_the_pages_around_the_objects(
    built: Path, dataset: Dataset, pages: list[DatasetPage]
) -> None:
    per_class: Counter[str] = Counter()
    for folder in (built / "patches").iterdir():
        for path in folder.iterdir():
            per_class[folder.name] += 1
            stem, number = path.stem.rsplit("-", 1)
            page = dataset[stem]
            row = page.symbols.to_pylist()[int(number) - 1]
            assert row["class"] == folder.name
            box = Box(row["x0"], row["y0"], row["x1"], row["y1"])
            assert (decode_png(path.read_bytes()) == cut_patch(page.image, box, 20, 30)).all()
    counts = dataset.info["counts"]["classes"]
    assert per_class == {name: min(count, 7) for name, count in counts.items() if count}


def test_patches_are_not_the_first_ones_met(built: Path, pages: list[DatasetPage]) -> None:
    chosen = {path.stem.rsplit("-", 1)[0] for path in (built / "patches/gClef").iterdir()}
    first = [page.name for page in pages for one in page.objects if one.name == "gClef"][:7]
    assert chosen != set(first)


def test_splits_and_tables_name_the_same_pages(built: Path, pages: list[DatasetPage]) -> None:
    for split in ("train", "val", "test"):
        names = (built / f"splits/{split}.txt").read_text().split()
        assert names == [page.name for page in pages if page.split == split]


def test_a_work_is_in_one_split(pages: list[DatasetPage]) -> None:
    pairs = {(page.row["work"], page.split) for page in pages}
    assert len(pairs) == len({work for work, _ in pairs})


def test_scores_stand_beside_with_their_mei(built: Path) -> None:
    for row in pq.ParquetFile(built / "scores.parquet").read().to_pylist():
        source = built / row["file"]
        (entry,) = hash_files(built, [row["file"]])
        assert entry.sha256 == row["sha256"]
        assert source.suffix == ".musicxml"
        assert "<mei" in (built / f"scores/{row['score']}.mei").read_text()
        assert row["notes"] == row["notes_drawn"] == 4 * row["measures"]
        assert row["title"].startswith("Tune ")
        assert row["pages"] > 0


def test_what_was_left_out_is_told(built: Path) -> None:
    (line,) = (built / "skipped.jsonl").read_text().splitlines()
    told = json.loads(line)
    assert (told["score"], told["reason"]) == ("broken.musicxml", "unreadable")
    assert told["detail"].startswith("not well-formed XML, line 1")


def test_the_manifest_lists_every_file(built: Path) -> None:
    assert list(read_manifest(built / MANIFEST)) == list(hash_files(built, list_files(built)))
    assert not list(built.rglob("*.partial"))
    assert not (built / ".build").exists()


def test_nothing_tells_the_place_or_the_time(built: Path) -> None:
    text = (built / "dataset.json").read_text() + (built / "skipped.jsonl").read_text()
    assert str(built.parent) not in text
    assert not {"time", "date", "host", "user"} & set(
        json.loads((built / "dataset.json").read_text())
    )


def drawn(*outlines: Outline) -> Sample:
    """A page of 40 by 30 pixels with these stems on it."""
    marks = (Mark(one.edges, one.to_page, 0, "path", box=one.box) for one in outlines)
    page = Page(1, 40, 30, 8.0, (Element("stem", "n1", -1),), tuple(marks))
    sheet = SheetMaker(40, 30).make_sheet(page, Music("", {}, (), 1, 1))
    origin = Provenance("s", "w", "train", "verovio", "Bravura")
    return make_sample(sheet, page, load_label_set("full"), origin, 0)


def test_boxes_of_symbols_that_reach_beyond_the_page_end_at_its_edge() -> None:
    sample = drawn(Outline(None, box=Box(-4, 20, 9, 44)))
    (annotation,) = read_voc(sample.files[f"xml_annotations/{sample.stem}.xml"])
    assert annotation.box == pytest.approx((0, 20, 9, 30), abs=1e-6)
    (row,) = sample.symbols.to_pylist()
    assert [row[side] for side in ("x0", "y0", "x1", "y1")] == [0, 20, 9, 30]
    assert row["visible_area"] == row["whole_area"] == 90


def test_a_box_is_tight_around_what_is_on_the_page_of_a_slanted_symbol() -> None:
    corners = np.array([(30, 0), (60, 30), (60, 34), (30, 4)], float)  # 10 of 30 columns are on it
    edges = np.hstack([corners, np.roll(corners, -1, axis=0)])
    sample = drawn(Outline(edges))
    (row,) = sample.symbols.to_pylist()
    assert [row[side] for side in ("x0", "y0", "x1", "y1")] == [30, 0, 40, 14]


def test_what_has_no_extent_is_no_symbol() -> None:
    point = np.array([(5, 5, 5, 5), (5, 5, 5, 5)], float)
    sample = drawn(Outline(None, box=Box(3, 7, 5, 7)), Outline(point))
    assert len(sample.symbols) == 0


def test_an_object_that_lies_wholly_under_another_is_none() -> None:
    sample = drawn(Outline(None, box=Box(10, 10, 12, 14)), Outline(None, box=Box(9, 9, 20, 20)))
    below, above = sample.symbols.to_pylist()
    assert (below["object"], below["class"], below["visible_area"]) == (0, "", 0)
    assert (below["whole_area"], above["object"], above["visible_area"]) == (8, 2, 121)
    assert sample.objects.num_rows == sample.page_row["objects"] == 1


def test_of_two_coincident_objects_one_is_seen() -> None:
    box = Box(10, 10, 12, 14)
    sample = drawn(Outline(None, box=box), Outline(None, box=box))
    assert [row["object"] for row in sample.symbols.to_pylist()] == [1, 1]
