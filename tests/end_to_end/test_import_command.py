"""`deepscores import` as a command: what it says, how it ends, and that it goes on when killed."""

import subprocess
import time
from functools import partial
from pathlib import Path

import pytest

from deepscores.dataset.manifest import check_manifest, list_files
from tests.building.importing.samples import SAMPLES
from tests.commands import PROGRAM, run_command

COPIES = 40  # pages, so that there are several chunks


run = partial(run_command, "import")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = SAMPLES["yolo"](tmp_path / "source")
    for kind, suffix in (("images", ".png"), ("labels", ".txt")):
        data = (folder / kind / f"train/one{suffix}").read_bytes()
        for copy in range(COPIES):
            (folder / kind / f"train/page-{copy}{suffix}").write_bytes(data)
    return folder


def test_it_tells_what_it_made_and_what_it_left_out(source: Path, tmp_path: Path) -> None:
    (source / "labels/train/one.txt").write_text("0 .13 .45 0 .1\n")
    done = run(source, "-o", tmp_path / "ours", "--patches", "20x30", "--patches-per-class", "5")
    assert done.returncode == 0, done.stderr
    assert "is imported from yolo: 42 train, 0 val, 0 test pages" in done.stdout
    assert (
        "81 labelled objects of 2 of 3 classes, 10 patches; pixels: the box's dark" in done.stdout
    )
    assert "left out: 1 no extent; see" in done.stdout
    assert "is already imported" in run(source, "-o", tmp_path / "ours", "--patches", "20x30",
                                        "--patches-per-class", "5").stdout  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("nowhere", "-o", "out"), 1, "deepscores: nowhere: no such file or folder\n"),
        (("nowhere", "-o", "out", "--from", "x"), 2, "deepscores: unknown format 'x'; there are"),
        (("nowhere",), 2, "deepscores: Missing option '-o'"),
    ],
)
def test_errors_are_one_line(arguments: tuple[str, ...], status: int, said: str) -> None:
    done = run(*arguments)
    assert done.returncode == status
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1


def test_a_killed_import_goes_on(source: Path, tmp_path: Path) -> None:
    options = ("--jobs", 2, "--executor", "local", "--patches-per-class", 5)
    assert run(source, "-o", tmp_path / "undisturbed", *options).returncode == 0
    ours = tmp_path / "ours"
    with subprocess.Popen(
        [*PROGRAM, "import", *map(str, (source, "-o", ours, *options))],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        while process.poll() is None and not list(ours.glob(".build/shards/*.json")):
            time.sleep(0.01)
        process.kill()
    assert not (ours / "dataset.json").exists()
    written = {path: path.stat().st_mtime_ns for path in ours.glob(".build/shards/*.json")}
    assert written
    assert run(source, "-o", ours, *options).returncode == 0
    assert not (ours / ".build").exists()
    assert check_manifest(ours) == []
    files = [list(list_files(folder, ())) for folder in (ours, tmp_path / "undisturbed")]
    assert files[0] == files[1]
    for name in files[0]:
        assert (ours / name).read_bytes() == (tmp_path / "undisturbed" / name).read_bytes()
