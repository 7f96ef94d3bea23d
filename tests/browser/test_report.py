"""A report in a browser: charts are drawn, tables sort, it reads on a phone and in the dark."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture
def page(tab: Any, reported: Path) -> Iterator[Any]:
    """The report as a person opens it from the disk; it asks for nothing else."""
    asked: list[str] = []
    tab.on("request", lambda one: asked.append(one.url))
    tab.goto((reported / "index.html").as_uri())
    yield tab
    assert [one for one in asked if not one.startswith(("data:", "blob:"))] == [
        (reported / "index.html").as_uri()
    ]


def draw_all(page: Any) -> int:
    """Bring every chart near the window; how many there are, all of them drawn."""
    charts = page.locator(".chart")
    for place in range(charts.count()):
        charts.nth(place).scroll_into_view_if_needed()
        page.wait_for_function(
            "place => document.querySelectorAll('.chart')[place].matches('.ready')", arg=place
        )
    return int(charts.count())


def column(page: Any, table: str, place: int) -> list[str]:
    """What the cells of a column hold, from the top."""
    cells = f"#{table} tbody td:nth-child({place + 1})"
    script = "all => all.map(one => one.dataset.v ?? one.textContent)"
    return list(page.eval_on_selector_all(cells, script))


def test_all_charts_are_drawn_and_nothing_is_complained_of(page: Any) -> None:
    warnings: list[str] = []
    page.on("console", lambda one: warnings.append(one.text))
    assert draw_all(page) == 10
    drawn = page.eval_on_selector_all(
        ".chart svg.marks", "all => all.map(one => one.querySelectorAll('path[d]').length)"
    )
    assert len(drawn) == 10
    assert min(drawn) > 2
    assert warnings == []


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_nothing_moves_under_the_pointer_while_charts_are_drawn(size: Any, page: Any) -> None:
    page.set_viewport_size(size)
    script = "all => all.map(one => one.getBoundingClientRect().top + scrollY)"
    before = page.eval_on_selector_all("h2, h3, table, figure", script)
    assert page.locator(".chart:not(.ready)").count() > 5  # far from the window
    draw_all(page)
    assert page.eval_on_selector_all("h2, h3, table, figure", script) == pytest.approx(before)


def test_all_pictures_are_there(page: Any) -> None:
    sizes = page.evaluate(
        """async () => {
            const all = [...document.images];
            all.forEach((one) => { one.loading = "eager"; });
            await Promise.all(all.map((one) => one.decode()));
            return all.map((one) => one.naturalWidth);
        }"""
    )
    assert len(sizes) > 10
    assert min(sizes) > 0


def test_a_click_on_a_head_sorts_the_table_by_it(page: Any) -> None:
    heads = page.locator("#classes thead button")
    heads.nth(0).click()  # numbers: large first
    assert [int(one) for one in column(page, "classes", 0)] == list(range(118, 0, -1))
    assert page.locator("#classes th").nth(0).get_attribute("aria-sort") == "descending"
    heads.nth(0).click()
    assert [int(one) for one in column(page, "classes", 0)] == list(range(1, 119))
    heads.nth(1).click()
    names = column(page, "classes", 1)
    assert names == sorted(names, key=str.lower)
    heads.nth(11).click()  # heights, which classes without an object lack
    heights = column(page, "classes", 11)
    told = [float(one) for one in heights if one]
    assert told == sorted(told, reverse=True)
    assert heights[len(told) :] == [""] * (118 - len(told))


def test_typing_filters_the_gallery_and_the_table(page: Any) -> None:
    cards = page.locator("#gallery .card:visible")
    every = cards.count()
    page.locator("input[data-for=gallery]").fill("clef")
    assert 0 < cards.count() < every
    assert all("clef" in one.lower() for one in cards.all_inner_texts())
    page.locator("input[data-for=classes]").fill("rest8th")
    assert page.locator("#classes tbody tr:visible").count() == 1


def test_a_bar_tells_its_number_under_the_pointer(page: Any) -> None:
    draw_all(page)
    page.locator("#figure-3-frequencies .mark-rect path").first.hover()
    tip = page.locator("#vg-tooltip-element.visible")
    tip.wait_for()
    assert "noteheadBlack" in tip.inner_text()


def test_a_class_can_be_chosen_on_the_map_of_places(page: Any) -> None:
    draw_all(page)
    cells = page.locator("#places .mark-rect path")
    every = cells.count()
    page.locator("#places select").select_option("gClef")
    page.wait_for_timeout(100)
    assert 0 < cells.count() < every


def test_the_page_zooms_and_its_layers_change(page: Any) -> None:
    sheet = page.locator(".zoom .sheet")
    before = sheet.bounding_box()["width"]
    page.get_by_label("zoom in").click()
    assert sheet.bounding_box()["width"] == pytest.approx(1.5 * before, rel=0.01)
    for layer, shown in (("segmentation", True), ("input", False)):
        page.locator(f"[data-layer={layer}]").click()
        assert page.locator(".zoom .segmentation").is_visible() == shown
        assert not page.locator(".zoom .boxes").is_visible()
    page.locator("[data-layer=boxes]").click()
    assert page.locator(".zoom .boxes rect").count() > 10


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_reads_at_every_width_and_in_both_themes(
    size: Any, scheme: Any, page: Any, tmp_path: Path
) -> None:
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme)
    draw_all(page)
    # Nothing but tables and pictures, in frames of their own, is wider than the window.
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    assert contrast(page, "body") > 7
    assert contrast(page, ".caption") > 4.5
    label = page.locator("#figure-3-frequencies .role-axis-label text").first
    assert luminance(label.evaluate("one => getComputedStyle(one).fill")) < 0.2 or scheme == "dark"
    page.evaluate("scrollTo(0, 0)")
    shot = page.screenshot(path=tmp_path / "shot.png")
    assert len(shot) > 10**4


def contrast(page: Any, selector: str) -> float:
    """The ratio of WCAG between the ink of an element and the page's back."""
    ink = page.locator(selector).first.evaluate("one => getComputedStyle(one).color")
    back = page.evaluate("getComputedStyle(document.body).backgroundColor")
    low, high = sorted((luminance(ink), luminance(back)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [float(one) / 255 for one in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_theme_can_be_changed_by_hand(page: Any) -> None:
    page.emulate_media(color_scheme="light")
    draw_all(page)
    page.locator("#theme").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    label = page.locator("#figure-3-frequencies .role-axis-label text").first
    page.wait_for_timeout(300)
    assert luminance(label.evaluate("one => getComputedStyle(one).fill")) > 0.7
