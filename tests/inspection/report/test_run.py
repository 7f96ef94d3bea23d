"""A report as a whole: what is in it, and what is not written when something is wrong."""

import importlib.util
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Etree

import numpy as np
import pytest
from PIL import Image

from deepscores import build, report
from deepscores.errors import DatasetError, RecipeError
from deepscores.inspection.report.charts import histogram_rows
from deepscores.inspection.report.page import SECTIONS
from deepscores.inspection.report.published import published_datasets
from deepscores.runs.claim import MARKER

FIGURES = {
    "figure-1-page", "figure-2-patches", "figure-3-classes", "figure-3-frequencies",
    "figure-4-symbols-a-page", "figure-5-fonts", "figure-6-extremes", "figure-6-sizes-pixels",
    "figure-6-sizes-staff-spaces", "figure-6-sizes-by-class", "figure-7-look-alikes",
    "together-chart", "hidden-chart", "places", "density", "imbalance-lorenz",
}  # fmt: skip
TABLES = {
    "table-1-datasets", "table-2-symbols", "classes", "imbalance", "together", "overlaps", "hidden",
    "skipped", "rights", "composers", "audit", "by-font", "by-engraver", "by-split",
}  # fmt: skip


def test_each_figure_is_there_as_svg_and_png(reported: Path) -> None:
    assert {path.stem for path in (reported / "figures").iterdir()} == FIGURES
    for name in FIGURES:
        root = Etree.parse(reported / f"figures/{name}.svg").getroot()
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        with Image.open(reported / f"figures/{name}.png") as image:
            wide, high = image.size
            assert len(np.unique(np.asarray(image.convert("L")))) > 1  # something is drawn
        ratio = float(root.get("width", "")) / float(root.get("height", ""))
        assert wide / high == pytest.approx(ratio, rel=0.02)


def test_each_table_is_there_as_csv_and_markdown(reported: Path) -> None:
    assert {path.stem for path in (reported / "tables").iterdir()} == TABLES
    for name in TABLES:
        lines = (reported / f"tables/{name}.md").read_text("utf-8").splitlines()
        rows = [line for line in lines if line.startswith("|")]
        assert len(rows) == 1 + len((reported / f"tables/{name}.csv").read_text().splitlines())
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1


def test_the_page_has_them_all_and_needs_nothing_else(reported: Path) -> None:
    page = (reported / "index.html").read_text("utf-8")
    shown = {name for section in SECTIONS for name in section.items}
    assert shown == FIGURES | TABLES
    for name in FIGURES:
        assert f'id="{name}"' in page
    names = re.findall(r'\bid="([^"]+)"', re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL))
    assert len(names) == len(set(names))
    # Neither the page nor its style loads anything; links lead to the report's own files.
    body = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    for address in re.findall(r'(?:src|href)="([^"#]+)"', body):
        assert address.startswith("data:") or (reported / address).is_file(), address[:80]
    assert not re.search(r"url\(|@import", body)


def test_the_specifications_are_plain_json(reported: Path) -> None:
    page = (reported / "index.html").read_text("utf-8")
    (text,) = re.findall(r'<script type="application/json" id="specs">(.*?)</script>', page)
    specs = json.loads(text)
    assert set(specs) <= FIGURES
    assert all(spec["datasets"]["rows"] for spec in specs.values())


def test_the_same_dataset_gives_the_same_report(
    built: Path, reported: Path, tmp_path: Path
) -> None:
    report(built, tmp_path / "again", against=[built], audited=2)
    for path in sorted(path for path in reported.rglob("*") if path.is_file()):
        again = tmp_path / "again" / path.relative_to(reported)
        assert again.read_bytes() == path.read_bytes(), path.name


def test_a_report_is_written_over_that_of_the_same_dataset_and_over_another_s_with_force(
    built: Path, tmp_path: Path
) -> None:
    (tmp_path / "figures").mkdir()
    (tmp_path / "index.html").write_text("old")
    with pytest.raises(DatasetError, match="is not empty and holds no report"):
        report(built, tmp_path, audited=0)  # a page of the user's, for all that is known
    for dataset, force in (("other", True), (built.name, False)):
        marker = {"kind": "report", "dataset": dataset, "owns": ["figures", "index.html", "tables"]}
        (tmp_path / MARKER).write_text(json.dumps(marker))
        if force:
            with pytest.raises(DatasetError, match=r"holds a report of another dataset \(other"):
                report(built, tmp_path, audited=0)
        report(built, tmp_path, audited=0, force=force)
        assert (tmp_path / "index.html").stat().st_size > 10**5
        assert not (tmp_path / "tables/audit.csv").exists()


