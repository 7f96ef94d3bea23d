from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from deepscores import export, open_dataset
from deepscores.dataset.labelled import cut, label_page, windows
from deepscores.errors import DatasetError
from deepscores.formats.dota.lines import OrientedObject, read_dota, write_dota
from tests.formats.table_pages import TablePage


@pytest.fixture(scope="module")
def exported(real_as: Callable[..., Path]) -> Path:
    return real_as("dota")


def read(path: Path) -> tuple[NDArray[np.float64], list[str], list[int]]:
    """Corners, classes and difficulties, read as the layout is described."""
    words = [line.split(" ") for line in path.read_text().splitlines()]
    assert {len(line) for line in words} <= {10}
    corners = np.array([[float(word) for word in line[:8]] for line in words]).reshape(-1, 4, 2)
    return corners, [line[8] for line in words], [int(line[9]) for line in words]


def test_objects_are_those_of_the_symbol_table(
    exported: Path, table_pages: list[TablePage]
) -> None:
    for page in table_pages:
        corners, names, difficulties = read(exported / page.split / "labelTxt" / f"{page.name}.txt")
        assert names == page.names
        assert set(difficulties) == {0}
        assert np.abs(corners - page.oriented).max() < 0.01
        x, y = corners[:, :, 0], corners[:, :, 1]
        area = (x * np.roll(y, -1, axis=1) - np.roll(x, -1, axis=1) * y).sum(axis=1) / 2
        assert area.min() > 0  # clockwise as one looks at it


def test_pictures_and_classes_lie_beside(
    exported: Path, real: Path, table_pages: list[TablePage]
) -> None:
    names = (exported / "classes.txt").read_text().splitlines()
    assert names == [label_class.name for label_class in open_dataset(real).labels.classes]
    for page in table_pages:
        path = exported / page.split / "images" / f"{page.name}.png"
        assert path.read_bytes() == (real / "images_png" / path.name).read_bytes()


def test_what_a_cut_leaves_too_little_of_has_difficulty_two(real: Path, tmp_path: Path) -> None:
    export(real, tmp_path / "out", to="dota", split="val", tiles=700, overlap=50, visibility=0.7)
    ignored = 0
    for source in open_dataset(real).split("val"):
        page = label_page(source)
        for window in windows(page.width, page.height, 700, 50):
            tile = cut(page, window)
            corners, _, difficulties = read(tmp_path / "out/val/labelTxt" / f"{tile.name}.txt")
            assert difficulties == [2 * int(share < 0.7) for share in tile.objects.share]
            assert np.abs(corners - tile.objects.oriented.reshape(-1, 4, 2)).max(initial=0) < 0.01
            ignored += sum(difficulties)
    assert ignored


def test_a_label_set_by_name_and_a_staff_space(real: Path, tmp_path: Path) -> None:
    export(
        real, tmp_path / "out", to="dota", split="val", labels="deepscores-v2", staff_space=20,
        classes=["beam"],
    )  # fmt: skip
    for path in (tmp_path / "out/val/labelTxt").iterdir():
        corners, names, _ = read(path)
        assert set(names) <= {"beam"}
        sides = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2)
        # A beam is half a staff space thick, in every font about that.
        assert sides.min(axis=1) == pytest.approx(10, abs=2)


def test_names_are_one_word() -> None:
    corners = (0.0, 0.0, 4.0, 0.0, 4.0, 2.0, 0.0, 2.0)
    (label,) = read_dota(write_dota([OrientedObject("note head", corners, 1)]).decode())
    assert label == OrientedObject("note_head", corners, 1)


@pytest.mark.parametrize("line", ["1 2 3 x 0", "1 2 3 4 5 6 7 x slur 0", "1 2 3 4 5 6 7 8 slur x"])
def test_what_is_no_label_is_told_with_its_line(line: str) -> None:
    with pytest.raises(DatasetError, match=r"one\.txt, line 2: not a DOTA label"):
        list(read_dota(f"gsd:1\n{line}", "one.txt"))
