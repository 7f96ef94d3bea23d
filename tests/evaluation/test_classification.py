"""Tables of labels against a dataset's patches: figures, tables, and what is refused."""

import csv
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from deepscores.dataset.reader import open_dataset
from deepscores.errors import DatasetError, RecipeError
from deepscores.evaluation.classification import evaluate as classification
from deepscores.evaluation.classification.evaluate import (
    COMMON_PATCHES,
    balanced,
    compare_labels,
    evaluate_classification,
    top_1,
)
from deepscores.evaluation.classification.reading import Answer, TruePatch, true_patches
from deepscores.page.labels.label_sets import load_label_set
from tests.evaluation.asking import ask, fullest_split, records, values


def patches_of(built: Path) -> list[TruePatch]:
    """The patches of the fullest split."""
    pages = {page.name for page in open_dataset(built).split(fullest_split(built))}
    names = [one.name for one in open_dataset(built).labels.classes]
    return sorted(one for one in true_patches(built, names) if one.page in pages)


def write(path: Path, rows: Iterable[tuple[object, ...]], head: str = "patch,label") -> Path:
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([head.split(","), *rows])
    return path


@pytest.fixture
def table(built: Path, tmp_path: Path) -> Path:
    """The truth of the fullest split as predictions."""
    return write(tmp_path / "said.csv", [(one.name, one.label) for one in patches_of(built)])


def test_patches_are_the_files_there_are(built: Path) -> None:
    names = [one.name for one in open_dataset(built).labels.classes]
    found = sorted(true_patches(built, names))
    assert len(found) == open_dataset(built).info["counts"]["patches"]
    assert all((built / "patches" / one.label / f"{one.name}.png").is_file() for one in found)


def test_the_truth_scores_exactly_1(built: Path, table: Path) -> None:
    found = evaluate_classification(ask(built, table))
    assert values(found)["top-1"] == values(found)["balanced accuracy, all classes"] == 1
    assert found.measures["top-1"][1:] == (1, 1)
    assert records(found, "mistakes") == []
    assert {row["recall"] for row in records(found, "classes")} == {1}
    assert found.counts["patches"] == len(patches_of(built))


def test_a_hand_made_confusion_is_told(built: Path, tmp_path: Path) -> None:
    truth = patches_of(built)
    wrong = [one for one in truth if one.label == "gClef"][:2]
    lost = [one for one in truth if one.label == "keySharp"][:1]
    rows = [
        (one.name, "fClef" if one in wrong else one.label, 0.9 - 0.1 * (one == wrong[0]))
        for one in truth
        if one not in lost
    ]
    table = write(tmp_path / "said.csv", rows, "patch,label,score")
    found = evaluate_classification(ask(built, table))
    assert values(found)["top-1"] == pytest.approx(1 - 3 / len(truth))
    classes = {one.label for one in truth}
    clefs = sum(one.label == "gClef" for one in truth)
    sharps = sum(one.label == "keySharp" for one in truth)
    mean = 1 - (2 / clefs + 1 / sharps) / len(classes)
    assert values(found)["balanced accuracy, all classes"] == pytest.approx(mean)
    mistakes = records(found, "mistakes")
    assert [one["patch"] for one in mistakes] == [wrong[1].name, wrong[0].name, lost[0].name]
    assert [one["taken for"] for one in mistakes] == ["fClef", "fClef", "nothing"]
    assert [one["score"] for one in mistakes] == [0.9, 0.8, None]
    row = next(row for row in records(found, "classes") if row["class"] == "gClef")
    assert row["most taken for"] == f"fClef ({2 / clefs:.1%})"
    assert found.confusion is not None
    names, counts = found.confusion.names, found.confusion.counts
    assert counts[names.index("gClef"), names.index("fClef")] == 2
    assert counts[names.index("keySharp"), -1] == 1
    assert lost[0].name in found.warnings[0]
    assert found.counts["patches missing"] == 1


