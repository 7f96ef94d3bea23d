"""Pages as their ink, tiles of them, and the points that are drawn in tiles."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from deepscores.dataset.index import Index, open_index
from deepscores.dataset.labelled import LabelledPage, Window, cut
from deepscores.errors import DatasetError, RecipeError
from deepscores.inference.models.segmentation import INK
from deepscores.recipe.recipe import read_recipe
from deepscores.training.loaders.reading import PageReader
from deepscores.training.loop.fresh_pages import FreshPages
from deepscores.training.loop.options import TrainOptions
from deepscores.training.segment.ink import cut_tile, pack_page, whole_page
from deepscores.training.segment.points import PointSampler, Sampling, draw_points, measure_shares
from deepscores.training.segment.pools import DatasetPool, FreshPage, FreshPool, fresh_page

SAMPLING = Sampling(128, 200)


@pytest.fixture(scope="module")
def index(built: Path) -> Index:
    return open_index(built)


@pytest.fixture(scope="module")
def pages(built: Path, index: Index) -> list[LabelledPage]:
    return [PageReader(built, index).page(place) for place in range(3)]


@pytest.fixture(scope="module")
def pool(built: Path, index: Index) -> DatasetPool:
    return DatasetPool(built, index, "train")


def test_a_packed_page_is_the_page(pages: list[LabelledPage]) -> None:
    for page in pages:
        whole = whole_page(pack_page(page), 64)
        assert (whole.image[: page.height, : page.width] == page.image).all()
        assert (whole.image[page.height :] == 255).all()
        assert (whole.image[:, page.width :] == 255).all()
        assert (whole.place == np.flatnonzero(whole.image < INK)).all()
        assert (whole.class_id == page.class_map[page.image < INK]).all()


@pytest.mark.parametrize(("x", "y", "size"), [(0, 0, 100), (333, 217, 64), (700, 500, 100)])
def test_a_tile_is_the_part_that_is_cut_of_the_page(
    pages: list[LabelledPage], x: int, y: int, size: int
) -> None:
    for page in pages:
        part = cut(page, Window(x, y, size))
        tile = cut_tile(pack_page(page), Window(x, y, size))
        assert (tile.image == part.image).all()
        ink = np.flatnonzero(part.image < INK)
        assert (tile.place == ink).all()
        assert (tile.class_id == part.class_map.ravel()[ink]).all()


def test_a_tile_larger_than_the_page_ends_in_paper(pages: list[LabelledPage]) -> None:
    page = pages[0]
    tile = cut_tile(pack_page(page), Window(0, 0, 1024))
    assert (tile.image[: page.height, : page.width] == page.image).all()
    assert (tile.image[page.height :] == 255).all()
    assert (tile.image[:, page.width :] == 255).all()


def test_areas_are_of_ink_alone(pages: list[LabelledPage]) -> None:
    page = pages[0]
    expected = np.bincount(page.class_map[page.image < INK], minlength=200 + 1)
    assert (pack_page(page).areas(200) == expected).all()


@pytest.mark.parametrize("staff_space", [None, 7.0])
def test_a_pool_finds_each_object_where_its_page_has_it(
    built: Path, index: Index, staff_space: float | None
) -> None:
    pool = DatasetPool(built, index, "train", staff_space)
    found = 0
    for place in range(pool.pages):
        whole = int(index.places("train")[place])
        page = PageReader(built, index, staff_space=staff_space).page(whole)
        own = page.objects
        assert (np.sort(pool.classes_on(place)) == np.sort(index.objects(whole).class_id)).all()
        for class_id in np.unique(own.class_id).tolist():
            every = (pool.find(class_id, n) for n in range(int(pool.objects[class_id - 1])))
            boxes = [box for there, box in every if there == place]
            expected = own.box[own.class_id == class_id]
            assert np.sort(boxes, axis=0) == pytest.approx(np.sort(expected, axis=0), abs=1e-3)
            found += len(boxes)
    assert found == pool.objects.sum() > 0


def test_fresh_pages_are_found_in_the_same_way(index: Index, pages: list[LabelledPage]) -> None:
    made = [
        FreshPage(pack_page(one), one.objects.box, one.objects.class_id.astype(np.int64))
        for one in pages
    ]
    pool = FreshPool(made, len(index.names))
    every = np.concatenate([one.class_id for one in made])
    assert (pool.objects == np.bincount(every, minlength=len(index.names) + 1)[1:]).all()
    for class_id in np.unique(every).tolist():
        for nth in range(int(pool.objects[class_id - 1])):
            place, box = pool.find(class_id, nth)
            rows = (made[place].box == box).all(axis=1)
            assert class_id in made[place].class_id[rows]


def test_fresh_pages_of_an_epoch_are_the_same_again(
    small_scores: Path, index: Index, tmp_path: Path
) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        f'scores = ["{small_scores}"]\nfonts = ["Bravura"]\npage-size = "600x500"\n'
        "staff-space = 10\nmargin = 40\n"
    )
    options = TrainOptions(recipe=read_recipe(recipe), seed=1)
    pages = FreshPages(options, index.names, fresh_page)
    pools = [FreshPool(pages.epoch(epoch, 4), len(index.names)) for epoch in (1, 1, 2)]
    counts = [
        [pool.page(place).areas(len(index.names)).tolist() for place in range(pool.pages)]
        for pool in pools
    ]
    assert counts[0] == counts[1] != counts[2]
    with pytest.raises(RecipeError, match="labels other classes than the dataset"):
        FreshPages(options, ("one", "two"), fresh_page)


@pytest.fixture
def small_scores(tmp_path: Path, tune: object) -> Path:
    folder = tmp_path / "scores"
    folder.mkdir()
    for place, steps in enumerate(("CEGB", "DFAC", "EGBD", "FACE", "GBDF")):
        text = tune(3, title=f"Piece {place}", steps=steps)  # type: ignore[operator]
        (folder / f"piece-{place}.musicxml").write_text(text)
    return folder


def test_points_follow_from_seed_epoch_and_number_whoever_draws(
    built: Path, index: Index, pool: DatasetPool
) -> None:
    sampler = PointSampler(pool, SAMPLING, seed=7)
    again = PointSampler(DatasetPool(built, index, "train"), SAMPLING, seed=7)
    with ThreadPoolExecutor(3) as threads:
        later = list(threads.map(lambda number: again.points(2, number), reversed(range(12))))
    for number, other in zip(reversed(range(12)), later, strict=True):
        one = sampler.points(2, number)
        assert (one.image == other.image).all()
        assert (one.place == other.place).all()
        assert (one.class_id == other.class_id).all()
    assert (sampler.points(2, 0).image != sampler.points(3, 0).image).any()


def test_points_are_ink(pool: DatasetPool) -> None:
    sampler = PointSampler(pool, SAMPLING, seed=0)
    for number in range(20):
        points = sampler.points(0, number)
        assert (points.image.ravel()[points.place] < INK).all()
        assert len(points.place) == len(points.class_id) == 200


def test_tiles_lie_around_objects_of_all_classes_alike(pool: DatasetPool) -> None:
    around = Sampling(160, 400, tile_exponent=0.0, anywhere=0.0)
    sampler = PointSampler(pool, around, seed=0)
    drawn = np.flatnonzero(pool.objects)
    tiles = 120
    shown = np.zeros(len(pool.objects) + 1)
    for number in range(tiles):
        shown[np.unique(sampler.points(0, number).class_id)] += 1
    # Each is drawn for its share of the tiles, and to be seen in others, too.
    assert (shown[drawn + 1] >= 0.5 * tiles / len(drawn)).all()


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0])
def test_points_of_a_class_are_as_its_pixels_to_the_power_of_the_exponent(exponent: float) -> None:
    random = np.random.default_rng(3)
    class_id = random.permutation(np.repeat([0, 3, 4], [9000, 900, 100]))
    drawn = class_id[draw_points(class_id, Sampling(1, 4000, point_exponent=exponent), random)]
    expected = np.array([9000.0, 900.0, 100.0]) ** exponent
    found = np.bincount(drawn, minlength=5)[[0, 3, 4]] / 4000
    assert found == pytest.approx(expected / expected.sum(), abs=0.01)


def test_a_tile_without_ink_has_no_points() -> None:
    nothing = np.empty(0, np.int64)
    assert len(draw_points(nothing, Sampling(1, 10), np.random.default_rng(0))) == 0


def test_the_lean_is_between_points_and_all_ink_of_the_pages(pool: DatasetPool) -> None:
    sampler = PointSampler(pool, SAMPLING, seed=7)
    lean = measure_shares(sampler, 40, threads=2)  # which come to all of the few pages
    classes = len(pool.objects)
    areas = np.sum([pool.page(place).areas(classes) for place in range(pool.pages)], axis=0)
    assert lean.natural == pytest.approx(areas / areas.sum(), abs=1e-6)
    points = np.concatenate([sampler.points(0, number).class_id for number in range(3000)])
    drawn = np.bincount(points, minlength=classes + 1) / len(points)
    assert lean.drawn == pytest.approx(drawn, abs=0.02)
    rare = int(np.argmin(np.where(areas > 0, areas, areas.max())))
    common, scarce = lean.adjustment([0, rare]).tolist()
    assert common < 0 < scarce
    assert lean.tempering([0, rare], 0.0).tolist() == [0, 0]
    less, more = lean.tempering([0, rare], 0.3).tolist()
    assert less == pytest.approx(-more)
    assert more > 0


def test_pages_without_objects_cannot_be_learned_from() -> None:
    with pytest.raises(DatasetError, match="no labelled object to learn from"):
        PointSampler(FreshPool([], 3), SAMPLING, seed=0)
