"""Reading a dataset back."""

import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from deepscores import open_dataset
from deepscores.errors import DatasetError


def test_five_readable_lines(built: Path) -> None:
    dataset = open_dataset(built)
    page = dataset[0]
    mine = page.instances == page.symbols["number"][0].as_py()
    assert page.image.shape == page.mask.shape == mine.shape == (600, 800)
    assert {one.name for one in page.objects} <= {one.name for one in dataset.labels.classes}


def test_a_dataset_is_a_sequence_of_pages(built: Path) -> None:
    dataset = open_dataset(built)
    assert len(dataset) == len(list(dataset)) == dataset.info["counts"]["pages"]
    assert [page.name for page in dataset[1:3]] == [dataset[1].name, dataset[2].name]
    assert dataset[-1].name == list(dataset)[-1].name
    assert dataset[dataset[2].name].row == dataset[2].row
    with pytest.raises(IndexError):
        dataset[len(dataset)]


def test_pixels_have_the_types_of_their_kind(built: Path) -> None:
    page = open_dataset(built)[0]
    assert page.image.dtype == page.mask.dtype == np.uint8
    assert page.instances.dtype == np.uint16


def test_pages_give_their_symbols_in_order(built: Path) -> None:
    dataset = open_dataset(built)
    for page in dataset:
        symbols = page.symbols
        assert symbols["number"].to_pylist() == list(range(1, page.row["symbols"] + 1))
        assert set(symbols["page"].to_pylist()) == {page.name}


def test_a_table_sorted_otherwise_gives_each_page_its_rows(built: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dataset"
    shutil.copytree(built, folder)
    path = folder / "symbols" / "part-00000.parquet"
    pq.write_table(
        pq.read_table(path).sort_by([("number", "ascending"), ("page", "ascending")]), path
    )
    for one, other in zip(open_dataset(built), open_dataset(folder), strict=True):
        assert other.symbols.equals(one.symbols)


def test_the_symbol_table_in_pieces_is_all_of_it(built: Path) -> None:
    dataset = open_dataset(built)
    pieces = list(dataset.symbols(["page", "class"]))
    assert sum(map(len, pieces)) == dataset.info["counts"]["symbols"]
    assert all(piece.column_names == ["page", "class"] for piece in pieces)


def test_splits_part_the_pages(built: Path) -> None:
    dataset = open_dataset(built)
    names = [page.name for split in ("train", "val", "test") for page in dataset.split(split)]
    assert sorted(names) == sorted(page.name for page in dataset)
    with pytest.raises(DatasetError, match="no split 'dev'"):
        dataset.split("dev")


def test_a_page_is_looked_for_by_its_name(built: Path) -> None:
    with pytest.raises(DatasetError, match="no page 'nobody'"):
        open_dataset(built)["nobody"]


def test_a_folder_name_is_not_taken_for_a_column(built: Path, tmp_path: Path) -> None:
    copy = tmp_path / "font=Bravura" / "dataset"
    shutil.copytree(built, copy)
    assert open_dataset(copy)[0].row == open_dataset(built)[0].row


def test_what_is_no_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no dataset here"):
        open_dataset(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(DatasetError, match="no dataset here"):
        open_dataset(tmp_path / "file")
    for text in ("{", "[]", "{}", json.dumps({"name": "squad"})):
        (tmp_path / "dataset.json").write_text(text)
        with pytest.raises(DatasetError, match=r"^[^\n]*dataset\.json: [^\n]+$"):
            open_dataset(tmp_path)


def test_an_unfinished_dataset_says_so(tmp_path: Path) -> None:
    (tmp_path / ".build").mkdir()
    (tmp_path / ".build/plan.json").write_text("{}")
    with pytest.raises(DatasetError, match="is not finished"):
        open_dataset(tmp_path)


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("images_png", "image"),
        ("instances_png", "instances"),
        ("pix_annotations_png", "mask"),
        ("xml_annotations", "objects"),
    ],
)
def test_a_missing_or_damaged_file_is_named(
    name: str, use: str, built: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "dataset"
    shutil.copytree(built, folder)
    page = open_dataset(folder)[0]
    (path,) = (folder / name).glob(f"{page.name}.*")
    path.write_bytes(b"junk")
    with pytest.raises(DatasetError, match=path.name):
        getattr(page, use)
    path.unlink()
    with pytest.raises(DatasetError, match=path.name):
        getattr(page, use)


@pytest.mark.parametrize("name", ["pages.parquet", "symbols/part-00000.parquet"])
def test_a_missing_or_damaged_table_is_named(name: str, built: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dataset"
    shutil.copytree(built, folder)
    (folder / name).write_bytes(b"junk")
    with pytest.raises(DatasetError, match=Path(name).name):
        _ = open_dataset(folder)[0].symbols
    if name == "pages.parquet":
        (folder / name).unlink()
        with pytest.raises(DatasetError, match=name):
            len(open_dataset(folder))


@pytest.mark.parametrize("name", ["pages.parquet", "scores.parquet", "symbols/part-00000.parquet"])
def test_damage_within_a_table_is_named(name: str, built: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dataset"
    shutil.copytree(built, folder)
    content = bytearray((folder / name).read_bytes())
    content[4 : len(content) // 2] = bytes(
        len(content) // 2 - 4
    )  # the end, which is read first, is whole
    (folder / name).write_bytes(content)
    dataset = open_dataset(folder)
    with pytest.raises(DatasetError, match=rf"{Path(name).name}: not a readable table: [^\n]+$"):
        _ = (dataset.scores, dataset[0].symbols, list(dataset.symbols()))


def test_a_column_that_is_not_there_is_named(built: Path) -> None:
    with pytest.raises(DatasetError, match=r"part-00000\.parquet: no column 'whole_mask'"):
        list(open_dataset(built).symbols(["page", "whole_mask"]))


def test_symbols_are_found_where_the_table_has_no_statistics(built: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dataset"
    shutil.copytree(built, folder)
    path = folder / "symbols" / "part-00000.parquet"
    pq.write_table(pq.read_table(path), path, write_statistics=False)
    for page, other in zip(open_dataset(built), open_dataset(folder), strict=True):
        assert other.symbols.equals(page.symbols)
        assert len(page.symbols)


def test_another_process_reads_a_page_s_symbols_for_itself(built: Path) -> None:
    page = open_dataset(built)[0]
    alone = pickle.dumps(page)
    symbols = page.symbols
    assert len(pickle.dumps(page)) == len(alone)
    assert pickle.loads(alone).symbols.equals(symbols)


def test_a_lenient_reader_needs_no_more_than_the_table_of_pages(
    built: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "dataset"
    shutil.copytree(built, folder)
    (folder / "dataset.json").unlink()
    with pytest.raises(DatasetError, match="no dataset here"):
        open_dataset(folder)
    dataset = open_dataset(folder, lenient=True)
    assert dataset.rows == open_dataset(built).rows
    assert (dataset.info, dataset.class_names, dataset.patch_size) == ({}, (), (45, 170))
    assert not dataset.is_imported
    (folder / "pages.parquet").unlink()
    with pytest.raises(DatasetError, match=r"pages\.parquet: No such file"):
        len(open_dataset(folder, lenient=True))
