"""Samples, jobs and what the command line makes of a report."""

import json
from pathlib import Path
from typing import Any

import pytest

from deepscores import check
from deepscores.cli.app import run as run_command
from deepscores.errors import DatasetError, RecipeError
from deepscores.inspection.checking.audit import choose
from deepscores.inspection.checking.ledger import MAX_LISTED, Ledger, report
from deepscores.page.symbols.parents import PARENTS, may_belong
from deepscores.page.symbols.relations import _WITHIN


def test_the_number_of_jobs_changes_nothing(planted: Any) -> None:
    planted.paint("images_png", lambda image: image.fill(0))
    assert check(planted.folder, jobs=1) == check(planted.folder, jobs=2, executor="local")


def test_a_sample_is_a_share_or_a_number_of_pages(built: Path) -> None:
    whole = check(built)
    assert check(built, sample=0.5).pages == round(whole.pages / 2)
    assert check(built, sample=2).pages == 2
    assert check(built, sample=1e-6).pages == 1
    assert check(built, sample=10_000).pages == whole.pages == whole.pages_in_all


def test_a_larger_sample_holds_the_smaller() -> None:
    names = [f"page-{number}" for number in range(50)]
    assert choose(names, 5) < choose(reversed(names), 0.5)


@pytest.mark.parametrize("options", [{"sample": 0}, {"sample": -1}, {"alike": 0}, {"alike": 2}])
def test_numbers_that_make_no_sense(options: dict[str, Any], built: Path) -> None:
    with pytest.raises(RecipeError):
        check(built, **options)


def test_no_dataset_is_one_clear_error(tmp_path: Path, planted: Any) -> None:
    with pytest.raises(DatasetError, match="no dataset here"):
        check(tmp_path)
    (planted.folder / "pages.parquet").write_bytes(b"junk")
    with pytest.raises(DatasetError, match=r"pages\.parquet: not a readable table"):
        check(planted.folder)


def test_a_flood_of_findings_is_counted_and_cut() -> None:
    ledger = Ledger()
    ledger.look("ink", "page", 3, ((number, "wrong") for number in range(1000)))
    made = report("here", "coco", (1, 1), ledger, ["ink"])
    assert (made.total, len(made.findings)) == (1000, MAX_LISTED)
    assert [one.object for one in made.findings[:3]] == ["0", "1", "2"]


def test_exit_status_and_json(
    planted: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(planted.folder)
    assert run_command(["check", folder, "--jobs", "1"], debug=False) == 0
    assert "no findings" in capsys.readouterr().out
    planted.paint("images_png", lambda image: image.__setitem__((5, 7), 0))
    target = tmp_path / "report.json"
    assert run_command(["check", folder, "--jobs", "1", "--json", str(target)], debug=False) == 1
    assert f"ink: {planted.stem}: 1 px" in capsys.readouterr().out
    table = json.loads(target.read_text())
    assert [one["check"] for one in table["findings"]] == ["ink"]
    assert {one["check"]: one["findings"] for one in table["checks"]}["ink"] == 1
    assert run_command(["check", folder, "--jobs", "1", "--json", "-"], debug=False) == 1
    assert json.loads(capsys.readouterr().out)["findings"] == table["findings"]


@pytest.mark.parametrize(
    "options", [["--sample", "0"], ["--jobs", "0"], ["--executor", "x"], ["--json", "/no/way"]]
)
def test_nonsense_is_asked_for(options: list[str], built: Path) -> None:
    command = ["check", str(built), "--sample", "1", "--jobs", "1", *options]
    assert run_command(command, debug=False) == 2


@pytest.mark.parametrize("child", _WITHIN)
def test_what_hangs_on_what_within_an_element_is_allowed(child: str) -> None:
    parents = {"Clef": "gClef", "barline": "barlineFinal", "repeat": "repeat1Bar"}
    parent = parents.get(_WITHIN[child], _WITHIN[child])
    assert may_belong(child, parent)


def test_every_kind_has_a_row_in_the_table_of_parents() -> None:
    assert PARENTS[-1][0] == "*"
    assert not may_belong("noteheadBlack", "beam")
    assert not may_belong("staffLine", "noteheadBlack")
    assert may_belong("accidentalSharp", "noteheadBlack")