def test_figures_equal_those_of_loops() -> None:
    rng = np.random.default_rng(3)
    names = ("a", "b", "c", "d")
    sizes = {"a": 40, "b": COMMON_PATCHES, "c": COMMON_PATCHES - 1}
    truth = [TruePatch(f"{n}-{i:05d}", n, n) for n, size in sizes.items() for i in range(size)]
    answers = {
        one.name: Answer(one.label if rng.random() < 0.7 else str(rng.choice(names)))
        for one in truth
    }
    labels = compare_labels(names, truth, answers)
    counts = labels.counts(np.zeros(len(truth), np.int64), 1)
    recalls = {
        name: np.mean([answers[one.name].label == name for one in truth if one.label == name])
        for name in sizes
    }
    right = np.mean([answers[one.name].label == one.label for one in truth])
    assert top_1(counts)[0] == pytest.approx(right)
    every = np.array([True] * 4)
    assert balanced(counts, every)[0] == pytest.approx(np.mean([*recalls.values()]))
    common = counts[0, 0] >= COMMON_PATCHES
    wanted = np.mean([recalls["a"], recalls["b"]])
    assert balanced(counts, common)[0] == pytest.approx(wanted)
    for one, name in enumerate(names):
        for other, said in enumerate(names):
            times = sum(x.label == name and answers[x.name].label == said for x in truth)
            assert labels.confusion()[one, other] == times


def test_the_worst_five_are_of_the_common_classes(
    real: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    common_patches = 4  # these pages have few of each
    monkeypatch.setattr(classification, "COMMON_PATCHES", common_patches)
    truth = patches_of(real)
    common = sorted(
        name for name in {one.label for one in truth}
        if sum(one.label == name for one in truth) >= common_patches
    )  # fmt: skip
    bad = common[:2]
    rows = [(one.name, "coda" if one.label in bad else one.label) for one in truth]
    found = evaluate_classification(ask(real, write(tmp_path / "said.csv", rows)))
    worst = records(found, "worst")
    assert len(worst) == 5
    assert {row["class"] for row in worst[:2]} == set(bad)
    assert {row["class"] for row in worst} <= set(common)
    assert values(found)["balanced accuracy"] == pytest.approx(1 - 2 / len(common))
    assert found.counts["classes in macro"] == len(common)


def test_fonts_are_told_apart(built: Path, tmp_path: Path) -> None:
    fonts = {page.name: page.row["font"] for page in open_dataset(built)}
    truth = patches_of(built)
    rows = [(one.name, "coda" if fonts[one.page] == "Leland" else one.label) for one in truth]
    found = evaluate_classification(ask(built, write(tmp_path / "said.csv", rows)))
    told = {row["name"]: row for row in records(found, "groups")}
    assert (told["Bravura"]["top-1"], told["Leland"]["top-1"]) == (1, 0)
    assert told["Bravura"]["patches"] + told["Leland"]["patches"] == len(truth)


def test_rows_about_other_patches_are_passed_over(built: Path, table: Path) -> None:
    with open(table, "a") as file:
        file.write("elsewhere-00001,keySharp\n")
    found = evaluate_classification(ask(built, table))
    assert found.counts["other rows"] == 1
    assert values(found)["top-1"] == 1


def test_only_what_is_asked_for_counts(built: Path, table: Path) -> None:
    labels = open_dataset(built).labels
    wanted = tuple(one for one in labels.classes if one.name == "gClef")
    found = evaluate_classification(ask(built, table, classes=wanted))
    assert [row["class"] for row in records(found, "classes")] == ["gClef"]
    assert found.counts["patches"] == sum(one.label == "gClef" for one in patches_of(built))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "its head is not patch,label"),
        ("name,class\n", "its head is not patch,label"),
        ("patch,label\na-00001,nonsense\n", "line 2: no class 'nonsense'"),
        ("patch,label\na-00001\n", "line 2: 1 cells, not 2"),
        (
            "patch,label\na-00001,keySharp\na-00001,keySharp\n",
            "line 3: patch 'a-00001' has two rows",
        ),
        ("patch,label,score\na-00001,keySharp,high\n", "line 2: score 'high' is not a number"),
        ("patch,label,score\na-00001,keySharp,nan\n", "line 2: score 'nan' is not a number"),
        ('patch,label\n"a-00001"x,stem\n', "line 2: "),
        ("patch,label\na-00001,keySharp\n", "no row for .* patches of split"),
        ("\udcff", "not text in UTF-8"),
    ],
)
def test_what_is_no_table_is_told_with_its_line(
    built: Path, tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "said.csv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(DatasetError, match=words):
        evaluate_classification(ask(built, path))


def test_a_file_that_is_not_there_is_told(built: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"said\.csv: No such file"):
        evaluate_classification(ask(built, tmp_path / "said.csv"))


def test_other_label_sets_have_no_patches(built: Path, table: Path) -> None:
    labels = load_label_set("full")
    with pytest.raises(RecipeError, match="own label set"):
        evaluate_classification(ask(built, table, labels=labels, classes=labels.classes))
