"""The command line: what it prints, where, and the exit status."""

import csv
import io
import json
import os
import pty
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deepscores.cli.app import find_commands
from deepscores.version import __version__

Deepscores = Callable[..., "subprocess.CompletedProcess[str]"]

COMMANDS = [*find_commands()]


def one_line(text: str) -> str:
    """The only line of *text*."""
    (line,) = text.splitlines()
    return line


def test_help_shows_the_commands(deepscores: Deepscores) -> None:
    for words in ([], ["-h"], ["--help"]):
        done = deepscores(*words)
        assert done.returncode == 0
        assert all(f"  {name} " in done.stdout for name in COMMANDS)
        assert not done.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_every_command_has_examples(name: str, deepscores: Deepscores) -> None:
    done = deepscores(name, "--help")
    assert done.returncode == 0
    assert re.search(rf"^\s+deepscores {name}", done.stdout, re.MULTILINE)


def test_the_version(program: Deepscores) -> None:
    assert program("--version").stdout == f"deepscores {__version__}\n"


@pytest.mark.parametrize(("labels", "count"), [("deepscores-118", 118), ("deepscores-v2", 136)])
def test_classes_are_listed(labels: str, count: int, deepscores: Deepscores) -> None:
    done = deepscores("classes", "--csv", labels=labels)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [int(row["id"]) for row in rows] == list(range(1, count + 1))
    assert all(row["name"] and row["description"] for row in rows)
    shown = deepscores("classes", labels=labels)
    assert (done.returncode, shown.returncode) == (0, 0)
    assert len(re.findall(r"^│ +\d+ ", shown.stdout, re.MULTILINE)) == count
    assert "\x1b" not in shown.stdout


def test_a_reader_that_has_enough_is_no_error(
    command: Callable[..., list[str]],
) -> None:
    line = " ".join(f"'{word}'" for word in command("classes", labels="full", csv=True)[:-1])
    line = line.replace("'classes'", "'classes' '--csv'")
    done = subprocess.run(
        ["bash", "-c", f"{line} | head -1"], capture_output=True, text=True, check=False
    )
    assert done.stdout == "id,name,smufl,description\n"
    assert not done.stderr


USAGE: dict[str, tuple[list[str], str]] = {
    "unknown command": (["frobnicate"], "No such command 'frobnicate'"),
    "unknown option": (["build", "--colour", "red"], "No such option: --colour"),
    "missing argument": (["engrave", "-o", "x"], "Missing argument 'SCORE'"),
    "no number": (["build", "SCORES", "--jobs", "many"], "Invalid value for '--jobs'"),
    "no jobs": (["build", "SCORES", "--jobs", "0"], "--jobs: 0 is not at least 1"),
    "unknown font": (["build", "SCORES", "--fonts", "Comic"], "unknown music font 'Comic'"),
    "unknown labels": (["build", "SCORES", "--labels", "v9"], "no label set 'v9'; there are"),
    "unknown labels to list": (["classes", "--labels", "v9"], "no label set 'v9'; there are"),
    "page size": (["build", "SCORES", "--page-size", "A4"], "page-size: 'A4' is not a size such"),
    "tiny page": (
        ["build", "SCORES", "--page-size", "90x90"],
        "page-size: 90x90 px leaves no room",
    ),
    "pages": (["build", "SCORES", "--pages", "0"], "pages: '0' is not a whole number from 1 up"),
    "no scores": (["build", "*.mxl", "-o", "x"], "no scores found: *.mxl"),
    "no such folder": (["build", "nowhere", "-o", "x"], "no such file or folder: nowhere"),
    "no such recipe": (["build", "--recipe", "r.toml"], "r.toml: No such file or directory"),
    "share": (["verify", "x", "--rerender", "2"], "--rerender: 2 is not between 0 and 1"),
    "two scores": (["engrave", "SCORES", "-o", "x"], "holds 5 scores; name one, or use build"),
}


@pytest.mark.parametrize(("words", "message"), USAGE.values(), ids=USAGE)
def test_nonsense_is_one_line_and_status_2(
    words: list[str], message: str, deepscores: Deepscores, tunes: Path
) -> None:
    done = deepscores(*(str(tunes) if word == "SCORES" else word for word in words))
    assert done.returncode == 2
    line = one_line(done.stderr)
    assert line.startswith("deepscores: ")
    assert message in line
    assert not done.stdout
    assert not list(tunes.parent.glob("x"))


