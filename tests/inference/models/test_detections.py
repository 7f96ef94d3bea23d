import json

import numpy as np
import pytest

from deepscores.errors import DatasetError
from deepscores.inference.models import detections
from deepscores.inference.models.card import ModelCard, parse_card
from deepscores.inference.models.detections import (
    Channel,
    Detections,
    HeatLayout,
    decode_detections,
    decode_maps,
)
from deepscores.page.overlaps import overlap

HEAD = Channel(3, 0, 20.0, 16.0)
STEM = Channel(1, 1, 2.0, 56.0)
LEFT, RIGHT = Channel(7, 2, 16.0, 64.0, "left"), Channel(7, 2, 16.0, 64.0, "right")
LAYOUT = HeatLayout(4, (HEAD, STEM, LEFT, RIGHT))


def drawn(*objects, shape=(40, 60), layout=LAYOUT):
    """Maps that show *objects*, each a channel's place, a box, and a logit."""
    heat = np.full((len(layout.channels), *shape), -9.0, np.float32)
    boxes = np.zeros((4 * layout.groups, *shape), np.float32)
    for place, (x0, y0, x1, y1), logit in objects:
        channel = layout.channels[place]
        x, y = (x0 + x1) / 2 / layout.stride, (y0 + y1) / 2 / layout.stride
        row, column = int(y), int(x)
        heat[place, row, column] = logit
        size = np.log([(x1 - x0) / channel.width, (y1 - y0) / channel.height])
        first = 4 * channel.group
        boxes[first : first + 4, row, column] = [x - column - 0.5, y - row - 0.5, *size]
    return heat, boxes


def card(**settings):
    table = {**LAYOUT.as_settings(), **settings}
    return ModelCard("detect", ("a",) * 9, "mine", 16.0, "small", "1", settings=table)


def test_boxes_come_back_where_they_were_the_surest_first():
    boxes = [(10.2, 20.7, 31.0, 35.9), (100.3, 9.1, 101.9, 66.6)]
    maps = drawn((0, boxes[0], 0.0), (1, boxes[1], 2.0))
    found = decode_maps(*maps, LAYOUT)
    assert found.class_id.tolist() == [1, 3]
    assert found.box == pytest.approx(np.array(boxes[::-1]), abs=1e-4)
    assert found.score == pytest.approx([1 / (1 + np.exp(-2)), 0.5])


def test_a_model_card_that_went_through_json_decodes_the_same():
    maps = drawn((0, (10, 20, 30, 36), 1.0), (1, (10, 20, 12, 70), 1.0))
    again = parse_card(card().as_json(), "test")
    outputs = {"heat": maps[0][None], "boxes": maps[1][None]}
    one, other = decode_maps(*maps, LAYOUT), decode_detections(outputs, again)
    assert len(one) == 2
    assert (one.box == other.box).all()
    assert (one.class_id == other.class_id).all()


@pytest.mark.parametrize("spoilt", [{"channels": None}, {"stride": "four"}, {"channels": [[1]]}])
def test_a_card_that_is_no_detectors_is_refused(spoilt):
    outputs = dict(zip(("heat", "boxes"), (one[None] for one in drawn()), strict=True))
    with pytest.raises(DatasetError, match="not a detector's"):
        decode_detections(outputs, card(**spoilt))


def test_nothing_is_found_where_there_is_nothing():
    found = decode_maps(*drawn(), LAYOUT)
    assert (len(found), found.box.shape) == (0, (0, 4))


def test_objects_of_two_classes_on_one_spot_are_both_found():
    head, stem = (30, 30, 50, 46), (39, 10, 41, 66)
    found = decode_maps(*drawn((0, head, 1.0), (1, stem, 0.5)), LAYOUT)
    assert found.class_id.tolist() == [3, 1]
    assert found.box == pytest.approx(np.array([head, stem]), abs=1e-4)


def test_objects_two_cells_apart_are_two_and_equal_neighbours_are_one():
    heat, boxes = drawn((1, (10, 20, 12, 76), 1.0), (1, (18, 20, 20, 76), 1.0))
    assert len(decode_maps(heat, boxes, LAYOUT)) == 2
    heat[1, 12, 2:5] = 1.0
    assert len(decode_maps(heat, boxes, LAYOUT)) == 1


