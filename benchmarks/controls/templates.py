"""Template matching with a font's own glyphs: strong on that font, weak on another.

    python -m benchmarks.controls.templates DATASET -o OUT --templates Bravura
        --font Bravura --font Petaluma [--labels deepscores-v2] [--split val] [--pages 14]
    deepscores evaluate OUT/detections.json OUT/dataset --split val [--labels deepscores-v2]

Training pages in the font say which glyph is drawn at which size for which class, and how likely a
class is on a line or in a space; the package's own outlines and painter draw the templates. Staff
lines are taken off a page by run lengths, each template is correlated with it, peaks above the
template's threshold (of the best F1 on ``--train-pages``) stay unless another template claims their
ink by a larger margin. Stems, ledger lines and staves follow from run lengths. Beams, slurs, ties,
hairpins, brackets and all that is drawn in pieces are out of its reach, and so is context: a sharp
of a key is told from one of a note by what is likelier alone. Into OUT go detections.json, run.json
and ``dataset``, a view of the dataset with these pages alone, for ``deepscores evaluate``.
"""

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.controls.glyphs import Template, count_uses, make_templates, where_on_staff
from benchmarks.controls.matching import (
    RISKS,
    Peaks,
    all_peaks,
    best_threshold,
    distinct,
    hits,
)
from benchmarks.controls.pages import (
    Found,
    SplitPage,
    found_of,
    joined,
    label_set,
    page_options,
    split_pages,
    write_detections,
    write_part,
)
from benchmarks.controls.staves import Staff, find_staves, ledger_lines, stems, without_lines
from deepscores.dataset.labelled import label_page
from deepscores.dataset.reader import open_dataset
from deepscores.errors import RecipeError
from deepscores.page.labels.label_sets import LabelSet
from deepscores.runs.files import write_file

SURE = 0.5  # score of a fit at its threshold, and of a line
LEDGER = 0.13  # staff spaces, where no training page has a ledger line


class Matcher(NamedTuple):
    """Templates with their thresholds, and what lines are called."""

    templates: Sequence[Template]
    thresholds: NDArray[np.float64]
    lines: Mapping[str, int]  # of stem, ledgerLine and staff, those that are classes, with ids
    ledger: float  # staff spaces a ledger line is high


def learnt(
    pages: Sequence[SplitPage], shown: Sequence[SplitPage], labels: LabelSet, font: str,
    other: LabelSet | None,
) -> Matcher:  # fmt: skip
    """Templates of *font* from *pages*, with the thresholds that are best on those *shown*."""
    space = _only_space(pages)
    uses = count_uses(pages, other, font)
    templates = make_templates(uses, font, space)
    lines = {one.name: one.id for one in labels.classes if one.name in _LINES}
    heights = uses.heights.get(lines.get("ledgerLine", 0), [])
    thresholds = _thresholds(shown, templates, other)
    return Matcher(templates, thresholds, lines, float(np.median(heights or [LEDGER])))


def _only_space(pages: Sequence[SplitPage]) -> float:
    spaces = {float(one.page.row["staff_space"]) for one in pages}
    if len(spaces) != 1:
        raise RecipeError(f"templates are of one size; the pages have staff spaces {spaces}")
    return spaces.pop()


def _thresholds(
    pages: Sequence[SplitPage], templates: Sequence[Template], labels: LabelSet | None
) -> NDArray[np.float64]:
    parts = []
    for one in pages:
        page = label_page(one.page, labels)
        peaks = all_peaks(_cleared(page.image, one)[0], templates)
        is_hit = hits(peaks, templates, page.objects.box, page.objects.class_id)
        parts.append((peaks.template, peaks.fit, is_hit))
    of, fit, is_hit = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return np.array(
        [best_threshold(fit[of == place], is_hit[of == place]) for place in range(len(templates))]
    )


def _cleared(image: NDArray[np.uint8], one: SplitPage) -> tuple[NDArray[np.uint8], list[Staff]]:
    staves = find_staves(image, float(one.page.row["staff_space"]))
    return without_lines(image, staves), staves


