"""Ink and owners of engraved pages against another renderer's, symbol by symbol.

python -m tests.truth.compare_ink --pages 30 --json docs/truth/ink.json
"""

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from deepscores.engraving.verovio.engine import engrave, sizes
from deepscores.engraving.verovio.glyphs import MUSIC_FONTS
from deepscores.engraving.verovio.svg import read_page
from deepscores.page.geometry import Box
from deepscores.page.model import Mark, Marks, Music, Outline, Page, Style
from deepscores.page.painting.canvas import Canvas
from deepscores.page.symbols.kinds import mark_box
from deepscores.page.symbols.placing import Placement, _sketch, place_symbols
from deepscores.scores import find_scores, read_score
from deepscores.scores.sources import default_corpus
from tests.places import GOLDEN_SCORES
from tests.truth.judge_ink import Element, JudgedPage, Window

_LARGEST = 400_000  # bytes of a score
_PAGE = {"page_width": 1200, "page_height": 1700, "margin": 50}  # the staff space is the default
SAMPLING = 6.0  # of 255: how far the judge's first look may be off
CLOSE = 0.01  # of a pixel: nearer calls than this are counted apart


@dataclass
class Comparison:
    """What was compared on one page."""

    name: str
    font: str
    symbols: int = 0
    merged: int = 0  # symbols judged together with others, since one element draws them
    unclaimed: int = 0  # drawn elements that no symbol has
    labelled: int = 0  # pixels that either labels
    agreeing: int = 0
    looked_closer: int = 0
    close: int = 0  # of the others, those within 3 % of a pixel of the other answer
    kinds: dict[str, list[int]] = field(default_factory=dict)  # labelled, disagreeing
    ink: dict[str, list[int]] = field(default_factory=dict)  # in both, in either
    worst: list[tuple[int, int, str]] = field(default_factory=list)


@dataclass
class Judgement:
    """What the judge finds on one page, and whose it is."""

    name: str
    font: str
    placed: Placement
    canvas: Canvas
    unit: list[int]  # for each symbol, the first of those judged together with it
    unclaimed: int
    windows: dict[int, Window]  # by unit, in painting order
    lettered: set[int]  # units of text
    page_ink: np.ndarray  # of the page as a whole, 0…1
    looked_closer: int = 0


def judge(svg: str, style: Style, number: int, music: Music, name: str) -> Judgement:
    """Let the judge draw one page of an engraving, symbol by symbol and as a whole."""
    page = read_page(svg, number, style.music_font, sizes(style))
    page = replace(page, elements=tuple(page.elements), marks=tuple(page.marks))
    placed = place_symbols(page, music)
    judged = JudgedPage(svg, page.width, page.height)
    claims, unclaimed = claim(judged.elements, page, marks_of(page, len(placed)))
    unit = merged(claims, len(placed))
    drawn: dict[int, list[Element]] = defaultdict(list)
    for element, numbers in zip(judged.elements, claims, strict=True):
        for one in sorted({unit[number] for number in numbers}):
            drawn[one].append(element)
    boxes: dict[int, list[Box]] = defaultdict(list)
    for symbol, _ in placed:
        boxes[unit[symbol.number]].append(symbol.box)
    lines = {symbol.number for symbol, _ in placed if symbol.kind == "staffLine"}
    # In the order of the engraver's file; but staff lines go first.
    ordered = sorted(drawn, key=lambda one: one not in lines)
    windows = {one: judged.cover(drawn[one], around(boxes[one])) for one in ordered}
    found = Judgement(
        name, style.music_font, placed, Canvas(page.width, page.height), unit, unclaimed, windows,
        {one for one, members in drawn.items() if any(each.tag == "text" for each in members)},
        judged.ink(),
    )  # fmt: skip
    _, _, near = decide(windows, found.page_ink.shape)
    found.looked_closer = look_closer(judged, drawn, windows, near)
    return found


