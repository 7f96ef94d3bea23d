"""Folders of masks against a dataset: figures, tables, and what is refused."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deepscores.dataset.labelled import label_page
from deepscores.dataset.reader import open_dataset
from deepscores.errors import DatasetError
from deepscores.evaluation.segmentation import evaluate as segmentation
from deepscores.evaluation.segmentation.evaluate import evaluate_segmentation
from deepscores.page.labels.label_sets import load_label_set
from deepscores.runs.executors.local.pool import Local
from tests.evaluation.asking import ask, fullest_split, records, values


@pytest.fixture
def masks(built: Path, tmp_path: Path) -> Path:
    """The truth of the fullest split as predictions."""
    folder = tmp_path / "predicted" / "masks"
    folder.mkdir(parents=True)
    for page in open_dataset(built).split(fullest_split(built)):
        shutil.copy(built / "pix_annotations_png" / f"{page.name}.png", folder)
    return folder


def change(folder: Path, how: Callable[[Any], Any]) -> None:
    """Change every mask of *folder*."""
    for path in folder.glob("*.png"):
        with Image.open(path) as image:
            pixels = np.asarray(image)
        Image.fromarray(how(pixels)).save(path)


def test_the_truth_scores_exactly_1(built: Path, masks: Path) -> None:
    found = evaluate_segmentation(ask(built, masks.parent))
    assert set(values(found).values()) == {1.0}
    assert {(one.low, one.high) for one in found.measures.values()} == {(1.0, 1.0)}
    assert {row["IoU"] for row in records(found, "classes")} == {1.0}
    assert {row["wrong pixels"] for row in records(found, "pages")} == {0}
    assert found.confusion is not None
    off = found.confusion.counts.copy()
    np.fill_diagonal(off, 0)
    assert not off.any()


def test_the_folder_itself_may_hold_the_masks(built: Path, masks: Path) -> None:
    assert values(evaluate_segmentation(ask(built, masks)))["mIoU"] == 1.0


def test_classes_that_change_places_are_told(built: Path, masks: Path) -> None:
    """Every sharp of a key is called a black notehead: neither figure is chance."""
    ids = {one.name: one.id for one in open_dataset(built).labels.classes}
    head, sharp = ids["noteheadBlack"], ids["keySharp"]
    change(masks, lambda one: np.where(one == sharp, head, one).astype(np.uint8))
    found = evaluate_segmentation(ask(built, masks))
    rows = {row["class"]: row for row in records(found, "classes")}
    heads, sharps = (rows[name]["pixels"] for name in ("noteheadBlack", "keySharp"))
    assert rows["keySharp"]["IoU"] == rows["keySharp"]["recall"] == 0
    assert rows["keySharp"]["most taken for"] == "noteheadBlack (100.0%)"
    assert rows["noteheadBlack"]["IoU"] == pytest.approx(heads / (heads + sharps), abs=1e-6)
    assert rows["noteheadBlack"]["recall"] == 1
    assert rows["gClef"]["IoU"] == 1
    assert found.confusion is not None
    names = found.confusion.names
    place = names.index("keySharp"), names.index("noteheadBlack")
    assert found.confusion.counts[place] == sharps
    accuracy = values(found)["accuracy of labelled pixels"]
    every = sum(row["pixels"] for row in rows.values())
    assert accuracy == pytest.approx(1 - sharps / every)
    assert sum(row["wrong pixels"] for row in records(found, "pages")) == sharps


def test_figures_equal_those_of_whole_arrays(
    built: Path, masks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segmentation, "COMMON_PIXELS", 10_000)
    rng = np.random.default_rng(0)
    change(masks, lambda one: np.where(rng.random(one.shape) < 0.2, np.roll(one, 1, 0), one))
    request = ask(built, masks)
    found = evaluate_segmentation(request)
    truth = np.concatenate([page.mask.ravel() for page in request.pages])
    said = np.concatenate(
        [np.asarray(Image.open(masks / f"{page.name}.png")).ravel() for page in request.pages]
    )
    ious, pixels = {}, {}
    there = {int(one) for one in np.unique(np.concatenate([truth, said]))}
    for one in sorted(there - {0}):
        name = request.names[one]
        pixels[name] = int((truth == one).sum())
        union = int(((truth == one) | (said == one)).sum())
        ious[name] = int(((truth == one) & (said == one)).sum()) / union if union else np.nan
    common = [name for name in ious if pixels[name] >= 10_000]
    some = [name for name in ious if pixels[name]]
    assert 0 < len(common) < len(some)
    told = values(found)
    assert told["mIoU"] == pytest.approx(np.mean([ious[name] for name in common]))
    assert told["mIoU, all classes"] == pytest.approx(np.mean([ious[name] for name in some]))
    weights = [pixels[name] for name in some]
    weighted = np.average([ious[name] for name in some], weights=weights)
    assert told["frequency-weighted IoU"] == pytest.approx(weighted)
    assert told["pixel accuracy"] == pytest.approx((truth == said).mean())
    assert found.counts["classes in macro"] == len(common)
    excluded = {row["class"]: row["pixels"] for row in records(found, "excluded")}
    assert excluded == {
        name: pixels.get(name, 0) for name in request.names.values() if pixels.get(name, 0) < 10_000
    }
    for row in records(found, "classes"):
        assert row["IoU"] == pytest.approx(ious[row["class"]], abs=1e-6)
        assert row["in macro"] == (row["class"] in common)
    one = found.measures["mIoU"]
    assert one.low is not None
    assert one.high is not None
    assert one.value is not None
    assert one.low <= one.value <= one.high


def test_fonts_are_told_apart(built: Path, masks: Path) -> None:
    request = ask(built, masks)
    for page in request.pages:
        if page.row["font"] == "Leland":
            Image.fromarray(0 * page.mask).save(masks / f"{page.name}.png")
    rows = {row["name"]: row for row in records(evaluate_segmentation(request), "groups")}
    assert rows["Bravura"]["mIoU"] == 1
    assert rows["Leland"]["mIoU"] == 0
    assert rows["Leland"]["pages"] + rows["Bravura"]["pages"] == len(request.pages)


def test_a_missing_page_is_named_and_counts_as_empty(built: Path, masks: Path) -> None:
    request = ask(built, masks)
    page = request.pages[0]
    (masks / f"{page.name}.png").unlink()
    found = evaluate_segmentation(request)
    assert found.counts["pages missing"] == 1
    assert page.name in found.warnings[0]
    labelled = int((page.mask > 0).sum())
    assert records(found, "pages")[0]["wrong pixels"] == labelled
    every = found.counts["labelled pixels"]
    assert values(found)["accuracy of labelled pixels"] == pytest.approx(1 - labelled / every)


def test_predictions_of_other_pages_are_refused(built: Path, masks: Path) -> None:
    for path in masks.glob("*.png"):
        path.rename(path.with_stem(f"other-{path.stem}"))
    with pytest.raises(DatasetError, match="no PNG for"):
        evaluate_segmentation(ask(built, masks))


def damage(path: Path, how: str) -> None:
    with Image.open(path) as image:
        pixels = np.asarray(image)
    match how:
        case "short":
            path.write_bytes(path.read_bytes()[:200])
        case "size":
            Image.fromarray(pixels[:-1]).save(path)
        case "id":
            Image.fromarray(np.where(pixels, 200, 0).astype(np.uint8)).save(path)
        case "bits":
            Image.fromarray(pixels > 0).save(path)
        case "colours":
            Image.fromarray(np.stack([pixels] * 3, axis=2)).save(path)
        case "text":
            path.write_text("no picture")


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("short", "not a readable PNG"), ("size", "its page is 800 x 600 px"),
        ("id", "a pixel of value 200; class ids are 0 to 118"), ("bits", "grey of 1 bits"),
        ("colours", "class ids are 0 to 118"), ("text", "not a readable PNG"),
    ],
)  # fmt: skip
def test_a_mask_that_is_none_is_named(built: Path, masks: Path, how: str, words: str) -> None:
    path = min(masks.glob("*.png"))
    damage(path, how)
    with pytest.raises(DatasetError, match=words) as caught:
        evaluate_segmentation(ask(built, masks))
    assert str(path) in str(caught.value)


def test_palettes_and_16_bits_are_class_ids_too(built: Path, masks: Path) -> None:
    paths = sorted(masks.glob("*.png"))
    with Image.open(paths[0]) as image:
        pixels = np.asarray(image)
    coloured = Image.fromarray(pixels, "L").convert("P")
    coloured.putdata(pixels.ravel().tolist())
    coloured.save(paths[0])
    with Image.open(paths[1]) as image:
        Image.fromarray(np.asarray(image).astype(np.uint16)).save(paths[1])
    assert values(evaluate_segmentation(ask(built, masks)))["pixel accuracy"] == 1


def test_only_what_is_asked_for_counts(built: Path, masks: Path) -> None:
    labels = open_dataset(built).labels
    wanted = tuple(one for one in labels.classes if one.name in ("gClef", "keySharp"))
    sharp = next(one.id for one in wanted if one.name == "keySharp")
    change(masks, lambda one: np.where((one > 0) & (one != sharp), 5, one).astype(np.uint8))
    found = evaluate_segmentation(ask(built, masks, classes=wanted))
    assert {row["class"] for row in records(found, "classes")} == {"gClef", "keySharp"}
    rows = {row["class"]: row for row in records(found, "classes")}
    assert rows["keySharp"]["IoU"] == 1
    assert rows["gClef"]["recall"] == 1
    assert rows["gClef"]["precision"] < 0.7  # all else is called so


def test_another_label_set_is_compared_by_its_own_ids(built: Path, tmp_path: Path) -> None:
    labels = load_label_set("full")
    request = ask(built, tmp_path, labels=labels, classes=labels.classes)
    for page in request.pages:
        Image.fromarray(label_page(page, labels).class_map).save(tmp_path / f"{page.name}.png")
    found = evaluate_segmentation(request)
    assert found.label_set == "full"
    assert set(values(found).values()) == {1.0}
    assert found.counts["classes with a pixel"] > 4


def test_workers_find_the_same(built: Path, masks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segmentation, "_PAGES_PER_TASK", 2)
    change(masks, lambda one: np.roll(one, 1, axis=1))
    one, two = (
        evaluate_segmentation(ask(built, masks, executor=Local(jobs))).as_table() for jobs in (1, 2)
    )
    assert one == two
    assert one["measures"]["mIoU within 1 px"]["value"] == 1
    assert one["measures"]["mIoU"]["value"] < 0.9


def test_no_interval_without_resamples(built: Path, masks: Path) -> None:
    found = evaluate_segmentation(ask(built, masks, resamples=0))
    assert {(one.low, one.high) for one in found.measures.values()} == {(None, None)}
