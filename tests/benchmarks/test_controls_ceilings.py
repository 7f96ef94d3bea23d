"""The arithmetic of the ceilings: shrinking, rounding, capping, stitching, the file of boxes."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.controls.pages import (
    DETECTIONS,
    found_of,
    joined,
    label_set,
    split_pages,
    write_detections,
    write_view,
)
from benchmarks.controls.shrunk import as_model_takes_it, capped, detected, snapped, truth
from benchmarks.controls.sizes import letterboxed, shrunk, tile
from benchmarks.controls.stitching import stitched
from deepscores.dataset.labelled import Window, label_page, windows
from deepscores.dataset.reader import open_dataset
from deepscores.errors import RecipeError
from deepscores.inference.models.card import ModelCard
from deepscores.inference.models.detections import Channel, HeatLayout
from deepscores.inference.models.file import Model
from deepscores.page.overlaps import overlap


def page(height: int = 300, width: int = 200) -> np.ndarray:
    return np.full((height, width), 255, np.uint8)


def test_a_box_of_a_shrunk_page_comes_back_to_its_place() -> None:
    image = page(2668, 1894)
    image[1000:1040, 500:580] = 0
    small = shrunk(image, 640)
    rows, columns = np.nonzero(small.image < 128)
    seen = np.array([[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]], np.float32)
    # A pixel of the shrunk page is 4.17 of the page.
    assert abs(small.to_page(seen) - [[500, 1000, 580, 1040]]).max() <= 4.17


def test_a_small_page_stays_as_it_is() -> None:
    assert shrunk(page(), 640).image.shape == (300, 200)
    assert shrunk(page(), 0).scale == (1.0, 1.0)


def test_a_shrunk_page_is_brought_to_the_models_staff_space() -> None:
    picture = as_model_takes_it(page(2560, 1280), has=16.0, wants=12.0, side=640)
    assert picture.image.shape == (1920, 960)
    assert picture.scale == pytest.approx((0.75, 0.75))
    same = as_model_takes_it(page(2560, 1280), has=16.0, wants=4.0, side=640)
    assert same.image.shape == (640, 320)


def test_a_letterboxed_page_stands_on_paper() -> None:
    image = np.zeros((1280, 640), np.uint8)
    boxed = letterboxed(image, 640)
    assert boxed.image.shape == (640, 640)
    assert (boxed.image[:, :320] == 0).all()
    assert (boxed.image[:, 320:] == 255).all()


def test_a_stem_does_not_survive_whole_pixels_of_640() -> None:
    stem, head = (
        np.array([[500.2, 1000.0, 501.8, 1056.0]]),
        np.array([[480.0, 990.0, 500.0, 1006.0]]),
    )
    factor = 640 / 2668
    assert overlap(snapped(stem, factor), stem)[0] < 0.5
    assert overlap(snapped(head, factor), head)[0] > 0.5


def test_no_box_is_lost_in_rounding() -> None:
    random = np.random.default_rng(0)
    low = random.uniform(0, 1000, (200, 2))
    box = np.concatenate([low, low + random.uniform(0.1, 9, (200, 2))], axis=1)
    grid = snapped(box, 0.25) * 0.25
    assert (grid == grid.round()).all()
    assert (grid[:, 2:] - grid[:, :2] >= 1).all()


def test_a_cap_keeps_so_many_and_the_rarest_first() -> None:
    ids = np.array([1] * 8 + [2] * 2)
    found = found_of(np.arange(40).reshape(10, 4), ids, np.ones(10))
    counts = np.bincount(ids)
    assert sorted(capped(found, 3, "rarest", counts, "a").class_id.tolist()) == [1, 2, 2]
    chance = [capped(found, 3, "chance", counts, str(nth)).class_id.tolist() for nth in range(40)]
    assert 0.1 < np.mean([one.count(2) / 3 for one in chance]) < 0.3
    assert len(capped(found, None, "rarest", counts, "a").score) == 10


def test_the_best_are_those_with_the_highest_scores() -> None:
    found = found_of(np.zeros((4, 4)), [1, 2, 3, 4], [0.1, 0.9, 0.5, 0.9])
    assert found.best(3).class_id.tolist() == [2, 4, 3]
    assert len(found.best(None).score) == 4


def test_every_box_of_tiles_is_stitched_once() -> None:
    random = np.random.default_rng(1)
    low = random.uniform(0, [380, 580], (300, 2))
    box = np.concatenate([low, low + 20], axis=1)
    places = list(windows(400, 600, 128, 32))
    parts = []
    for window in places:
        x, y, size = window
        inside = ((box[:, :2] >= (x, y)) & (box[:, 2:] <= (x + size, y + size))).all(axis=1)
        rows = np.flatnonzero(inside)
        parts.append(found_of(box[rows] - (x, y, x, y), rows + 1, np.ones(len(rows))))
    found = stitched(places, parts)
    assert sorted(found.class_id.tolist()) == list(range(1, 301))
    assert np.allclose(found.box, box[found.class_id - 1], atol=1e-3)


def test_a_tile_beyond_the_page_is_paper() -> None:
    part = tile(np.zeros((10, 10), np.uint8), Window(4, 0, 16))
    assert part.shape == (16, 16)
    assert part[:10, :6].max() == 0
    assert part[10:].min() == part[:, 6:].min() == 255


class OnePeak:
    """Stands for a network that finds one object, in a cell of the heat map."""

    def run(self, names: list[str], arrays: dict[str, np.ndarray]) -> list[np.ndarray]:
        rows, columns = (side // 4 for side in arrays["image"].shape[2:])
        heat = np.full((1, 1, rows, columns), -9.0, np.float32)
        heat[0, 0, 20, 30] = 3.0
        return [heat, np.zeros((1, 4, rows, columns), np.float32)]


@pytest.mark.parametrize(("wants", "pixels"), [(10.0, 1.0), (5.0, 2.0), (None, 2.0)])
def test_what_a_model_finds_comes_back_to_the_page(
    built: Path, wants: float | None, pixels: float
) -> None:
    layout = HeatLayout(4, (Channel(1, 0, width=8.0, height=6.0),))
    card = ModelCard("detect", ("a",), "one", wants, "small", "0", layout.as_settings())
    (one, *_) = split_pages(open_dataset(built), "train")
    assert one.page.image.shape == (600, 800)
    found = detected(Model(card, OnePeak(), ("heat", "boxes")), one, side=400)
    middle = np.array([30.5 * 4, 20.5 * 4])
    half = np.array([4.0, 3.0])
    box = np.concatenate([middle - half, middle + half]) * pixels
    assert found.box == pytest.approx(box[None], abs=1e-3)
    assert found.class_id.tolist() == [1]


def test_truth_without_ceilings_is_the_truth(built: Path, tmp_path: Path) -> None:
    dataset = open_dataset(built)
    pages = split_pages(dataset, "train")
    rows = [(one, truth(one, None, 0)) for one in pages]
    count = write_detections(tmp_path, rows)
    written = json.loads((tmp_path / DETECTIONS).read_text())
    objects = label_page(pages[0].page).objects
    mine = [one for one in written if one["image_id"] == 1]
    assert count == len(written) == sum(one.page.row["objects"] for one in pages)
    assert {one["file_name"] for one in mine} == {f"{pages[0].page.name}.png"}
    assert [one["category_id"] for one in mine] == objects.class_id.tolist()
    x, y, width, height = np.array([one["bbox"] for one in mine]).T
    assert np.allclose(np.stack([x, y, x + width, y + height], axis=1), objects.box, atol=0.02)


def test_pages_are_spread_and_of_the_font(built: Path) -> None:
    dataset = open_dataset(built)
    every = split_pages(dataset, "train")
    assert [one.place for one in every] == list(range(1, len(every) + 1))
    some = split_pages(dataset, "train", most=2)
    assert [one.place for one in some] == [1, len(every)]
    bravura = split_pages(dataset, "train", fonts=["Bravura"])
    assert {one.page.row["font"] for one in bravura} == {"Bravura"}
    with pytest.raises(RecipeError, match="no page"):
        split_pages(dataset, "train", fonts=["Petaluma"])


def test_a_view_has_its_pages_alone(built: Path, tmp_path: Path) -> None:
    dataset = open_dataset(built)
    chosen = [one.page for one in split_pages(dataset, "train", most=2)]
    for _ in range(2):
        write_view(dataset, chosen, tmp_path / "view")
    view = open_dataset(tmp_path / "view")
    assert [one.name for one in view] == [one.name for one in chosen]
    assert view[0].symbols.num_rows == chosen[0].symbols.num_rows


def test_a_label_set_is_the_datasets_own_or_another(built: Path) -> None:
    dataset = open_dataset(built)
    assert label_set(dataset, None) == label_set(dataset, dataset.labels.name)
    labels, other = label_set(dataset, "deepscores-v2")
    assert labels is other
    assert labels.name == "deepscores-v2"


def test_nothing_joined_is_nothing() -> None:
    assert joined([]).box.shape == (0, 4)
