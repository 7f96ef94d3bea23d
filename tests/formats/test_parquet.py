import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml
from pycocotools import mask as coco_masks

from deepscores import export
from deepscores.dataset.reader import open_dataset
from deepscores.errors import RecipeError
from tests.formats.symbol_truth import objects_of

# pycocotools is older than NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SPLITS = {"train": "train", "val": "validation", "test": "test"}


@pytest.fixture(scope="module")
def folder(real_as: Callable[..., Path]) -> Path:
    return real_as("parquet")


@pytest.fixture(scope="module")
def loaded(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        return load(folder, tmp_path_factory.mktemp("cache"), patch)


def load(folder: Path, cache: Path, patch: pytest.MonkeyPatch) -> Any:
    """What the library makes of *folder*, without the network."""
    patch.setenv("HF_HUB_OFFLINE", "1")
    patch.setenv("HF_HOME", str(cache))
    import datasets

    datasets.disable_progress_bars()
    return datasets.load_dataset(str(folder), cache_dir=str(cache))


def test_pages_read_back_by_datasets_are_the_symbol_tables(real: Path, loaded: Any) -> None:
    dataset = open_dataset(real)
    splits = {split: dataset.split(split) for split in SPLITS}
    assert sorted(loaded) == sorted(SPLITS[split] for split, pages in splits.items() if pages)
    for split, pages in splits.items():
        rows = loaded[SPLITS[split]] if pages else ()
        assert [row["name"] for row in rows] == [page.name for page in pages]
        for row, page in zip(rows, pages, strict=True):
            assert (np.array(row["image"]) == page.image).all()
            assert (row["width"], row["height"]) == row["image"].size
            assert row["score"] == page.row["score"]
            objects, truth = row["objects"], objects_of(page)
            assert objects["number"] == list(truth)
            names = rows.features["objects"]["category"].feature.int2str(objects["category"])
            assert names == [labelled.class_name for labelled in truth.values()]
            boxes = np.array(objects["bbox"])
            boxes[:, 2:] += boxes[:, :2]
            assert np.abs(boxes - [labelled.box for labelled in truth.values()]).max() < 0.002
            owners = page.instances
            areas = np.bincount(owners.ravel(), minlength=page.symbols.num_rows + 1)
            expected = [int(areas[labelled.members].sum()) for labelled in truth.values()]
            masks = [
                {"size": [row["height"], row["width"]], "counts": counts}
                for counts in objects["segmentation"]
            ]
            assert objects["area"] == expected == [coco_masks.area(mask) for mask in masks]
            for place in range(0, len(masks), 60):
                mask = coco_masks.decode(masks[place])
                members = truth[objects["number"][place]].members
                assert (mask == np.isin(owners, members)).all()
                whole_mask = {**masks[place], "counts": objects["whole_segmentation"][place]}
                union = np.any([page.whole_mask(member) for member in members], axis=0)
                assert (coco_masks.decode(whole_mask) == union).all()


def test_features_are_those_of_the_label_set(real: Path, loaded: Any) -> None:
    import datasets

    features = loaded["train"].features
    assert isinstance(features["image"], datasets.Image)
    names = [label_class.name for label_class in open_dataset(real).labels.classes]
    assert features["objects"]["category"].feature.names == names


def test_metadata_is_what_datasets_itself_would_write(folder: Path, loaded: Any) -> None:
    schema = pq.read_schema(next((folder / "data").glob("train-*.parquet")))
    written_features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    import datasets

    assert datasets.Features.from_dict(written_features) == loaded["train"].features


def test_class_label_counts_from_nought(built: Path, tmp_path: Path) -> None:
    export(built, tmp_path / "out", to="parquet", classes="notehead*", split="train")
    rows = pq.read_table(tmp_path / "out" / "data").to_pylist()
    class_places = {place for row in rows for place in row["objects"]["category"]}
    schema = pq.read_schema(next((tmp_path / "out" / "data").iterdir()))
    features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    names = features["objects"]["category"]["feature"]["names"]
    assert all(name.startswith("notehead") for name in names)
    assert {names[place] for place in class_places} == {"noteheadBlack"}


def test_tiles_have_a_row_each_and_tell_how_much_shows(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(built, tmp_path / "out", to="parquet", tiles=256, overlap=32)
    rows = load(tmp_path / "out", tmp_path / "cache", monkeypatch)
    for split in rows.values():
        for row in split:
            assert row["image"].size == (256, 256)
            shares = np.array(row["objects"]["visibility"])
            assert ((shares < 0.5) == row["objects"]["iscrowd"]).all()


def test_card_tells_the_dataset(real: Path, folder: Path) -> None:
    dataset = open_dataset(real)
    text = (folder / "README.md").read_text()
    _, head, body = text.split("---\n", 2)
    header = yaml.safe_load(head)
    assert header["size_categories"] == ["n<1K"]
    assert header["configs"][0]["data_files"] == [
        {"split": SPLITS[split], "path": f"data/{split}-*"}
        for split in SPLITS if dataset.split(split)
    ]  # fmt: skip
    counts = Counter(row["class"] for page in dataset for row in first_symbols(page))
    for place, label_class in enumerate(dataset.labels.classes):
        assert f"| {place} | {label_class.name} | {counts[label_class.name]} |" in body
    for composer, scores in Counter(row["composer"] for row in dataset.scores).items():
        assert f"| {composer or '(none named)'} | {scores} |" in body
    for rights, scores in Counter(row["rights"] for row in dataset.scores).items():
        assert f"| {rights or '(none stated)'} | {scores} |" in body


def first_symbols(page: Any) -> list[dict[str, Any]]:
    return [labelled.row for labelled in objects_of(page).values()]


def test_links_are_refused(built: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="images: parquet cannot link: its files hold"):
        export(built, tmp_path / "out", to="parquet", images="link")
