"""Pages as their ink, tiles of them, and the points that are drawn in tiles."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from deepscores.baselines.ink import cut_tile, pack_page, whole_page
from deepscores.baselines.points import (
    PageStore,
    PointSampler,
    Sampling,
    drawn_points,
    measure_lean,
)
from deepscores.errors import DatasetError
from deepscores.labelled import LabelledPage, Window, cut
from deepscores.loaders.index import Index, open_index
from deepscores.loaders.reading import PageReader
from deepscores.models.segmentation import INK


@pytest.fixture(scope="module")
def index(built: Path) -> Index:
    return open_index(built)


@pytest.fixture(scope="module")
def pages(built: Path, index: Index) -> list[LabelledPage]:
    return [PageReader(built, index).page(place) for place in range(3)]


@pytest.fixture(scope="module")
def sampler(built: Path, index: Index) -> PointSampler:
    return PointSampler(PageStore(built, index, "train"), Sampling(128, 200), seed=7)


def test_a_packed_page_is_the_page(pages: list[LabelledPage]) -> None:
    for page in pages:
        whole = whole_page(pack_page(page), 64)
        assert (whole.image[: page.height, : page.width] == page.image).all()
        assert (whole.image[page.height :] == 255).all()
        assert (whole.image[:, page.width :] == 255).all()
        ink = np.flatnonzero(whole.image < INK)
        assert (whole.place == ink).all()
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


def test_points_follow_from_seed_epoch_and_number_whoever_draws(
    built: Path, index: Index, sampler: PointSampler
) -> None:
    again = PointSampler(PageStore(built, index, "train"), Sampling(128, 200), seed=7)
    with ThreadPoolExecutor(3) as pool:
        later = list(pool.map(lambda number: again.points(2, number), reversed(range(12))))
    for number, other in zip(reversed(range(12)), later, strict=True):
        one = sampler.points(2, number)
        assert (one.image == other.image).all()
        assert (one.place == other.place).all()
        assert (one.class_id == other.class_id).all()
    assert (sampler.points(2, 0).image != sampler.points(3, 0).image).any()


def test_points_are_ink_with_its_class(sampler: PointSampler) -> None:
    for number in range(20):
        points = sampler.points(0, number)
        assert (points.image.ravel()[points.place] < INK).all()
        assert len(points.place) in (0, 200)


def test_tiles_without_any_place_lie_around_their_object(built: Path, index: Index) -> None:
    around = Sampling(160, 400, tile_exponent=0.0, anywhere=0.0)
    sampler = PointSampler(PageStore(built, index, "train"), around, seed=0)
    shown = sum(
        np.bincount(np.unique(sampler.points(0, number).class_id), minlength=len(index.names) + 1)
        for number in range(120)
    )
    drawn = np.flatnonzero(sampler.objects)
    # Each class is drawn in one of len(drawn) tiles, and seen in others, too.
    assert (shown[drawn + 1] >= 0.4 * 120 / len(drawn)).all()


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0])
def test_points_of_a_class_are_as_its_pixels_to_the_power_of_the_exponent(exponent: float) -> None:
    random = np.random.default_rng(3)
    class_id = random.permutation(np.repeat([0, 3, 4], [9000, 900, 100]))
    drawn = class_id[drawn_points(class_id, Sampling(1, 4000, point_exponent=exponent), random)]
    expected = np.array([9000, 900, 100]) ** exponent
    found = np.bincount(drawn, minlength=5)[[0, 3, 4]] / 4000
    assert found == pytest.approx(expected / expected.sum(), abs=0.005)


def test_a_tile_without_ink_has_no_points() -> None:
    nothing = np.empty(0, np.int64)
    assert len(drawn_points(nothing, Sampling(1, 10), np.random.default_rng(0))) == 0


def test_the_lean_is_of_all_ink_of_the_split(index: Index, sampler: PointSampler) -> None:
    lean = measure_lean(sampler, 300, threads=2)  # which come to all of the few pages
    areas = sum(
        sampler.store.page(place).areas(len(index.names))
        for place in index.places("train").tolist()
    )
    assert lean.natural == pytest.approx(areas / areas.sum(), abs=1e-6)
    points = np.concatenate([sampler.points(0, number).class_id for number in range(300)])
    drawn = np.bincount(points, minlength=len(lean.drawn)) / len(points)
    assert lean.drawn == pytest.approx(drawn, abs=0.02)
    rare = int(np.argmin(np.where(areas > 0, areas, areas.max())))
    assert lean.adjustment([0, rare])[0] < 0 < lean.adjustment([0, rare])[1]


def test_a_split_without_objects_cannot_be_learned_from(built: Path, index: Index) -> None:
    empty = next(s for s in ("val", "test", "train") if not index.places(s).size)
    with pytest.raises(DatasetError, match="no labelled object in the split"):
        PointSampler(PageStore(built, index, empty), Sampling(128, 200), seed=0)
