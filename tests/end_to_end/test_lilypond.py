"""Datasets by LilyPond, and by both engravers: built, checked, verified, the same bytes again."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from deepscores import build, check, verify
from deepscores.dataset.layout import require_dataset
from deepscores.engraving.lilypond.program import ENVIRONMENT, find_program

pytest.importorskip("lilypond")


FONTS = {"lilypond": "Emmentaler", "both": "Leland,Emmentaler"}


@pytest.fixture(scope="module", params=list(FONTS))
def engraver(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def options(quick: dict[str, Any], engraver: str) -> dict[str, Any]:
    return {**quick, "engraver": engraver, "fonts": FONTS[engraver]}


@pytest.fixture(scope="module")
def scores(
    tmp_path_factory: pytest.TempPathFactory, tune: Callable[..., str], engraver: str
) -> Path:
    folder = tmp_path_factory.mktemp(engraver) / "scores"
    folder.mkdir()
    (folder / "short.musicxml").write_text(tune(4, title="Short"))
    (folder / "long.musicxml").write_text(tune(40, title="Long", steps="CDFAC", fifths=-3))
    (folder / "broken.musicxml").write_text(tune()[:300])
    return folder


@pytest.fixture(scope="module")
def dataset(scores: Path, options: dict[str, Any]) -> Path:
    folder = scores.parent / "dataset"
    summary = build(scores, folder, jobs=1, **options)
    assert summary.scores == 2
    assert summary.skipped == {"unreadable": 1}
    return folder


def test_check_finds_nothing(dataset: Path) -> None:
    report = check(dataset)
    assert report.total == 0, report.as_table()


def test_every_page_can_be_made_again(dataset: Path) -> None:
    verdict = verify(dataset, rerender=1.0)
    assert verdict.problems == ()
    assert verdict.pages_remade >= 3


def test_a_second_build_has_the_same_bytes(
    dataset: Path,
    scores: Path,
    options: dict[str, Any],
    command: Callable[..., list[str]],
    differences: Callable[[Path, Path], list[str]],
    tmp_path: Path,
) -> None:
    """With other workers, another hash seed, another locale and another place for temporaries."""
    again = tmp_path / "again"
    (tmp_path / "temporary").mkdir()
    strange = {"PYTHONHASHSEED": "7", "LANG": "tr_TR.UTF-8", "TMPDIR": str(tmp_path / "temporary")}
    build = command("build", scores, output=again, jobs=2, executor="local", **options)
    subprocess.run(build, env=os.environ | strange, check=True, capture_output=True)
    assert differences(dataset, again) == []


def test_the_engraver_and_its_version_are_on_record(dataset: Path, engraver: str) -> None:
    table = require_dataset(dataset)
    names = {"lilypond": "lilypond", "both": "verovio,lilypond"}
    assert table["recipe"]["engraver"] == names[engraver]
    assert table["versions"]["lilypond"].startswith("2.")


def test_pages_say_who_drew_them_and_a_work_is_in_one_split(dataset: Path, engraver: str) -> None:
    pages = pq.ParquetFile(dataset / "pages.parquet").read().to_pylist()
    stems = [row["page"] for row in pages]
    assert len(set(map(str.lower, stems))) == len(stems)
    drew = {(row["engraver"], row["font"]) for row in pages}
    assert (
        drew
        == {
            "lilypond": {("lilypond", "Emmentaler")},
            "both": {("verovio", "Leland"), ("lilypond", "Emmentaler")},
        }[engraver]
    )
    assert all(f"-aug-{row['font'].lower()}--page-" in row["page"] for row in pages)
    splits = {(row["work"], row["split"]) for row in pages}
    assert len(splits) == len(dict(splits)) == 2


@pytest.mark.parametrize("engraver", ["both"], indirect=True)
def test_a_note_is_the_same_whoever_draws_it(dataset: Path) -> None:
    facts = ("element", "measure", "staff", "voice", "step", "octave", "duration", "onset", "kind")
    drawn: dict[str, set[tuple[object, ...]]] = {}
    for path in sorted((dataset / "symbols").glob("*.parquet")):
        for row in pq.ParquetFile(path).read().to_pylist():
            if row["role"] == "notehead":
                score, _, rest = row["page"].partition("-aug-")
                note = (score, *(row[name] for name in facts))
                drawn.setdefault(rest.partition("--")[0], set()).add(note)
    assert drawn["leland"] == drawn["emmentaler"]
    assert len(drawn["leland"]) == 4 * (4 + 40)


@pytest.fixture
def failing_lilypond(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    program = tmp_path / "lilypond"
    program.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "GNU LilyPond 2.99.1"\n')
    program.chmod(0o755)
    monkeypatch.setenv(ENVIRONMENT, str(program))
    find_program.cache_clear()
    yield
    find_program.cache_clear()


@pytest.mark.usefixtures("failing_lilypond")
def test_a_score_that_one_engraver_fails_on_leaves_no_page_of_the_other(
    tune: Callable[..., str], quick: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "tune.musicxml").write_text(tune())
    options = {**quick, "engraver": "both", "fonts": "Leland,Emmentaler"}
    summary = build(tmp_path / "tune.musicxml", tmp_path / "dataset", jobs=1, **options)
    assert summary.skipped == {"engraving": 1}
    assert "LilyPond" in (tmp_path / "dataset/skipped.jsonl").read_text()
    assert not list((tmp_path / "dataset").rglob("*.png"))
    assert verify(tmp_path / "dataset", rerender=0).problems == ()
