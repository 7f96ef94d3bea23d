"""The segmenting network: points are what a dense network has there, ink alone has a class."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from deepscores import train
from deepscores.dataset.index import open_index
from deepscores.errors import RecipeError
from deepscores.inference.models.file import load_model
from deepscores.inference.models.segmentation import INK, decode_segmentation
from deepscores.training.loaders.reading import PageReader
from deepscores.training.loop.options import TrainOptions
from deepscores.training.segment import task as segment
from deepscores.training.segment.task import PageNetwork, PointNetwork, Preset, Segment, figures

TINY = replace(
    segment.PRESETS["small"], widths=(4, 6, 8, 8, 8), depths=(1, 1, 1, 1), joined=8, hidden=12,
    sampling=replace(segment.PRESETS["small"].sampling, size=128, points=100), batch_size=2,
)  # fmt: skip


@pytest.fixture(scope="module")
def network() -> PointNetwork:
    torch.manual_seed(0)
    network = PointNetwork(TINY, 5)
    for one in network.modules():  # as if trained: norms that do something
        if isinstance(one, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(one.weight, 0.5, 1.5)
            torch.nn.init.uniform_(one.running_mean, -0.1, 0.1)
    return network.eval()


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Preset:
    monkeypatch.setitem(segment.PRESETS, "small", TINY)
    monkeypatch.setattr(segment, "_SHARE_TILES", 2)
    return TINY


def pictures(count: int = 2, height: int = 64, width: int = 96) -> torch.Tensor:
    random = np.random.default_rng(5)
    return torch.from_numpy(random.integers(0, 256, (count, 1, height, width), np.uint8))


def dense(network: PointNetwork, image: torch.Tensor) -> torch.Tensor:
    """(n, height, width, classes), of every pixel."""
    ink = 1 - image.float() / 255
    coarse, fine = network.trunk(ink)
    n, _, height, width = image.shape
    side = 2 * network.reach + 1
    around = functional.unfold(ink, side, padding=network.reach)
    within = network.within.weight.T.reshape(1, -1, 4, 4)
    seen = (
        coarse.repeat_interleave(4, 2).repeat_interleave(4, 3),
        fine.repeat_interleave(2, 2).repeat_interleave(2, 3),
        within.repeat(n, 1, height // 4, width // 4),
        around.unflatten(2, (height, width)),
    )
    logits: torch.Tensor = network.head(torch.cat(seen, 1).permute(0, 2, 3, 1))
    return logits


def test_points_are_what_a_dense_network_has_there(network: PointNetwork) -> None:
    image = pictures()
    place = torch.randperm(image.numel(), generator=torch.Generator().manual_seed(1))[:500]
    with torch.inference_mode():
        found = network(image, place)
        expected = dense(network, image).flatten(0, 2)[place]
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    assert found.std() > 0.01


def test_a_page_has_logits_at_its_ink_alone(network: PointNetwork) -> None:
    image = pictures(1)
    bias = torch.arange(5.0)
    with torch.inference_mode():
        place, logits = PageNetwork(network, bias)(image)
        assert place.tolist() == np.flatnonzero(image.numpy() < INK).tolist()
        torch.testing.assert_close(logits, network(image, place) + bias)


def test_a_page_of_paper_has_none(network: PointNetwork) -> None:
    with torch.inference_mode():
        place, logits = PageNetwork(network, torch.zeros(5))(torch.full_like(pictures(1), 255))
    assert place.shape == (0,)
    assert logits.shape == (0, 5)


def test_batches_can_be_skipped_and_are_the_same_by_threads(built: Path, tiny: Preset) -> None:
    task = Segment(built, TrainOptions(seed=3, workers=0))
    threaded = Segment(built, TrainOptions(seed=3, workers=2))
    every = list(task.batches(1, 0))
    assert len(every) > 3
    for others in (list(task.batches(1, 3)), list(threaded.batches(1, 3))):
        assert len(others) == len(every) - 3
        for one, other in zip(every[3:], others, strict=True):
            assert one.keys() == other.keys()
            assert all(torch.equal(one[key], other[key]) for key in one)


def test_targets_are_the_classes_that_were_taught(built: Path, tiny: Preset) -> None:
    task = Segment(built, TrainOptions(seed=3, workers=0))
    assert task.taught[0] == 0
    assert len(task.taught) == 1 + int((task.sampler.pool.objects > 0).sum())
    batch = next(task.batches(0, 0))
    points = [task.sampler.points(0, number) for number in range(TINY.batch_size)]
    class_id = np.concatenate([one.class_id for one in points])
    assert [task.taught[one] for one in batch["target"].tolist()] == class_id.tolist()
    ink = batch["image"].flatten()[batch["place"]]
    assert (ink < INK).all()
    assert task.card().settings["class_ids"] == list(task.taught)


def test_figures_leave_out_what_has_no_class_and_what_is_scarce() -> None:
    confusion = np.array([[50_000, 500, 0, 0], [0, 1_500, 500, 0], [0, 0, 3_000, 0], [0, 9, 0, 90]])
    found = figures(confusion)
    first, second, third = 1500 / 2509, 3000 / 3500, 90 / 99
    assert found["iou"] == pytest.approx((first + second) / 2)
    weighted = (2000 * first + 3000 * second + 99 * third) / 5099
    assert found["weighted_iou"] == pytest.approx(weighted)
    assert found["classes"] == 2


def test_every_labelled_pixel_is_counted_and_light_ones_are_missed(
    built: Path, tiny: Preset, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = Segment(built, TrainOptions(seed=3, workers=0))
    first = int(np.flatnonzero(task.sampler.pool.objects)[0]) + 1
    monkeypatch.setattr(task, "_predict", lambda _image, place: np.full_like(place, first))
    confusion = task.confusion("train")
    pool = task.sampler.pool
    whole = [pool.page(place) for place in range(pool.pages)]
    labelled = np.concatenate([one.class_id for one in whole])
    light = np.concatenate([one.class_id[one.grey >= INK] for one in whole])
    classes = len(confusion)
    assert (confusion.sum(axis=1)[1:] == np.bincount(labelled, minlength=classes)[1:]).all()
    assert (confusion[1:, 0] == np.bincount(light, minlength=classes)[1:]).all()
    assert confusion[:, first].sum() == sum((one.grey < INK).sum() for one in whole)


def test_there_is_no_preset_of_the_paper(built: Path) -> None:
    with pytest.raises(RecipeError, match="segmentation has small, base, not paper"):
        Segment(built, TrainOptions(preset="paper"))


def test_a_minute_of_training_passes_the_bar(melody_patches: Path, tmp_path: Path) -> None:
    trained = train(
        "segment",
        melody_patches,
        tmp_path / "run",
        device="cpu",
        workers=0,
        steps=100,
        batch_size=1,
    )
    assert trained.figures["iou"] >= 0.5
    assert trained.figures["weighted_iou"] >= 0.75
    assert trained.difference < 1e-4
    found = _judged(melody_patches, tmp_path / "run")
    assert found == pytest.approx(trained.figures, abs=1e-3)


def _judged(dataset: Path, run: Path) -> dict[str, float]:
    """Figures of the model file on the split ``val``, without PyTorch."""
    model = load_model(run, threads=1)
    index = open_index(dataset)
    reader = PageReader(dataset, index)
    classes = len(index.names) + 1
    confusion = np.zeros((classes, classes), np.int64)
    for place in index.places("val").tolist():
        page = reader.page(place)
        height, width = page.image.shape
        fed = np.pad(page.image, ((0, -height % 32), (0, -width % 32)), constant_values=255)
        found = decode_segmentation(
            model.run(image=fed[None, None]), model.card, fed.shape, page.image.shape, page.image
        )
        np.add.at(confusion, (page.class_map, found), 1)
    return figures(confusion)
