"""The classifier: what it is shown, how data is shared out, and that it learns in a minute."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from deepscores import open_dataset, train
from deepscores.dataset.png.codec import decode_png
from deepscores.errors import DatasetError, RecipeError
from deepscores.inference.models.file import load_model
from deepscores.inference.models.patches import box_channel, classify_patches, patch_inputs
from deepscores.page.labels.label_sets import load_label_set
from deepscores.recipe.recipe import read_recipe
from deepscores.training.classify.patch_data import FreshPatches, at_random, by_works, read_patches
from deepscores.training.classify.task import PRESETS, Classify, Network, figures
from deepscores.training.loaders import Patches
from deepscores.training.loop.options import TrainOptions, train_options
from deepscores.training.loop.run import run_identity

OPTIONS = TrainOptions(device="cpu", workers=0)
SHORT = {"steps": 80, "batch_size": 48}


@pytest.fixture(scope="module")
def task(melody_patches: Path) -> Classify:
    return Classify(melody_patches, OPTIONS)


def test_patches_in_memory_are_the_files(melody_patches: Path) -> None:
    found = read_patches(melody_patches, "train", OPTIONS)
    patches = Patches(melody_patches, "train")
    assert len(found) == len(patches) > 100
    for item in range(0, len(found), 7):
        patch, label = patches[item]
        assert (found.images[found.rows[item]] == patch[0].numpy()).all()
        assert found.labels[item] == label


def test_another_label_set_is_cut_from_pages(melody_patches: Path) -> None:
    found = read_patches(melody_patches, "val", replace(OPTIONS, labels=load_label_set("full")))
    assert found.images.shape[1:] == (30, 20)
    assert "stem" in found.classes
    present = {found.classes[label] for label in found.labels.tolist()}
    assert {"stem", "staff"} & present
    assert (np.diff(found.labels) >= 0).all()


def test_training_shows_the_network_what_predicting_does(task: Classify) -> None:
    held, pool = task._tensors, task.pool
    items = torch.arange(0, len(pool), 5)
    ink = held.ink(items, with_boxes=True).numpy()
    picked = items.numpy()
    channel = box_channel(pool.boxes[picked], *task.size)
    assert np.abs((1 - ink[:, 1]) * 255 - channel).max() < 0.01
    assert np.abs((1 - ink[:, 0]) * 255 - pool.images[pool.rows[picked]]).max() < 0.01


def test_boxes_lie_on_the_ink_of_patches(task: Classify) -> None:
    boxes, images = task.pool.boxes, task.pool.images[task.pool.rows]
    channel = box_channel(boxes, *task.size)
    within = ((channel < 128) & (images < 128)).sum(axis=(1, 2))
    assert (within > 0).mean() > 0.99


def test_batches_follow_from_the_epoch_and_skipping_is_exact(task: Classify) -> None:
    whole = [*task.batches(3, 0)]
    assert [one.tolist() for one in task.batches(3, 2)] == [one.tolist() for one in whole[2:]]
    assert [one.tolist() for one in task.batches(4, 0)] != [one.tolist() for one in whole]


def test_the_paper_s_protocol_shares_each_class_out(melody_patches: Path) -> None:
    training, judged = at_random(melody_patches, OPTIONS)
    assert not set(training.rows.tolist()) & set(judged.rows.tolist())
    counts = [np.bincount(one.labels, minlength=118) for one in (training, judged)]
    every = sum(counts)
    assert (np.abs(counts[0] - 0.8 * every) <= 0.5).all()
    assert every.sum() == sum(1 for _ in (melody_patches / "patches").rglob("*.png"))


def test_splits_by_work_keep_the_test_split_out(melody_patches: Path) -> None:
    training, judged = by_works(melody_patches, OPTIONS)
    assert training is not None
    assert len(judged)
    counts = {one: len(Patches(melody_patches, one)) for one in ("train", "val", "test")}
    assert (len(training), len(judged)) == (counts["train"], counts["val"])
    assert counts["test"]


def test_fresh_pages_follow_from_the_epoch(
    melodies: Path, melody_patches: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deepscores.training.classify.patch_data._FRESH_PAGES", 3)
    recipe = tmp_path / "fresh.toml"
    recipe.write_text(
        f'scores = ["{melodies}"]\nfonts = ["Bravura"]\npage-size = "800x600"\nstaff-space = 10\n'
        "margin = 40\n"
    )
    options = replace(OPTIONS, recipe=read_recipe(recipe))
    task = Classify(melody_patches, options)
    assert isinstance(task.fresh, FreshPatches)
    first = [one.tolist() for one in task.batches(0, 0)]
    images = task.pool.images.copy()
    [*task.batches(1, 0)]
    assert images.shape != task.pool.images.shape or (images != task.pool.images).any()
    assert [one.tolist() for one in task.batches(0, 0)] == first
    assert (task.pool.images == images).all()


def test_figures_count_rare_classes_in_the_first_alone() -> None:
    labels = np.repeat([0, 1, 2], [40, 20, 5])
    found = labels.copy()
    found[:4] = 1
    found[60:] = 0
    assert figures(labels, found, 4) == {
        "top1": pytest.approx(56 / 65), "balanced": pytest.approx(0.95),
        "worst5": pytest.approx(0.95), "classes": 2, "patches": 65,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("preset", "least", "most"), [("small", 2e5, 1e6), ("base", 1e6, 5e6), ("paper", 7e6, 9e6)]
)
def test_presets_have_the_size_that_is_stated(preset: str, least: float, most: float) -> None:
    network = Network(PRESETS[preset], 2, 118, (45, 170))
    assert least < sum(one.numel() for one in network.parameters()) < most


def test_the_paper_s_network_has_25_convolutions() -> None:
    network = Network(PRESETS["paper"], 1, 118, (45, 170))
    names = [name for name, one in network.named_modules() if isinstance(one, torch.nn.Conv2d)]
    assert sum("shortcut" not in name for name in names) == 25


def test_a_minute_of_training_passes_the_bar(melody_patches: Path, tmp_path: Path) -> None:
    trained = train("classify", melody_patches, tmp_path / "run", device="cpu", **SHORT)
    assert trained.figures["top1"] >= 0.98
    assert trained.figures["balanced"] >= 0.95
    assert trained.difference < 1e-3
    _judge(melody_patches, tmp_path / "run", trained.figures["top1"])
    again = train("classify", melody_patches, tmp_path / "run", device="cpu", **SHORT)
    assert again.already_there
    assert replace(again, already_there=False) == trained


def _judge(dataset: Path, run: Path, top1: float) -> None:
    """The model file judges patches cut from pages as training says it does, without PyTorch."""
    model = load_model(run, threads=1)
    right = total = 0
    for page in open_dataset(dataset).split("val"):
        files = {
            int(path.stem.rpartition("-")[2]): path.parent.name
            for path in (dataset / "patches").glob(f"*/{page.name}-*.png")
        }
        rows = [row for row in page.symbols.to_pylist() if row["number"] in files]
        boxes = np.array([[row[side] for side in ("x0", "y0", "x1", "y1")] for row in rows])
        labels, scores = classify_patches(model, patch_inputs(page.image, boxes, model.card))
        right += sum(
            model.card.classes[label] == files[row["number"]]
            for label, row in zip(labels.tolist(), rows, strict=True)
        )
        total += len(rows)
        assert (scores > 0).all()
        assert (scores <= 1).all()
    assert right / total == pytest.approx(top1, abs=0.01)


def test_another_run_in_a_folder_is_told(melody_patches: Path, tmp_path: Path) -> None:
    def begin(**options: Any) -> Any:
        options = {"steps": 1, "device": "cpu", "batch_size": 8, **options}
        return train("classify", melody_patches, tmp_path / "run", **options)

    begin()
    with pytest.raises(DatasetError, match=r"of other options \(seed: 0 there, 1 asked for\)"):
        begin(seed=1)
    assert begin(seed=1, force=True).card.training["seed"] == 1
    (tmp_path / "run" / "run.json").unlink()
    with pytest.raises(DatasetError, match="is not empty and holds no training run"):
        begin()


def test_a_run_is_known_by_the_content_of_its_label_set(
    melody_patches: Path, tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"

    def begin(kind: str) -> Any:
        path.write_text(
            f'[[class]]\nid = 1\nname = "one"\nof = ["{kind}"]\n'
            '[[class]]\nid = 2\nname = "two"\nof = ["stem"]\n'
        )
        options = {"steps": 1, "device": "cpu", "batch_size": 8, "labels": str(path)}
        return train("classify", melody_patches, tmp_path / "run", **options)

    begin("noteheadBlack")
    assert begin("noteheadBlack").already_there
    with pytest.raises(DatasetError, match="another label set"):
        begin("staff")


def test_a_run_on_fresh_pages_is_known_by_what_they_follow_from(
    melodies: Path, melody_patches: Path, tmp_path: Path
) -> None:
    scores, labels = tmp_path / "scores", tmp_path / "mine.toml"
    shutil.copytree(melodies, scores)
    labels.write_text('[[class]]\nid = 1\nname = "one"\nof = ["stem"]\n')
    path = tmp_path / "fresh.toml"
    path.write_text('scores = "scores"\nlabels = "mine.toml"\nfonts = ["Bravura"]\n')

    def known() -> dict[str, Any]:
        return run_identity("detect", melody_patches, train_options("detect", {"recipe": path}))

    before = known()
    assert before == known()
    labels.write_text('[[class]]\nid = 1\nname = "one"\nof = ["staff"]\n')
    edited = known()
    assert edited != before
    score = min(scores.iterdir())
    score.write_text(score.read_text() + "<!-- edited -->")
    assert known() not in (before, edited)


def test_what_cannot_be_trained_is_told(
    melody_patches: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DatasetError, match="dataset"):
        train("classify", tmp_path, tmp_path / "run")
    with pytest.raises(RecipeError, match="staff-space: patches are not rescaled"):
        train("classify", melody_patches, tmp_path / "run", staff_space=12, device="cpu")
    (tmp_path / "a.toml").write_text("")
    with pytest.raises(RecipeError, match="not fresh pages"):
        train(
            "classify", melody_patches, tmp_path / "fresh", recipe=tmp_path / "a.toml",
            protocol="paper", device="cpu",
        )  # fmt: skip
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(RecipeError, match="PyTorch finds no CUDA here"):
        train("classify", melody_patches, tmp_path / "run", device="cuda")


def test_training_without_an_extra_is_one_error_that_names_it(tmp_path: Path) -> None:
    for name in ("torch", "safetensors", "tensorboard"):
        code = (
            f"import sys; sys.modules[{name!r}] = None\nimport deepscores\n"
            "from deepscores.errors import RecipeError\n"
            "try: deepscores.train('classify', 'x', 'y')\n"
            "except RecipeError as error: print(error)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
        )
        assert done.stdout == f"training needs {name}: pip install 'deepscores[torch]'\n"


def test_patches_are_png_of_the_size_that_the_card_says(
    task: Classify, melody_patches: Path
) -> None:
    path = next((melody_patches / "patches").rglob("*.png"))
    assert list(decode_png(path.read_bytes()).shape[::-1]) == task.card().settings["patch"]
