"""A dataset by LilyPond: built, checked, verified, the same bytes again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deepscores import build, check, verify

pytest.importorskip("lilypond")


@pytest.fixture(scope="module")
def options(quick: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in quick.items() if key != "fonts"}
    return {**kept, "engraver": "lilypond"}


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory, tune: Callable[..., str]) -> Path:
    folder = tmp_path_factory.mktemp("lilypond") / "scores"
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
    differences: Callable[[Path, Path], list[str]],
) -> None:
    again = scores.parent / "again"
    build(scores, again, jobs=2, **options)
    assert differences(dataset, again) == []


def test_the_engraver_and_its_version_are_on_record(dataset: Path) -> None:
    from deepscores.pipeline.plan import require_dataset

    table = require_dataset(dataset)
    assert table["recipe"]["engraver"] == "lilypond"
    assert table["versions"]["lilypond"].startswith("2.")