def compare(judged: Judgement, outlines: Sequence[Outline] | None = None) -> Comparison:
    """Hold the page, or *outlines* in place of its symbols', against the judge's."""
    painting = judged.canvas.paint(outlines or [one.outline for one in judged.placed])
    found = Comparison(judged.name, judged.font, len(judged.placed))
    found.unclaimed, found.looked_closer = judged.unclaimed, judged.looked_closer
    found.merged = sum(one != number for number, one in enumerate(judged.unit))
    theirs, ink, _ = decide(judged.windows, judged.page_ink.shape)
    tally(found, judged, np.array(judged.unit)[painting.owners], theirs, ink)
    measure_ink(found, judged, painting.image <= 127)
    return found


def around(boxes: Sequence[Box]) -> tuple[float, ...]:
    x0s, y0s, x1s, y1s = zip(*boxes, strict=True)
    return min(x0s), min(y0s), max(x1s), max(y1s)


def marks_of(page: Page, symbols: int) -> list[tuple[Mark, ...]]:
    """The marks of each symbol of *page*."""
    sketch = _sketch(page, Marks.of(page.marks))
    found = []
    for row, (kind, first) in enumerate(
        zip(sketch.kind.tolist(), sketch.first.tolist(), strict=True)
    ):
        marks = tuple(page.marks[place] for place in sketch.members.get(row, (first,)))
        if on_page([mark_box(mark) for mark in marks], page):
            # A beam's line of several pieces is a shape that the engraver has not drawn.
            found.append(() if kind == "beam" and len(marks) > 1 else marks)
    assert len(found) == symbols
    return found


def on_page(boxes: Sequence[Any], page: Page) -> bool:
    return (
        max(box.x1 for box in boxes) > 0
        and max(box.y1 for box in boxes) > 0
        and min(box.x0 for box in boxes) < page.width
        and min(box.y0 for box in boxes) < page.height
    )


def claim(
    elements: Sequence[Element], page: Page, marks: Sequence[tuple[Mark, ...]]
) -> tuple[list[set[int]], int]:
    """The symbols that each drawing element belongs to, and how many elements none has."""
    number_of = {id(mark): number for number, some in enumerate(marks, 1) for mark in some}
    within: dict[int, list[Mark]] = defaultdict(list)
    for mark in page.marks:
        within[mark.element].append(mark)
    lines = [mark for mark in page.marks if page.elements[mark.element].kind == "staff"]
    claims: list[set[int]] = []
    used: Counter[int] = Counter()
    lost = 0
    for element in elements:
        if page.elements[element.group].kind == "staff":
            owners = [line_of(element, lines, page)]
        else:
            owners = list(take(element, within[element.group], used))
        lost += not owners
        claims.append({number_of[id(mark)] for mark in owners if id(mark) in number_of})
    return claims, lost


def line_of(segment: Element, lines: Sequence[Mark], page: Page) -> Mark:
    """The staff line of which the engraver has drawn *segment*."""
    x0, y0, x1, _ = segment.at
    for line in lines:
        a, _, _, d, e, f = line.to_page
        box = mark_box(line)
        middle = a * (x0 + x1) / 2 + e
        if box.y0 < d * y0 + f < box.y1 and box.x0 < middle < box.x1:
            return line
    raise AssertionError(f"no staff line at {segment.at}")


def take(element: Element, marks: Sequence[Mark], used: Counter[int]) -> Iterator[Mark]:
    """The marks that *element* gave, in the order in which both come."""
    group = element.group
    tag = {"use": "glyph"}.get(element.tag, element.tag)
    words = "".join(element.words.split())
    while used[group] < len(marks):
        mark = marks[used[group]]
        if tag == "text":
            piece = "".join(mark.text.split())
            if mark.shape != "text" or not words.startswith(piece):
                return
            words = words[len(piece) :]
        elif mark.shape != tag:
            return
        used[group] += 1
        yield mark
        following = marks[used[group]] if used[group] < len(marks) else None
        if tag == "text" and words:
            continue
        if following is not None and following.part == "numeral":
            used[group] += 1
            yield following
        return


def merged(claims: Sequence[set[int]], symbols: int) -> list[int]:
    """For each symbol the first of those that share an element with it."""
    unit = list(range(symbols + 1))
    for numbers in claims:
        for number in numbers:
            unit[number] = min(unit[number], *(unit[one] for one in numbers))
    return unit


