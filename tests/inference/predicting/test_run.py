"""Whole runs: what is written, gone on with, refused; pictures, PDFs and datasets together."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from deepscores import open_dataset, predict
from deepscores.dataset.manifest import list_files
from deepscores.dataset.png.codec import decode_values
from deepscores.errors import DatasetError, RecipeError
from deepscores.formats.writing.palette import class_colours
from deepscores.inference.predicting import work
from deepscores.inference.predicting.choice import model_path, split_arguments
from tests.inference.predicting.drawn import PLACES, boxes_at, drawn_page
from tests.inference.predicting.networks import write_classifier, write_detector


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pictures, one of them turned, a PDF of two pages, and a file that is none."""
    folder = tmp_path_factory.mktemp("scans") / "scans"
    folder.mkdir()
    Image.fromarray(drawn_page(24)).save(folder / "fine.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(drawn_page(13)).rotate(90, expand=True).save(folder / "turned.png", exif=exif)
    pages = [Image.fromarray(drawn_page(20)), Image.fromarray(drawn_page(20, places=PLACES[:2]))]
    pages[0].save(folder / "book.pdf", save_all=True, append_images=pages[1:], resolution=250)
    (folder / "broken.jpg").write_bytes(b"no picture")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in list_files(folder)}


def test_boxes_of_a_folder_lie_where_the_squares_are(
    detector: Path, scans: Path, tmp_path: Path
) -> None:
    summary = predict(scans, tmp_path / "out", model=detector)
    assert (summary.task, summary.pages, summary.new_pages) == ("detect", 4, 4)
    assert summary.found == 5 + 5 + 5 + 2
    assert [Path(one.where).name for one in summary.failures] == ["broken.jpg"]
    coco = COCO(tmp_path / "out" / "coco.json")
    results = json.loads((tmp_path / "out" / "detections.json").read_bytes())
    assert [image["page"] for image in coco.imgs.values()] == [
        "book--page-1", "book--page-2", "fine", "turned",
    ]  # fmt: skip
    for number, image in coco.imgs.items():
        with Image.open(tmp_path / "out" / image["file_name"]) as picture:
            assert picture.size == (image["width"], image["height"])
        space = image["staff_space"]
        assert space == pytest.approx(image["width"] / 400 * 16, rel=0.01)
        places = PLACES[:2] if image["page"] == "book--page-2" else PLACES
        mine = [one for one in results if one["image_id"] == number]
        assert {one["file_name"] for one in mine} == {f"{image['page']}.png"}
        found = np.array(sorted(one["bbox"] for one in mine))
        expected = boxes_at(image["width"] / 400 * 16, places)
        assert found[:, :2] == pytest.approx(expected[:, :2], abs=1.6)
        assert found[:, 2:] == pytest.approx(expected[:, 2:] - expected[:, :2], abs=1)
        assert len(coco.getAnnIds(imgIds=number)) == len(mine)


def test_a_datasets_pages_go_by_name_and_place(detector: Path, built: Path, tmp_path: Path) -> None:
    predict(built, tmp_path / "out", model=detector, split="train", threshold=0.1)
    pages = open_dataset(built).split("train")
    table = json.loads((tmp_path / "out" / "coco.json").read_bytes())
    assert [one["page"] for one in table["images"]] == [page.name for page in pages]
    assert [one["id"] for one in table["images"]] == [*range(1, len(pages) + 1)]
    assert {one["staff_space_is"] for one in table["images"]} == {"told"}
    for one in table["images"]:
        assert (tmp_path / "out" / one["file_name"]).resolve().parent == built / "images_png"
    assert not (tmp_path / "out" / "pages").exists()


def test_masks_are_class_ids_in_colours(segmenter: Path, scans: Path, tmp_path: Path) -> None:
    summary = predict([scans / "fine.png"], tmp_path / "out", model=segmenter)
    path = tmp_path / "out" / "masks" / "fine.png"
    mask = decode_values(path.read_bytes())
    assert mask.shape == drawn_page(24).shape
    assert (mask > 0).sum() == summary.found
    assert {0, 2} <= set(np.unique(mask).tolist()) <= {0, 1, 2}
    with Image.open(path) as image:
        assert image.getpalette()[:9] == class_colours(3).ravel().tolist()  # type: ignore[index]
    assert not (tmp_path / "out" / "detections.json").exists()


def test_patches_of_a_dataset_are_classified(built: Path, tmp_path: Path) -> None:
    classes = ("gClef", "noteheadBlack", "stem")
    model = write_classifier(tmp_path / "model.onnx", classes)
    summary = predict(built, tmp_path / "out", model=model, split="all")
    rows = list(csv.DictReader((tmp_path / "out" / "predictions.csv").read_text().splitlines()))
    files = {path.stem: path for path in (built / "patches").glob("*/*.png")}
    assert {row["patch"] for row in rows} == set(files)
    assert len(rows) == summary.found == len(files)
    for row in rows[::25]:
        with Image.open(files[row["patch"]]) as image:
            white = np.asarray(image).mean() / 255
        assert float(row["score"]) == pytest.approx(max(white, (1 - white) / 2), abs=1e-4)
        assert (row["label"] == "gClef") == (white > 1 / 3)
    Image.fromarray(drawn_page()).save(tmp_path / "page.png")
    with pytest.raises(RecipeError, match="only datasets can be classified"):
        predict(tmp_path / "page.png", tmp_path / "other", model=model)


