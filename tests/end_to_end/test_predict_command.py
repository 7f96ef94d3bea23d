"""`deepscores predict`: what it prints, where, and the exit status."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.inference.predicting.drawn import drawn_page
from tests.inference.predicting.networks import write_detector

Deepscores = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model by hand and a page."""
    write_detector(tmp_path / "squares.onnx")
    Image.fromarray(drawn_page(20)).save(tmp_path / "page.png")
    return tmp_path


def test_pages_objects_and_seconds_are_told(folder: Path, deepscores: Deepscores) -> None:
    model, page, out = folder / "squares.onnx", folder / "page.png", folder / "out"
    done = deepscores("predict", model, page, "-o", out)
    assert (done.returncode, done.stderr) == (0, "Predicting: 1\n")
    first, second = done.stdout.splitlines()
    assert first == f"{out}: detect, 1 pages (1 new), 5 objects"
    assert " s per page, of which " in second
    assert len(json.loads((out / "detections.json").read_bytes())) == 5
    again = deepscores("predict", model, page, "-o", out)
    assert again.stdout == f"{out}: detect, 1 pages (0 new), 5 objects\n"


def test_a_page_that_fails_is_told_and_the_others_go_on(
    folder: Path, deepscores: Deepscores
) -> None:
    (folder / "broken.png").write_bytes(b"no picture")
    done = deepscores("predict", folder / "squares.onnx", folder, "-o", folder / "out")
    assert done.returncode == 1
    assert "1 pages (1 new), 5 objects" in done.stdout
    assert f"failed: {folder / 'broken.png'}: not a readable picture" in done.stdout


def test_nonsense_is_one_line(folder: Path, deepscores: Deepscores) -> None:
    for words, told in (
        (["nothing.png"], "nothing.png: no such file or folder"),
        ([folder / "none.onnx", folder / "page.png"], "neither a model file"),
    ):
        done = deepscores("predict", *words, "-o", folder / "out")
        assert done.returncode == 2
        assert told in done.stderr
        assert len(done.stderr.splitlines()) == 1
