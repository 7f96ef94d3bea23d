"""Write the zoo: its picture, and a page on where each class is."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from deepscores.inspection.galleries.classes.inventory import (
    expected_counts,
    known_holes,
    known_loans,
)
from deepscores.inspection.galleries.classes.picture import draw_table
from deepscores.inspection.galleries.classes.specimens import Collection, by_class, engrave_zoo
from deepscores.page.labels.label_sets import LabelClass, LabelSet
from deepscores.recipe.recipe import Recipe
from deepscores.runs.claim import claim_output
from deepscores.runs.files import write_file
from deepscores.runs.progress import NullProgress, Progress


@dataclass(frozen=True, slots=True)
class Visit:
    """The files that `write_zoo` wrote."""

    picture: Path
    page: Path
    classes: int  # of the label set
    shown: tuple[tuple[str, int], ...]  # font → classes with a specimen


def write_zoo(
    folder: Path, recipe: Recipe, *, force: bool = False, progress: Progress | None = None
) -> Visit:
    """Engrave the zoo in the fonts of *recipe*; write ``LABELS.png`` and ``LABELS.md``.

    Several label sets have room in one folder. Raise DatasetError for a folder that cannot be used:
    a gallery in other fonts is replaced with *force* alone.
    """
    labels = recipe.labels
    picture, page = folder / f"{labels.name}.png", folder / f"{labels.name}.md"
    about = {"fonts": recipe.fonts}
    claim = claim_output(folder, "gallery", about, (picture.name, page.name), force=force)
    claim.check()
    progress = progress or NullProgress()
    collection = Collection(labels, recipe.fonts)
    progress.stage("Engraving", len(expected_counts()))
    previous_score = ""
    for score, drawing in engrave_zoo(recipe.fonts, recipe.font_files):
        collection.add(score, drawing)
        if score != previous_score:
            progress.advance()
            previous_score = score
    classes = classes_to_show(collection)
    sink = io.BytesIO()
    draw_table(
        collection, classes, lambda label_class, font: why_missing(labels, label_class, font)
    ).save(sink, "PNG", optimize=True)
    claim.begin()
    write_file(picture, sink.getvalue())
    write_file(page, "\n".join(describe(collection, classes)).encode())
    classes_shown = tuple(
        (
            font,
            sum((label_class.id, font) in collection.specimens for label_class in labels.classes),
        )
        for font in recipe.fonts
    )
    return Visit(picture, page, len(labels.classes), classes_shown)


def classes_to_show(collection: Collection) -> list[LabelClass]:
    """The classes for a picture: all, unless the set has every glyph that fonts may have."""
    labels = collection.labels
    if labels.name != "full":
        return list(labels.classes)
    shown_ids = {number for number, _ in collection.specimens}
    holes = {hole.name for hole in known_holes() if hole.labels == labels.name}
    return [
        label_class
        for label_class in labels.classes
        if label_class.id in shown_ids or label_class.name in holes
    ]


def why_missing(labels: LabelSet, label_class: LabelClass, font: str) -> str:
    """The reason, in words, for no specimen of *label_class* in *font*."""
    for hole in known_holes():
        if (hole.labels, hole.name) == (labels.name, label_class.name) and hole.is_in(font):
            return hole.reason
    return "no score of the zoo has it"


def describe(collection: Collection, classes: Sequence[LabelClass]) -> Iterator[str]:
    """The lines of a Markdown page beside the picture."""
    labels, fonts = collection.labels, collection.fonts
    yield f"# Gallery: {labels.name}"
    yield ""
    yield (
        f"{labels.description}, as `deepscores gallery --labels {labels.name}` finds them on pages "
        "of small scores. Each cell is cut from a page; only the labelled pixels are in colour. A "
        "font's name in a cell is that of the font whose glyph was borrowed."
    )
    yield ""
    yield f"![{labels.name}]({labels.name}.png)"
    yield ""
    yield from _holes(labels, classes, collection)
    yield "## Glyphs borrowed"
    yield ""
    reasons = {(loan.font, loan.lender): loan.reason for loan in known_loans()}
    for font, lender in sorted(collection.loans, key=lambda loan: (fonts.index(loan[0]), loan[1])):
        glyphs = collection.loans[font, lender]
        reason = reasons.get((font, lender), f"the font lacks these glyphs; {lender} lends them")
        yield f"* {font}: {reason}: {', '.join(f'`{glyph}`' for glyph in sorted(glyphs))}."
    if not collection.loans:
        yield "None."
    yield ""
    yield "## Where they are"
    yield ""
    yield f"| id | class | in {fonts[0]} | scores |"
    yield "| --: | --- | --: | --- |"
    counts = by_class(collection.counts, fonts[0])
    for label_class in classes:
        number, name = label_class.id, label_class.name
        scores = sorted(
            score
            for (score, font), class_counts in collection.counts.items()
            if font == fonts[0] and class_counts[number]
        )
        yield f"| {number} | `{name}` | {counts[number]} | {', '.join(scores)} |"
    yield ""


def _holes(
    labels: LabelSet, classes: Sequence[LabelClass], collection: Collection
) -> Iterator[str]:
    yield "## Holes"
    yield ""
    holes = [
        (label_class.name, font, why_missing(labels, label_class, font))
        for label_class in classes
        for font in collection.fonts
        if (label_class.id, font) not in collection.specimens
    ]
    if not holes:
        yield "None: every class is drawn in every font."
    for name, font, reason in holes:
        yield f"* `{name}` in {font}: {reason}"
    yield ""