FAILURES: dict[str, tuple[list[str], str]] = {
    "bad score": (
        ["engrave", "tunes/broken.musicxml", "-o", "x"],
        "broken.musicxml: not well-formed",
    ),
    "no dataset": (["verify", "tunes"], "no dataset here"),
    "nothing to count": (["stats", "tunes"], "no dataset here"),
    "nothing to report": (["report", "tunes"], "no dataset here"),
    "counting a file": (["stats", "tunes/tune-0.musicxml"], "no dataset here"),
    "not ours": (["build", "tunes", "-o", "tunes"], "is not empty and holds no dataset"),
    "a file": (["build", "tunes", "-o", "tunes/tune-0.musicxml"], "is a file, not a folder"),
    "below a file": (["build", "tunes", "-o", "tunes/tune-0.musicxml/x"], "cannot write"),
}


@pytest.mark.parametrize(("words", "message"), FAILURES.values(), ids=FAILURES)
def test_a_failure_is_one_line_and_status_1(
    words: list[str], message: str, deepscores: Deepscores, tunes: Path
) -> None:
    done = deepscores(*words)
    assert done.returncode == 1
    assert message in one_line(done.stderr)


@pytest.mark.parametrize(
    "words",
    [
        ["--debug", "build", "nowhere"],
        ["build", "--debug", "nowhere"],
        ["build", "nowhere", "-o", "x", "--debug"],
    ],
)
def test_debug_shows_the_traceback_wherever_it_stands(
    words: list[str], deepscores: Deepscores
) -> None:
    done = deepscores(*words)
    assert done.returncode == 2
    assert "Traceback (most recent call last)" in done.stderr
    assert "no such file or folder: nowhere" in done.stderr


def test_a_bug_is_one_line_too(program: Deepscores, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import deepscores.page.labels.label_sets as labels\n"
        "def broken(name):\n    raise ZeroDivisionError('two\\nlines')\n"
        "labels.load_label_set = broken\n"
    )
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    done = program("classes", environment={"PYTHONPATH": path})
    assert done.returncode == 1
    assert one_line(done.stderr) == (
        "deepscores: internal error: ZeroDivisionError: two lines; run with --debug to see where"
    )


def test_build_look_and_verify(
    program: Deepscores,
    deepscores: Deepscores,
    tunes: Path,
    quick: dict[str, Any],
    tmp_path: Path,
) -> None:
    options = quick | {"fonts": "Leland"}
    (tmp_path / "quick.toml").write_text(
        "".join(
            f"{key.replace('_', '-')} = {value!r}\n"
            for key, value in options.items()
            if key != "pages"
        )
        + 'pages = "all"\nscores = "tunes"\n'
    )
    done = program("build", output="one", recipe="quick.toml", jobs=2, executor="local")
    assert done.returncode == 0
    assert re.search(r"^ +\d+ pages of 4 scores$", done.stdout, re.MULTILINE)
    assert "1 scores skipped (1 unreadable): see one/skipped.jsonl" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
    skipped = [line for line in done.stderr.splitlines() if line.startswith("skipped ")]
    assert [line.split(":")[0] for line in skipped] == ["skipped broken.musicxml"]
    again = deepscores("build", tunes, output="two", **options)
    assert again.returncode == 0
    manifests = [(tmp_path / name / "manifest.tsv").read_bytes() for name in ("one", "two")]
    assert manifests[0] == manifests[1]
    assert deepscores("verify", "one", rerender=1).stdout.endswith("no problems found\n")
    (tmp_path / "one/classes.csv").write_text("changed")
    verdict = deepscores("verify", "one", rerender=0)
    assert verdict.returncode == 1
    assert verdict.stdout.startswith("classes.csv: size is 7 bytes")
    finished = deepscores("build", tunes, output="two", **options)
    assert finished.stdout.startswith("two is already finished:")


def test_stats_are_shown_as_tables_and_as_json(deepscores: Deepscores, built: Path) -> None:
    plain = deepscores("stats", built, "--json")
    table = json.loads(plain.stdout)
    counts = json.loads((built / "dataset.json").read_text())["counts"]
    assert (plain.returncode, plain.stderr) == (0, "")
    assert [table[name] for name in ("pages", "symbols", "objects")] == [
        counts[name] for name in ("pages", "symbols", "objects")
    ]
    for narrow in ({}, {"COLUMNS": "60"}):
        shown = deepscores("stats", built, environment=narrow)
        assert (shown.returncode, shown.stderr) == (0, "")
        assert "\x1b" not in shown.stdout
        rows = dict(re.findall(r"^│ (\w+) +│ +([\d,]+) │ +[\d.]+%", shown.stdout, re.MULTILINE))
        assert rows == {
            one["name"]: f"{one['objects']:,}" for one in table["classes"] if one["objects"]
        }


def test_a_report_says_where_it_is(deepscores: Deepscores, built: Path, tmp_path: Path) -> None:
    done = deepscores("report", built, "-o", "seen", "--audit", "0", "--against", built)
    assert done.returncode == 0
    assert one_line(done.stdout) == "16 figures and 13 tables: seen/index.html"
    assert (tmp_path / "seen/index.html").is_file()


