"""A clean dataset gives no finding; each defect planted in one is found by the check it is for."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from deepscores import check
from deepscores.dataset.columns import PAGES, encode_table, table_of_rows
from deepscores.inspection.checking.own_dataset import CHECKS


def test_a_clean_dataset_gives_no_finding(built: Path) -> None:
    report = check(built)
    assert report.findings == ()
    assert report.total == 0
    assert [one.check for one in report.tallies] == list(CHECKS)
    assert all(one.pages == report.pages == report.pages_in_all for one in report.tallies)
    objects = {one.check: one.objects for one in report.tallies}
    assert min(objects["ink"], objects["xml"], objects["patches"], objects["likeness"]) > 0


def first(planted: Any, check: str) -> Any:
    found = planted.found(check)
    assert found, f"{check} found nothing"
    return found[0]


def test_unowned_ink(planted: Any) -> None:
    planted.paint("images_png", lambda image: image.__setitem__((5, 7), 127))
    one = first(planted, "ink")
    assert one == ("ink", planted.stem, "", one.detail)
    assert one.detail == "1 px at least half black and owned by no symbol, first at x 7, y 5"


def test_lighter_ink_needs_no_owner(planted: Any) -> None:
    planted.paint("images_png", lambda image: image.__setitem__((5, 7), 128))
    assert planted.check() == []


def test_owned_paper(planted: Any) -> None:
    head = planted.number_of("noteheadBlack")
    planted.paint("instances_png", lambda map_: map_.__setitem__((5, 7), head))
    assert (first(planted, "paper").object, first(planted, "visible").object) == (str(head),) * 2


def test_light_pixels_of_a_thick_symbol(planted: Any) -> None:
    head = planted.number_of("noteheadBlack")
    y, x = np.argwhere(planted.pixels("instances_png") == head)[0]
    planted.paint("images_png", lambda image: image.__setitem__((y, x), 200))
    assert first(planted, "light").object == str(head)


def test_a_box_without_extent(planted: Any) -> None:
    head = planted.number_of("noteheadBlack")
    planted.set(head, x1=planted.box(head)[0])
    assert first(planted, "extent").object == str(head)


def test_a_box_beyond_the_page(planted: Any) -> None:
    head = planted.number_of("noteheadBlack")
    planted.set(head, x1=900.0)
    assert "on a page of 800 x 600" in first(planted, "outside").detail


@pytest.mark.parametrize("by", [-5, 5])
@pytest.mark.parametrize("side", ["x0", "y0", "x1", "y1"])
def test_a_side_of_a_box_elsewhere(side: str, by: int, planted: Any) -> None:
    head = planted.number_of("noteheadBlack")
    at = planted.box(head)[("x0", "y0", "x1", "y1").index(side)]
    planted.set(head, **{side: at + by})
    assert [one.object for one in planted.found("tight")] == [str(head)]


@pytest.mark.parametrize(("shade", "findings"), [(200, 0), (240, 1), (255, 1)])
def test_what_is_too_light_to_be_labelled_is_within_the_box(
    shade: int, findings: int, planted: Any
) -> None:
    clef = planted.number_of("gClef")
    map_ = planted.pixels("instances_png")
    rows, columns = np.nonzero(map_ == clef)
    lower = rows > rows.min() + 20

    def fade(image: Any, value: int) -> None:
        image[rows[lower], columns[lower]] = value

    planted.paint("images_png", lambda image: fade(image, shade))
    planted.paint("instances_png", lambda image: fade(image, 0))
    planted.set(clef, visible_y1=int(rows.min() + 21))
    found = [one for one in planted.found("tight") if one.object == str(clef)]
    assert len(found) == findings


def test_half_a_pixel_is_no_finding(planted: Any) -> None:
    head = planted.number_of("noteheadBlack")
    planted.set(head, x1=planted.box(head)[2] + 0.5)
    assert planted.found("tight") == []


def test_visible_area_and_box(planted: Any) -> None:
    head, clef = planted.number_of("noteheadBlack"), planted.number_of("gClef")
    planted.set(head, visible_area=3)
    planted.set(clef, visible_x0=1)
    assert {one.object for one in planted.found("visible")} == {str(head), str(clef)}


def test_hidden_symbols(planted: Any) -> None:
    head = planted.number_of("noteheadBlack")
    planted.paint("instances_png", lambda map_: map_.__setitem__(map_ == head, 0))
    assert first(planted, "hidden").object == str(head)


def test_a_symbol_that_lost_its_pixels_is_not_taken_for_covered(planted: Any) -> None:
    head = planted.number_of("noteheadBlack")
    planted.paint("instances_png", lambda map_: map_.__setitem__(map_ == head, 0))
    planted.set(head, object=0)
    assert first(planted, "hidden").object == str(head)


def test_an_unlabelled_symbol_may_lie_under_others(planted: Any) -> None:
    rows = planted.symbols().to_pylist()
    one, other = [row["number"] for row in rows if row["kind"] == "noteheadBlack"][:2]
    planted.paint("instances_png", lambda map_: map_.__setitem__(map_ == other, one))
    planted.set(other, object=0)
    assert planted.found("hidden") == []


def test_a_symbol_is_seen_by_another_of_its_object(planted: Any) -> None:
    rows = planted.symbols().to_pylist()
    one, other = [row["number"] for row in rows if row["kind"] == "noteheadBlack"][:2]
    planted.paint("instances_png", lambda map_: map_.__setitem__(map_ == other, one))
    planted.set(other, object=one)
    assert planted.found("hidden") == []


def test_more_pixels_than_the_whole_symbol_has(planted: Any) -> None:
    head = planted.number_of("noteheadBlack")
    planted.set(head, whole_area=1)
    assert first(planted, "areas").object == str(head)


def test_duplicates(planted: Any) -> None:
    table_ = planted.symbols().to_pylist()
    one, other = [row["number"] for row in table_ if row["kind"] == "noteheadBlack"][:2]
    x0, y0, x1, y1 = planted.box(one)
    planted.set(other, x0=x0, y0=y0, x1=x1, y1=y1)
    found = first(planted, "duplicates")
    assert found.object == str(one)
    assert found.detail.startswith(f"noteheadBlack again as {other}, overlap 1.000")


def test_gaps_in_numbers(planted: Any) -> None:
    last = len(planted.symbols())
    planted.set(last, number=last + 1)
    assert first(planted, "numbers").object == str(last + 1)


def test_class_ids_beyond_the_list(planted: Any) -> None:
    head = planted.number_of("noteheadBlack")
    planted.set(head, class_id=119)
    assert first(planted, "classes").detail == "class id 119: the list ends at 118"


def test_class_names_of_another_id(planted: Any) -> None:
    head = planted.number_of("noteheadBlack")
    planted.set(head, **{"class": "gClef"})
    assert "not 'gClef'" in first(planted, "classes").detail
    assert first(planted, "xml").object == str(head)


def test_objects_that_are_not_there(planted: Any) -> None:
    planted.set(planted.number_of("noteheadBlack"), object=30_000)
    assert first(planted, "classes").detail == "object 30000, no such symbol"


def test_the_class_map(planted: Any) -> None:
    head = planted.number_of("noteheadBlack")
    y, x = np.argwhere(planted.pixels("instances_png") == head)[0]
    planted.paint("pix_annotations_png", lambda mask: mask.__setitem__((y, x), 1))
    assert first(planted, "mask").object == str(head)
    planted.paint("pix_annotations_png", lambda mask: mask.__setitem__((0, 0), 1))
    assert first(planted, "mask").detail == "1 px with a class that no symbol owns"


def test_annotations_that_differ(planted: Any) -> None:
    path = planted.path("xml_annotations", ".xml")
    text = path.read_text()
    start = text.index("    <object>")
    end = text.index("</object>") + len("</object>\n")
    path.write_text(text[:start] + text[end:])
    assert first(planted, "xml").detail.endswith("in the table, not in the XML")
    path.write_text(text.replace("<xmin>0.1", "<xmin>0.2", 1))
    assert "px apart" in first(planted, "xml").detail


def test_patches(planted: Any) -> None:
    path = min((planted.folder / "patches/noteheadBlack").iterdir())
    planted.stem = path.stem.rpartition("-")[0]
    path.write_bytes(max((planted.folder / "patches/gClef").iterdir()).read_bytes())
    assert "px are not those of the page" in first(planted, "patches").detail
    other = planted.folder / "patches/gClef" / path.name
    path.rename(other)
    assert "patch in gClef, the object is noteheadBlack" in first(planted, "patches").detail
    assert {one.where for one in planted.found("counts")} >= {
        "patches/gClef", "patches/noteheadBlack"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "parent", "detail"),
    [
        ("stem", "gClef", "stem: parent {} is gClef"),
        ("noteheadBlack", "noteheadBlack", "noteheadBlack: its own parent"),
    ],
)
def test_parents_that_make_no_sense(kind: str, parent: str, detail: str, planted: Any) -> None:
    number = planted.number_of(parent)
    planted.set(planted.number_of(kind), parent=number)
    assert first(planted, "relations").detail == detail.format(number)


def test_parents_and_groups_that_are_not_there(planted: Any) -> None:
    stem = planted.number_of("stem")
    planted.set(stem, parent=30_000, group=-1)
    assert [one.detail for one in planted.found("relations")] == [
        "stem: parent 30000, no such symbol", "stem: group -1, no such symbol"
    ]  # fmt: skip


def rewrite_pages(planted: Any, **values: Any) -> None:
    """Change the first page's row."""
    path = planted.folder / "pages.parquet"
    rows = pq.ParquetFile(path).read().to_pylist()
    for row in rows:
        if row["page"] == planted.stem:
            row.update(values)
    path.write_bytes(encode_table(table_of_rows(PAGES, rows)))


