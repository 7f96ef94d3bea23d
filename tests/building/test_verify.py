"""Verifying finds whatever was changed, and passes what was not."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepscores import verify
from deepscores.dataset.manifest import Entry, read_manifest, write_manifest
from deepscores.dataset.png.codec import decode_png, encode_png
from deepscores.errors import DatasetError


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Path:
    return shutil.copytree(built, tmp_path / "dataset")


def test_a_good_dataset_is_made_again_byte_by_byte(built: Path) -> None:
    verdict = verify(built, rerender=1, jobs=2)
    assert verdict.problems == ()
    assert verdict.pages_remade == len(list((built / "images_png").iterdir()))
    assert verdict.files == sum(path.is_file() for path in built.rglob("*")) - 1


def test_no_pages_need_be_made_again(built: Path) -> None:
    assert verify(built, rerender=0).pages_remade == 0


def test_a_small_share_is_one_page_at_least(built: Path) -> None:
    assert verify(built, rerender=1e-9).pages_remade == 1


def change_a_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


DAMAGE: dict[str, tuple[Callable[[Path], None], str]] = {
    "changed": (change_a_byte, "content differs from what was written"),
    "missing": (Path.unlink, "missing"),
    "cut": (lambda path: path.write_bytes(path.read_bytes()[:9]), "size is 9 bytes, not "),
}
FILES = [
    "images_png/*", "xml_annotations/*", "pix_annotations_png/*", "instances_png/*",
    "patches/*/*", "symbols/*", "scores/*.mei", "scores/*.musicxml", "splits/train.txt",
    "pages.parquet", "scores.parquet", "classes.csv", "label_set.json", "skipped.jsonl",
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_to_any_file_is_found(damage: str, copy: Path) -> None:
    do, what = DAMAGE[damage]
    paths = [min(copy.glob(pattern)) for pattern in FILES]
    for path in paths:
        do(path)
    problems = verify(copy, rerender=0).problems
    assert [problem.path for problem in problems] == sorted(
        path.relative_to(copy).as_posix() for path in paths
    )
    assert all(problem.what.startswith(what) for problem in problems)


@pytest.mark.parametrize("name", ["pages.parquet", "scores.parquet"])
def test_damaged_tables_are_told_and_nothing_is_made_from_them(name: str, copy: Path) -> None:
    (copy / name).write_bytes(b"junk")
    verdict = verify(copy, rerender=1)
    assert [problem.path for problem in verdict.problems] == [name]
    assert verdict.pages_remade == 0


def test_extra_files_are_found(copy: Path) -> None:
    (copy / "images_png/extra.png").write_bytes(b"")
    (copy / "notes.txt").write_text("")
    problems = verify(copy, rerender=0).problems
    assert [problem.path for problem in problems] == ["images_png/extra.png", "notes.txt"]
    assert {problem.what for problem in problems} == {"extra: not in the manifest"}


def relist(folder: Path, name: str) -> None:
    """Make the manifest agree with a changed file, as a forger would."""
    new = Entry.of(name, (folder / name).read_bytes())
    entries = [new if one.path == name else one for one in read_manifest(folder / "manifest.tsv")]
    write_manifest(folder / "manifest.tsv", entries)


def test_forged_pages_are_found_by_making_them_again(copy: Path) -> None:
    expected = []
    for folder in ("images_png", "instances_png", "xml_annotations"):
        path = min((copy / folder).iterdir())
        if path.suffix == ".png":
            pixels = decode_png(path.read_bytes()).copy()
            pixels[300, 400] ^= 1
            path.write_bytes(encode_png(pixels))
        else:
            path.write_bytes(path.read_bytes().replace(b"<segmented>0", b"<segmented>1"))
        name = path.relative_to(copy).as_posix()
        relist(copy, name)
        expected.append((name, "made again, 1 pixels differ"))
    expected[-1] = (expected[-1][0], "made again, it differs")
    assert sorted(verify(copy, rerender=1, jobs=2).problems) == expected


def test_a_page_forged_in_picture_and_boxes_is_found_among_few_made_again(copy: Path) -> None:
    for path in sorted((copy / "images_png").iterdir()):
        pixels = np.array(Image.open(path))
        pixels[300, 400] ^= 1
        Image.fromarray(pixels).save(path)
        relist(copy, f"images_png/{path.name}")
    for path in sorted((copy / "xml_annotations").iterdir()):
        path.write_bytes(path.read_bytes().replace(b"<segmented>0", b"<segmented>1"))
        relist(copy, f"xml_annotations/{path.name}")
    verdict = verify(copy, rerender=1e-9)
    assert verdict.pages_remade == 1
    assert {problem.path.split("/")[0]: problem.what for problem in verdict.problems} == {
        "images_png": "made again, 1 pixels differ",
        "xml_annotations": "made again, it differs",
    }


def test_another_version_is_told(copy: Path) -> None:
    table = json.loads((copy / "dataset.json").read_text())
    table["versions"]["verovio"] = "1.0.0"
    (copy / "dataset.json").write_text(json.dumps(table))
    relist(copy, "dataset.json")
    (problem,) = verify(copy).problems
    assert problem.path == "dataset.json"
    assert problem.what.startswith("made with other versions: verovio 1.0.0 (here ")


def test_what_cannot_be_verified(tmp_path: Path, copy: Path) -> None:
    with pytest.raises(DatasetError, match="no dataset here"):
        verify(tmp_path)
    (copy / "manifest.tsv").unlink()
    with pytest.raises(DatasetError, match=r"manifest\.tsv: cannot read"):
        verify(copy)