def decide(
    windows: dict[int, Window], size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Owners by the rule, from coverages in painting order; the ink; what is a near thing."""
    ink, most, owners = (np.zeros(size, np.int64) for _ in range(3))
    second = np.full(size, -SAMPLING)
    shades = {one: np.floor(each.coverage * 255 + 0.5).astype(int) for one, each in windows.items()}
    for one, alpha in shades.items():
        place = slots(windows[one])
        ink[place] = 255 - ((255 - ink[place]) * (255 - alpha) + 127) // 255
        wins = (alpha >= most[place]) & (alpha > 0)
        second[place] = np.maximum(second[place], np.minimum(alpha, most[place]))
        most[place][wins] = alpha[wins]
        owners[place][wins] = one
    near = abs(ink - 127.5) < SAMPLING
    near |= (ink >= 128) & (second > most - SAMPLING) & (second < 255)
    owners[ink < 128] = 0
    kept = np.zeros(size, bool)
    thin = {one for one, alpha in shades.items() if alpha.any() and alpha.max() < 128}
    for one in thin or ():
        keep(one, windows[one], shades[one], (ink, most, owners, kept))
    return owners, ink, near


def look_closer(
    judged: JudgedPage,
    drawn: dict[int, list[Element]],
    windows: dict[int, Window],
    near: np.ndarray,
) -> int:
    """Draw again, much larger, the pixels where the answer hangs on the judge's own sampling."""
    count = 0
    for one, window in windows.items():
        partly = (window.coverage > 0) & (window.coverage < 1)
        for y, x in zip(*np.nonzero(partly & near[slots(window)]), strict=True):
            closer = judged.look_closer(drawn[one], window.x + int(x), window.y + int(y))
            window.coverage[y, x] = closer
            count += 1
    return count


def slots(window: Window) -> tuple[slice, slice]:
    height, width = window.coverage.shape
    return slice(window.y, window.y + height), slice(window.x, window.x + width)


def keep(one: int, window: Window, alpha: np.ndarray, page: tuple[np.ndarray, ...]) -> None:
    """Give a thin symbol, in each slice across it, the pixel that it covers most."""
    ink, most, owners, kept = page
    rows, columns = np.nonzero(alpha)
    lying = np.ptp(columns) >= np.ptp(rows)
    for along in range(alpha.shape[1 if lying else 0]):
        line = alpha[:, along] if lying else alpha[along]
        best = int(line.max())
        if not best:
            continue
        across = len(line) - 1 - int(line[::-1].argmax())
        y, x = (across, along) if lying else (along, across)
        at = (window.y + y, window.x + x)
        if not kept[at] and (ink[at] < 128 or best >= most[at]):
            owners[at], kept[at] = one, True


def tally(
    found: Comparison, judged: Judgement, ours: np.ndarray, theirs: np.ndarray, ink: np.ndarray
) -> None:
    """Count the pixels that both label alike, by kind; name the others."""
    kinds = ["paper", *(symbol.kind for symbol, _ in judged.placed)]
    either = (ours > 0) | (theirs > 0)
    apart = ours != theirs
    found.labelled, found.agreeing = int(either.sum()), int((either & ~apart).sum())
    for place, owner in enumerate((theirs, ours, theirs)):
        counted = owner[(owner > 0) & apart] if place else owner[owner > 0]
        for one, count in zip(*np.unique(counted, return_counts=True), strict=True):
            found.kinds.setdefault(kinds[one], [0, 0])[min(place, 1)] += int(count)
    for y, x in zip(*np.nonzero(apart), strict=True):
        mine, other = int(ours[y, x]), int(theirs[y, x])
        a, b = (at(judged.windows.get(one), y, x) for one in (mine, other))
        gap = abs(a - b) if mine and other else (abs(ink[y, x] - 127.5) - 0.5) / 255
        near = gap < CLOSE
        found.close += bool(near)
        if not near:
            said = f"{kinds[mine]} {a:.3f} | {kinds[other]} {b:.3f}, ink {ink[y, x]}"
            found.worst.append((int(x), int(y), said))


def at(window: Window | None, y: int, x: int) -> float:
    if window is None:
        return 0.0
    height, width = window.coverage.shape
    y, x = y - window.y, x - window.x
    return float(window.coverage[y, x]) if 0 <= y < height and 0 <= x < width else 0.0


def measure_ink(found: Comparison, judged: Judgement, ours: np.ndarray) -> None:
    """Dark pixels of both pictures: of the page, of its text, of the rest."""
    text = np.zeros(ours.shape, bool)
    for one in judged.lettered:
        window = judged.windows[one]
        text[slots(window)] |= window.coverage > 0
    grown = text.copy()
    for axis in (0, 1):
        for step in (-1, 1):
            grown |= np.roll(text, step, axis)
    theirs = np.floor(judged.page_ink * 255 + 0.5) >= 128
    for name, where in (("page", True), ("text", grown), ("without text", ~grown)):
        found.ink[name] = [int((ours & theirs & where).sum()), int(((ours | theirs) & where).sum())]


def pages_of(path: Path, fonts: Sequence[str], **more: Any) -> Iterator[tuple[Any, ...]]:
    score = read_score(find_scores([path])[0])
    styles = [Style(music_font=font, **more) for font in fonts]
    engraving = engrave(score, styles)
    for index, number, _, svg in engraving.svgs():
        yield svg, styles[index], number, engraving.music, score.id


def choose(pages: int) -> list[tuple[Path, str, int]]:
    """Scores, fonts and page numbers: the golden scores, then others of the default corpus."""
    golden = sorted((GOLDEN_SCORES).glob("*.musicxml"))
    corpus = [one.path for one in default_corpus() if one.path.stat().st_size < _LARGEST]
    corpus.sort(key=lambda path: blake2b(path.name.encode()).digest())
    return [
        (path, MUSIC_FONTS[place % len(MUSIC_FONTS)], place % 3)
        for place, path in zip(range(pages), [*golden, *corpus], strict=False)
    ]


def compare_score(task: tuple[Path, str, int]) -> Comparison:
    path, font, wanted = task
    pages = list(pages_of(path, [font], **_PAGE))
    return compare(judge(*pages[min(wanted, len(pages) - 1)]))


def summary(found: Sequence[Comparison]) -> dict[str, Any]:
    """The figures, per font and together."""
    fonts = {
        font: _figures([one for one in found if one.font == font])
        for font in sorted({one.font for one in found})
    }
    kinds: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for one in found:
        for kind, counts in one.kinds.items():
            kinds[kind] = [a + b for a, b in zip(kinds[kind], counts, strict=True)]
    ranked = sorted(kinds.items(), key=lambda item: (-item[1][1], item[0]))
    return {
        "all": _figures(found),
        "fonts": fonts,
        "kinds": {
            kind: {"pixels": pixels, "apart": apart} for kind, (pixels, apart) in ranked if apart
        },
        "pages": [
            {"page": one.name, "font": one.font, **_figures([one]), "worst": one.worst[:20]}
            for one in found
        ],
    }


def _figures(found: Sequence[Comparison]) -> dict[str, Any]:
    labelled = sum(one.labelled for one in found)
    agreeing = sum(one.agreeing for one in found)
    close = sum(one.close for one in found)
    return {
        "pages": len(found),
        "symbols": sum(one.symbols for one in found),
        "judged_together": sum(one.merged for one in found),
        "unclaimed_elements": sum(one.unclaimed for one in found),
        "labelled": labelled,
        "agreement": round(agreeing / labelled, 6),
        "apart": labelled - agreeing,
        "apart_within_a_hundredth": close,
        "looked_closer": sum(one.looked_closer for one in found),
        "ink_iou": {
            name: round(
                sum(one.ink[name][0] for one in found)
                / max(sum(one.ink[name][1] for one in found), 1),
                5,
            )
            for name in found[0].ink
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=30)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = []
    with ProcessPoolExecutor(options.jobs) as workers:
        for one in workers.map(compare_score, choose(options.pages)):
            found.append(one)
            shown = _figures([one])
            print(one.name, one.font, shown["agreement"], shown["ink_iou"], flush=True)
    figures = summary(found)
    print(json.dumps({key: figures[key] for key in ("all", "fonts")}, indent=2))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