def test_counts_of_a_page(planted: Any) -> None:
    rewrite_pages(planted, ink=1)
    assert first(planted, "page-row").detail.endswith(", 1 in pages.parquet")


def test_counts_of_the_whole(planted: Any) -> None:
    planted.set_json(counts={"pages": 1, "symbols": 2, "objects": 3, "patches": 4})
    details = [one.detail for one in planted.found("counts")]
    told = {detail.partition(",")[0] for detail in details}
    assert told >= {"pages is 1", "symbols is 2", "objects is 3", "patches is 4"}


def test_works_in_two_splits(planted: Any) -> None:
    rows = pq.ParquetFile(planted.folder / "pages.parquet").read().to_pylist()
    split = next(row["split"] for row in rows if row["page"] == planted.stem)
    rewrite_pages(planted, split="val" if split != "val" else "test")
    details = [one.detail for one in planted.found("splits")]
    assert details[0].startswith("work ")
    assert any(f"but in {split}.txt" in detail for detail in details)


def test_split_lists_that_miss_or_repeat_pages(planted: Any) -> None:
    for split in ("train", "val", "test"):
        path = planted.folder / f"splits/{split}.txt"
        path.write_text("\n".join([*path.read_text().splitlines()[1:], "nobody"]) + "\n")
    details = [one.detail for one in planted.found("splits")]
    assert any(detail.endswith("but in no list") for detail in details)
    assert "'nobody' is not a page" in details