def test_a_report_that_cannot_be_made_leaves_nothing(
    deepscores: Deepscores, built: Path, tmp_path: Path
) -> None:
    (tmp_path / "voc/Annotations").mkdir(parents=True)
    (tmp_path / "voc/Annotations/a.xml").write_text("<annotation>")
    (tmp_path / "file").write_text("")
    for words, status, message in (
        (["-o", "seen", "--against", "voc"], 1, "voc/Annotations/a.xml: not a"),
        (["-o", "seen", "--against", "none"], 1, "none: no such file or folder"),
        (["-o", "file/seen"], 1, "cannot write"),
        (["-o", built / "seen"], 2, "lies in the dataset"),
    ):
        done = deepscores("report", built, "--audit", "0", *words)
        assert (done.returncode, done.stdout) == (status, "")
        assert message in done.stderr.splitlines()[-1]
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "seen").exists()


def test_engrave_names_the_pictures(
    deepscores: Deepscores, tunes: Path, quick: dict[str, Any], tmp_path: Path
) -> None:
    options = {key: quick[key] for key in ("page_size", "staff_space", "margin")}
    done = deepscores("engrave", "tunes/tune-0.musicxml", "-o", "look", fonts="Petaluma", **options)
    assert done.returncode == 0, done.stderr
    picture, rest = one_line(done.stdout).split("  ")
    assert (tmp_path / picture).exists()
    assert re.fullmatch(r"\d+ symbols, \d+ labelled objects", rest)


@pytest.mark.parametrize("name", ["gallery", "zoo"])
def test_the_gallery_goes_by_its_old_name_too(
    name: str, deepscores: Deepscores, tmp_path: Path
) -> None:
    done = deepscores(name, "-o", "gallery", fonts="Leipzig", labels="deepscores-v2")
    assert done.returncode == 0, done.stderr
    warning = "warning: the command 'zoo' is now called 'gallery'; the old name will be removed"
    assert (warning in done.stderr.splitlines()[0]) == (name == "zoo")
    shown, picture, page = done.stdout.splitlines()
    assert shown == "Leipzig: 136 of 136 classes"
    assert (tmp_path / picture).read_bytes().startswith(b"\x89PNG")
    assert "| 136 | `ottavaBracket` |" in (tmp_path / page).read_text("utf-8")


@pytest.mark.parametrize("colour", [True, False])
def test_a_terminal_gets_bars_and_colour_only_if_it_may(
    command: Callable[..., list[str]],
    built: Path,
    colour: bool,
) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    environment |= {"TERM": "xterm-256color"} | ({} if colour else {"NO_COLOR": "1"})
    ours, theirs = pty.openpty()
    done = subprocess.run(
        command("verify", built, rerender=0),
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=environment,
        check=True,
    )
    os.close(theirs)
    shown = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert b"no problems found" in done.stdout
    assert "Checking files" in shown
    assert bool(re.search(r"\x1b\[[0-9;]*3[0-9;]*m", shown)) == colour


def test_a_recipe_beside_its_label_set_works_from_anywhere(
    deepscores: Deepscores, tunes: Path, quick: dict[str, Any], tmp_path: Path
) -> None:
    shutil.move(tunes, tmp_path / "deep")
    (tmp_path / "deep/mine.toml").write_text('base = "deepscores-118"\nkeep = ["gClef", "note*"]\n')
    (tmp_path / "deep/recipe.toml").write_text('labels = "mine.toml"\nscores = "tune-0.musicxml"\n')
    options = quick | {"fonts": "Leland"}
    done = deepscores("build", output="out", recipe="deep/recipe.toml", jobs=1, **options)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "out/patches").iterdir()} == {
        "gClef",
        "noteheadBlack",
    }


def test_an_evaluation_is_shown_as_tables_and_as_json(
    deepscores: Deepscores, built: Path, tmp_path: Path
) -> None:
    (tmp_path / "none.json").write_text("[]")
    done = deepscores("evaluate", "none.json", built, "--split", "train", "--json", "-")
    assert done.returncode == 0
    assert json.loads(done.stdout)["measures"]["AP"]["value"] == 0
    shown = deepscores("evaluate", "none.json", built, split="train", resamples=0)
    assert re.search(r"│ AP50 +│ +0\.000 │", shown.stdout)
    assert re.search(
        r"^\d+ pages, \d works, [\d,]+ objects, .* 0 detections", shown.stdout, re.MULTILINE
    )
    wrong = deepscores("evaluate", "none.json", built, split="everything")
    assert wrong.returncode == 2
    assert "split: 'everything' is not one of" in one_line(wrong.stderr)
