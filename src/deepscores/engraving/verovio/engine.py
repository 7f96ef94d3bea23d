"""Verovio's toolkit: one load of a score, laid out in each style in turn."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Any, NamedTuple

import verovio

from deepscores.engraving.protocol import EngravedPage
from deepscores.engraving.understanding.music import read_music
from deepscores.engraving.verovio.data import MUSIC_FONTS, fonts_folder
from deepscores.engraving.verovio.fonts import install, line_options
from deepscores.engraving.verovio.hidden import without_hidden
from deepscores.engraving.verovio.options import DEFAULTS, style_options
from deepscores.engraving.verovio.svg import PageScale, read_page
from deepscores.errors import EngravingError, RecipeError
from deepscores.page.measuring.staff_space import ENGRAVABLE
from deepscores.page.model import Music, Score, Style

__all__ = ["MUSIC_FONTS", "engrave"]

_PART = re.compile(r'<score-part\b[^>]*?\bid="([^"]+)"')
_INPUT = {"musicxml": "xml", "mei": "mei", "humdrum": "humdrum", "abc": "abc"}
_UNIT_RANGE = (4.5, 12.0)  # half a staff space, in Verovio's page units
_SMALLEST_SPACE, _LARGEST_SPACE = ENGRAVABLE
_LARGEST_PAGE = 60_000  # Verovio page units


class _Scale(NamedTuple):
    unit: float  # Verovio's unit option
    per_pixel: float  # Verovio page units per pixel


def engrave(score: Score, styles: Sequence[Style], /) -> "VerovioEngraving":
    """Load *score* once; lay it out in each of *styles* when pages are requested.

    All styles transpose alike: a score is loaded in one key. Raise EngravingError if Verovio
    refuses it. A broken score can crash or hang the engine: call this in a worker process.
    """
    for style in styles:
        _check(style)
    toolkit = _toolkit(styles)
    fonts = tuple(
        install(style.font_file) if style.font_file else style.music_font for style in styles
    )
    options = tuple(_options(style, font) for style, font in zip(styles, fonts, strict=True))
    # Options persist: lines would be as thick as in the previous font or style.
    if any(style.properties for style in styles):
        options = tuple(font_options | DEFAULTS for font_options in options)
    if any(style.font_file for style in styles):
        options = tuple(
            font_options | line_options(font)
            for font_options, font in zip(options, fonts, strict=True)
        )
    options = tuple(
        font_options | style_options(dict(style.properties))
        for font_options, style in zip(options, styles, strict=True)
    )
    first = options[0] | {"xmlIdSeed": 1}
    if styles[0].transpose:
        first["transpose"] = f"{styles[0].transpose:+d}"
    toolkit.setOptions(first)
    toolkit.setInputFrom(_INPUT[score.format])
    text = without_hidden(score.text) if score.format == "musicxml" else score.text
    if not toolkit.loadData(text) or not toolkit.getPageCount():
        raise EngravingError(score.path, "Verovio cannot read it")
    parts = tuple(_PART.findall(score.text))
    return VerovioEngraving(toolkit, tuple(styles), fonts, options, score.path, parts)


def _toolkit(styles: Sequence[Style]) -> Any:
    verovio.enableLog(verovio.LOG_OFF)
    if not any(style.font_file for style in styles):
        return verovio.toolkit()
    toolkit = verovio.toolkit(False)
    toolkit.setResourcePath(str(fonts_folder()))
    return toolkit


@dataclass(frozen=True)
class VerovioEngraving:
    """A loaded score."""

    toolkit: Any
    styles: tuple[Style, ...]
    fonts: tuple[str, ...]  # of the styles, as Verovio calls them
    options: tuple[dict[str, Any], ...]  # of the styles
    name: str
    parts: tuple[str, ...]  # their ids, if the score's format has ids

    @cached_property
    def music(self) -> Music:
        return read_music(self.toolkit.getMEI(), self.parts)

    def svgs(self, max_pages: int | None = None) -> Iterator[tuple[int, int, int, str]]:
        """Yield style, page number, page count and SVG of the first pages in each style."""
        loaded = self.options[0]
        for index, options in enumerate(self.options):
            if options != loaded:
                self.toolkit.setOptions(options)
                self.toolkit.redoLayout()
                loaded = options
            count = self.toolkit.getPageCount()
            for number in range(1, min(count, max_pages or count) + 1):
                svg = self.toolkit.renderToSVG(number)
                if not svg.endswith("</svg>") and not svg.rstrip().endswith("</svg>"):
                    raise EngravingError(f"{self.name} p.{number}", "Verovio drew half a page")
                yield index, number, count, svg

    def pages(self, max_pages: int | None = None) -> Iterator[EngravedPage]:
        for index, number, count, svg in self.svgs(max_pages):
            style = self.styles[index]
            page = read_page(svg, number, self.fonts[index], sizes(style))
            yield EngravedPage(index, page, count)


def sizes(style: Style) -> PageScale:
    """How Verovio's coordinates for *style* become pixels."""
    scale = _scale(style.staff_space)
    # Verovio draws a full-size glyph at 0.72 for its default unit of 9.
    return PageScale(
        style.page_width,
        style.page_height,
        style.staff_space,
        1 / (10 * scale.per_pixel),
        0.08 * scale.unit,
    )