def test_files_missing_and_too_many(planted: Any) -> None:
    planted.path("xml_annotations", ".xml").unlink()
    shutil.copy(planted.path("images_png"), planted.folder / "images_png/extra.png")
    found = {one.where: one.detail for one in planted.found("files")}
    assert found[f"xml_annotations/{planted.stem}.xml"] == "missing"
    assert found["images_png/extra.png"] == "belongs to no page in pages.parquet"


def test_files_that_cannot_be_read(planted: Any) -> None:
    path = planted.path("instances_png")
    path.write_bytes(path.read_bytes()[:40])
    one = first(planted, "files")
    assert one.where == planted.stem
    assert one.detail.startswith(f"instances_png/{planted.stem}.png: not a readable PNG")


def test_maps_of_another_size(planted: Any) -> None:
    shutil.copy(min((planted.folder / "patches").glob("*/*.png")), planted.path("instances_png"))
    assert first(planted, "files").detail.endswith("20 x 30 px, the image is 800 x 600 px")


def test_a_symbol_table_cut_short(planted: Any) -> None:
    planted.part.write_bytes(planted.part.read_bytes()[:-200])
    assert "symbols/part-00000.parquet: not a readable table" in first(planted, "files").detail


def test_class_lists_that_differ(planted: Any) -> None:
    path = planted.folder / "classes.csv"
    path.write_text(path.read_text().replace("\n2,", "\n200,", 1))
    planted.folder.joinpath("label_set.json").write_text("{}")
    assert {one.where for one in planted.found("counts")} == {"label_set.json", "classes.csv"}


def test_pages_no_one_can_read(planted: Any) -> None:
    for number, kind in enumerate(planted.symbols()["kind"].to_pylist(), start=1):
        if kind.startswith("notehead"):
            planted.set(number, kind="restQuarter")
    assert first(planted, "readable").detail.startswith("rests only: ")
