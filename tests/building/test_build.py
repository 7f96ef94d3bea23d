"""Builds: the same bytes in any case, and nothing lost when they break off."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deepscores import build
from deepscores.building import build as building
from deepscores.dataset.layout import DATASET
from deepscores.dataset.manifest import check_manifest
from deepscores.errors import DatasetError, RecipeError
from deepscores.runs.files import locked
from tests.building import slow_scores

Same = Callable[[Path, Path], None]

_SCRIPT = """
import json, sys
from deepscores import build
build(
    sys.argv[1], sys.argv[2], jobs=int(sys.argv[3]), executor="local", **json.loads(sys.argv[4])
)
"""


@pytest.fixture
def assert_same(differences: Callable[[Path, Path], list[str]]) -> Callable[[Path, Path], None]:
    """Both are whole, and of the same bytes."""

    def assert_same(one: Path, other: Path) -> None:
        assert differences(one, other) == []
        assert check_manifest(one) == []
        assert (one / "manifest.tsv").read_bytes() == (other / "manifest.tsv").read_bytes()

    return assert_same


@pytest.fixture(scope="module")
def scores(built: Path) -> Path:
    return built.parent / "tunes"


@pytest.mark.parametrize(
    ("jobs", "environment"),
    [
        (1, {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "Asia/Tokyo"}),
        (3, {"PYTHONHASHSEED": "2", "LC_ALL": "C.UTF-8", "TZ": "America/Lima", "LANG": "de_DE"}),
    ],
)
def test_bytes_depend_on_nothing_but_scores_and_recipe(
    assert_same: Same,
    jobs: int,
    environment: dict[str, str],
    scores: Path,
    built: Path,
    quick: dict[str, Any],
    tmp_path: Path,
) -> None:
    moved = shutil.copytree(scores, tmp_path / "far" / "tunes")
    subprocess.run(
        [sys.executable, "-c", _SCRIPT, "far/tunes", "a b", str(jobs), json.dumps(quick)],
        cwd=tmp_path,
        env=os.environ | environment,
        check=True,
    )
    assert moved.exists()
    assert_same(tmp_path / "a b", built)


def test_a_finished_dataset_is_not_touched(
    built: Path, scores: Path, quick: dict[str, Any]
) -> None:
    before = {path: path.stat().st_mtime_ns for path in built.rglob("*")}
    summary = build(scores, built, **quick)
    assert summary.already_there
    assert {path: path.stat().st_mtime_ns for path in built.rglob("*")} == before


def test_a_limit_keeps_the_first_pages_of_the_plan(
    scores: Path, built: Path, quick: dict[str, Any], tmp_path: Path
) -> None:
    few = quick | {"pages": 3, "fonts": "Bravura"}
    summary = build(scores, tmp_path / "three", **few)
    assert summary.pages == 3
    images = sorted(path.name for path in (tmp_path / "three/images_png").iterdir())
    assert len(images) == 3
    assert check_manifest(tmp_path / "three") == []
    for name in images:  # they are what the whole build makes of them
        whole = (built / "images_png" / name).read_bytes()
        assert (tmp_path / "three/images_png" / name).read_bytes() == whole


def test_a_build_that_has_its_pages_does_not_wait_for_scores_it_does_not_need(
    assert_same: Same,
    tune: Callable[..., str],
    quick: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for title in ("one", "two", "three"):
        (tmp_path / f"{title}.musicxml").write_text(tune(4, title=title))
    few = quick | {"pages": 1, "fonts": "Bravura"}
    build(tmp_path / "*.musicxml", tmp_path / "alone", **few)
    monkeypatch.setattr("deepscores.building.build.make_shard", slow_scores.make_only_the_first)
    build(tmp_path / "*.musicxml", tmp_path / "two", jobs=2, executor="local", **few)
    assert not list(tmp_path.glob("two.engraved-*"))
    assert_same(tmp_path / "two", tmp_path / "alone")


def test_progress_is_told(scores: Path, quick: dict[str, Any], tmp_path: Path) -> None:
    told: list[tuple[str, object]] = []

    class Listener:
        def stage(self, name: str, total: int | None) -> None:
            told.append((name, total))

        def advance(self, steps: int = 1) -> None:
            told.append(("advance", steps))

        def note(self, text: str) -> None:
            told.append(("note", text))

    build(scores, tmp_path / "d", progress=Listener(), **quick | {"fonts": "Leland"})
    stages = [name for name, _ in told if name not in ("advance", "note")]
    assert stages == ["Finding scores", "Engraving scores", "Merging tables", "Cutting patches"]
    (note,) = [text for name, text in told if name == "note"]
    assert str(note).startswith("skipped broken.musicxml: not well-formed XML")
    steps = iter(told)
    total = next(total for name, total in steps if name == "Engraving scores")
    assert total == 5 == sum(1 for _ in until_stage(steps))


def until_stage(told: Iterator[tuple[str, object]]) -> Iterator[object]:
    for name, step in told:
        if name == "advance" and step:
            yield step
        elif name not in ("advance", "note"):
            return


class Crash(BaseException):
    """The process ends here."""


def crash(*_: object, **__: object) -> None:
    raise Crash


LATE = {
    "before the tables": ("merge._merge_symbols", crash),
    "before the patches": ("merge._cut_patches", crash),
    "before the small files": ("merge._class_list", crash),
    "before the sweep": ("merge._remove_surplus", crash),
    "before the manifest": ("merge.write_manifest", crash),
    "between manifest and dataset.json": ("merge.commit_record", crash),
    "before the scaffold goes": ("build.shutil.rmtree", crash),
}


def test_a_build_that_breaks_off_late_goes_on(
    assert_same: Same,
    scores: Path,
    quick: dict[str, Any],
    built: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "dataset"
    for where, (name, instead) in LATE.items():
        with monkeypatch.context() as patch:
            patch.setattr(f"deepscores.building.{name}", instead)
            with pytest.raises(Crash):
                build(scores, folder, **quick)
        assert (folder / ".build").exists(), where
    build(scores, folder, **quick)
    assert_same(folder, built)
    assert not (folder / ".build").exists()


def test_a_resumed_build_makes_no_finished_score_again(
    scores: Path, quick: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    folder = tmp_path / "dataset"
    with monkeypatch.context() as patch:
        patch.setattr(building, "merge", stop)
        with pytest.raises(KeyboardInterrupt):
            build(scores, folder, executor="inline", **quick)
    monkeypatch.setattr(building, "make_shard", lambda task: pytest.fail(f"again: {task.source}"))
    assert build(scores, folder, executor="inline", **quick).pages > 0


def test_files_of_a_score_that_crashed_do_not_stay(
    assert_same: Same,
    scores: Path,
    quick: dict[str, Any],
    built: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "dataset"
    with monkeypatch.context() as patch:
        patch.setattr("deepscores.building.build.merge", crash)
        with pytest.raises(Crash):
            build(scores, folder, **quick)
    (folder / "images_png/of-a-score-that-crashed.png").write_bytes(b"")
    (folder / "scores/of-a-score-that-crashed.mei.partial").write_bytes(b"")
    build(scores, folder, **quick)
    assert_same(folder, built)


def test_two_builds_do_not_meet_in_one_folder(
    scores: Path, quick: dict[str, Any], tmp_path: Path
) -> None:
    folder = tmp_path / "dataset"
    with locked(folder), pytest.raises(DatasetError, match="another run is writing"):
        build(scores, folder, force=True, **quick)


def test_force_does_not_clear_what_another_build_is_writing(
    assert_same: Same, scores: Path, built: Path, quick: dict[str, Any], tmp_path: Path
) -> None:
    folder = shutil.copytree(built, tmp_path / "dataset")
    with locked(folder), pytest.raises(DatasetError, match="another run is writing"):
        build(scores, folder, force=True, **quick | {"seed": 1})
    assert (folder / DATASET).exists()
    assert_same(folder, built)


def test_force_replaces_a_dataset_of_another_recipe(
    assert_same: Same, scores: Path, built: Path, quick: dict[str, Any], tmp_path: Path
) -> None:
    folder = shutil.copytree(built, tmp_path / "dataset")
    (folder / "notes.txt").write_text("mine")
    other = quick | {"fonts": "Petaluma", "labels": "deepscores-v2"}
    with pytest.raises(DatasetError, match=r"another recipe \(fonts: "):
        build(scores, folder, **other)
    build(scores, folder, force=True, **other)
    assert (folder / "notes.txt").read_text() == "mine"
    (folder / "notes.txt").unlink()
    fresh = tmp_path / "fresh"
    build(scores, fresh, **other)
    assert_same(folder, fresh)


def test_only_bad_scores_make_an_empty_dataset(quick: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<score-partwise/>")
    summary = build(tmp_path / "a.xml", tmp_path / "dataset", **quick)
    assert (summary.pages, summary.scores, summary.skipped) == (0, 0, {"unreadable": 1})
    assert check_manifest(tmp_path / "dataset") == []


NONSENSE: dict[str, dict[str, Any]] = {
    "jobs": {"jobs": 0},
    "fonts": {"fonts": "Comic"},
    "an unknown option": {"colour": "red"},
}


@pytest.mark.parametrize("nonsense", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_makes_no_folder(nonsense: dict[str, Any], scores: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError):
        build(scores, tmp_path / "dataset", **nonsense)
    with pytest.raises(RecipeError, match="no scores found"):
        build(tmp_path / "*.mxl", tmp_path / "dataset")
    assert not (tmp_path / "dataset").exists()


def test_an_unwritable_folder_is_a_clear_error(
    scores: Path, quick: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatasetError, match=r"^[^\n]*file/dataset[^\n]*: cannot write[^\n]*$"):
        build(scores, tmp_path / "file/dataset", **quick)
    with pytest.raises(DatasetError, match="is a file, not a folder"):
        build(scores, tmp_path / "file", **quick)


def test_a_full_disk_is_a_clear_error_and_the_build_goes_on(
    assert_same: Same,
    scores: Path,
    built: Path,
    quick: dict[str, Any],
    tmp_path: Path,
    disk: Callable[[int], Path],
) -> None:
    small = disk(300)
    with pytest.raises(
        DatasetError, match=r"^DISK FULL: cannot write [^\n]*; free space and re-run"
    ):
        build(scores, small / "dataset", jobs=2, executor="local", **quick)
    subprocess.run(["mount", "-o", "remount,size=100m", str(small)], check=True)
    build(scores, small / "dataset", **quick)
    assert_same(small / "dataset", built)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mount a small disk, where the machine lets us."""
    place = tmp_path / "disk"

    def mount(kilobytes: int) -> Path:
        place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(place)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("mounting a small disk is not allowed here")
        return place

    yield mount
    if place.is_mount():
        subprocess.run(["umount", "-l", str(place)], check=True)
