"""The distance of staff lines: to a per cent on pages of ours, however they are bent."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from deepscores import open_dataset
from deepscores.page.measuring.line_distance import estimate_staff_space
from tests.inference.predicting.drawn import drawn_page


@pytest.fixture(scope="module")
def page(built: Path) -> NDArray[np.uint8]:
    """The fullest page of the small dataset."""
    pages = list(open_dataset(built))
    return max((one.image for one in pages), key=lambda image: int((image < 128).sum()))


def resized(image: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    size = [round(side * factor) for side in image.shape[::-1]]
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))  # type: ignore[arg-type]


@pytest.mark.parametrize("factor", [0.45, 0.6, 0.83, 1, 1.37, 2.1, 3.3])
def test_pages_of_ours_at_any_size(page: Any, quick: Any, factor: float) -> None:
    found = estimate_staff_space(resized(page, factor))
    assert found == pytest.approx(quick["staff_space"] * factor, rel=0.01)


@pytest.mark.parametrize("sigma", [20, 45])
@pytest.mark.parametrize("degrees", [-2, 0.7, 3])
def test_noise_and_a_turned_page(page: Any, quick: Any, sigma: int, degrees: float) -> None:
    rng = np.random.default_rng(0)
    turned = Image.fromarray(page).rotate(degrees, Image.Resampling.BICUBIC, fillcolor=255)
    noisy = np.asarray(turned) * 0.6 + 60 + rng.normal(0, sigma, page.shape)
    found = estimate_staff_space(noisy.clip(0, 255).astype(np.uint8))
    assert found == pytest.approx(quick["staff_space"], rel=0.03)


@pytest.mark.parametrize("space", [4.5, 7.3, 11, 16.25, 40])
def test_distances_between_whole_pixels(space: float) -> None:
    assert estimate_staff_space(drawn_page(space)) == pytest.approx(space, rel=0.01)


@pytest.mark.parametrize("space", [5.5, 9.5])
def test_lines_that_are_put_on_whole_pixels(space: float) -> None:
    image = np.full((300, 300), 255, np.uint8)
    for top in (40, 141):
        for line in range(5):
            image[round(top + line * space + 0.01), 20:] = 0
    assert estimate_staff_space(image) == pytest.approx(space, rel=0.02)


@pytest.mark.parametrize("space", [5, 8, 12, 16, 23])
@pytest.mark.parametrize("thickness", [1, 2, 3])
def test_a_single_staff_with_lines_of_any_thickness(space: int, thickness: int) -> None:
    image = np.full((400, 300), 255, np.uint8)
    for line in range(5):
        top = 100 + line * space
        image[top : top + thickness, 20:280] = 0
    assert estimate_staff_space(image) == pytest.approx(space, abs=0.05)


def test_every_page_of_a_dataset_to_a_tenth_of_a_pixel(built: Path, quick: Any) -> None:
    estimates = [estimate_staff_space(page.image) for page in open_dataset(built)]
    assert estimates == pytest.approx([quick["staff_space"]] * len(estimates), abs=0.1)


def test_of_two_sizes_that_of_most_lines() -> None:
    large, small = drawn_page(16, places=()), drawn_page(11, places=())
    image = np.full((1600, 400), 255, np.uint8)
    for number, part in enumerate((large, small, large, large)):
        image[400 * number : 400 * number + part.shape[0], : part.shape[1]] = part
    assert estimate_staff_space(image) == pytest.approx(16, rel=0.01)


def test_a_single_staff_cut_close() -> None:
    image = drawn_page(16, tops=[100.0], places=[])[90:180]
    assert estimate_staff_space(image) == pytest.approx(16, rel=0.01)


def test_no_staff_no_staff_space() -> None:
    rng = np.random.default_rng(1)
    blank = np.full((400, 300), 255, np.uint8)
    noise = rng.integers(0, 256, (500, 400), np.uint8)
    waves = np.asarray(Image.fromarray(noise[:10, :10]).resize((400, 500)))
    tiny = np.zeros((3, 2), np.uint8)
    assert [estimate_staff_space(one) for one in (blank, noise, waves, tiny)] == [None] * 4


@pytest.mark.parametrize("size", [14, 24])
@pytest.mark.parametrize("lines", [3, 10, 30])
def test_lines_of_text_are_no_staff(size: int, lines: int) -> None:
    rng = np.random.default_rng(lines)
    image = Image.new("L", (900, 1200), 255)
    words = ["lorem", "ipsum", "dolor", "sit", "amet", "consectetur", "adipiscing", "elit", "sed"]
    for line in range(lines):
        text = " ".join(rng.choice(words, 12))
        ImageDraw.Draw(image).text(
            (60, 60 + round(1.4 * size * line)), text, fill=0, font=ImageFont.load_default(size)
        )
    assert estimate_staff_space(np.asarray(image)) is None