@pytest.mark.parametrize("task", ["detector", "segmenter"])
def test_number_of_threads_changes_no_byte(
    task: str, request: pytest.FixtureRequest, scans: Path, tmp_path: Path
) -> None:
    model = request.getfixturevalue(task)
    predict(scans, tmp_path / "1", model=model)
    predict(scans, tmp_path / "3", model=model, jobs=3)
    one = contents(tmp_path / "1")
    assert {Path(name).parts[0] for name in one} >= {"coco.json", "overlay", "pages"}
    assert one == contents(tmp_path / "3")


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[str]]:
    """Lets a number of pages pass, then interrupts; the names of the pages that were begun."""

    def stop_after(count: int) -> list[str]:
        begun: list[str] = []
        read_page = work.read_page

        def read(page: Any, *rest: Any) -> Any:
            if len(begun) == count:
                raise KeyboardInterrupt
            begun.append(page.name)
            return read_page(page, *rest)

        monkeypatch.setattr(work, "read_page", read)
        return begun

    return stop_after


def test_what_a_stopped_run_wrote_is_kept(
    detector: Path, scans: Path, tmp_path: Path, stopped: Any
) -> None:
    predict(scans, tmp_path / "whole", model=detector)
    begun = stopped(2)
    with pytest.raises(KeyboardInterrupt):
        predict(scans, tmp_path / "out", model=detector)
    assert not (tmp_path / "out" / "detections.json").exists()
    begun.clear()
    summary = predict(scans, tmp_path / "out", model=detector)
    assert (summary.pages, summary.new_pages) == (4, 2)
    assert begun == ["fine", "turned"]
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_only_pages_that_changed_are_predicted_again(detector: Path, tmp_path: Path) -> None:
    folder, out = tmp_path / "scans", tmp_path / "out"
    folder.mkdir()
    for name in ("a", "b", "c"):
        Image.fromarray(drawn_page()).save(folder / f"{name}.png")
    predict(folder, out, model=detector)
    Image.fromarray(drawn_page(places=PLACES[:1])).save(folder / "b.png")
    (folder / "c.png").unlink()
    (out / "overlay" / "a.png").unlink()
    Image.fromarray(drawn_page(places=PLACES[:2])).save(folder / "d.png")
    summary = predict(folder, out, model=detector)
    assert (summary.pages, summary.new_pages, summary.found) == (3, 3, 5 + 1 + 2)
    assert sorted(path.name for path in (out / "overlay").iterdir()) == ["a.png", "b.png", "d.png"]
    assert predict(folder, out, model=detector).new_pages == 0


def test_another_model_or_kind_needs_force(detector: Path, scans: Path, tmp_path: Path) -> None:
    page, out = scans / "fine.png", tmp_path / "out"
    other = write_detector(tmp_path / "other.onnx", classes=2)
    predict(page, out, model=detector)
    for told, options in (
        ("of another model", {"model": other}),
        (r"threshold: 0\.3 there, 0\.4 asked for", {"model": detector, "threshold": 0.4}),
        ("of other inputs", {"model": detector, "inputs": scans}),
    ):
        with pytest.raises(DatasetError, match=told):
            predict(**{"inputs": page, "output": out, **options})  # type: ignore[arg-type]
    assert predict(page, out, model=other, force=True, overlay=False).new_pages == 1
    assert not (out / "overlay").exists()
    with pytest.raises(DatasetError, match="holds no predictions"):
        predict(page, scans, model=detector)


def test_a_page_without_a_staff_fails_and_says_what_to_do(detector: Path, tmp_path: Path) -> None:
    Image.new("L", (300, 400), 255).save(tmp_path / "blank.png")
    summary = predict(tmp_path / "blank.png", tmp_path / "out", model=detector)
    assert summary.pages == 0
    assert [one.why for one in summary.failures] == [
        "no staff is found; give --staff-space if there is one"
    ]
    given = predict(tmp_path / "blank.png", tmp_path / "two", model=detector, staff_space=16)
    assert (given.pages, given.found) == (1, 0)


def test_models_are_named_in_three_ways(detector: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "model.onnx").write_bytes(detector.read_bytes())
    assert model_path(tmp_path / "run") == tmp_path / "run" / "model.onnx"
    assert model_path(detector) == detector
    assert split_arguments([str(tmp_path / "run"), "a.png"], None)[0] == str(tmp_path / "run")
    assert split_arguments(["segment", "a.png"], None) == ("segment", ["a.png"])
    assert split_arguments(["a.png", "b.png"], "segment") == ("segment", ["a.png", "b.png"])
    with pytest.raises(RecipeError, match="neither a model file"):
        model_path(tmp_path / "none")


def test_what_makes_no_sense_is_refused(detector: Path, scans: Path, tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_bytes(b"no model")
    for error, told, options in (
        (RecipeError, "threshold: 2 is not", {"threshold": 2}),
        (RecipeError, "split: 'tset' is none", {"split": "tset"}),
        (RecipeError, "staff-space: 0 px", {"staff_space": 0}),
        (RecipeError, "is a model to detect, not to segment", {"task": "segment"}),
        (DatasetError, "not a model that ONNX Runtime can open", {"model": tmp_path / "text.onnx"}),
    ):
        with pytest.raises(error, match=told):
            predict(scans, tmp_path / "out", **{"model": detector, **options})  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()