@pytest.mark.parametrize("corner", [(0, 0), (0, 59), (39, 0), (39, 59)])
def test_peaks_on_the_edge_count_and_do_not_look_round_the_picture(corner):
    heat, boxes = drawn()
    heat[0, *corner] = 0.0
    heat[0, 39 - corner[0], 59 - corner[1]] = 1.0
    assert len(decode_maps(heat, boxes, LAYOUT)) == 2


def test_equal_peaks_in_a_corner_are_one():
    heat, boxes = drawn()
    heat[0, 0, :2] = 1.0
    assert len(decode_maps(heat, boxes, LAYOUT)) == 1


def test_an_object_found_twice_is_one_and_close_ones_are_two():
    wide = HeatLayout(4, (Channel(1, 0, 100.0, 10.0),))
    twice = [(0, (20, 20, 120, 30), 2.0), (0, (30, 20, 130, 30), 1.0)]
    found = decode_maps(*drawn(*twice, layout=wide), wide)
    assert found.box == pytest.approx(np.array([twice[0][1]]), abs=1e-4)
    apart = [(0, (20, 20, 120, 30), 2.0), (0, (60, 20, 160, 30), 1.0)]
    assert len(decode_maps(*drawn(*apart, layout=wide), wide)) == 2


def end(x, y0, y1):
    return (x - 8, y0, x + 8, y1)


def test_a_line_is_joined_from_its_ends_on_its_level():
    ends = [(2, end(20, 8, 72), 1.0), (3, end(200, 8, 72), 1.0)]
    lower = [(2, end(30, 80, 144), 0.5), (3, end(220, 80, 144), 0.5)]
    found = decode_maps(*drawn(*ends, *lower), LAYOUT)
    assert found.class_id.tolist() == [7, 7]
    wanted = [(20, 8, 200, 72), (30, 80, 220, 144)]
    assert found.box == pytest.approx(np.array(wanted), abs=1e-3)


def test_a_line_ends_at_the_next_end_that_is_about_as_sure():
    ends = [
        (2, end(20, 8, 72), 2.0), (3, end(60, 8, 72), -2.0), (3, end(120, 8, 72), 1.8),
        (2, end(140, 8, 72), 2.0), (3, end(220, 8, 72), 2.0),
    ]  # fmt: skip
    found = decode_maps(*drawn(*ends), LAYOUT)
    assert sorted(found.box[:, [0, 2]].round().tolist()) == [[20, 120], [140, 220]]


def test_an_end_without_its_other_end_is_nothing():
    found = decode_maps(*drawn((2, end(120, 8, 72), 1.0), (3, end(20, 8, 72), 1.0)), LAYOUT)
    assert len(found) == 0


def test_settings_are_plain_json():
    assert json.loads(json.dumps(LAYOUT.as_settings())) == LAYOUT.as_settings()


def test_boxes_that_surer_ones_cover_are_left_out_as_pairs_compared_one_by_one_say():
    random = np.random.default_rng(3)
    corner = random.uniform(0, 60, (400, 2))
    box = np.concatenate([corner, corner + random.uniform(4, 30, (400, 2))], axis=1)
    found = Detections(
        box.astype(np.float32), random.integers(1, 4, 400).astype(np.int32),
        -np.sort(-random.random(400)).astype(np.float32),
    )  # fmt: skip
    for threshold in (0.3, 0.5, 0.7):
        over = np.tril(overlap(found.box[:, None], found.box) > threshold, -1)
        over &= found.class_id[:, None] == found.class_id
        wanted = np.flatnonzero(~over.any(axis=1))
        assert 0 < len(wanted) < 400
        assert detections._distinct(found, threshold).tolist() == wanted.tolist()


def test_of_maps_that_know_nothing_yet_only_the_surest_are_kept(monkeypatch):
    random = np.random.default_rng(0)
    heat = random.normal(0, 1, (4, 60, 80)).astype(np.float32)
    boxes = random.normal(0, 0.3, (12, 60, 80)).astype(np.float32)
    every = decode_maps(heat, boxes, LAYOUT)
    for name, most in (("_MAX_CELLS", 3000), ("_MAX_ENDS", 50), ("_MAX_OBJECTS", 100)):
        monkeypatch.setattr(detections, name, most)
    found = decode_maps(heat, boxes, LAYOUT)
    assert 50 < len(found) <= 100 < len(every)
    whole = every.select(every.class_id != 7)
    assert found.score[0] >= whole.score[0]
    assert (np.diff(found.score) <= 0).all()
