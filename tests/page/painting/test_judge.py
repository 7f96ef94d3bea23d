"""The picture of engraved pages against another renderer's: resvg draws the engraver's own SVG."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepscores.engraving.verovio.engine import engrave, sizes
from deepscores.engraving.verovio.glyphs import MUSIC_FONTS
from deepscores.engraving.verovio.svg import read_page
from deepscores.page.model import Mark, Outline, Style
from deepscores.page.painting.canvas import Canvas
from deepscores.scores import Source, read_score

resvg_py = pytest.importorskip("resvg_py")

WIDTH, HEIGHT, SPACE = 640, 340, 11.5
TIMES = 12  # how much larger resvg draws before its pixels are averaged: it samples coarsely

# Everything the painter has a way of its own for: glyphs, stems, slurs and ties, beams, dots,
# hairpins, brackets, dashes.
RICH = """<score-partwise><part-list><score-part id="P1"><part-name/></score-part></part-list>
<part id="P1"><measure number="1"><attributes><divisions>4</divisions><key><fifths>-3</fifths></key>
<time><beats>4</beats><beat-type>4</beat-type></time><clef><sign>G</sign><line>2</line></clef>
</attributes><direction placement="below"><direction-type><wedge type="crescendo"/></direction-type>
</direction><note><pitch><step>C</step><octave>5</octave></pitch><duration>6</duration>
<type>quarter</type><dot/><notations><slur type="start" number="1"/></notations></note>
<note><pitch><step>F</step><alter>1</alter><octave>5</octave></pitch><duration>1</duration>
<type>16th</type><accidental>sharp</accidental><beam number="1">begin</beam>
<beam number="2">begin</beam></note><note><pitch><step>A</step><octave>5</octave></pitch>
<duration>1</duration><type>16th</type><beam number="1">end</beam><beam number="2">end</beam>
<notations><slur type="stop" number="1"/></notations></note>
<direction><direction-type><wedge type="stop"/></direction-type></direction>
<note><pitch><step>E</step><octave>4</octave></pitch><duration>8</duration><type>half</type>
<notations><tied type="start"/><articulations><accent/></articulations></notations></note></measure>
<measure number="2"><direction placement="above"><direction-type>
<octave-shift type="down" size="8"/></direction-type></direction>
<note><pitch><step>E</step><octave>4</octave></pitch>
<duration>8</duration><type>half</type><notations><tied type="stop"/></notations></note>
<note><rest/><duration>4</duration><type>quarter</type></note>
<direction><direction-type><octave-shift type="stop" size="8"/></direction-type></direction>
<note><pitch><step>G</step><octave>6</octave></pitch><duration>2</duration><type>eighth</type></note>
<note><grace slash="yes"/><pitch><step>B</step><octave>5</octave></pitch><type>eighth</type></note>
<note><pitch><step>G</step><octave>3</octave></pitch><duration>2</duration><type>eighth</type></note>
</measure></part></score-partwise>"""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[np.ndarray, ...]]:
    path = tmp_path_factory.mktemp("score") / "rich.musicxml"
    path.write_text(RICH)
    score = read_score(Source(path, path.name, "rich"))

    def pictures(font: str) -> tuple[np.ndarray, ...]:
        style = Style(font, "verovio", WIDTH, HEIGHT, SPACE, 20)
        (_, number, _, svg), *_ = engrave(score, [style]).svgs()
        page = read_page(svg, number, font, sizes(style))
        outlines = [_outline(mark) for mark in page.marks if mark.shape != "text"]
        canvas = Canvas(WIDTH, HEIGHT)
        ink = 255 - canvas.paint(outlines).image.astype(int)
        marks = sum((canvas.paint([one]).image < 255).astype(int) for one in outlines)
        return ink, _judge(svg), np.asarray(marks)

    return pictures


def _outline(mark: Mark) -> Outline:
    return Outline(None, box=mark.box) if mark.box else Outline(mark.edges, mark.to_page)


def _judge(svg: str) -> np.ndarray:
    """The page's ink as resvg has it, without text."""
    svg = re.sub(r"<text.*?</text>", "", svg, flags=re.DOTALL)
    # Verovio's style sheet strokes whatever it fills; only lines that name their width are lines.
    lines = "path[stroke-width], polyline[stroke-width], rect[stroke-width], ellipse[stroke-width]"
    style = f"<style>{lines} {{stroke: black}} .placeholder {{visibility: hidden}}</style>"
    svg = re.sub(r"<style.*?</style>", style, svg, flags=re.DOTALL)
    data = resvg_py.svg_to_bytes(
        svg_string=svg, width=WIDTH * TIMES, height=HEIGHT * TIMES, background="white"
    )
    image = np.asarray(Image.open(io.BytesIO(bytes(data))).convert("L"), float)
    return 255 - image.reshape(HEIGHT, TIMES, WIDTH, TIMES).mean(axis=(1, 3))


@pytest.mark.parametrize("font", MUSIC_FONTS)
def test_pictures_equal_those_of_another_renderer(
    font: str, pictures: Callable[[str], tuple[np.ndarray, ...]], tmp_path: Path
) -> None:
    ours, theirs, marks = pictures(font)
    apart = np.abs(ours - theirs)
    Image.fromarray((255 - apart).astype(np.uint8)).save(tmp_path / "difference.png")
    seen = f"see {tmp_path / 'difference.png'}"
    assert ours.sum() > 100_000
    assert _agreement(ours, theirs) > 0.985, seen
    # Where marks overlap, ink is one over the other; the judge averages after joining them.
    alone = marks < 2
    assert _agreement(ours[alone], theirs[alone]) > 0.99, seen
    assert apart[marks == 1].mean() < 2, seen
    assert apart.max() < 80, seen


def _agreement(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Ink in both, of ink in either."""
    return float(np.minimum(ours, theirs).sum() / np.maximum(ours, theirs).sum())
