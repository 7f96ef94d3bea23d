"""The README's and docs' examples, run as they stand."""

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from deepscores.page.labels.label_sets import parse_label_set
from deepscores.recipe.recipe import read_recipe, read_run
from tests.building.importing.samples import SAMPLES
from tests.commands import PROGRAM, run_command
from tests.places import ROOT

SONG = """<?xml version="1.0" encoding="UTF-8"?>
<score-partwise version="4.0"><work><work-title>Song %s</work-title></work><part-list>
<score-part id="P1"><part-name>Voice</part-name></score-part></part-list>
<part id="P1"><measure number="1">
<attributes><divisions>1</divisions><key><fifths>2</fifths></key>
<time><beats>4</beats><beat-type>4</beat-type></time><clef><sign>G</sign><line>2</line></clef></attributes>
<note><pitch><step>D</step><octave>5</octave></pitch><duration>1</duration><type>quarter</type></note>
<note><rest/><duration>1</duration><type>quarter</type></note>
<note><pitch><step>E</step><octave>4</octave></pitch><duration>2</duration><type>half</type></note>
</measure></part></score-partwise>
"""
pytestmark = pytest.mark.docs


def blocks(path: str, language: str) -> list[str]:
    text = (ROOT / path).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the README's reader has it: scores, a label set, a dataset."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "my-scores").mkdir()
    for name in "abcdefgh":
        (folder / f"my-scores/{name}.musicxml").write_text(SONG % name)
    (folder / "song.musicxml").write_text(SONG % "s")
    (folder / "my-classes.toml").write_text(blocks("docs/labels.md", "toml")[0])
    SAMPLES["deepscores-v2"](folder / "ds2_dense")
    run(folder, "deepscores build my-scores -o dataset --fonts Leland --patches-per-class 5")
    page = next((folder / "dataset/images_png").iterdir())
    Image.open(page).save(folder / "scan.pdf", resolution=200)
    return folder


def run(folder: Path, command: str) -> str:
    name, *arguments = shlex.split(command)
    assert name == "deepscores"
    if arguments[0] == "view":
        return view(folder, arguments)
    done = run_command(*arguments, folder=folder)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def view(folder: Path, arguments: list[str]) -> str:
    """What the viewer says before it is told to end."""
    with subprocess.Popen(
        [*PROGRAM, *arguments],
        cwd=folder,
        env={**os.environ, "DISPLAY": "", "WAYLAND_DISPLAY": ""},  # no browser comes up
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        shown = running.stdout.readline()
        running.send_signal(signal.SIGINT)
        rest, errors = running.communicate()
    assert running.returncode == 0, f"{arguments}\n{shown}{rest}\n{errors}"
    return shown + rest


GIVEN = ("my-scores", "song.musicxml", "my-classes.toml", "dataset", "ds2_dense", "scan.pdf")
COMMANDS = [
    line
    for block in blocks("README.md", "sh")
    for line in block.splitlines()
    if line.startswith("deepscores ")
]


@pytest.mark.parametrize("command", COMMANDS)
def test_command_of_the_readme_runs(command: str, place: Path) -> None:
    folder = place / re.sub(r"\W+", "-", command)
    folder.mkdir()
    for entry in GIVEN:
        (folder / entry).symlink_to(place / entry)
    assert run(folder, command)


def test_readme_shows_five_commands() -> None:
    assert len(COMMANDS) >= 5


def test_python_of_the_readme_reads_pages(place: Path) -> None:
    (code,) = blocks("README.md", "python")
    code += "\nprint(image.shape, mask.max(), len(boxes), len(heads))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=place, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("(2668, 1894) ")
    assert done.stdout.split()[-1] == "2"


def test_recipe_of_the_readme_is_a_recipe(tmp_path: Path) -> None:
    (text,) = blocks("README.md", "toml")
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    recipe = read_recipe(path)
    assert read_run(path).output == str(tmp_path / "out")
    assert recipe.pages is None
    assert recipe.page_size == (1894, 2668)


def test_label_set_of_the_docs_is_one() -> None:
    text = blocks("docs/labels.md", "toml")[0]
    labels = parse_label_set(text, "docs/labels.md")
    assert labels.class_named("keySignature").group == ("key*",)
    assert labels.class_named("head").of == ("noteheadBlack",)
