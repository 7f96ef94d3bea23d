"""The whole evaluation of a file of detections against a built dataset."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepscores import evaluate
from deepscores.dataset.reader import open_dataset
from deepscores.errors import DatasetError, RecipeError
from deepscores.evaluation.detection.evaluate import evaluate_detection
from deepscores.evaluation.detection.reading import read_detections
from deepscores.evaluation.request import Request
from deepscores.evaluation.results import Evaluation
from deepscores.evaluation.run import found_task, to_csv, to_json
from tests.evaluation.scenes import SPLIT, detections_of

Found = list[dict[str, Any]]
Writer = Callable[[object], Path]


def measured(path: Path, dataset: Path, **options: Any) -> Evaluation:
    return evaluate(path, dataset, **{"split": SPLIT, "resamples": 50, **options}).evaluation


@pytest.fixture(scope="module")
def perfect(built: Path, found_all: Found, tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    path = tmp_path_factory.mktemp("perfect") / "detections.json"
    path.write_text(json.dumps(found_all))
    return measured(path, built)


def test_truth_as_detections_is_one_in_every_figure(perfect: Evaluation) -> None:
    values = {name: one for name, one in perfect.measures.items() if one.value is not None}
    assert {"AP", "AP50", "AR", "weighted AP", "padded AP", "oriented AP", "centre F1"} <= {*values}
    assert {one.value for one in values.values()} == {1.0}
    assert {bound for one in values.values() for bound in one[1:]} <= {1.0, None}
    for table in perfect.tables:
        for row in table.as_records():
            figures = {key: value for key, value in row.items() if "A" in key or "F1" in key}
            assert {value for value in figures.values() if value is not None} <= {1.0}, table.name
    assert perfect.confusion is not None
    counts = perfect.confusion.counts
    assert counts.sum() == np.trace(counts) == perfect.counts["objects"]
    assert perfect.outcomes is not None
    assert (perfect.outcomes.truth_partner >= 0).all()
    assert all((curve.precision == 1).all() for curve in perfect.curves)
    assert not any("differs" in one or "stop at" in one for one in perfect.warnings)


def test_truth_by_another_label_set_is_one_too(built: Path, written: Writer) -> None:
    from deepscores.dataset.labelled.objects import labelled_objects
    from deepscores.page.labels.label_sets import load_label_set

    labels = load_label_set("deepscores-v2")
    found = []
    for place, page in enumerate(open_dataset(built).split(SPLIT), start=1):
        objects = labelled_objects(page.symbols, labels)
        for class_id, (x0, y0, x1, y1), oriented in zip(
            objects.class_id.tolist(), objects.box.tolist(), objects.oriented.tolist(), strict=True
        ):
            found.append({
                "image_id": place, "category_id": class_id, "bbox": [x0, y0, x1 - x0, y1 - y0],
                "score": 0.5, "segmentation": [oriented],
            })  # fmt: skip
    got = measured(written(found), built, labels="deepscores-v2")
    assert {one.value for one in got.measures.values()} == {1.0}
    assert got.measures["line AP50"].value == 1.0
    assert {"stem", "staff"} <= {*got.settings["line classes"]}


def test_what_is_missed_and_what_is_wrong_is_counted(
    built: Path, found_all: Found, written: Writer
) -> None:
    heads = [one for one in found_all if one["category_id"] == found_all[0]["category_id"]]
    others = [one for one in found_all if one["category_id"] != found_all[0]["category_id"]]
    missed, false = heads[:2], [{**one, "bbox": [0, 0, 3, 3]} for one in others[:3]]
    got = measured(written([*heads[2:], *others, *false]), built)
    assert got.measures["AP"].value is not None
    assert got.measures["AP"].value < 1
    assert got.confusion is not None
    assert got.outcomes is not None
    assert got.confusion.counts[:, -1].sum() == len(missed)
    assert got.confusion.counts[-1].sum() == len(false)
    assert (got.outcomes.truth_partner < 0).sum() == len(missed)
    assert (got.outcomes.found_partner < 0).sum() == len(false)


def test_another_class_in_its_place_is_a_confusion(
    built: Path, found_all: Found, written: Writer
) -> None:
    ids = sorted({one["category_id"] for one in found_all})
    swapped = [{**one} for one in found_all]
    swapped[0]["category_id"] = next(one for one in ids if one != found_all[0]["category_id"])
    got = measured(written(swapped), built)
    assert got.confusion is not None
    truth, taken = (
        got.confusion.names.index(open_dataset(built).labels.classes[one["category_id"] - 1].name)
        for one in (found_all[0], swapped[0])
    )
    assert got.confusion.counts[truth, taken] == 1


def test_a_groups_figures_are_those_of_its_pages_alone(
    built: Path, found_all: Found, written: Writer
) -> None:
    fonts = {page.name: page.row["font"] for page in open_dataset(built).split(SPLIT)}
    names = sorted({*fonts.values()})
    assert len(names) > 1
    kept = [one for one in found_all if fonts[one["file_name"].removesuffix(".png")] == names[0]]
    table = measured(written(kept), built).table("groups")
    assert table is not None
    rows = {row["name"]: row for row in table.as_records() if row["of"] == "font"}
    assert (rows[names[0]]["AP"], rows[names[1]]["AP"]) == (1.0, 0.0)


def test_fewer_than_ten_objects_do_not_count(built: Path, written: Writer) -> None:
    dataset = open_dataset(built)
    request = Request(
        written([]), dataset, (dataset.split(SPLIT)[0],), SPLIT, None, dataset.labels.classes
    )
    got = evaluate_detection(request)
    table = got.table("classes")
    assert table is not None
    rows = table.as_records()
    assert all(row["in macro"] == (int(str(row["objects"])) >= 10) for row in rows)
    rare = [str(row["class"]) for row in rows if 0 < int(str(row["objects"])) < 10]
    assert rare
    assert got.settings["classes left out of macro averages"] == rare
    assert any(all(f"{name} (" in one for name in rare) for one in got.warnings)


def test_file_names_go_before_numbers(built: Path, found_all: Found, written: Writer) -> None:
    for change in ({"image_id": 10**6}, {}):
        moved = [{**one, **change} for one in found_all]
        assert measured(written(moved), built).measures["AP"].value == 1.0
    numbered = [{k: v for k, v in one.items() if k != "file_name"} for one in found_all]
    assert measured(written(numbered), built).measures["AP"].value == 1.0


def test_only_the_classes_asked_for_count(built: Path, found_all: Found, written: Writer) -> None:
    got = measured(written(found_all), built, classes="notehead*")
    table = got.table("classes")
    assert table is not None
    assert all(str(row["class"]).startswith("notehead") for row in table.as_records())
    assert got.counts["objects"] == got.counts["detections"] < len(found_all)


def test_the_same_input_gives_the_same_bytes(
    built: Path, found_all: Found, written: Writer
) -> None:
    path = written([*found_all[: len(found_all) // 2], {**found_all[0], "score": 0.1}])
    one, other = (
        measured(path, built, **options) for options in ({}, {"jobs": 3, "executor": "local"})
    )
    assert to_json(one) == to_json(other)
    table = json.loads(to_json(one))
    assert table["measures"]["AP"]["low"] <= table["measures"]["AP"]["high"]
    assert to_csv(one.tables[0]).count("\n") == len(one.tables[0].rows) + 1


def test_nothing_found_is_zero(built: Path, written: Writer) -> None:
    got = measured(written([]), built)
    assert got.measures["AP"].value == got.measures["centre F1"].value == 0
    assert got.counts["detections"] == 0


ENTRY = {"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}
WRONG: dict[str, tuple[object, str]] = {
    "no JSON": ("[{]", "detections.json: not JSON: "),
    "a dataset": ({"annotations": []}, "this is a dataset; expected a list of detections"),
    "an object": ({}, "expected a list of detections, not an object"),
    "a list": ([ENTRY, []], "entry 1: expected an object, not a list"),
    "no score": ([{"category_id": 1, "bbox": [1, 2, 3, 4]}], "entry 0: missing score"),
    "no image": ([{"category_id": 1, "bbox": [1, 2, 3, 4], "score": 1}], "missing image_id"),
    "image": ([ENTRY, {**ENTRY, "image_id": 999}], "entry 1: no image 999; split train has 1 to"),
    "image 0": ([{**ENTRY, "image_id": 0}], "entry 0: no image 0; split train has 1 to"),
    "image's name": ([{**ENTRY, "image_id": "1"}], "image_id is '1', not a whole number"),
    "file": ([{**ENTRY, "file_name": "x.png"}], "has no page 'x.png'"),
    "class": ([{**ENTRY, "category_id": 119}], "no class 119; deepscores-118 has 1 to 118"),
    "name": ([{**ENTRY, "category_id": "stem"}], "'stem', a name; expected the class's id"),
    "float": ([{**ENTRY, "category_id": 1.5}], "category_id is 1.5, not a whole number"),
    "NaN": ([{**ENTRY, "score": float("nan")}], "entry 0: score is nan"),
    "text": ([{**ENTRY, "score": "high"}], "score is 'high', not a number"),
    "width": ([ENTRY, ENTRY, {**ENTRY, "bbox": [1, 2, -3, 4]}], "entry 2: bbox has the width -3"),
    "height": ([{**ENTRY, "bbox": [1, 2, 3, -4]}], "entry 0: bbox has the height -4"),
    "short": ([{**ENTRY, "bbox": [1, 2, 3]}], "bbox is [1, 2, 3], not four numbers"),
    "infinite": ([{**ENTRY, "bbox": [1, 2, 3, float("inf")]}], "not four numbers"),
    "corners": ([{**ENTRY, "obb": [1, 2]}], "oriented box [1, 2] is not eight numbers"),
}  # fmt: skip


@pytest.mark.parametrize(("predictions", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_with_its_entry(
    predictions: object, message: str, built: Path, written: Writer
) -> None:
    with pytest.raises(DatasetError) as caught:
        measured(written(predictions), built)
    assert message in str(caught.value)


def test_a_page_of_another_split_is_told(built: Path, written: Writer) -> None:
    dataset = open_dataset(built)
    mine, other = dataset[0], dataset[1]
    other.row["split"] = "val"
    dataset.__dict__["_rows"] = [mine.row, other.row]
    request = Request(
        written([{**ENTRY, "file_name": f"{other.name}.png"}]), dataset, (mine,), SPLIT, None,
        dataset.labels.classes,
    )  # fmt: skip
    with pytest.raises(DatasetError, match=f"is in split val, not {SPLIT}"):
        read_detections(request)


def test_a_task_follows_from_the_file(tmp_path: Path) -> None:
    for name, task in (("a.json", "detect"), ("b.CSV", "classify")):
        (tmp_path / name).write_text("")
        assert found_task(tmp_path / name) == task
    (tmp_path / "run" / "masks").mkdir(parents=True)
    assert found_task(tmp_path / "run") == "segment"
    (tmp_path / "c.txt").write_text("")
    with pytest.raises(RecipeError, match="set --task"):
        found_task(tmp_path / "c.txt")
    with pytest.raises(DatasetError, match="no such file"):
        found_task(tmp_path / "nowhere.json")


NONSENSE: dict[str, dict[str, Any]] = {
    "task: 'count' is not one of": {"task": "count"},
    "split: 'all' is not one of": {"split": "all"},
    "protocol: 'coco' is not one of": {"protocol": "coco"},
    "measures detections only": {"protocol": "deepscores-v2", "task": "segment"},
    "no class 'xylophone'": {"classes": "xylophone"},
    "no label set 'none'": {"labels": "none"},
}


@pytest.mark.parametrize(("message", "options"), NONSENSE.items(), ids=NONSENSE)
def test_nonsense_is_refused(
    message: str, options: dict[str, Any], built: Path, written: Writer
) -> None:
    with pytest.raises(RecipeError, match=message):
        measured(written([]), built, **options)


def test_results_never_lie_among_other_files(built: Path, written: Writer, tmp_path: Path) -> None:
    path = written([])
    (tmp_path / "full").mkdir()
    (tmp_path / "full/thesis.tex").write_text("")
    for folder, error, message in (
        (built / "evaluation", RecipeError, "lies in the dataset"),
        (path, DatasetError, "is a file"),
        (tmp_path / "full", DatasetError, "is not empty and holds no evaluation"),
    ):
        with pytest.raises(error, match=message):
            measured(path, built, output=folder)


def test_without_the_evaluator_the_extra_is_named(
    built: Path, written: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deepscores.evaluation.detection.coco.find_spec", {}.get)
    with pytest.raises(RecipeError, match=r"pip install 'deepscores\[evaluate\]'"):
        measured(written([]), built)


def test_the_helper_gives_what_the_export_gives(built: Path, tmp_path: Path) -> None:
    from deepscores import export

    export(built, tmp_path / "coco", to="coco", split=SPLIT)
    data = json.loads((tmp_path / "coco/annotations/instances_train.json").read_text())
    own = detections_of(built)
    assert [(one["image_id"], one["category_id"]) for one in data["annotations"]] == [
        (one["image_id"], one["category_id"]) for one in own
    ]
    results = tmp_path / "results.json"
    results.write_text(json.dumps([{**one, "score": 1.0} for one in data["annotations"]]))
    assert measured(results, built).measures["AP"].value == 1.0
