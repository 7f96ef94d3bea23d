"""A page's image by Verovio and CairoSVG, without labels: the least such a page can cost."""

from collections.abc import Iterator
from typing import Any

from benchmarks.common import import_extra, load_verovio
from deepscores.engraving.verovio import engine
from deepscores.page.model import Score, Style

WIDTH, HEIGHT = 1894, 2668  # pixels, the paper's


def draw_pages(score: Score, style: Style) -> Iterator[bytes]:
    """Every page of *score* as Verovio engraves it in *style*, a PNG each."""
    toolkit = load_verovio(score, style)
    for number in range(1, toolkit.getPageCount() + 1):
        yield draw_picture(toolkit.renderToSVG(number).encode())


def draw_picture(svg: bytes) -> bytes:
    """An SVG as PNG, by CairoSVG's own function for that.

    :raises MissingTool: CairoSVG or Cairo is not installed
    """
    png: bytes = import_extra("cairosvg").svg2png(
        bytestring=svg, output_width=WIDTH, output_height=HEIGHT, background_color="white"
    )
    return png


def versions() -> dict[str, Any]:
    cairo = import_extra("cairocffi")
    return {
        "verovio": engine.version(),
        "cairosvg": import_extra("cairosvg").__version__,
        "cairo": cairo.cairo_version_string(),
    }