def detected(matcher: Matcher, one: SplitPage) -> Found:
    """What fits on a page, and the lines that run lengths show."""
    image = one.page.image
    cleared, staves = _cleared(image, one)
    peaks = all_peaks(cleared, matcher.templates)
    margin = peaks.fit - matcher.thresholds[peaks.template]
    peaks, margin = peaks.kept(margin >= -RISKS), margin[margin >= -RISKS]
    rows = distinct(peaks, margin)
    glyphs = named(matcher, peaks.kept(rows), margin[rows], staves)
    return joined([glyphs, lines_of(matcher, image, staves, float(one.page.row["staff_space"]))])


def named(
    matcher: Matcher, peaks: Peaks, margin: NDArray[np.float64], staves: Sequence[Staff]
) -> Found:
    """The classes that each of *peaks* may be, each with its share of the score."""
    box, ids, scores = [], [], []
    for corners, place, over in zip(
        peaks.box, peaks.template.tolist(), margin.tolist(), strict=True
    ):
        template = matcher.templates[place]
        where = where_on_staff(staves, float(corners[1]) + template.origin)
        for class_id, share in template.shares[where].items():
            box.append(corners)
            ids.append(class_id)
            scores.append(min(max(SURE + over, 0.01), 1.0) * share)
    return found_of(np.array(box).reshape(-1, 4), ids, scores)


_LINES = ("stem", "ledgerLine", "staff")


def lines_of(
    matcher: Matcher, image: NDArray[np.uint8], staves: Sequence[Staff], space: float
) -> Found:
    """Stems, ledger lines and staves, as far as they are classes."""
    parts = []
    for name, class_id in matcher.lines.items():
        if name == "stem":
            box = stems(image, staves, space)
        elif name == "ledgerLine":
            box = ledger_lines(image, staves, space, matcher.ledger * space)
        else:
            box = np.array([staff.box for staff in staves]).reshape(-1, 4)
        parts.append(found_of(box, np.full(len(box), class_id), np.full(len(box), SURE)))
    return joined(parts)


def told(matcher: Matcher, labels: LabelSet, options: argparse.Namespace) -> dict[str, object]:
    """What was matched with, and which classes that leaves out."""
    reached = frozenset[int]().union(*(one.class_ids for one in matcher.templates))
    reached |= frozenset(matcher.lines.values())
    return {
        "options": {name: str(value) for name, value in vars(options).items()},
        "templates": [
            {**one.drawn._asdict(), "threshold": round(float(threshold), 3)}
            for one, threshold in zip(matcher.templates, matcher.thresholds, strict=True)
        ],
        "out_of_reach": [one.name for one in labels.classes if one.id not in reached],
    }


def parsed() -> argparse.Namespace:
    parser = page_options(__doc__)
    parser.add_argument("--templates", required=True, help="the font that templates are of")
    parser.add_argument("--train-pages", type=int, default=6, help="on which thresholds are chosen")
    return parser.parse_args()


def main() -> None:
    options = parsed()
    dataset = open_dataset(options.dataset)
    labels, other = label_set(dataset, options.labels)
    font = options.templates
    train = split_pages(dataset, "train", fonts=[font])
    shown = split_pages(dataset, "train", fonts=[font], most=options.train_pages)
    pages = split_pages(dataset, options.split, most=options.pages, fonts=options.font)
    begun = time.monotonic()
    matcher = learnt(train, shown, labels, font, other)
    learning = time.monotonic() - begun
    begun = time.monotonic()
    count = write_detections(options.output, ((one, detected(matcher, one)) for one in pages))
    seconds = time.monotonic() - begun
    write_part(dataset, pages, options)
    result = told(matcher, labels, options)
    result |= {"learning_s": round(learning, 1), "s_a_page": round(seconds / len(pages), 2)}
    write_file(options.output / "run.json", json.dumps(result, indent=1).encode() + b"\n")
    print(
        f"{len(matcher.templates)} templates, {count:,} boxes on {len(pages)} pages,"
        f" {seconds / len(pages):.1f} s a page"
    )


if __name__ == "__main__":
    main()
