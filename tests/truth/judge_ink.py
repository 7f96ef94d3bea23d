"""The judge of ink: what each drawing element of an engraver's page covers, by resvg.

resvg reads the engraver's own SVG, with the same font files, and draws one symbol's elements alone
at several times the size; averaged, that is how much of each pixel they cover. Nothing of the
project's own outlines, text setting or painting is used. The style sheet's hairline around filled
shapes, which deepscores leaves out on purpose, is left out here too.
"""

import io
import re
import tempfile
from base64 import b64decode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import quoteattr

import numpy as np
import resvg_py
from fontTools.ttLib import TTFont
from lxml import etree
from PIL import Image

from deepscores.engraving.verovio.glyphs import MUSIC_FONTS, data_folder

Image.MAX_IMAGE_PIXELS = None  # large on purpose

SYMBOL_TIMES = 16  # how much larger a symbol is drawn
PAGE_TIMES = 8
CLOSER_TIMES = 200
SHAPES = ("use", "path", "polygon", "polyline", "rect", "ellipse", "text")
_SVG = "{http://www.w3.org/2000/svg}"
_HREF = "{http://www.w3.org/1999/xlink}href"
_BAND = 128  # rows of the page that are drawn at once
_STYLE = (
    "<style>.ending,.fing,.reh,.tempo{font-weight:bold}.dir,.dynam,.mNum{font-style:italic}"
    ".label{font-weight:normal}path[stroke-width],polyline[stroke-width],rect[stroke-width],"
    "ellipse[stroke-width],polygon[stroke-width]{stroke:currentColor}"
    ".placeholder{visibility:hidden}"
    # Verovio reserves the plain advances of letters, and deepscores keeps to them.
    "text{font-kerning:none}</style>"
)
_EVERY_PAGE_S_RULES = (
    "g.ending, g.fing, g.reh, g.tempo {font-weight:bold;}"
    "g.dir, g.dynam, g.mNum {font-style:italic;}g.label {font-weight:normal;}"
    "ellipse, path, polygon, polyline, rect {stroke:currentColor}"
    "g.cursor {fill:dodgerblue; color:dodgerblue;}g.cursor.chord {fill:limegreen; color:limegreen;}"
    "g.placeholder {visibility:hidden}"
)


class Element(NamedTuple):
    """One drawing element."""

    group: int  # the group it stands in, counted from the page's outermost
    tag: str
    source: str  # as XML, with the groups around it
    glyph: str  # the id it uses
    words: str  # of a text
    at: tuple[float, ...]  # the numbers of a line's path, where it is one


class Window(NamedTuple):
    """Coverage 0…1 of the pixels from (x, y) on."""

    x: int
    y: int
    coverage: np.ndarray


@dataclass
class JudgedPage:
    """A page of the engraver, taken apart into its drawing elements."""

    svg: str
    width: int
    height: int

    def __post_init__(self) -> None:
        root: Any = etree.fromstring(self.svg.encode())
        rules = re.sub(r"#\w+ ", "", root.findtext(f"{_SVG}style"))
        assert rules == _EVERY_PAGE_S_RULES, rules
        self.defs = {
            node.get("id"): etree.tostring(node, encoding="unicode")
            for node in root.iterfind(f"{_SVG}defs/*")
        }
        (inner,) = (node for node in root if node.get("class") == "definition-scale")
        more = " ".join(
            f"{key}={quoteattr(inner.get(key))}" for key in ("color", "font-family", "viewBox")
        )
        # Not clipped: a layer for it costs resvg most of its time, and the window cuts anyway.
        self.scale = f'<svg width="{self.width}" height="{self.height}" overflow="visible" {more}>'
        self.elements = list(_elements(inner))

    def cover(self, elements: Sequence[Element], box: tuple[float, ...]) -> Window:
        """What *elements* cover together; *box* is where to look first: it is widened until the
        window's border is blank, so nothing depends on it."""
        pad = 3
        while True:
            x0, y0 = max(int(box[0]) - pad, 0), max(int(box[1]) - pad, 0)
            x1 = min(int(box[2]) + 1 + pad, self.width)
            y1 = min(int(box[3]) + 1 + pad, self.height)
            times = SYMBOL_TIMES if (x1 - x0) * (y1 - y0) < 40_000 else PAGE_TIMES
            found = self._draw(elements, x0, y0, x1, y1, times)
            borders = (
                found[:, 0] if x0 > 0 else None,
                found[:, -1] if x1 < self.width else None,
                found[0] if y0 > 0 else None,
                found[-1] if y1 < self.height else None,
            )
            if not any(border is not None and border.any() for border in borders):
                return Window(x0, y0, found)
            pad = 8 * pad

    def look_closer(self, elements: Sequence[Element], x: int, y: int) -> float:
        """How much of one pixel *elements* cover, to a thousandth."""
        return float(self._draw(elements, x, y, x + 1, y + 1, CLOSER_TIMES)[0, 0])

    def _draw(
        self, elements: Sequence[Element], x0: int, y0: int, x1: int, y1: int, times: int
    ) -> np.ndarray:
        glyphs = "".join(self.defs[name] for name in {one.glyph for one in elements} if name)
        texts = "".join(one.words for one in elements)
        body = f"<defs>{glyphs}</defs>" + self.scale + "".join(one.source for one in elements)
        return _render(body + "</svg>", (x0, y0, x1, y1), times, texts)

    def ink(self) -> np.ndarray:
        """The whole page's ink 0…1, all elements together as the engraver's SVG has them."""
        start = self.svg.index("<defs>")
        body = re.sub(r"<style.*?</style>", "", self.svg[start:-6], flags=re.DOTALL)
        body = re.sub(r'<svg class="definition-scale"[^>]*>', self.scale, body)
        texts = "".join(one.words for one in self.elements)
        # Bands without any ink at the page's own size are blank.
        seen = _render(body, (0, 0, self.width, self.height), 1, texts).any(axis=1)
        found = np.zeros((self.height, self.width))
        for top in range(0, self.height, _BAND):
            end = min(top + _BAND, self.height)
            if seen[max(top - 1, 0) : end + 1].any():
                window = (0, top, self.width, end)
                found[top:end] = _render(body, window, PAGE_TIMES, texts)
        return found