@pytest.mark.parametrize("counts", [[3], [1, 1, 2, 900], [*range(1, 300)]])
def test_the_histogram_of_figure_4_has_an_area_of_1(counts: list[int]) -> None:
    bars = histogram_rows("x", np.array([0, *counts]))
    area = sum(bar["density"] * np.log10(bar["to"] / bar["from"]) for bar in bars)
    assert area == pytest.approx(1, abs=0.01)
    assert sum(bar["pages"] for bar in bars) == len(counts)


def test_published_pixels_are_images_times_size() -> None:
    sizes = {"MNIST": 28 * 28, "CIFAR-10": 32 * 32, "DeepScores": 1894 * 2668}
    for one in published_datasets():
        if one.images and one.pixels:
            assert one.pixels == one.images * sizes[one.name]
    assert [one.name for one in published_datasets() if one.pixels] == [*sizes]


REFUSED: dict[str, tuple[Callable[[Path, Path], dict[str, Any]], type[Exception], str]] = {
    "no dataset": (
        lambda _, folder: {"dataset": folder / "none"},
        DatasetError,
        "none: no dataset here",
    ),
    "nothing to compare with": (
        lambda built, folder: {"dataset": built, "against": [folder / "none"]},
        DatasetError,
        "none: no such file or folder",
    ),
    "output in the dataset": (
        lambda built, _: {"dataset": built, "output": built / "report"},
        RecipeError,
        "lies in the dataset",
    ),
    "output is a file": (
        lambda built, _: {"dataset": built, "output": built / "dataset.json"},
        RecipeError,
        "lies in the dataset",
    ),
    "output holds other files": (
        lambda built, folder: {"dataset": built, "output": _with(folder / "full", "thesis.tex")},
        DatasetError,
        "is not empty and holds no report; choose another folder",
    ),
}


def _with(folder: Path, name: str) -> Path:
    folder.mkdir()
    (folder / name).write_text("")
    return folder


@pytest.mark.parametrize("name", REFUSED)
def test_what_makes_no_sense_is_one_clear_line(name: str, built: Path, tmp_path: Path) -> None:
    make, error, said = REFUSED[name]
    arguments = {"output": tmp_path / "report", **make(built, tmp_path)}
    with pytest.raises(error, match=said) as raised:
        report(**arguments)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "report").exists()


def test_nothing_is_written_if_another_dataset_cannot_be_read(built: Path, tmp_path: Path) -> None:
    labels = tmp_path / "yolo/labels"
    labels.mkdir(parents=True)
    (labels / "one.txt").write_text("0 junk\n")
    with pytest.raises(DatasetError, match=r"one\.txt, line 1"):
        report(built, tmp_path / "report", against=tmp_path / "yolo", audited=0)
    assert not (tmp_path / "report").exists()


def test_without_the_extra_the_error_names_it(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    missing = lambda name, *more: None if name == "altair" else found(name, *more)  # noqa: E731
    monkeypatch.setattr("deepscores.inspection.report.run.find_spec", missing)
    with pytest.raises(RecipeError, match=r"pip install 'deepscores\[report\]'"):
        report(built, tmp_path / "report")


def test_a_dataset_without_a_labelled_object_has_a_report(
    quick: dict[str, Any], tunes: Path, tmp_path: Path
) -> None:
    labels = tmp_path / "labels.toml"
    labels.write_text('name = "braces"\nversion = 1\nbase = "deepscores-118"\nkeep = ["brace"]\n')
    build(tunes, tmp_path / "dataset", **{**quick, "labels": str(labels)})
    written = report(tmp_path / "dataset", tmp_path / "report", audited=0)
    assert "figure-1-page" not in written.figures
    assert "<code>brace</code>" in written.page.read_text("utf-8")  # among the absent
