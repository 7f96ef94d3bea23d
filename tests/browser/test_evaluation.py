"""The page of an evaluation in a browser: curves are chosen, tables sort, it reads on a phone."""

from pathlib import Path
from typing import Any

import pytest

from deepscores.evaluation.run import evaluate
from tests.browser.test_report import PHONE, WIDE, column, contrast
from tests.evaluation.asking import fullest_split
from tests.evaluation.samples import WRITERS


@pytest.fixture(scope="module")
def pages(built: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The page of each task's evaluation."""
    split, found = fullest_split(built), {}
    for task, write in WRITERS.items():
        folder = tmp_path_factory.mktemp(task)
        done = evaluate(
            write(built, split, folder), built, task=task, split=split, resamples=20,
            output=folder / "out",
        )  # fmt: skip
        assert done.page is not None
        found[task] = done.page
    return found


def open_page(tab: Any, path: Path) -> list[str]:
    """Open a page from the disk; what it asks for besides itself."""
    asked: list[str] = []
    tab.on("request", lambda one: asked.append(one.url))
    tab.goto(path.as_uri())
    tab.wait_for_load_state()
    return [one for one in asked if not one.startswith("data:") and one != path.as_uri()]


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("task", sorted(WRITERS))
def test_it_reads_at_every_width_and_in_both_themes(
    task: str, scheme: Any, size: Any, tab: Any, pages: dict[str, Path]
) -> None:
    tab.set_viewport_size(size)
    tab.emulate_media(color_scheme=scheme)
    assert open_page(tab, pages[task]) == []
    assert tab.evaluate("document.documentElement.scrollWidth") == size["width"]
    assert tab.evaluate("document.documentElement.dataset.theme") == scheme
    for selector in ("body", ".caption", ".bars td", "summary"):
        assert contrast(tab, selector) > 4.5
    (one,) = tab.eval_on_selector_all(
        "#measures .bars", "all => all.map(one => one.getBoundingClientRect().right)"
    )
    assert one <= size["width"]


def test_a_class_can_be_chosen_among_the_curves(tab: Any, pages: dict[str, Path]) -> None:
    open_page(tab, pages["detect"])
    choice = tab.locator("select[data-curves]")
    names = choice.locator("option").all_inner_texts()
    assert "noteheadBlack" in names
    choice.select_option("noteheadBlack")
    chosen = tab.locator("#precision-recall path.chosen")
    assert chosen.count() == 1
    assert chosen.get_attribute("data-name") == "noteheadBlack"
    assert "average precision" in tab.locator("output").inner_text()
    choice.select_option("")
    assert tab.locator("#precision-recall path.chosen").count() == 0


def test_tables_sort_and_filter(tab: Any, pages: dict[str, Path]) -> None:
    open_page(tab, pages["segment"])
    heads = tab.locator("#classes thead button").all_inner_texts()
    place = heads.index("IoU")
    tab.locator("#classes thead button").nth(place).click()
    told = [float(one) for one in column(tab, "classes", place) if one]
    assert told == sorted(told, reverse=True)
    tab.locator("input[data-for=classes]").fill("clef")
    shown = tab.locator("#classes tbody tr:visible").all_inner_texts()
    assert shown
    assert all("clef" in one.lower() for one in shown)


def test_a_cell_of_the_matrix_tells_its_number(tab: Any, pages: dict[str, Path]) -> None:
    open_page(tab, pages["detect"])
    titles = tab.locator(".matrix rect title").all_text_contents()
    assert any("→ nothing" in one for one in titles)
    assert any(one.startswith("nothing →") for one in titles)
