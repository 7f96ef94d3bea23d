from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask as coco_masks

from deepscores.dataset.labelled import LabelledPage, Window, cut, label_page, rescale, windows
from deepscores.dataset.reader import Dataset, open_dataset
from deepscores.errors import DatasetError, RecipeError
from deepscores.page.geometry import Point
from deepscores.page.labels.label_sets import load_label_set
from deepscores.page.labels.run_lengths import decode_rle


@pytest.fixture(scope="module")
def dataset(real: Path) -> Dataset:
    return open_dataset(real)


@pytest.fixture(scope="module")
def page(dataset: Dataset) -> LabelledPage:
    return label_page(dataset["haydn-opus74no1-movement1-aug-petaluma--page-1"])


def test_objects_are_those_of_the_detection_xml(dataset: Dataset) -> None:
    for source in dataset:
        objects = label_page(source).objects
        names = [dataset.labels.classes[number - 1].name for number in objects.class_id]
        assert [one.name for one in source.objects] == names
        assert np.abs(np.array([one.box for one in source.objects]) - objects.box).max() < 1e-3


def test_classes_of_pixels_are_those_of_the_class_map(dataset: Dataset) -> None:
    for source in dataset:
        assert (label_page(source).class_map == source.mask).all()


def test_labelling_again_by_the_datasets_own_set_changes_nothing(dataset: Dataset) -> None:
    for source in dataset:
        stored, again = label_page(source), label_page(source, load_label_set("deepscores-118"))
        for name in ("number", "class_id", "box", "oriented", "of_symbol"):
            assert (getattr(stored.objects, name) == getattr(again.objects, name)).all(), name


def test_another_label_set_gives_what_a_dataset_built_with_it_has(
    dataset: Dataset, real: Path, tmp_path: Path
) -> None:
    from deepscores import build

    score = real / "scores" / "bach-bwv244-17.mxl"
    build(score, tmp_path / "v2", fonts="Bravura", pages="all", labels="deepscores-v2", jobs=1)
    for source in open_dataset(tmp_path / "v2"):
        before = label_page(source).objects
        after = label_page(dataset[source.name], load_label_set("deepscores-v2")).objects
        assert len(before) > 100
        assert (before.class_id == after.class_id).all()
        assert (before.box == after.box).all()


def test_masks_are_those_that_cocos_own_tools_make(page: LabelledPage) -> None:
    for place, counts in enumerate(page.visible_masks, start=1):
        mask = np.asfortranarray(page.object_map == place, dtype=np.uint8)
        assert coco_masks.encode(mask)["counts"].decode() == counts


def test_whole_mask_of_an_object_is_the_union_of_its_symbols(dataset: Dataset) -> None:
    pages = map(label_page, dataset)
    page = next(page for page in pages if max(map(len, page.objects.members())) > 1)
    composed = [row for row, some in enumerate(page.objects.members()) if len(some) > 1]
    masks = page.whole_masks
    assert masks is not None
    for row in composed:
        union = np.zeros(page.image.shape, np.bool_)
        for number in page.objects.members()[row]:
            counts = page.symbols["whole_mask"][number - 1].as_py()
            union |= decode_rle(counts, page.width, page.height)
        assert (decode_rle(masks[row], page.width, page.height) == union).all()


def test_visible_boxes_are_those_of_the_masks(page: LabelledPage) -> None:
    assert (page.visible_boxes[:, 2:] > page.visible_boxes[:, :2]).all()
    for row, counts in enumerate(page.visible_masks):
        size = {"size": page.image.shape, "counts": counts}
        x, y, width, height = coco_masks.toBbox(size).tolist()
        assert page.visible_boxes[row].tolist() == [x, y, x + width, y + height]


def test_chosen_classes_are_numbered_anew_and_others_are_gone(dataset: Dataset) -> None:
    chosen = [one for one in dataset.labels.classes if one.name.startswith("rest")]
    whole, some = label_page(dataset[0]), label_page(dataset[0], None, chosen)
    rests = np.isin(whole.objects.class_id, [one.id for one in chosen])
    assert len(some.objects) == rests.sum() > 0
    assert (some.objects.box == whole.objects.box[rests]).all()
    names = [chosen[number - 1].name for number in some.objects.class_id]
    before = [dataset.labels.classes[n - 1].name for n in whole.objects.class_id[rests]]
    assert names == before


def test_tiles_cover_every_pixel_and_end_at_the_edge() -> None:
    for width, height, size, overlap in ((1894, 2668, 1024, 128), (100, 999, 333, 0)):
        seen = np.zeros((height, width), np.bool_)
        for x, y, _ in windows(width, height, size, overlap):
            seen[y : y + size, x : x + size] = True
            assert y + size <= height
        assert seen.all()


def test_tiles_together_hold_every_pixel_of_every_object(page: LabelledPage) -> None:
    seen = np.zeros(page.image.shape, np.int32)
    for window in windows(page.width, page.height, 700, 50):
        part = cut(page, window)
        number = np.append(0, part.objects.number)
        here = seen[window.y : window.y + 700, window.x : window.x + 700]
        np.maximum(here, number[part.object_map][: here.shape[0], : here.shape[1]], out=here)
    whole = np.append(0, page.objects.number)[page.object_map]
    assert (seen == whole).all()


