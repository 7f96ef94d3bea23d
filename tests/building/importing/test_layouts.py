"""Every layout becomes a dataset of ours that all commands take."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepscores import check, export, import_dataset, open_dataset, statistics, verify
from deepscores.dataset.labelled import label_page
from deepscores.formats.registry import FORMATS
from deepscores.page.labels.label_sets import parse_label_set_table
from tests.building.importing.samples import HALF_HIDDEN, PAGES, SAMPLES, SIZE, mask, picture

LISTING = ("deepscores-v1", "deepscores-v2", "coco", "yolo")  # tell of classes without an object


@pytest.fixture(scope="module", params=SAMPLES)
def imported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample of each layout, and beside it what was imported."""
    folder = tmp_path_factory.mktemp("imported")
    source = SAMPLES[request.param](folder / "source")
    import_dataset(source, folder / "dataset", patches="20x30")
    (folder / "kind").write_text(request.param)
    return folder / "dataset"


def kind_of(imported: Path) -> str:
    return (imported.parent / "kind").read_text()


def info_of(folder: Path) -> dict[str, Any]:
    info: dict[str, Any] = json.loads((folder / "dataset.json").read_text())
    return info


def test_every_layout_has_a_sample() -> None:
    assert {sample.partition(",")[0] for sample in SAMPLES} == {
        name for name, row in FORMATS.items() if row.reader
    }


def test_pages_and_objects_are_those_of_the_source(imported: Path) -> None:
    dataset = open_dataset(imported)
    assert [page.name for page in dataset] == list(PAGES)
    for page in dataset:
        assert (page.row["width"], page.row["height"]) == SIZE
        symbols = [(symbol.name, *symbol.box) for symbol in page.objects]
        expected = [(name, *box) for name, box in PAGES[page.name]]
        assert [row[0] for row in symbols] == [row[0] for row in expected]
        boxes, expected_boxes = (
            np.array([row[1:] for row in rows]) for rows in (symbols, expected)
        )
        assert boxes == pytest.approx(expected_boxes, abs=1e-4)


def test_pictures_are_grey_and_the_sources(imported: Path) -> None:
    for page in open_dataset(imported):
        off = np.abs(page.image.astype(int) - picture(page.name))
        lossy = kind_of(imported) in ("coco", "voc")  # JPEG
        assert off.max() <= (100 if lossy else 0)


def test_classes_have_the_sources_order_and_ids_without_gaps(imported: Path) -> None:
    labels = open_dataset(imported).labels
    assert [label_class.id for label_class in labels.classes] == list(
        range(1, len(labels.classes) + 1)
    )
    lists = kind_of(imported).partition(",")[0] in LISTING
    assert [label_class.name for label_class in labels.classes] == [
        "head",
        "stem",
        *(["clef"] if lists else []),
    ]
    classes = info_of(imported)["imported"]["classes"]
    assert [row["source_name"] for row in classes] == [label.name for label in labels.classes]
    with open(imported / "classes.csv", newline="") as file:
        assert [row["objects"] for row in csv.DictReader(file)][:2] == ["2", "1"]
    assert (
        parse_label_set_table(json.loads((imported / "label_set.json").read_text()), "") == labels
    )


def test_an_id_0_is_shifted_and_kept(tmp_path: Path) -> None:
    import_dataset(SAMPLES["deepscores-v1, ids from 0"](tmp_path / "v1"), tmp_path / "ours")
    classes = info_of(tmp_path / "ours")["imported"]["classes"]
    assert [(row["id"], row["source_ids"]) for row in classes] == [
        (1, ["0"]),
        (2, ["1"]),
        (3, ["2"]),
    ]


def test_the_smaller_object_owns_what_both_have(imported: Path) -> None:
    page = open_dataset(imported)["one"]
    head, stem = (mask(box) for _, box in PAGES["one"])
    owners = page.instances
    assert (owners[stem] == 2).all()
    assert (owners[head & ~stem] == 1).all()
    assert {(x, y) for y, x in np.argwhere(head & stem).tolist()} == set(HALF_HIDDEN)
    assert (owners > 0).sum() == (head | stem).sum()


