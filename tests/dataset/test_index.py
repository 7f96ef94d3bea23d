"""The index: every object by page and by class, made once, and anew for another dataset."""

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deepscores.dataset.index import open_index
from deepscores.dataset.labelled import label_page
from deepscores.dataset.reader import open_dataset
from deepscores.errors import DatasetError
from deepscores.page.labels.label_sets import load_label_set
from deepscores.training.loaders.reading import PageReader


def test_objects_are_those_of_the_symbol_table(real: Path) -> None:
    index = open_index(real)
    for place, source in enumerate(open_dataset(real)):
        assert index.row(place) == source.row
        stored, found = label_page(source).objects, index.objects(place)
        for name in ("number", "class_id", "box", "oriented", "share", "of_symbol"):
            assert (getattr(stored, name) == getattr(found, name)).all(), name


def test_every_object_is_in_its_class_and_split_once(real: Path) -> None:
    index = open_index(real)
    splits = [row["split"] for row in index.pages.to_pylist()]
    seen = []
    for split in ("train", "val", "test", ""):
        for class_id in range(1, len(index.names) + 1):
            start, end = index.of_class("by_class", split, class_id)
            rows = index.columns["by_class"][start:end]
            assert (index.columns["class_id"][rows] == class_id).all()
            assert {splits[index.page_of(int(row))] for row in rows} <= {split}
            assert (np.diff(rows.astype(int)) > 0).all()
            seen += rows.tolist()
    assert sorted(seen) == list(range(len(index.columns["class_id"])))


def test_it_is_made_once(built: Path) -> None:
    first = open_index(built)
    written = (first.folder / "index.json").stat().st_mtime_ns
    assert open_index(built).folder == first.folder
    assert (first.folder / "index.json").stat().st_mtime_ns == written
    assert open_index(built, load_label_set("full")).folder != first.folder
    assert not list(first.folder.parent.glob("objects-*-*"))


def test_another_dataset_in_the_same_place_has_its_own(built: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(built, copy)
    before = open_index(copy).folder
    assert before == open_index(built).folder
    (copy / "manifest.tsv").write_text("changed\n")
    assert open_index(copy).folder != before


def test_a_page_whose_files_do_not_fit_is_named(built: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(built, copy)
    reader = PageReader(copy, open_index(copy))
    name = reader.page(0).name
    (copy / "instances_png" / f"{name}.png").write_bytes(b"no picture")
    with pytest.raises(DatasetError, match=f"{name}.png: not a readable PNG"):
        PageReader(copy, open_index(copy)).page(0)
    (copy / "instances_png" / f"{name}.png").unlink()
    with pytest.raises(DatasetError, match=f"{name}.png: No such file"):
        PageReader(copy, open_index(copy)).page(0)


def test_a_class_beyond_the_label_set_is_refused_not_counted_in_the_next_split(
    built: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(built, copy)
    (copy / "manifest.tsv").write_text("class 119\n")  # another dataset, another index
    part = copy / "symbols/part-00000.parquet"
    table = pq.read_table(part)
    ids = [119 if number else 0 for number in table["class_id"].to_pylist()]
    place = table.schema.get_field_index("class_id")
    field = table.schema.field(place)
    pq.write_table(table.set_column(place, field, pa.array(ids, field.type)), part)
    with pytest.raises(DatasetError, match="an object of class 119…119; the label set has 1…118"):
        open_index(copy)
    with pytest.raises(ValueError, match="class 119 is not within 1…118"):
        open_index(built).of_class("by_class", "train", 119)
