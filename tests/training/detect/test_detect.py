"""The detector: what it is asked is what its answer is read as, and it learns."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from deepscores.errors import DatasetError, RecipeError
from deepscores.inference.models.detections import (
    Channel,
    HeatLayout,
    decode_detections,
    decode_maps,
)
from deepscores.inference.models.file import load_model, open_model
from deepscores.page.labels.label_sets import load_label_set
from deepscores.training.detect.heat_network import SHAPES, Detector
from deepscores.training.detect.pages import PageSource
from deepscores.training.detect.precision import Truth, average_precisions, macro
from deepscores.training.detect.shapes import channel_objects, layout_for
from deepscores.training.detect.targets import (
    LayoutTensors,
    TileObjects,
    box_loss,
    draw_targets,
    heat_loss,
)
from deepscores.training.detect.task import PRESETS, Detect, pad
from deepscores.training.detect.tiles import TileRules, TileSampler, TrainPage
from deepscores.training.loop.exporting import check_export, to_onnx
from deepscores.training.loop.options import TrainOptions
from deepscores.training.loop.run import train

LABELS = load_label_set("full")
CPU = torch.device("cpu")
HEADS = HeatLayout(4, (Channel(1, 0, 20.0, 16.0), Channel(2, 1, 2.0, 56.0)))


def objects_of(*objects: tuple[int, int, tuple[float, ...]]) -> TileObjects:
    tiles, channels, boxes = zip(*objects, strict=True)
    return TileObjects(torch.tensor(tiles), torch.tensor(channels), torch.tensor(boxes).float())


def answer(targets, layout, shape):
    """The maps that a network gives that learnt its targets by heart."""
    tiles, rows, columns = shape
    heat = torch.logit(targets.heat.clamp(1e-6, 1 - 1e-6))
    boxes = torch.zeros(tiles, layout.groups, 4, rows, columns)
    boxes[targets.tile, targets.group, :, targets.row, targets.column] = targets.raw
    return heat, boxes.flatten(1, 2)


def page_of(boxes: list[tuple[float, ...]], class_ids: list[int], size=(400, 500)) -> TrainPage:
    image = np.full(size, 255, np.uint8)
    return TrainPage("page", image, np.array(boxes, np.float32), np.array(class_ids, np.int32))


@pytest.fixture(scope="module")
def source(built: Path) -> PageSource:
    return PageSource(built, TrainOptions(labels=LABELS), 10**9)


@pytest.fixture(scope="module")
def pages(source: PageSource) -> list[TrainPage]:
    return [source.read(place) for place in range(source.index.pages.num_rows)]


def test_targets_decoded_are_the_truth(source: PageSource, pages: list[TrainPage]) -> None:
    boxes = np.concatenate([page.box for page in pages])
    ids = np.concatenate([page.class_id for page in pages])
    layout = layout_for(boxes, ids, source.staff_space or 0, 4)
    found, truth = [], []
    for page in pages:
        rows, columns = (side // 4 for side in pad(page.image).shape)
        around, channel, _ = channel_objects(page.box, page.class_id, layout)
        objects = TileObjects(
            torch.zeros(len(channel), dtype=torch.long), *map(torch.from_numpy, (channel, around))
        )
        targets = draw_targets(objects, LayoutTensors.from_layout(layout, CPU), (1, rows, columns))
        heat, maps = answer(targets, layout, (1, rows, columns))
        found.append(decode_maps(heat[0].numpy(), maps[0].numpy(), layout))
        truth.append(Truth(page.box, page.class_id))
    each = average_precisions(found, truth)
    names = {source.index.names[one - 1]: float(ap.mean()) for one, ap in each.items()}
    assert len(names) >= 10
    assert {"stem", "noteheadBlack", "staffLine"} <= set(names)
    assert {name: ap for name, ap in names.items() if ap < 0.99} == {}


def test_classes_on_one_spot_are_both_asked_for_and_found() -> None:
    both = objects_of((0, 0, (30, 30, 50, 46)), (0, 1, (39, 10, 41, 66)))
    shape = (1, 24, 24)
    targets = draw_targets(both, LayoutTensors.from_layout(HEADS, CPU), shape)
    heat, boxes = answer(targets, HEADS, shape)
    found = decode_maps(heat[0].numpy(), boxes[0].numpy(), HEADS)
    assert sorted(found.class_id.tolist()) == [1, 2]
    wanted = both.box.numpy()[found.class_id - 1]
    assert found.box == pytest.approx(wanted, abs=1e-3)


def test_of_an_object_that_is_mostly_cut_off_nothing_is_asked() -> None:
    columns = LayoutTensors.from_layout(HEADS, CPU)
    cut = objects_of((0, 0, (-12, 40, 8, 56)), (0, 0, (50, 50, 70, 66)))
    targets = draw_targets(cut, columns, (1, 24, 24))
    assert (targets.heat == 1).sum() == 1
    assert targets.ignored[0, 0].nonzero().tolist() == [
        [row, column] for row in range(10, 14) for column in range(2)
    ]
    heat = torch.zeros(1, 2, 24, 24, requires_grad=True)
    heat_loss(heat, targets).backward()
    assert heat.grad is not None
    assert ((heat.grad == 0) == targets.ignored).all()


def test_an_object_half_of_which_shows_is_to_be_found_but_its_box_is_not_asked() -> None:
    cut = objects_of((0, 0, (-8, 40, 12, 56)))
    targets = draw_targets(cut, LayoutTensors.from_layout(HEADS, CPU), (1, 24, 24))
    assert (targets.heat == 1).sum() == 1
    assert len(targets.weight) == 0


def test_losses_vanish_where_all_is_right_and_only_there() -> None:
    columns = LayoutTensors.from_layout(HEADS, CPU)
    both = objects_of((0, 0, (30.3, 30, 50, 46)), (1, 1, (39, 10.5, 41, 66)))
    targets = draw_targets(both, columns, (2, 24, 24))
    heat, boxes = answer(targets, HEADS, (2, 24, 24))
    # Beside a middle the focal loss is lenient, not silent: a little is left.
    assert heat_loss(heat, targets) < 0.3
    assert box_loss(boxes, targets, 4, 0.1) < 1e-6
    assert heat_loss(-heat, targets) > 10
    assert heat_loss(torch.full_like(heat, -9.0), targets) > 5
    assert box_loss(boxes + 0.5, targets, 4, 0.1) > 0.5


def test_a_thin_side_weighs_an_error_more() -> None:
    columns = LayoutTensors.from_layout(HEADS, CPU)
    errors = []
    for one in ((0, 0, (30.0, 30.0, 50.0, 46.0)), (0, 1, (39.0, 10.0, 41.0, 66.0))):
        targets = draw_targets(objects_of(one), columns, (1, 24, 24))
        _, boxes = answer(targets, HEADS, (1, 24, 24))
        boxes[:, [0, 4]] += 0.25  # a pixel to the right
        errors.append(float(box_loss(boxes, targets, 4, 0.1)))
    assert errors[1] > 5 * errors[0]


def test_batches_follow_from_seed_epoch_and_number_alone(pages: list[TrainPage]) -> None:
    boxes = np.concatenate([page.box for page in pages])
    ids = np.concatenate([page.class_id for page in pages])
    layout = layout_for(boxes, ids, 10, 4)
    rules = TileRules(128, 4)
    one, other = (TileSampler(pages, layout, rules, seed=5) for _ in range(2))
    batches = list(one.batches(1, 0))
    assert len(batches) == len(one) > 3
    later = list(other.batches(1, 2))
    for before, after in zip(batches[2:], later, strict=True):
        assert torch.equal(before.image, after.image)
        assert all(map(torch.equal, before.objects, after.objects))
    elsewhere = [TileSampler(pages, layout, rules, seed=6).draw(1, 0), one.draw(2, 0)]
    assert not any(torch.equal(batches[0].image, batch.image) for batch in elsewhere)


def test_tiles_show_the_page_and_its_objects() -> None:
    random = np.random.default_rng(0)
    page = page_of([(100, 100, 110, 104), (300, 380, 320, 400), (0, 0, 6, 6)], [1, 2, 2])
    image = random.integers(0, 255, page.image.shape).astype(np.uint8)
    layout = layout_for(page.box, page.class_id, 16, 4)
    sampler = TileSampler([replace(page, image=image)], layout, TileRules(96, 8), seed=0)
    wide = np.pad(image, 96, constant_values=255)
    stretches = np.lib.stride_tricks.sliding_window_view(image, 12, axis=1)
    seen = []
    for batch in sampler.batches(0, 0):
        for place, tile in enumerate(batch.image[:, 0].numpy()):
            ((y, x),) = np.argwhere((stretches == tile[48, 48:60]).all(axis=2)) - 48
            assert (tile == wide[y + 96 : y + 192, x + 96 : x + 192]).all()
            mine = batch.objects.tile == place
            corner = np.array([x, y, x, y])
            boxes = batch.objects.box[mine].numpy() + corner
            inside = (page.box[:, :2] < corner[:2] + 96) & (page.box[:, 2:] > corner[:2])
            assert boxes.tolist() == page.box[inside.all(axis=1)].tolist()
            seen += (batch.objects.channel[mine] + 1).tolist()
    assert set(seen) == {1, 2}


def test_rare_classes_come_up_more_often_than_they_are() -> None:
    boxes = [(x, 100, x + 8, 108) for x in range(0, 490, 5)] + [(200, 300, 210, 340)]
    page = page_of(boxes, [1] * 98 + [2])
    layout = layout_for(page.box, page.class_id, 16, 4)
    sampler = TileSampler([page], layout, TileRules(64, 50, temperature=0.3, anywhere=0), seed=0)
    batch = sampler.draw(0, 0)
    with_rare = torch.unique(batch.objects.tile[batch.objects.channel == 1])
    assert 5 <= len(with_rare) <= 25  # 1 / (1 + 98 ** 0.3) of 50 are 10


def test_layouts_have_ends_for_long_lines_and_groups_by_size() -> None:
    boxes = np.array([(0, 0, 20, 16), (0, 0, 2, 56), (10, 50, 900, 52), (5, 0, 8, 600)], np.float32)
    layout = layout_for(boxes, np.array([1, 2, 3, 4], np.int32), 16, 4)
    parts = [one.part for one in layout.channels]
    assert parts == ["whole", "whole", "left", "right", "top", "bottom"]
    assert layout.channels[0].group != layout.channels[1].group
    found, channels, rows = channel_objects(boxes[2:3], np.array([3], np.int32), layout)
    assert found.tolist() == [[2, 50, 18, 52], [892, 50, 908, 52]]
    assert (channels.tolist(), rows.tolist()) == ([2, 3], [0, 0])


def test_hairpins_have_ends_and_slurs_have_not() -> None:
    across = [60.0, 150, 300, 400]
    hairpins, slurs = (
        [(0.0, 0.0, width, height) for width, height in zip(across, heights, strict=True)]
        for heights in ([24, 25, 24, 26], [12, 20, 35, 60])
    )
    boxes = np.array([*hairpins, *slurs], np.float32)
    layout = layout_for(boxes, np.repeat([1, 2], 4).astype(np.int32), 16, 4)
    assert [(one.class_id, one.part) for one in layout.channels] == [
        (1, "left"), (1, "right"), (2, "whole"),
    ]  # fmt: skip
    left, right, _ = (one.group for one in layout.channels)
    assert left != right  # for the ends of a short one are in one cell


def test_pages_that_do_not_go_into_memory_at_once_come_in_turn(built: Path) -> None:
    options = TrainOptions(labels=LABELS)
    whole = PageSource(built, options, 10**9)
    names = [page.name for page in whole.epoch(0)]
    assert [page.name for page in whole.epoch(9)] == names == sorted(names)
    few = PageSource(built, replace(options, workers=2), whole.epoch(0)[0].image.size * 2)
    drawn = [[page.name for page in few.epoch(number)] for number in range(40)]
    assert {len(one) for one in drawn} == {2}
    assert len({name for one in drawn for name in one}) > 4
    assert drawn[0] == drawn[3]  # reading takes time, so they stay for some epochs
    again = PageSource(built, options, whole.epoch(0)[0].image.size * 2)
    assert [page.name for page in again.epoch(21)] == drawn[21]


def test_the_model_file_gives_what_the_network_gives_on_pages_of_any_size(built: Path) -> None:
    task = Detect(built, TrainOptions(labels=LABELS))
    for one in task.model.modules():
        if isinstance(one, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(one.weight, 0.5, 1.5)
            torch.nn.init.uniform_(one.running_mean, -0.5, 0.5)
    wanted = task.exportable()
    content = to_onnx(wanted, task.card())
    assert check_export(content, wanted) < 1e-4
    model = open_model(content, "here", threads=1)
    for height, width in ((320, 416), (160, 96)):
        page = np.full((height, width), 255, np.uint8)
        page[40:120, 20:80] = np.arange(60)
        with torch.no_grad():
            expected = task.model.eval()(torch.from_numpy(page)[None, None])
        outputs = model.run(image=page[None, None])
        for name, value in zip(("heat", "boxes"), expected, strict=True):
            assert outputs[name] == pytest.approx(value.numpy(), abs=1e-4)
        mine = decode_maps(*(one[0].numpy() for one in expected), task.layout)
        assert len(decode_detections(outputs, model.card)) == len(mine)


def test_a_minute_of_training_finds_nearly_all(
    melody_patches: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of melodies and in classes of the split ``val``, with tiles as small as these pages want."""
    small = PRESETS["small"]
    tiles = replace(small.tiles, side=128, batch=8)
    plan = replace(small.plan, learning_rate=5e-3, average=0.95)
    monkeypatch.setitem(PRESETS, "small", replace(small, tiles=tiles, plan=plan))
    options = TrainOptions(device="cpu", steps=80, workers=0)
    trained = train("detect", melody_patches, tmp_path / "run", options)
    assert trained.figures["AP50"] >= 0.95
    assert trained.figures["AP"] >= 0.7
    assert trained.difference < 1e-3
    assert _found_by_file(melody_patches, tmp_path / "run") == pytest.approx(
        trained.figures["AP50"], abs=0.01
    )


