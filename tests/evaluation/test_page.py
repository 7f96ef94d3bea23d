"""The page of an evaluation: what is on it, what is drawn, and that it needs nothing else."""

import re
from base64 import b64decode
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Etree

import numpy as np
import pytest
from PIL import Image

from deepscores.cli.commands.evaluate import print_evaluation
from deepscores.evaluation.page.confusions import most_confused
from deepscores.evaluation.page.crops import (
    CONFUSED,
    CORRECT,
    FALSE,
    KINDS,
    MISSED,
    Window,
    draw_pixels,
    marks_of,
    worst_window,
)
from deepscores.evaluation.page.page import as_shown, assemble
from deepscores.evaluation.results import Evaluation, Measure, Outcomes, ResultTable
from deepscores.evaluation.run import EvaluationOutput, evaluate
from deepscores.inspection.pages.charts.plain import Line, draw_curves, draw_matrix
from tests.evaluation.asking import fullest_split
from tests.evaluation.samples import WRITERS

PARTS = {
    "detect": ["summary", "classes", "curves", "confusion", "groups", "mistakes", "more"],
    "segment": ["summary", "classes", "confusion", "groups", "mistakes", "more"],
    "classify": ["summary", "classes", "confusion", "groups", "mistakes", "more"],
}


@pytest.fixture(scope="module", params=sorted(WRITERS))
def shown(request: Any, built: Path, tmp_path_factory: Any) -> EvaluationOutput:
    """An evaluation of middling predictions, with its page."""
    folder = tmp_path_factory.mktemp(request.param)
    split = fullest_split(built)
    said = WRITERS[request.param](built, split, folder)
    return evaluate(
        said, built, task=request.param, split=split, resamples=20, output=folder / "out"
    )


def text_of(shown: EvaluationOutput) -> str:
    assert shown.page is not None
    return shown.page.read_text("utf-8")


def test_all_parts_are_there_in_order(shown: EvaluationOutput) -> None:
    found = re.findall(r'<section id="part-(\w+)">', text_of(shown))
    assert found == PARTS[shown.evaluation.task]


def test_all_figures_and_tables_are_shown(shown: EvaluationOutput) -> None:
    page = text_of(shown)
    for name, one in shown.evaluation.measures.items():
        number = "–" if one.value is None else f"{one.value:.3f}"
        row = re.search(rf"<td>{re.escape(name)}</td>.*?</tr>", page)
        assert row
        assert number in row[0]
    assert shown.page is not None
    for table in shown.evaluation.tables:
        assert escape(table.title) in page
        assert (shown.page.parent / "tables" / f"{table.name}.csv").is_file()
        if table.rows:
            assert f'<table class="sortable" id="{table.name}">' in page
    assert all(escape(line) in page for line in shown.evaluation.warnings)


def test_the_page_needs_nothing_else(shown: EvaluationOutput) -> None:
    page = text_of(shown)
    names = re.findall(r'\bid="([^"]+)"', page)
    assert len(names) == len(set(names))
    body = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert shown.page is not None
    for address in re.findall(r'(?:src|href)="([^"#]+)"', body):
        assert address.startswith("data:") or (shown.page.parent / address).is_file(), address[:80]
    assert not re.search(r"url\(|@import", body)


def test_what_went_wrong_is_drawn(shown: EvaluationOutput) -> None:
    page = text_of(shown).partition('id="part-mistakes"')[2].partition("</section>")[0]
    if shown.evaluation.task == "classify":
        cards = page.count('class="card"')
        table = shown.evaluation.table("mistakes")
        assert table is not None
        assert 0 < cards <= len(table.rows)
        assert page.count('src="data:image/png') == cards
        return
    pictures = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)
    assert 0 < len(pictures) <= 6
    for picture in pictures:
        Etree.fromstring(picture)
    if shown.evaluation.task == "detect":
        for colour, _ in KINDS:
            assert f'stroke="{colour}"' in page
        assert {"missed", "found with", "taken for"} <= set(
            re.findall(r"missed|found with|taken for", " ".join(pictures))
        )


def test_the_same_predictions_give_the_same_page(shown: EvaluationOutput, built: Path) -> None:
    assert shown.page is not None
    folder, one = shown.page.parent, shown.evaluation
    predictions = folder.parent / ("" if one.task == "segment" else one.predictions)
    again = evaluate(
        predictions, built, task=one.task, split=one.split, resamples=20, output=folder
    )
    before = text_of(shown)
    assert text_of(again) == before


def test_where_nothing_is_wrong_nothing_is_drawn(built: Path, tmp_path: Path) -> None:
    split = fullest_split(built)
    done = evaluate(
        built / "pix_annotations_png", built, task="segment", split=split, output=tmp_path / "out"
    )
    assert "part-mistakes" not in text_of(done)
    assert "<p>None.</p>" in text_of(done)  # of confusions


def plain(**changes: Any) -> Evaluation:
    values: dict[str, Any] = {
        "task": "classify", "protocol": "deepscores", "dataset": "d", "predictions": "p",
        "split": "test", "label_set": "l", "counts": {"patches": 1},
        "measures": {"top-1": Measure(0.5)}, "tables": (),
    }  # fmt: skip
    return Evaluation(**values | changes)


def test_names_are_text() -> None:
    evil = "<img src=x onerror=alert(1)>"
    page = assemble(
        plain(
            predictions=evil, dataset=evil, label_set=evil, warnings=(evil,),
            settings={evil: [evil]}, counts={evil: 1}, measures={evil: Measure(0.5, 0.4, 0.6)},
            tables=(ResultTable("classes", evil, (evil, "n"), ((evil, 1),), evil),),
        )
    )  # fmt: skip
    assert "<img" not in page