def _scale(staff_space: float) -> _Scale:
    """Map a staff space in pixels into Verovio's range; one unit per pixel if that fits."""
    low, high = (2 * unit for unit in _UNIT_RANGE)
    if staff_space < low:
        factor = ceil(low / staff_space)
        return _Scale(staff_space * factor / 2, factor)
    factor = ceil(staff_space / high)
    return _Scale(staff_space / factor / 2, 1 / factor)


def _check(style: Style) -> None:
    if style.music_font not in MUSIC_FONTS and not style.font_file:
        raise RecipeError(
            f"unknown music font {style.music_font!r}; there are {', '.join(MUSIC_FONTS)}"
        )
    if not _SMALLEST_SPACE <= style.staff_space <= _LARGEST_SPACE:
        raise RecipeError(
            f"staff space {style.staff_space:g} px is not between "
            f"{_SMALLEST_SPACE:g} and {_LARGEST_SPACE:g}"
        )
    per_pixel = _scale(style.staff_space).per_pixel
    inner = min(style.page_width, style.page_height) - 2 * style.margin
    if inner < 20 * style.staff_space:
        raise RecipeError(
            f"page {style.page_width}x{style.page_height} px with margins of {style.margin} px "
            f"leaves no room for music with a staff space of {style.staff_space:g} px"
        )
    if max(style.page_width, style.page_height) * per_pixel > _LARGEST_PAGE:
        raise RecipeError(
            f"page {style.page_width}x{style.page_height} px is larger than Verovio draws"
        )


def _options(style: Style, font: str) -> dict[str, Any]:
    scale = _scale(style.staff_space)
    margin = round(style.margin * scale.per_pixel)
    return {
        "font": font,
        "pageWidth": round(style.page_width * scale.per_pixel),
        "pageHeight": round(style.page_height * scale.per_pixel),
        "unit": scale.unit,
        "pageMarginLeft": margin,
        "pageMarginRight": margin,
        "pageMarginTop": margin,
        "pageMarginBottom": margin,
        "breaks": "auto",
        "header": "auto",
        "footer": "none",
        "svgFormatRaw": True,
        "smuflTextFont": "none",
        # Letters, not words: each is a symbol, which a label set can compose.
        "dynamSingleGlyphs": True,
    }


def version() -> str:
    """The engine's version."""
    return str(verovio.toolkit(False).getVersion())


def options_json(style: Style) -> str:
    """Verovio's options for *style*, as JSON."""
    return json.dumps(_options(style, style.music_font), sort_keys=True)