def _found_by_file(dataset: Path, run: Path) -> float:
    """The AP50 of the model file, without PyTorch, on the pages that training judged by."""
    model = load_model(run)
    source = PageSource(dataset, TrainOptions(), 10**9)
    found, truth = [], []
    for page in source.spread("val", PRESETS["small"].validated):
        outputs = model.run(image=pad(page.image)[None, None])
        found.append(decode_detections(outputs, model.card))
        truth.append(Truth(page.box, page.class_id))
    return float(macro(average_precisions(found, truth), truth)[0])


def test_short_runs_are_judged_at_their_end_alone(built: Path) -> None:
    def count(**given: float) -> int:
        return Detect(built, TrainOptions(labels=LABELS, **given)).plan.validations

    assert (count(minutes=1), count(minutes=9), count()) == (1, 2, 4)
    assert (count(steps=20), count(steps=5000)) == (1, 4)


def test_what_cannot_be_trained_is_refused(built: Path) -> None:
    with pytest.raises(RecipeError, match="no detector of its own"):
        Detect(built, TrainOptions(preset="paper"))
    with pytest.raises(DatasetError, match="no objects"):
        layout_for(np.empty((0, 4), np.float32), np.empty(0, np.int32), 16, 4)


@pytest.mark.parametrize("preset", list(SHAPES))
def test_maps_are_as_large_as_the_stride_says(preset: str) -> None:
    shape = SHAPES[preset]
    model = Detector(replace(shape, depths=(1,) * len(shape.depths)), 5, 3, -4.0).eval()
    with torch.no_grad():
        heat, boxes = model(torch.full((1, 1, 64, 96), 255, dtype=torch.uint8))
    assert heat.shape == (1, 5, 64 // shape.stride, 96 // shape.stride)
    assert boxes.shape == (1, 12, 64 // shape.stride, 96 // shape.stride)
    assert shape.multiple <= 32
