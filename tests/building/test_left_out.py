"""Pages whose notes lie beyond the edge are left out, and it is said which and why."""

import json
from pathlib import Path

import pytest

from deepscores.building.build import build
from deepscores.building.verify import verify
from deepscores.errors import RecipeError
from deepscores.recipe.recipe import Recipe, apply
from deepscores.runs.executors.inline import Inline

_NOTE = (
    "<note><pitch><step>G</step><octave>4</octave></pitch><duration>4</duration>"
    "<type>whole</type></note>"
)


def score(parts: int) -> str:
    ids = [f"P{number}" for number in range(1, parts + 1)]
    listed = "".join(f'<score-part id="{one}"><part-name>V</part-name></score-part>' for one in ids)
    attributes = (
        "<attributes><divisions>1</divisions><time><beats>4</beats><beat-type>4</beat-type></time>"
        "<clef><sign>G</sign><line>2</line></clef></attributes>"
    )
    music = "".join(
        f'<part id="{one}"><measure number="1">{attributes}{_NOTE}</measure></part>' for one in ids
    )
    return f"<score-partwise><part-list>{listed}</part-list>{music}</score-partwise>"


def test_a_system_taller_than_the_page_is_left_out_with_the_reason(tmp_path: Path) -> None:
    scores = tmp_path / "scores"
    scores.mkdir()
    (scores / "duet.musicxml").write_text(score(2))
    (scores / "orchestra.musicxml").write_text(score(24))
    recipe = apply(
        Recipe(scores=(str(scores),)),
        {"page-size": "500x400", "staff-space": 9, "margin": 20, "fonts": "Leland", "pages": "all"},
    )
    summary = build(recipe, tmp_path / "dataset", executor=Inline())
    assert (summary.scores, summary.pages) == (1, 1)
    (line,) = (tmp_path / "dataset/skipped.jsonl").read_text().splitlines()
    row = json.loads(line)
    assert (row["score"], row["page"], row["reason"]) == ("orchestra.musicxml", None, "engraving")
    assert "no page can be used" in row["detail"]
    assert "beyond the page's edge" in row["detail"]


def test_unreadable_pages_are_left_out_by_the_limits_of_the_recipe(tmp_path: Path) -> None:
    scores = tmp_path / "scores"
    scores.mkdir()
    (scores / "duet.musicxml").write_text(score(2))
    (scores / "trio.musicxml").write_text(score(3))
    options = {
        "page-size": "500x400", "staff-space": 9, "margin": 20, "fonts": "Leland", "pages": "all",
        "readability": {"least-notes": 3},
    }  # fmt: skip
    summary = build(
        apply(Recipe(scores=(str(scores),)), options), tmp_path / "dataset", executor=Inline()
    )
    assert (summary.scores, summary.pages) == (1, 1)
    row = json.loads((tmp_path / "dataset/skipped.jsonl").read_text())
    assert row["score"] == "duet.musicxml"
    assert "no page can be used: empty: neither notes nor rests" in row["detail"]
    stored = json.loads((tmp_path / "dataset/dataset.json").read_text())["recipe"]
    assert stored["readability"]["least-notes"] == 3
    assert verify(tmp_path / "dataset", rerender=1.0, executor=Inline()).problems == ()


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (7, "readability: 7 is not a table"),
        ({"pile-up": 3}, "readability: unknown key 'pile-up'"),
        ({"pile": "many"}, "readability: pile: 'many' is not a whole number"),
    ],
)
def test_limits_that_make_no_sense_are_refused(limits: object, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        apply(Recipe(), {"readability": limits})


def test_a_sample_takes_few_pages_of_each_score() -> None:
    assert apply(Recipe(), {"pages": 300}).max_pages_per_score() == 15
    assert apply(Recipe(), {"pages": 3}).max_pages_per_score() == 3
    assert apply(Recipe(), {"pages": "all"}).max_pages_per_score() is None
    assert apply(Recipe(), {"pages": 300, "pages-per-score": 40}).max_pages_per_score() == 40
