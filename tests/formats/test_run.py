"""Exporting as such: resuming, refusing, the same bytes."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepscores import build, export
from deepscores.dataset.manifest import list_files
from deepscores.dataset.png.codec import encode_png
from deepscores.errors import DatasetError, RecipeError
from deepscores.formats.registry import FORMATS, find_exporter
from deepscores.page.labels.label_sets import load_label_set
from tests.sharing import make_once

SMALL: dict[str, Any] = {"images": "copy"}


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in list_files(folder)}


@pytest.fixture(scope="module")
def whole(built: Path, shared: Path) -> Callable[[str], Path]:
    """`built` in a format, by one process; each is made once, and tests leave it as it is."""

    def export_once(to: str) -> Path:
        def make(folder: Path) -> None:
            export(built, folder / "export", to=to, **SMALL)

        return make_once(shared / f"built-as-{to}", make) / "export"

    return export_once


@pytest.mark.parametrize("to", FORMATS)
def test_number_of_workers_changes_no_byte(
    to: str, built: Path, whole: Callable[[str], Path], tmp_path: Path
) -> None:
    export(built, tmp_path / "2", to=to, jobs=2, executor="local", **SMALL)
    files = contents(whole(to))
    assert len(files) >= 3
    assert files == contents(tmp_path / "2")


@pytest.mark.parametrize("to", FORMATS)
def test_a_format_owns_all_that_it_writes(to: str, whole: Callable[[str], Path]) -> None:
    written = {path.name for path in whole(to).iterdir()}
    assert written - {"export.json"} <= set(find_exporter(to).owns)


@pytest.mark.parametrize("to", FORMATS)
def test_what_a_killed_run_wrote_is_kept(
    to: str, built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = type(find_exporter(to))
    monkeypatch.setattr(kind, "pages_a_chunk", 3)
    export(built, tmp_path / "wanted", to=to, **SMALL)
    write = kind.write
    written: list[int] = []

    def write_twice(self: Any, job: Any, chunk: Any, pictures: Any) -> bytes:
        if len(written) == 2:
            list(pictures)
            (job.folder / f"left.{chunk.name}.partial").write_bytes(b"half")
            raise KeyboardInterrupt
        written.append(len(chunk.rows))
        return bytes(write(self, job, chunk, pictures))

    with monkeypatch.context() as patch:
        patch.setattr(kind, "write", write_twice)
        with pytest.raises(KeyboardInterrupt):
            export(built, tmp_path / "killed", to=to, **SMALL)
    assert not (tmp_path / "killed" / "export.json").exists()
    summary = export(built, tmp_path / "killed", to=to, **SMALL)
    assert summary.new_pages == sum(summary.pages.values()) - sum(written[:2])
    assert contents(tmp_path / "killed") == contents(tmp_path / "wanted")


def test_a_process_killed_at_any_time_leaves_what_a_second_run_completes(
    real: Path, tmp_path: Path
) -> None:
    export(real, tmp_path / "wanted", to="coco")
    command = [
        sys.executable, "-c", "from deepscores.cli import main; main()",
        "export", str(real), "--to", "coco", "-o", str(tmp_path / "killed"),
        "--jobs", "2", "--executor", "local",
    ]  # fmt: skip
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    pictures = tmp_path / "killed" / "images"
    while not list(pictures.glob("*/*.png")) and process.poll() is None:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    assert contents(tmp_path / "killed") == contents(tmp_path / "wanted")


def test_a_finished_export_is_not_made_again(built: Path, tmp_path: Path) -> None:
    first = export(built, tmp_path / "export", to="coco")
    modified = (tmp_path / "export" / "export.json").stat().st_mtime_ns
    again = export(built, tmp_path / "export", to="coco")
    assert again.new_pages == 0 < first.new_pages
    assert (again.objects, again.pages) == (first.objects, first.pages)
    assert (tmp_path / "export" / "export.json").stat().st_mtime_ns == modified


def test_another_export_is_replaced_by_force_alone(built: Path, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    export(built, folder, to="coco")
    (folder / "mine.txt").write_text("keep")
    with pytest.raises(
        DatasetError, match=r"other options \(tiles: None there, 256 asked for\).*--force"
    ):
        export(built, folder, to="coco", tiles=256)
    export(built, folder, to="coco", tiles=256, force=True)
    assert (folder / "mine.txt").read_text() == "keep"
    assert all("--x" in path.name for path in folder.glob("images/*/*.png"))


def write_label_set(path: Path, name: str, kind: str) -> Path:
    path.write_text(f'[[class]]\nid = 1\nname = "{name}"\nof = ["{kind}"]\n')
    return path


def count_objects(folder: Path) -> int:
    return sum(
        len(json.loads(path.read_bytes())["annotations"])
        for path in folder.glob("annotations/*.json")
    )


def test_an_edited_label_set_is_another_though_its_path_and_names_are_the_same(
    built: Path, tmp_path: Path
) -> None:
    path, folder = tmp_path / "mine.toml", tmp_path / "export"
    for kind, directory in (("noteheadBlack", "heads"), ("gClef", "clefs")):
        write_label_set(path, "sign", kind)
        export(built, tmp_path / directory, to="coco", labels=str(path))
    heads, clefs = count_objects(tmp_path / "heads"), count_objects(tmp_path / "clefs")
    assert 0 < heads != clefs > 0
    write_label_set(path, "sign", "noteheadBlack")
    export(built, folder, to="coco", labels=str(path))
    write_label_set(path, "sign", "gClef")
    with pytest.raises(DatasetError, match=r"another label set \(sha256: .*; give --force"):
        export(built, folder, to="coco", labels=str(path))
    export(built, folder, to="coco", labels=str(path), force=True)
    assert contents(folder) == contents(tmp_path / "clefs")


def test_a_half_done_export_does_not_go_on_with_an_edited_label_set(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, folder = tmp_path / "mine.toml", tmp_path / "export"
    kind = type(find_exporter("coco"))
    monkeypatch.setattr(kind, "pages_a_chunk", 1)
    write_label_set(path, "sign", "noteheadBlack")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(kind, "finish", die)
        with pytest.raises(KeyboardInterrupt):
            export(built, folder, to="coco", labels=str(path))
    write_label_set(path, "sign", "gClef")
    with pytest.raises(DatasetError, match="another label set"):
        export(built, folder, to="coco", labels=str(path))


def test_a_label_set_may_be_given_as_itself(built: Path, tmp_path: Path) -> None:
    path = write_label_set(tmp_path / "mine.toml", "sign", "gClef")
    export(built, tmp_path / "by path", to="coco", labels=str(path))
    labels = load_label_set(str(path))
    path.unlink()
    export(built, tmp_path / "as itself", to="coco", labels=labels)
    assert contents(tmp_path / "by path") == contents(tmp_path / "as itself")


def test_an_export_of_an_older_version_is_compared_by_what_it_says(
    built: Path, tmp_path: Path
) -> None:
    export(built, tmp_path / "export", to="coco", labels="full")
    record = tmp_path / "export/export.json"
    table = json.loads(record.read_bytes())
    del table["label_set"]
    record.write_text(json.dumps(table))
    assert export(built, tmp_path / "export", to="coco", labels="full").new_pages == 0
    with pytest.raises(DatasetError, match=r"other options \(labels: full there, None asked for"):
        export(built, tmp_path / "export", to="coco")


def test_a_dataset_built_again_in_its_place_is_read_again(
    built: Path, tmp_path: Path, tunes: Path, quick: dict[str, Any]
) -> None:
    dataset = tmp_path / "dataset"
    shutil.copytree(built, dataset)
    export(dataset, tmp_path / "before", to="coco")
    build(tunes, dataset, force=True, **quick | {"seed": 1})
    export(dataset, tmp_path / "after", to="coco")
    shutil.copytree(dataset, tmp_path / "copy")
    export(tmp_path / "copy", tmp_path / "expected", to="coco")
    assert contents(tmp_path / "after") == contents(tmp_path / "expected")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"to": "cocoa"}, "unknown format 'cocoa'; there are coco"),
        ({"split": "dev"}, "split: 'dev' is not one of train, val, test"),
        ({"split": ""}, "split: empty"),
        ({"tiles": 3}, "tiles: 3 px is less than 16"),
        ({"tiles": 100, "overlap": 100}, "overlap: 100 px is not between 0 and a tile's 100"),
        ({"visibility": 1.5}, "visibility: 1.5 is not between 0 and 1"),
        ({"staff_space": 0}, "staff-space: 0 px is not between 1 and 200"),
        ({"classes": "nothead*"}, r"classes: no class 'nothead\*'"),
        ({"labels": "no-such"}, "no label set 'no-such'"),
        ({"images": "move"}, "images: 'move' is not one of copy, link"),
        ({"tile": 4}, "unknown export option 'tile'"),
    ],
)
def test_nonsense_is_refused_and_writes_nothing(
    built: Path, tmp_path: Path, options: dict[str, Any], says: str
) -> None:
    with pytest.raises(RecipeError, match=says):
        export(built, tmp_path / "export", **{"to": "coco", **options})
    assert not (tmp_path / "export").exists()


def test_folders_that_cannot_be_used_are_named(built: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("")
    for folder, says in (
        (tmp_path / "file", "is a file, not a folder"),
        (tmp_path / "full", "is not empty and holds no export"),
        (built / "export", "lies in the dataset itself"),
        (built, "lies in the dataset itself"),
    ):
        with pytest.raises(DatasetError, match=says):
            export(built, folder, to="coco")
    with pytest.raises(DatasetError, match="no-such"):
        export(tmp_path / "no-such", tmp_path / "export", to="coco")


def _damaged(built: Path, folder: Path, damage: Callable[[Path], object]) -> Path:
    shutil.copytree(built, folder)
    damage(folder)
    return folder


@pytest.mark.parametrize(
    ("to", "name", "damage", "says"),
    [
        ("coco", "images_png", lambda path: path.unlink(), "No such file"),
        ("coco", "images_png", lambda path: path.write_bytes(b"GIF89a"), "not a readable PNG"),
        (
            "coco",
            "instances_png",
            lambda path: path.write_bytes(path.read_bytes()[:99]),
            "not a readable PNG",
        ),
        # Formats of boxes alone unpack no picture.
        (
            "yolo",
            "images_png",
            lambda path: path.write_bytes(path.read_bytes()[:-99]),
            "not a readable PNG",
        ),
        (
            "voc",
            "images_png",
            lambda path: path.write_bytes(encode_png(np.zeros((4, 3), np.uint8))),
            "the image is 3 x 4 px, the page",
        ),
    ],
)
def test_a_damaged_dataset_stops_with_the_file_and_mended_goes_on(
    built: Path, tmp_path: Path, to: str, name: str, damage: Callable[[Path], object], says: str
) -> None:
    stem = json.loads(json.dumps(sorted(path.stem for path in (built / name).iterdir())))[-1]
    folder = _damaged(built, tmp_path / "damaged", lambda root: damage(root / name / f"{stem}.png"))
    with pytest.raises(DatasetError, match=rf"{name}.{stem}\.png: {says}"):
        export(folder, tmp_path / "export", to=to)
    assert not (tmp_path / "export" / "export.json").exists()
    shutil.copy(built / name / f"{stem}.png", folder / name / f"{stem}.png")
    export(folder, tmp_path / "export", to=to)
    export(built, tmp_path / "wanted", to=to)
    assert contents(tmp_path / "export") == contents(tmp_path / "wanted")


def test_a_missing_table_is_named(built: Path, tmp_path: Path) -> None:
    for name in ("pages.parquet", "dataset.json"):
        folder = _damaged(built, tmp_path / name, lambda root, name=name: (root / name).unlink())
        with pytest.raises(DatasetError, match=name):
            export(folder, tmp_path / "export", to="coco")
