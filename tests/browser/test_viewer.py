"""The viewer in a real browser: opened, clicked through, zoomed, filtered."""

import io
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from deepscores import open_dataset
from deepscores.dataset.reader import Dataset, DatasetPage

if TYPE_CHECKING:
    from playwright.sync_api import Page

_PATIENCE = 15  # seconds
_RED_OR_SO = 40  # of 255: how far a channel may be from grey where only ink and paper are


@pytest.fixture(scope="module")
def dataset(built: Path) -> Dataset:
    return open_dataset(built)


@contextmanager
def serving(folder: Path, *words: str) -> Iterator[str]:
    """The address of a viewer that runs as a program."""
    command = [sys.executable, "-c", "from deepscores.cli import main; main()"]
    command += ["view", str(folder), "--no-open", "--port=0", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        yield program.stdout.readline().split()[0]
        program.terminate()


@pytest.fixture(scope="module")
def address(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a viewer with findings of an audit."""
    found = [
        {"check": "loose", "where": open_dataset(built)[2].name, "object": "9", "detail": "2 px"},
        {"check": "files", "where": "dataset.json", "object": "", "detail": "odd"},
    ]
    findings = tmp_path_factory.mktemp("findings") / "findings.json"
    findings.write_text(json.dumps({"findings": found}))
    with serving(built, f"--findings={findings}") as one:
        yield one


class Viewer(NamedTuple):
    """The viewer in a tab, as a person has it before them."""

    tab: "Page"
    address: str

    def open(self, words: str = "") -> "Viewer":
        self.tab.goto(f"{self.address}{words}")
        self.wait_for_page()
        return self

    def wait_for_page(self, name: str = "") -> None:
        page = "(document.getElementById('stage').dataset.page ?? '')"
        self.until(f"{page} === '{name}'" if name else f"{page} !== ''")

    def until(self, condition: str) -> None:
        """Wait for something to be true in the tab.

        Playwright's own way has the page evaluate a string, which the viewer's policy forbids.
        """
        end = time.monotonic() + _PATIENCE
        while not self.tab.evaluate(condition):
            assert time.monotonic() < end, f"not in {_PATIENCE} s: {condition}; {self.shown}"
            self.tab.wait_for_timeout(50)

    @property
    def shown(self) -> dict[str, str]:
        """What the stage says it shows: the page, and how many boxes and so on were drawn."""
        self.tab.wait_for_timeout(400)  # zooming is animated
        found: dict[str, str] = self.tab.evaluate("({...document.getElementById('stage').dataset})")
        return found

    def on_screen(self, x: float, y: float) -> tuple[float, float]:
        """Where a pixel of the page lies in the tab."""
        left, top, scale = map(float, self.shown["view"].split())
        box = self.tab.locator("#stage").bounding_box()
        assert box is not None
        return box["x"] + left + scale * x, box["y"] + top + scale * y

    def click(self, x: float, y: float) -> None:
        self.tab.mouse.click(*self.on_screen(x, y))

    def text(self, selector: str) -> str:
        return self.tab.locator(selector).inner_text()

    def listed(self) -> list[str]:
        return [one.strip() for one in self.tab.locator("#list a bdi").all_inner_texts()]


@pytest.fixture
def viewer(tab: "Page", address: str) -> Viewer:
    return Viewer(tab, address)


def test_it_opens_with_the_first_page(viewer: Viewer, dataset: Dataset) -> None:
    viewer.open()
    page = dataset[0]
    assert viewer.shown["page"] == page.name
    assert int(viewer.shown["boxes"]) == len(page.objects)
    assert viewer.text("#position") == f"1 / {len(dataset)}"
    assert viewer.listed()[:2] == [dataset[0].name, dataset[1].name]


def test_keys_and_buttons_turn_pages(viewer: Viewer, dataset: Dataset) -> None:
    viewer.open()
    viewer.tab.keyboard.press("ArrowRight")
    viewer.wait_for_page(dataset[1].name)
    viewer.tab.click("#next")
    viewer.wait_for_page(dataset[2].name)
    viewer.tab.keyboard.press("ArrowLeft")
    viewer.wait_for_page(dataset[1].name)
    viewer.tab.click(f"#list a:has-text('{dataset[3].name}')")
    viewer.wait_for_page(dataset[3].name)
    assert viewer.text("#position").startswith("4 /")


def test_many_quick_steps_go_as_many_pages(viewer: Viewer, dataset: Dataset) -> None:
    viewer.open()
    for _ in range(5):
        viewer.tab.keyboard.press("ArrowRight")
    viewer.wait_for_page(dataset[5].name)
    assert viewer.text("#position").startswith("6 /")


def test_at_the_ends_there_is_no_further_page(viewer: Viewer, dataset: Dataset) -> None:
    viewer.open(f"?page={dataset[-1].name}")
    assert viewer.tab.locator("#next").is_disabled()
    viewer.tab.keyboard.press("ArrowRight")
    assert viewer.shown["page"] == dataset[-1].name


def test_back_goes_back(viewer: Viewer, dataset: Dataset) -> None:
    viewer.open()
    viewer.tab.keyboard.press("ArrowRight")
    viewer.wait_for_page(dataset[1].name)
    viewer.tab.go_back()
    viewer.wait_for_page(dataset[0].name)


def test_layers_are_switched_by_key_and_button(viewer: Viewer, dataset: Dataset) -> None:
    viewer.open("?show=")
    page = dataset[0]
    assert {viewer.shown[one] for one in ("boxes", "oriented", "masks", "relations")} == {"0"}
    for key, layer in (("b", "boxes"), ("o", "oriented"), ("m", "masks"), ("r", "relations")):
        viewer.tab.keyboard.press(key)
        assert int(viewer.shown[layer]) > 0
        assert viewer.tab.locator(f"[data-layer={layer}]").get_attribute("aria-pressed") == "true"
        viewer.tab.click(f"[data-layer={layer}]")
        assert viewer.shown[layer] == "0"
    viewer.tab.keyboard.press("u")
    viewer.tab.keyboard.press("o")
    assert int(viewer.shown["oriented"]) == len(page.symbols)


def test_a_class_can_be_hidden(viewer: Viewer, dataset: Dataset) -> None:
    viewer.open()
    page = dataset[0]
    heads = sum(one.name == "noteheadBlack" for one in page.objects)
    viewer.tab.click("#classes .class:has-text('noteheadBlack') input")
    assert int(viewer.shown["boxes"]) == len(page.objects) - heads
    viewer.tab.click("#hide-all")
    assert viewer.shown["boxes"] == "0"
    viewer.tab.click("#show-all")
    assert int(viewer.shown["boxes"]) == len(page.objects)


def test_keys_and_wheel_zoom(viewer: Viewer) -> None:
    viewer.open()
    before = float(viewer.shown["view"].split()[2])
    viewer.tab.keyboard.press("+")
    nearer = float(viewer.shown["view"].split()[2])
    assert nearer == pytest.approx(1.5 * before, rel=0.02)
    viewer.tab.mouse.move(600, 400)
    viewer.tab.mouse.wheel(0, -300)
    assert float(viewer.shown["view"].split()[2]) > nearer
    viewer.tab.keyboard.press("1")
    assert float(viewer.shown["view"].split()[2]) == pytest.approx(1, rel=0.01)
    assert viewer.text("#zoom") == "100 %"
    viewer.tab.keyboard.press("0")
    assert float(viewer.shown["view"].split()[2]) == pytest.approx(before, rel=0.02)


def note_of(page: DatasetPage) -> dict[str, Any]:
    rows = page.symbols.to_pylist()
    return next(row for row in rows if row["class"] == "noteheadBlack" and row["visible_area"])


def owned_pixel(page: DatasetPage, number: int) -> tuple[float, float]:
    ys, xs = np.nonzero(page.instances == number)
    middle = len(ys) // 2
    return float(xs[middle]) + 0.5, float(ys[middle]) + 0.5


def test_a_click_shows_a_symbol_s_row_and_music(viewer: Viewer, dataset: Dataset) -> None:
    viewer.open()
    page = dataset[0]
    row = note_of(page)
    viewer.click(*owned_pixel(page, row["number"]))
    viewer.tab.wait_for_selector("#element")
    assert viewer.text("#symbol-title") == f"noteheadBlack · symbol {row['number']}"
    shown = viewer.tab.locator("#symbol > div > dl dt").all_inner_texts()
    assert shown == page.symbols.column_names
    assert f'<note xml:id="{row["element"]}"' in viewer.text("#element")
    assert f"in measure {row['measure']}" in viewer.text("#music h3")
    assert f'xml:id="{row["element"]}"' in viewer.text("#measure mark")
    assert f"symbol={row['number']}" in viewer.tab.url


def test_a_second_click_reaches_what_lies_under(viewer: Viewer, dataset: Dataset) -> None:
    viewer.open("?show=boxes")
    row = note_of(dataset[0])
    place = owned_pixel(dataset[0], row["number"])
    viewer.click(*place)
    viewer.tab.wait_for_selector("#symbol-title")
    first = viewer.text("#symbol-title")
    viewer.tab.wait_for_timeout(500)
    viewer.click(*place)
    viewer.until(f"document.querySelector('#symbol-title').innerText !== '{first}'")
    viewer.tab.keyboard.press("Escape")
    assert "Click a symbol" in viewer.text("#symbol")


def test_a_link_leads_to_the_parent(viewer: Viewer, dataset: Dataset) -> None:
    row = note_of(dataset[0])
    viewer.open(f"?page={dataset[0].name}&symbol={row['number']}")
    viewer.tab.click(f"#symbol dd button:has-text('{row['parent']}')")
    viewer.until(f"location.search.includes('symbol={row['parent']}&')")
    # What is known of it is asked for once the address has changed.
    viewer.tab.wait_for_selector(f"#symbol-title:has-text('symbol {row['parent']}')")


def test_a_deep_link_holds_everything(viewer: Viewer, dataset: Dataset) -> None:
    page = next(one for one in dataset if one.row["font"] == "Leland")
    number = note_of(page)["number"]
    words = f"page={page.name}&symbol={number}&font=Leland&show=masks,names&mask=symbol&hide=gClef"
    viewer.open(f"?{words}")
    assert viewer.shown["page"] == page.name
    assert (viewer.shown["masks"], viewer.shown["boxes"]) == ("1", "0")
    viewer.tab.wait_for_selector(f"#symbol-title:has-text('symbol {number}')")
    assert viewer.tab.locator("#filter-font").input_value() == "Leland"
    assert viewer.tab.locator("#mask").input_value() == "symbol"
    assert float(viewer.shown["view"].split()[2]) > 2  # near the symbol
    wanted = {one for one in words.split("&") if "," not in one}
    assert wanted <= set(viewer.tab.url.partition("?")[2].split("&"))


def test_filters_choose_pages(viewer: Viewer, dataset: Dataset) -> None:
    viewer.open()
    viewer.tab.wait_for_selector("#rarest:not([disabled])")
    rare = next(
        name for name, count in dataset.info["counts"]["classes"].items()
        if 0 < count < len(dataset) * 2
    )  # fmt: skip
    pages = [page.name for page in dataset if rare in {one.name for one in page.objects}]
    viewer.tab.select_option("#filter-class", rare)
    viewer.wait_for_page(pages[0])
    viewer.until(
        f"document.getElementById('found').value === '{len(pages)} of {len(dataset)} pages'"
    )
    assert viewer.listed()[:3] == pages[:3]
    viewer.tab.select_option("#filter-font", "Leland")
    viewer.until("location.search.includes('font=Leland')")
    viewer.tab.fill("#filter-name", "nowhere")
    viewer.tab.keyboard.press("Enter")
    viewer.until("document.getElementById('status').value.includes('no page')")
    viewer.tab.click("#clear")
    viewer.until(
        f"document.getElementById('found').value === '{len(dataset)} of {len(dataset)} pages'"
    )


def test_the_rarest_class_is_a_key_away(viewer: Viewer, dataset: Dataset) -> None:
    viewer.open()
    viewer.tab.wait_for_selector("#rarest:not([disabled])")
    counts = dataset.info["counts"]["classes"]
    ids = {one.name: one.id for one in dataset.labels.classes}
    by_rarity = sorted(
        (name for name, count in counts.items() if count), key=lambda one: (counts[one], ids[one])
    )
    for name in by_rarity[:2]:
        viewer.tab.keyboard.press("x")
        viewer.until(f"location.search.includes('class={name}&')")
        viewer.tab.wait_for_selector(f"#symbol-title:has-text('{name}')")
        assert any(one.name == name for one in dataset[viewer.shown["page"]].objects)


def test_findings_lead_to_what_they_are_about(viewer: Viewer, dataset: Dataset) -> None:
    viewer.open("?finding=loose")
    assert viewer.shown["page"] == dataset[2].name
    viewer.tab.click(".finding:has-text('2 px')")
    viewer.tab.wait_for_selector("#symbol-title:has-text('symbol 9')")
    assert "1 about the dataset" in viewer.text("#findings")


def pixels(viewer: Viewer, left: float, top: float, side: int) -> np.ndarray[Any, Any]:
    """The stage as it is seen: (side, side, 3)."""
    clip = {"x": left, "y": top, "width": side, "height": side}
    return np.asarray(Image.open(io.BytesIO(viewer.tab.screenshot(clip=clip))).convert("RGB"))


def test_masks_and_boxes_lie_on_the_ink(viewer: Viewer, dataset: Dataset) -> None:
    """Every pixel of the page near a note is coloured on screen if and only if it has a label."""
    page = dataset[0]
    row = note_of(page)
    viewer.open(f"?page={page.name}&show=masks&symbol={row['number']}")
    viewer.tab.keyboard.press("Escape")
    _, _, scale = map(float, viewer.shown["view"].split())
    assert scale > 4
    x0, y0 = int(row["x0"]) - 6, int(row["y0"]) - 6
    labels = np.asarray(page.mask)
    wrong = []
    left, top = viewer.on_screen(x0, y0)
    seen = pixels(viewer, left, top, int(24 * scale)).astype(int)
    for y in range(23):
        for x in range(23):
            red, green, blue = seen[int((y + 0.5) * scale), int((x + 0.5) * scale)]
            coloured = max(red, green, blue) - min(red, green, blue) > _RED_OR_SO
            if coloured != bool(labels[y0 + y, x0 + x]):
                wrong.append((x, y))
    assert wrong == []


def test_a_missing_picture_is_said(viewer: Viewer, built: Path, dataset: Dataset) -> None:
    name = dataset[1].name
    picture = built / "images_png" / f"{name}.png"
    aside = picture.rename(picture.with_suffix(".aside"))
    try:
        viewer.tab.goto(f"{viewer.address}?page={name}")
        viewer.tab.wait_for_selector("#status.bad")
    finally:
        aside.rename(picture)
    assert "picture of this page cannot be shown" in viewer.text("#status")
    viewer.tab.keyboard.press("ArrowLeft")
    viewer.wait_for_page(dataset[0].name)
    errors: list[str] = viewer.tab.errors  # type: ignore[attr-defined]
    assert all("404" in one for one in errors)
    errors.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(viewer: Viewer, scheme: Any) -> None:
    viewer.tab.set_viewport_size({"width": 390, "height": 844})
    viewer.tab.emulate_media(color_scheme=scheme)
    viewer.open()
    assert viewer.tab.evaluate("document.documentElement.scrollWidth") <= 390
    for selector in ("body", "#browse", "button", "#filter-font"):
        ink, paper = viewer.tab.evaluate(_COLOURS, selector)
        assert contrast(ink, paper) >= 4.5


_COLOURS = """(selector) => {
  const style = getComputedStyle(document.querySelector(selector));
  return [style.color, style.backgroundColor].map((one) => one.match(/[0-9.]+/g).map(Number));
}"""


def contrast(one: list[float], other: list[float]) -> float:
    """The contrast of two colours as WCAG 2 defines it."""

    def light(colour: list[float]) -> float:
        linear = [
            value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
            for value in (channel / 255 for channel in colour[:3])
        ]
        return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))

    dark, pale = sorted((light(one), light(other)))
    return (pale + 0.05) / (dark + 0.05)


def test_the_help_lists_the_keys(viewer: Viewer) -> None:
    viewer.open()
    viewer.tab.keyboard.press("?")
    assert viewer.tab.locator("#keys").is_visible()
    viewer.tab.keyboard.press("Escape")
    assert not viewer.tab.locator("#keys").is_visible()


def test_scripts_in_names_are_text(tab: "Page", built: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(built, tmp_path / "copy"))
    table = pq.read_table(copy / "pages.parquet")
    rows = table.to_pylist()
    evil = "<img src=x onerror=alert(1)>"
    rows = [{**row, "font": evil, "work": evil, "style": evil} for row in rows]
    pq.write_table(pa.Table.from_pylist(rows, table.schema), copy / "pages.parquet")
    with serving(copy) as address:
        viewer = Viewer(tab, address).open()
        viewer.tab.click("#page summary")
        assert evil in viewer.text("#page")
        assert viewer.tab.locator("#page img, #browse img").count() == 0
