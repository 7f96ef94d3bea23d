"""Scans become dark on white."""

import numpy as np
from PIL import Image

from deepscores.page.measuring.light import evenly_lit
from tests.inference.predicting.drawn import drawn_page


def test_a_clean_page_stays_as_it_is() -> None:
    page = drawn_page()
    lit = evenly_lit(page)
    assert (lit.image == page).all()
    assert not lit.inverted
    assert not lit.evened


def test_an_inverted_page_is_turned_over() -> None:
    lit = evenly_lit(255 - drawn_page())
    assert lit.inverted
    assert (lit.image == drawn_page()).all()


def test_uneven_light_and_pale_ink_are_made_even() -> None:
    page = drawn_page(size=(800, 800))
    slope = np.linspace(0.45, 0.95, 800)[None, :] * np.linspace(1, 0.8, 800)[:, None]
    scan = (slope * (page * 0.6 + 102)).astype(np.uint8)  # ink at 102 of 255
    lit = evenly_lit(scan).image
    paper, ink = lit[page == 255], lit[page == 0]
    assert np.quantile(paper, 0.01) > 210
    assert np.quantile(ink, 0.99) < 90
    assert not evenly_lit(scan).inverted


def test_a_page_of_any_size_is_lit() -> None:
    for size in ((1, 1), (3, 50), (33, 31), (65, 130)):
        grey = np.full(size, 200, np.uint8)
        assert evenly_lit(grey).image.shape == size
    dark = np.asarray(Image.new("L", (70, 90), 0))
    assert evenly_lit(dark).image.shape == (90, 70)
