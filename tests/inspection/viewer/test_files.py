"""No name leads out of the dataset."""

import os
from pathlib import Path

import pytest

from deepscores.inspection.viewer.files import NotThereError, locate


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret.png").write_text("secret")
    folder = tmp_path / "dataset"
    (folder / "images_png").mkdir(parents=True)
    (folder / "images_png" / "a.png").write_text("a")
    return folder


def test_a_file_of_the_dataset_is_found(folder: Path) -> None:
    assert locate(folder, "images_png", "a.png").read_text() == "a"
    assert locate(folder / "images_png" / "..", "images_png/a.png").read_text() == "a"


@pytest.mark.parametrize(
    "name",
    [
        "../secret.png",
        "images_png/../../secret.png",
        "../dataset/../secret.png",
        "/etc/passwd",
        "//etc/passwd",
        "a\0.png",
        "images_png/a.png\0",
        "images_png",
        ".",
        "",
        "images_png/missing.png",
        "images_png/a.png/b",
        "x" * 5000,
    ],
)
def test_what_is_no_file_of_the_dataset_is_not_there(folder: Path, name: str) -> None:
    with pytest.raises(NotThereError):
        locate(folder, name)


def test_an_absolute_name_does_not_replace_the_folder(folder: Path) -> None:
    with pytest.raises(NotThereError, match="outside the dataset"):
        locate(folder, str(folder.parent / "secret.png"))


def test_links_may_not_lead_out(folder: Path) -> None:
    (folder / "images_png" / "file.png").symlink_to(folder.parent / "secret.png")
    (folder / "all").symlink_to(folder.parent)
    (folder / "circle").symlink_to(folder / "circle")
    (folder / "dangling").symlink_to(folder / "nothing")
    for name in ("images_png/file.png", "all/secret.png", "circle", "dangling"):
        with pytest.raises(NotThereError):
            locate(folder, name)


def test_links_within_the_dataset_are_followed(folder: Path) -> None:
    (folder / "b.png").symlink_to(folder / "images_png" / "a.png")
    assert locate(folder, "b.png").read_text() == "a"


def test_the_dataset_itself_may_be_a_link(folder: Path) -> None:
    link = folder.parent / "link"
    link.symlink_to(folder)
    assert locate(link, "images_png", "a.png").read_text() == "a"


def test_a_sibling_whose_name_begins_alike_is_outside(folder: Path) -> None:
    sibling = folder.with_name("dataset-private")
    sibling.mkdir()
    (sibling / "a.png").write_text("secret")
    with pytest.raises(NotThereError):
        locate(folder, "../dataset-private/a.png")


def test_a_pipe_is_not_read(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with pytest.raises(NotThereError, match="not a file"):
        locate(folder, "pipe")
