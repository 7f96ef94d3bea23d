"""Imports as a whole: what is no dataset, what was begun, splits, workers."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deepscores import import_dataset, open_dataset, report
from deepscores.building.importing import run
from deepscores.dataset.manifest import list_files
from deepscores.errors import DatasetError, RecipeError
from tests.building.importing.samples import SAMPLES, edit_json


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return SAMPLES["coco"](tmp_path / "source")


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in list_files(folder, exclude=())}


NOTHING: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no such path": (lambda _: None, "no such file or folder"),
    "empty folder": (lambda folder: folder.mkdir(), "no dataset of a known format"),
    "other JSON": (
        lambda folder: [folder.mkdir(), (folder / "a.json").write_text("{}")],
        "neither COCO nor DeepScoresV2",
    ),
    "damaged JSON": (
        lambda folder: [folder.mkdir(), (folder / "a.json").write_text('{"images": ')],
        "not readable JSON",
    ),
    "two layouts": (
        lambda folder: [SAMPLES["yolo"](folder), SAMPLES["coco"](folder)],
        r"holds COCO JSON and YOLO \(labels/\); name one with --from: coco, yolo",
    ),
    "a dataset of ours": (
        lambda folder: [folder.mkdir(), (folder / "dataset.json").write_text("{}")],
        "is a deepscores dataset already",
    ),
    "no picture at all": (
        lambda folder: shutil.rmtree(SAMPLES["coco"](folder) / "train2017"),
        "source: no page could be imported, the first, one: its picture is not there",
    ),
    "no image listed": (
        lambda folder: edit_json(
            SAMPLES["coco"](folder) / "annotations/instances_train2017.json",
            lambda table: table.update(images=[], annotations=[]),
        ),
        "has no page",
    ),
    "no class listed": (
        lambda folder: edit_json(
            SAMPLES["coco"](folder) / "annotations/instances_train2017.json",
            lambda table: table.update(categories=[]),
        ),
        "has no class",
    ),
}


@pytest.mark.parametrize("case", NOTHING)
def test_what_is_no_dataset_is_one_clear_line_and_leaves_nothing(case: str, tmp_path: Path) -> None:
    make, message = NOTHING[case]
    make(tmp_path / "source")
    with pytest.raises(DatasetError, match=message) as raised:
        import_dataset(tmp_path / "source", tmp_path / "ours")
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "ours").exists()


def test_of_two_layouts_one_can_be_named(tmp_path: Path) -> None:
    SAMPLES["yolo"](tmp_path / "source")
    SAMPLES["coco"](tmp_path / "source")
    assert import_dataset(tmp_path / "source", tmp_path / "ours", layout="yolo").layout == "yolo"
    with pytest.raises(DatasetError, match="holds no notation graphs"):
        import_dataset(tmp_path / "source", tmp_path / "two", layout="mung")
    with pytest.raises(RecipeError, match="unknown format 'voc2'; there are coco"):
        import_dataset(tmp_path / "source", tmp_path / "two", layout="voc2")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"annotation_set": "muscima++"}, "COCO JSON has none"),
        ({"fonts": "Bravura"}, "no option 'fonts' of an import"),
        ({"patches": "0x3"}, "patches"),
    ],
)
def test_options_that_make_no_sense(
    options: dict[str, Any], message: str, source: Path, tmp_path: Path
) -> None:
    with pytest.raises(RecipeError, match=message):
        import_dataset(source, tmp_path / "ours", **options)
    with pytest.raises(RecipeError, match=r"has no 'x'; it has deepscores, muscima\+\+"):
        import_dataset(
            SAMPLES["deepscores-v2"](tmp_path / "v2"), tmp_path / "o", annotation_set="x"
        )


def test_nothing_is_written_into_the_source(source: Path) -> None:
    with pytest.raises(DatasetError, match="lies in the dataset to import"):
        import_dataset(source, source / "ours")


def test_a_folder_with_something_else_stays_as_it_is(source: Path, tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours/letter.txt").write_text("dear")
    with pytest.raises(DatasetError, match="is not empty and holds no dataset"):
        import_dataset(source, tmp_path / "ours")


def test_another_import_is_replaced_with_force_alone(source: Path, tmp_path: Path) -> None:
    import_dataset(source, tmp_path / "ours")
    with pytest.raises(DatasetError, match="another recipe"):
        import_dataset(SAMPLES["mung"](tmp_path / "mung"), tmp_path / "ours")
    import_dataset(tmp_path / "mung", tmp_path / "ours", force=True)
    assert open_dataset(tmp_path / "ours").info["imported"]["layout"] == "mung"


def test_the_same_bytes_from_one_worker_and_from_two(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_dataset(source, tmp_path / "one")
    import_dataset(source, tmp_path / "two", jobs=2, executor="local")
    monkeypatch.setattr(run, "PAGES", 1)
    import_dataset(source, tmp_path / "three")
    bytes_of_one, bytes_of_two = bytes_of(tmp_path / "one"), bytes_of(tmp_path / "two")
    assert bytes_of_one == bytes_of_two
    bytes_of_three = bytes_of(tmp_path / "three")  # but for the row groups of the table
    same_names = {name for name in bytes_of_one if bytes_of_one[name] == bytes_of_three[name]}
    assert bytes_of_one.keys() - same_names == {"symbols/part-00000.parquet", "manifest.tsv"}


def test_an_import_that_was_stopped_goes_on(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "PAGES", 1)
    import_dataset(source, tmp_path / "undisturbed")
    written = []
    write = run.write_chunk

    def stop_at_the_second(task: run.ImportTask) -> run.ImportRecord:
        if task.index == 1 and len(written) == 1:
            written.append(-1)
            raise KeyboardInterrupt
        written.append(task.index)
        return write(task)

    monkeypatch.setattr(run, "write_chunk", stop_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        import_dataset(source, tmp_path / "ours")
    with pytest.raises(DatasetError, match="not finished"):
        open_dataset(tmp_path / "ours")
    import_dataset(source, tmp_path / "ours")
    assert written == [0, -1, 1]
    assert bytes_of(tmp_path / "ours") == bytes_of(tmp_path / "undisturbed")
    assert import_dataset(source, tmp_path / "ours").already_there


def test_splits_that_are_not_told_follow_from_works(tmp_path: Path) -> None:
    source = SAMPLES["deepscores-v1"](tmp_path / "source")
    names = ("lg-1-aug-beethoven--page-1", "lg-1-aug-gonville--page-2")
    for folder, suffix in (
        ("images_png", ".png"), ("xml_annotations", ".xml"), ("pix_annotations_png", ".png"),
    ):  # fmt: skip
        for stem, name in zip(("one", "two"), names, strict=True):
            (source / folder / f"{stem}{suffix}").rename(source / folder / f"{name}{suffix}")
    import_dataset(source, tmp_path / "ours")
    rows = [page.row for page in open_dataset(tmp_path / "ours")]
    assert [row["page"] for row in rows] == list(names)
    assert {(row["score"], row["work"]) for row in rows} == {("lg-1", "lg-1")}
    assert [(row["font"], row["number"]) for row in rows] == [("beethoven", 1), ("gonville", 2)]
    assert len({row["split"] for row in rows}) == 1
    (source / "splits").mkdir()
    (source / "splits/train.txt").write_text(f"{names[0]}\n")
    (source / "splits/test.txt").write_text(f"{names[1]}\n")
    summary = import_dataset(source, tmp_path / "told")
    assert summary.pages == {"train": 1, "val": 0, "test": 1}
    imported = open_dataset(tmp_path / "told").info["imported"]
    assert imported["scores_in_several_splits"] == ["lg-1"]


def test_a_report_of_what_was_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deepscores.building.importing.pages.estimate_staff_space", lambda _: None)
    import_dataset(SAMPLES["deepscores-v1"](tmp_path / "source"), tmp_path / "ours")
    written = report(
        tmp_path / "ours", tmp_path / "report", audited=2, against=[tmp_path / "source"]
    )
    text = written.page.read_text()
    assert "head" in text
    assert "deepscores-v1-imported" in text


def test_dataset_json_tells_what_was_done(source: Path, tmp_path: Path) -> None:
    import_dataset(source, tmp_path / "ours")
    info = json.loads((tmp_path / "ours/dataset.json").read_text())
    imported = info["imported"]
    assert imported["masks"] == "the segmentations; of objects without, the box's dark pixels"
    assert imported["changed"] == {"staff_space_estimated": 2}
    assert (imported["splits_told"], imported["splits_by_hash"]) == (2, 0)
    assert str(tmp_path) not in json.dumps(info)