def _elements(inner: Any) -> Iterator[Element]:
    """The visible drawing elements in the order of the file."""
    groups = -1

    def walk(node: Any, opened: str, shown: bool) -> Iterator[Element]:
        nonlocal groups
        tag = node.tag.removeprefix(_SVG)
        if tag == "g" and len(node):
            groups += 1
            group = groups
            attributes = {key: value for key, value in node.attrib.items() if "{" not in key}
            attributes.pop("id", None)
            shown = {"hidden": False, "visible": True}.get(attributes.get("visibility"), shown)
            shown = shown and "placeholder" not in attributes["class"].split()
            marks = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
            for child in node:
                name = child.tag.removeprefix(_SVG)
                if name in SHAPES and shown:
                    yield from _drawn(group, name, child, f"{opened}<g{marks}>")
                elif name == "g":
                    yield from walk(child, f"{opened}<g{marks}>", shown)

    for node in inner:
        yield from walk(node, "", True)


def _drawn(group: int, tag: str, node: Any, opened: str) -> Iterator[Element]:
    closed = "</g>" * opened.count("<g ")
    words = "".join(one.text or "" for one in node.iter(f"{_SVG}text", f"{_SVG}tspan"))
    glyph = node.get(_HREF, "#")[1:]
    line = re.fullmatch(r"M(-?\d+) (-?\d+) L(-?\d+) (-?\d+)", node.get("d", ""))
    at = tuple(map(float, line.groups())) if line else ()
    leaves = [one for one in node.iter(f"{_SVG}tspan") if (one.text or "").strip()]
    if tag != "text" or len(leaves) < 2:
        source = etree.tostring(node, encoding="unicode", with_tail=False)
        yield Element(group, tag, opened + source + closed, glyph, words, at)
        return
    for leaf in leaves:  # each alone, the others keeping their place
        for one in leaves:
            one.set("visibility", "visible" if one is leaf else "hidden")
        source = etree.tostring(node, encoding="unicode", with_tail=False)
        yield Element(group, tag, opened + source + closed, glyph, leaf.text, at)


def _render(body: str, window: tuple[int, int, int, int], times: int, words: str) -> np.ndarray:
    x0, y0, x1, y1 = window
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{(x1 - x0) * times}" height="{(y1 - y0) * times}" '
        f'viewBox="{x0} {y0} {x1 - x0} {y1 - y0}">{_STYLE}{body}</svg>'
    )
    fonts = font_files(needs_more(words)) if words.strip() else []
    png = resvg_py.svg_to_bytes(
        svg_string=svg, skip_system_fonts=True, font_files=fonts, serif_family="Liberation Serif"
    )
    alpha = np.asarray(Image.open(io.BytesIO(png)).getchannel("A"))
    if times == 1:
        return alpha / 255
    cells = alpha.reshape(y1 - y0, times, x1 - x0, times)
    return cells.sum(axis=(1, 3), dtype=np.int64) / (255 * times * times)


def needs_more(words: str) -> bool:
    """Whether the text has letters that Liberation Serif lacks."""
    known = _letters()
    return any(ord(one) not in known and not 0xE000 <= ord(one) <= 0xF8FF for one in words)


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="judge-fonts-")


@cache
def font_files(more: bool) -> list[str]:
    """The fonts inside the engraver's package, as plain files; with *more*, the packaged Noto."""
    files: list[str] = []
    for name in ("Liberation", *MUSIC_FONTS):
        sheet = (data_folder() / f"{name}.css").read_text(encoding="ascii")
        for place, data in enumerate(re.findall(r"base64,([^)\"']+)", sheet)):
            font = TTFont(io.BytesIO(b64decode(data)))
            font.flavor = None
            path = Path(_folder().name, f"{name}{place}.otf")
            font.save(path)
            files.append(str(path))
    if more:
        packages = data_folder().parents[1]
        files += map(str, sorted((packages / "manimgx_fonts").glob("NotoSans*.ttf")))
        files += map(str, sorted((packages / "noto_cjk_sans_jp_regular").glob("*.otf")))
    return files


@cache
def _letters() -> frozenset[int]:
    return frozenset(TTFont(font_files(False)[0]).getBestCmap())