def test_whole_masks_are_kept_where_the_source_has_them(imported: Path) -> None:
    page = open_dataset(imported)["one"]
    has = kind_of(imported).startswith(("coco", "mung", "yolo, polygons"))
    assert ("whole_mask" in page.symbols.column_names) == has
    if has:
        head, stem = (mask(box) for _, box in PAGES["one"])
        assert (page.whole_mask(1) == head).all()
        assert (page.whole_mask(2) == stem).all()


def test_check_finds_nothing(imported: Path) -> None:
    report = check(imported)
    assert report.findings == ()
    checks = {tally.check for tally in report.tallies}
    assert {"tight", "visible", "mask", "xml", "patches", "splits"} <= checks
    assert not {"ink", "light", "areas"} & checks  # promises of our own pictures


def test_files_are_those_of_the_manifest(imported: Path) -> None:
    verdict = verify(imported, rerender=1)
    assert (verdict.problems, verdict.pages_remade) == ((), 0)


def test_statistics_count_it(imported: Path) -> None:
    counts = statistics(imported)
    assert (counts.pages, counts.objects) == (2, 3)
    assert {count.name: count.objects for count in counts.classes if count.objects} == {
        "head": 2,
        "stem": 1,
    }


def test_it_can_be_exported_again(imported: Path, tmp_path: Path) -> None:
    summary = export(imported, tmp_path / "coco", to="coco")
    assert (sum(summary.pages.values()), summary.objects) == (2, 3)
    import_dataset(tmp_path / "coco", tmp_path / "again")
    again = open_dataset(tmp_path / "again")
    for page in open_dataset(imported):
        original, again_page = label_page(page), label_page(again[page.name])
        assert (original.object_map == again_page.object_map).all()


def test_the_staff_space_is_that_of_the_lines(imported: Path) -> None:
    assert {page.row["staff_space"] for page in open_dataset(imported)} == {10.0}


def test_facts_of_v2_are_kept(tmp_path: Path) -> None:
    import_dataset(SAMPLES["deepscores-v2"](tmp_path / "v2"), tmp_path / "ours")
    row = open_dataset(tmp_path / "ours")["one"].symbols.to_pylist()[0]
    assert (row["onset"], row["duration"], row["staff_position"]) == (12.5, 8.0, 3)
    assert row["oriented"] == [32, 50, 32, 40, 20, 40, 20, 50]


def test_another_annotation_set_of_v2(tmp_path: Path) -> None:
    source = SAMPLES["deepscores-v2"](tmp_path / "v2")
    summary = import_dataset(source, tmp_path / "ours", annotation_set="muscima++")
    assert (summary.objects, summary.classes) == (2, 1)
    assert summary.left_out == {"unknown class": 1}


def test_oriented_boxes_of_yolo_are_kept(tmp_path: Path) -> None:
    import_dataset(SAMPLES["yolo, oriented"](tmp_path / "yolo"), tmp_path / "ours")
    row = open_dataset(tmp_path / "ours")["one"].symbols.to_pylist()[0]
    assert row["oriented"] == pytest.approx([32, 40, 32, 50, 20, 50, 20, 40], abs=1e-4)


def test_splits_are_the_sources(tmp_path: Path) -> None:
    summary = import_dataset(SAMPLES["voc"](tmp_path / "voc"), tmp_path / "ours")
    assert summary.pages == {"train": 1, "val": 0, "test": 1}
    summary = import_dataset(SAMPLES["coco"](tmp_path / "coco"), tmp_path / "two")
    assert summary.pages == {"train": 2, "val": 0, "test": 0}


def test_links_of_a_graph_become_relations(tmp_path: Path) -> None:
    source = SAMPLES["mung"](tmp_path / "mung")
    path = source / "annotations/one.xml"
    path.write_text(path.read_text().replace(">head<", ">noteheadFull<"))
    import_dataset(source, tmp_path / "ours")
    page = open_dataset(tmp_path / "ours")["one"]
    assert page.symbols["parent"].to_pylist() == [2, 0]
    assert check(tmp_path / "ours").findings == ()