def test_long_tables_are_cut_and_say_so() -> None:
    rows = tuple((f"patch-{n}", n) for n in range(301))
    shown = as_shown(ResultTable("mistakes", "Mistakes", ("patch", "n"), rows, "All."))
    assert len(shown.rows) == 300
    assert shown.caption == "All. The first 300 of 301 rows."


def test_cells_are_shown_by_their_kind() -> None:
    rows = (("a", True, 1, 0.5, None), ("b", False, 20_000, float("nan"), None))
    shown = as_shown(ResultTable("t", "T", ("name", "in macro", "n", "x", "none"), rows))
    assert [one.kind for one in shown.columns] == ["text", "text", "count", "number", "count"]
    assert shown.rows == (("a", "✓", 1, 0.5, None), ("b", "", 20_000, None, None))


@pytest.mark.parametrize("seed", range(4))
def test_the_worst_window_holds_the_most_points(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = (700, 900)
    points = np.concatenate(
        [rng.uniform(0, 1, (40, 2)) * (900, 700), rng.normal((200 + 150 * seed, 300), 20, (30, 2))]
    ).clip(0, (899, 699))
    window = worst_window(points, shape, 5.0)
    assert (window.x1 - window.x0, window.y1 - window.y0) == (230, 130)

    def inside(x0: int, y0: int) -> int:
        x, y = points.T
        return int(((x >= x0) & (x < x0 + 224) & (y >= y0) & (y < y0 + 128)).sum())

    best = max(inside(x, y) for x in range(0, 900 - 223, 16) for y in range(0, 700 - 127, 16))
    assert inside(window.x0, window.y0) >= best - 1
    assert best >= 20


def test_a_window_is_never_larger_than_the_page() -> None:
    assert worst_window(np.array([[3.0, 3.0]]), (40, 60), 16.0) == Window(0, 0, 60, 40)
    assert worst_window(np.empty((0, 2)), (4000, 3000), 0.0) == Window(0, 0, 736, 416)


def test_pixels_are_coloured_by_what_they_are() -> None:
    truth = np.array([[1, 1, 0, 1, 0]], np.uint8)
    found = np.array([[1, 0, 1, 2, 0]], np.uint8)
    svg = draw_pixels(0 * truth, truth, found, Window(0, 0, 5, 1))
    (data,) = re.findall(r"base64,([^\"]+)", svg)
    with Image.open(BytesIO(b64decode(data))) as image:
        colours = [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in np.asarray(image.convert("RGB"))[0]]
    assert colours[:4] == [CORRECT, MISSED, FALSE, CONFUSED]
    assert colours[4] not in dict(KINDS)


def test_boxes_are_marked_by_what_became_of_them() -> None:
    box = np.arange(20, dtype=np.float64).reshape(5, 4)
    outcomes = Outcomes(
        ("p", "q"),
        truth_page=np.array([0, 0, 0, 1]), truth_class=np.array([1, 1, 1, 1]),
        truth_box=box[:4], truth_partner=np.array([0, 1, -1, -1]),
        found_page=np.array([0, 0, 0]), found_class=np.array([1, 2, 2]), found_box=box[:3] + 100,
        found_score=np.array([0.9, 0.8, 0.7]), found_partner=np.array([0, 1, -1]),
    )  # fmt: skip
    marks = marks_of(outcomes, 0, {1: "stem", 2: "beam"})
    told = [(one.colour, one.words, one.box[0]) for one in marks]
    assert told == [
        (CORRECT, "stem, found with score 0.90", 0.0),
        (MISSED, "stem, missed", 8.0),
        (FALSE, "no beam, score 0.70", 108.0),
        (CONFUSED, "stem, taken for beam with score 0.80", 104.0),
    ]


def test_a_matrix_tells_shares_of_rows() -> None:
    svg = draw_matrix(np.array([[3, 1], [0, 5]]), ["a", "b"], ["a", "b"])
    titles = re.findall(r'<rect class="(\w+)"[^>]*><title>(.*?)</title>', svg)
    assert titles == [
        ("right", "a → a: 3 of 4 (75.0%)"), ("wrong", "a → b: 1 of 4 (25.0%)"),
        ("right", "b → b: 5 of 5 (100.0%)"),
    ]  # fmt: skip


def test_the_matrix_is_of_the_classes_with_most_mistakes() -> None:
    counts = np.diag(np.full(41, 100))
    counts[40, 40] = 10**9
    for one in range(5, 39):
        counts[one, one + 1] = one
    chosen = most_confused(counts, 40)
    assert chosen.tolist() == list(range(10, 40))
    assert most_confused(np.zeros((3, 3), np.int64), 2).tolist() == []


def test_a_curve_keeps_its_corners() -> None:
    recall = np.linspace(0, 1, 101)
    precision = np.where(recall < 0.5, 1.0, 0.25)
    html = draw_curves("c", Line("mean", recall, precision), [], ("recall", "precision"))
    (path,) = re.findall(r'd="(M[^"]*)"><title>mean', html)
    assert path.count("L") == 3  # (0, 1) (0.49, 1) (0.5, 0.25) (1, 0.25)


def test_the_terminal_shows_figures_but_no_long_lists(
    shown: EvaluationOutput, capsys: pytest.CaptureFixture[str]
) -> None:
    print_evaluation(shown)
    told = capsys.readouterr().out
    assert all(name in told for name in shown.evaluation.measures)
    words = " ".join(told.split())  # titles wider than their tables are broken
    for table in shown.evaluation.tables:
        if table.name in ("pages", "mistakes"):
            assert table.title not in [line.strip() for line in told.splitlines()]
        else:
            assert table.title in words
    assert str(shown.page) in told