def test_cut_boxes_hold_their_pixels_and_tell_what_shows(page: LabelledPage) -> None:
    part = cut(page, Window(450, 300, 640))
    objects = part.objects
    assert 0 < (objects.share < 1).sum() < len(objects)
    assert (objects.box[:, 2:] > objects.box[:, :2]).all()
    assert objects.box.min() >= 0
    assert objects.box.max() <= 640
    assert (part.areas > 0).all()
    whole = dict(zip(page.objects.number.tolist(), page.areas.tolist(), strict=True))
    for number, share, area in zip(objects.number, objects.share, part.areas, strict=True):
        assert share == pytest.approx(area / whole[int(number)])
    uncut = objects.share == 1
    loose = np.abs(objects.box[uncut] - part.visible_boxes[uncut]).max()
    assert loose < 3  # antialiasing, and what others cover
    back = objects.box[uncut] + (450, 300, 450, 300)
    rows = np.searchsorted(page.objects.number, objects.number[uncut])
    # Pixels can all be inside while the vectors' box is cut by less than one.
    assert np.abs(back - page.objects.box[rows]).max() < 1


def test_a_cut_oriented_box_lies_about_the_window(dataset: Dataset, page: LabelledPage) -> None:
    whole = label_page(dataset[page.name], load_label_set("full"))
    part = cut(whole, Window(450, 300, 640))
    slanted = [
        corners.reshape(4, 2)
        for corners, share in zip(part.objects.oriented, part.objects.share, strict=True)
        if share < 1 and len({round(x) for x in corners[::2]}) > 2
    ]
    assert slanted
    for corners in slanted:
        sides = np.roll(corners, -1, axis=0) - corners
        assert abs(sides[0] @ sides[1]) < 1e-6 * np.abs(sides).max() ** 2 + 1e-6
        assert corners.min() > -320
        assert corners.max() < 960


def test_a_tile_beyond_a_small_page_is_paper(page: LabelledPage) -> None:
    size = page.height + 100
    part = cut(page, Window(0, 0, size))
    assert part.image.shape == (size, size)
    assert (part.image[page.height :] == 255).all()
    assert (part.image[:, page.width :] == 255).all()
    assert len(part.objects) == len(page.objects)
    assert (part.objects.share == 1).all()


@pytest.mark.parametrize("staff_space", [6, 20])
def test_picture_and_labels_are_rescaled_together(page: LabelledPage, staff_space: float) -> None:
    other = rescale(page, staff_space)
    factor = staff_space / 16
    assert abs(other.width - page.width * factor) <= 0.5
    assert other.row["staff_space"] == staff_space
    assert len(other.objects) >= 0.99 * len(page.objects)
    rows = np.searchsorted(page.objects.number, other.objects.number)
    assert np.abs(other.objects.box - page.objects.box[rows] * factor).max() < 1.5
    # Ink lies where labels say: of each object's darkest pixels and all of its own.
    dark = [
        other.image[other.object_map == place].min() for place in range(1, len(other.objects) + 1)
    ]
    assert np.mean(np.array(dark) < 160) > 0.98


def test_no_symbol_vanishes_when_a_page_gets_smaller(page: LabelledPage) -> None:
    other = rescale(page, 8)
    assert np.isin(np.unique(page.owners), np.unique(other.owners)).mean() > 0.99
    assert (other.areas > 0).all()


def test_a_staff_space_out_of_reason_is_refused(page: LabelledPage) -> None:
    with pytest.raises(RecipeError, match="times the page's"):
        rescale(page, 5000)


def test_a_map_to_the_picture_need_not_be_affine(page: LabelledPage) -> None:
    def curl(x: float, y: float, /) -> Point:
        return Point(x, y + (x - 400) ** 2 / 1000)

    scan = replace(page, name=f"{page.name}--scan-1", to_picture=curl)
    assert not scan.is_whole
    part = cut(scan, Window(10, 20, 300))
    assert part.to_picture(500, 100) == Point(490, 90)
    small = rescale(scan, scan.row["staff_space"] / 2)
    assert small.to_picture(500, 100) == pytest.approx((250, 55))


def test_a_map_that_does_not_fit_the_table_is_named(dataset: Dataset, real: Path) -> None:
    source = dataset[0]
    short = type(source)(source.folder, source.row, _Few(source.symbols.slice(0, 10)))  # type: ignore[arg-type]
    with pytest.raises(
        DatasetError, match=rf"{source.name}: symbol \d+ in the instance map, of 10"
    ):
        _ = label_page(short).owners


def test_a_map_of_another_size_than_the_page_is_named(dataset: Dataset) -> None:
    page = dataset[0]
    row = {**page.row, "height": page.row["height"] + 1}
    high = label_page(type(page)(page.folder, row, _Few(page.symbols)))  # type: ignore[arg-type]
    for look in ("image", "owners"):
        with pytest.raises(DatasetError, match=rf"{page.name}: the (image|instance map) is \d+ x "):
            getattr(high, look)


class _Few:
    def __init__(self, table: object) -> None:
        self.table = table

    def of_page(self, _: str) -> object:
        return self.table
