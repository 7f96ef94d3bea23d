"""Which pages a command means, and what they are called."""

from pathlib import Path

import pytest
from PIL import Image

from deepscores import open_dataset
from deepscores.errors import RecipeError
from deepscores.inference.predicting.inputs import find_pages
from tests.inference.predicting.drawn import drawn_page


def save(path: Path, pages: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    page = Image.fromarray(drawn_page(places=()))
    more = {"save_all": True, "append_images": [page] * (pages - 1)} if pages > 1 else {}
    page.save(path, **more)
    return path


def test_names_are_of_files_and_differ(tmp_path: Path) -> None:
    folder = tmp_path / "scans"
    for name in ("a.png", "a.JPG", "b/a.png", "b/c.tif", ".hidden.png", "out/overlay/a.png"):
        save(folder / name)
    save(folder / "book.pdf", pages=2)
    save(folder / "b" / "fax.tiff", pages=3)
    (folder / "notes.txt").write_text("no page")
    pages, failures = find_pages([folder, folder / "a.png"], "test", folder / "out")
    assert [page.name for page in pages] == [
        "a", "a-2", "b--a", "b--c", "b--fax--page-1", "b--fax--page-2", "b--fax--page-3",
        "book--page-1", "book--page-2", "a-3",
    ]  # fmt: skip
    assert not failures
    assert {page.location for page in pages if page.name == "book--page-2"} == {
        f"{folder / 'book.pdf'}, page 2"
    }


def test_a_datasets_pages_are_those_of_a_split(built: Path) -> None:
    dataset = open_dataset(built)
    for split in ("train", "all"):
        pages, _ = find_pages([built], split, built.parent / "out")
        wanted = [page for page in dataset if split in (page.split, "all")]
        assert [page.name for page in pages] == [page.name for page in wanted]
        assert {page.staff_space for page in pages} == {10}


def test_files_that_cannot_be_read_are_told_apart_from_the_others(tmp_path: Path) -> None:
    save(tmp_path / "good.png")
    (tmp_path / "bad.png").write_bytes(b"no picture")
    (tmp_path / "bad.pdf").write_bytes(b"no PDF")
    pages, failures = find_pages([tmp_path], "test", tmp_path / "out")
    assert [page.name for page in pages] == ["good"]
    assert [Path(one.where).name for one in failures] == ["bad.pdf", "bad.png"]


def test_inputs_that_hold_no_page_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("")
    (tmp_path / "empty").mkdir()
    for name, told in (
        ("none.png", "no such file"), ("text.txt", "neither a picture"), ("empty", "holds no"),
    ):  # fmt: skip
        with pytest.raises(RecipeError, match=told):
            find_pages([tmp_path / name], "test", tmp_path / "out")
    with pytest.raises(RecipeError, match="nothing to predict on"):
        find_pages([], "test", tmp_path / "out")
