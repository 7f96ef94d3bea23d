"""The tables of docs/performance.md are those of the figures beside it."""

import re

from benchmarks.tables import FIGURES, PAGE, TABLES, filled, read_figures


def test_the_page_shows_the_figures() -> None:
    text = PAGE.read_text("utf-8")
    assert filled(text, dict(read_figures(FIGURES))) == text, "run: python -m benchmarks.tables"


def test_every_table_has_a_place_on_the_page() -> None:
    assert set(re.findall(r"<!-- table: (\S+) -->", PAGE.read_text("utf-8"))) == set(TABLES)


def test_text_around_tables_and_tables_without_figures_stay() -> None:
    text = (
        "a\n<!-- table: stages -->\nold\n<!-- end -->\nb <!-- table: startup -->\nc\n<!-- end -->"
    )
    new = filled(text, {"page": {"stages_ms": {"paint": 5.5}}})
    assert new == text.replace("old\n", "| stage | CPU ms per page |\n|---|---|\n| paint | 5.5 |\n")


def test_a_missed_target_is_said_to_be_missed() -> None:
    took = {"help": {"median_s": 2, "min_s": 1, "max_s": 3, "cpu_s": 1}}
    missed = {"what": "help", "measured": 2, "at most": 0.3, "met": False}
    text = "<!-- table: startup -->\n<!-- end -->"
    new = filled(text, {"startup": {"took": took, "targets": [missed]}})
    assert "| help | 2 | at most 0.3 | **missed** |" in new
