"""Ink and owners of three pages against another renderer; `compare_ink` takes thirty."""

import pytest

from deepscores.page.geometry import Affine
from deepscores.page.model import Outline
from tests.places import GOLDEN_SCORES
from tests.truth.compare_ink import Comparison, Judgement, compare, judge, pages_of

GOLDEN = GOLDEN_SCORES
PAGES = {"Bravura": "piano", "Leland": "song", "Petaluma": "strings"}


@pytest.fixture(scope="module", params=PAGES.items(), ids=PAGES)
def judged(request: pytest.FixtureRequest) -> Judgement:
    font, name = request.param
    small = {"page_width": 800, "page_height": 700, "staff_space": 10.0, "margin": 30}
    return judge(*next(pages_of(GOLDEN / f"{name}.musicxml", [font], **small)))


@pytest.fixture(scope="module")
def found(judged: Judgement) -> Comparison:
    return compare(judged)


def test_owners_are_those_that_another_renderer_gives(found: Comparison) -> None:
    assert found.labelled > 10_000
    assert found.agreeing / found.labelled >= 0.998, found.worst  # few pixels, many of them edges
    assert len(found.worst) <= 8, found.worst


def test_every_drawn_element_is_a_symbol_s_and_hardly_any_two_share_one(found: Comparison) -> None:
    assert found.unclaimed == 0
    assert found.merged <= 4  # a clef and its numeral are one glyph


@pytest.mark.parametrize("what", ["page", "text", "without text"])
def test_the_page_s_ink_is_that_of_another_renderer(found: Comparison, what: str) -> None:
    both, either = found.ink[what]
    assert either > 300
    assert both / either >= (0.98 if what == "text" else 0.99)


def test_one_symbol_in_twenty_a_pixel_off_is_noticed(judged: Judgement, found: Comparison) -> None:
    outlines = [
        shifted(one.outline) if place % 20 == 10 else one.outline
        for place, one in enumerate(judged.placed)
    ]
    off = compare(judged, outlines)
    assert off.agreeing / off.labelled < found.agreeing / found.labelled - 0.005
    assert len(off.worst) > 10 * max(len(found.worst), 5)


def shifted(outline: Outline) -> Outline:
    edges, to, key, box = outline
    if box:
        return Outline(None, box=box._replace(y0=box.y0 + 1, y1=box.y1 + 1))
    return Outline(edges, Affine(f=1) @ to, key)
