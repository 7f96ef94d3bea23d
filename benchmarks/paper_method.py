"""The DeepScores paper's method of making labelled pages, done as well as its tools allow.

    python -m benchmarks.paper_method SCORE OUT [--as-shipped]

MusicXML → musicxml2ly → LilyPond's SVG writer with tagged symbols → CairoSVG, twice: the page's
picture, and a mask whose colours are the labels, which gives the boxes (Tuggener et al., 2018).
Nothing slows it down: one LilyPond process a score, no point-and-click, no layout of the source's
that would change the size of a page's music, each SVG recoloured in one pass, one mask for classes
and boxes. LilyPond's search of the whole font for every glyph can be spared (``cached``).
"""

import argparse
import json
import subprocess
import tempfile
from dataclasses import astuple, dataclass
from pathlib import Path

from benchmarks.cairosvg_picture import draw_picture
from benchmarks.colour_mask import box_labels, encode_classes, paint_labels, recolour
from benchmarks.common import import_extra
from deepscores.errors import EngravingError

_SETTINGS = Path(__file__).parent / "lilypond"
_SECONDS = 900  # of one process; beyond, the score is refused


@dataclass(frozen=True, slots=True)
class Written:
    """The files of one labelled page."""

    picture: Path
    mask: Path
    boxes: Path


def make_pages(score: Path, folder: Path, *, cached: bool) -> list[Written]:
    """Engrave and label *score*; the files are written into *folder*.

    :param cached: spare LilyPond's SVG writer the search for every glyph
    :raises EngravingError: musicxml2ly or LilyPond refuses the score
    :raises MissingTool: the extra ``bench`` or the Cairo library is not installed
    """
    with tempfile.TemporaryDirectory(prefix="deepscores-bench-") as scratch:
        classes: dict[str, int] = {}
        return [
            label_page(svg, folder / svg.stem, classes)
            for svg in engrave(score, Path(scratch), cached=cached)
        ]


def engrave(score: Path, folder: Path, *, cached: bool) -> list[Path]:
    """The SVG of every page of *score*, written into *folder*, with tagged symbols."""
    source = folder / "page.ly"
    # Without --npl the sizes and breaks of the source would decide how much music is on a page.
    _run(score, "musicxml2ly", "--npl", "--loglevel=ERROR", f"--output={source}", str(score))
    if not source.exists():
        raise EngravingError(score.name, "musicxml2ly wrote nothing")
    settings = ["tag_symbols.ly", *(["cache_glyphs.ly"] if cached else [])]
    includes = [f"-dinclude-settings={_SETTINGS / name}" for name in settings]
    options = ["--svg", "--loglevel=ERROR", "-dno-point-and-click"]
    _run(score, "lilypond", *options, *includes, f"--output={folder / 'page'}", str(source))
    pages = sorted(folder.glob("page*.svg"), key=lambda page: (len(page.name), page.name))
    if not pages or not all(page.read_bytes().rstrip().endswith(b"</svg>") for page in pages):
        raise EngravingError(score.name, "LilyPond wrote no page, or half a page")
    return pages


def _run(score: Path, program: str, *arguments: str) -> None:
    command = [str(import_extra("lilypond").executable(program)), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise EngravingError(score.name, f"{program} took more than {_SECONDS} s") from None
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise EngravingError(score.name, f"{program}: {reason(lines) or done.returncode}")


def reason(lines: list[str]) -> str:
    """The first line about an error, without the path; of a Python traceback, the last line."""
    if any(line.startswith("Traceback") for line in lines):
        return lines[-1]
    errors = (line.partition("error: ")[2] for line in lines)
    return next(filter(None, errors), lines[-1] if lines else "")


def label_page(svg: Path, target: Path, classes: dict[str, int]) -> Written:
    """Write picture, mask of classes and boxes of one page beside *target*."""
    source = svg.read_bytes()
    written = Written(*(target.with_suffix(end) for end in (".png", ".mask.png", ".json")))
    written.picture.write_bytes(draw_picture(source))
    labelled = recolour(source, classes)
    mask, numbers = paint_labels(labelled.svg)
    written.mask.write_bytes(encode_classes(mask))
    boxes = [astuple(box) for box in box_labels(numbers, labelled.names)]
    written.boxes.write_text(json.dumps({"classes": classes, "boxes": boxes}))
    return written


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("score", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--as-shipped", action="store_true", help="without the cache of glyphs")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for page in make_pages(options.score, options.out, cached=not options.as_shipped):
        print(page.picture)


if __name__ == "__main__":
    main()
