"""Write the zoo to look at: its picture, and a page that says what is where."""

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
    """What `write_zoo` wrote."""

    picture: Path
    page: Path
    classes: int  # of the label set
    shown: tuple[tuple[str, int], ...]  # font → classes with a specimen


def write_zoo(
    folder: Path, recipe: Recipe, *, force: bool = False, progress: Progress | None = None
) -> Visit:
    """Engrave the zoo in the fonts of *recipe*; write ``LABELS.png`` and ``LABELS.md``.

    Several label sets have room in one folder. Raise DatasetError for a folder that cannot be used:
    a zoo in other fonts is replaced with *force* alone.
    """
    labels = recipe.labels
    picture, page = folder / f"{labels.name}.png", folder / f"{labels.name}.md"
    about = {"fonts": recipe.fonts}
    claim = claim_output(folder, "zoo", about, (picture.name, page.name), force=force)
    claim.check()
    progress = progress or NullProgress()
    collection = Collection(labels, recipe.fonts)
    progress.stage("Engraving", len(expected_counts()))
    known = ""
    for score, drawing in engrave_zoo(recipe.fonts, recipe.font_files):
        collection.add(score, drawing)
        if score != known:
            progress.advance()
            known = score
    classes = worth_showing(collection)
    sink = io.BytesIO()
    draw_table(collection, classes, lambda one, font: why_missing(labels, one, font)).save(
        sink, "PNG", optimize=True
    )
    claim.begin()
    write_file(picture, sink.getvalue())
    write_file(page, "\n".join(describe(collection, classes)).encode())
    shown = tuple(
        (font, sum((one.id, font) in collection.specimens for one in labels.classes))
        for font in recipe.fonts
    )
    return Visit(picture, page, len(labels.classes), shown)


def worth_showing(collection: Collection) -> list[LabelClass]:
    """The classes for a picture: all, unless the set is of everything that fonts may hold."""
    labels = collection.labels
    if labels.name != "full":
        return list(labels.classes)
    known = {number for number, _ in collection.specimens}
    holes = {hole.name for hole in known_holes() if hole.labels == labels.name}
    return [one for one in labels.classes if one.id in known or one.name in holes]


def why_missing(labels: LabelSet, one: LabelClass, font: str) -> str:
    """In words, why there is no specimen of class *one* in *font*."""
    for hole in known_holes():
        if (hole.labels, hole.name) == (labels.name, one.name) and hole.is_in(font):
            return hole.reason
    return "no score of the zoo has it"


def describe(collection: Collection, classes: Sequence[LabelClass]) -> Iterator[str]:
    """The lines of a Markdown page beside the picture."""
    labels, fonts = collection.labels, collection.fonts
    yield f"# The zoo: {labels.name}"
    yield ""
    yield (
        f"{labels.description}, as `deepscores zoo --labels {labels.name}` finds them on the pages "
        "of the zoo. Each cell is cut from a page; only the labelled pixels are in colour. A "
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
        why = reasons.get((font, lender), f"the font lacks these glyphs; {lender} lends them")
        yield f"* {font}: {why}: {', '.join(f'`{one}`' for one in sorted(glyphs))}."
    if not collection.loans:
        yield "None."
    yield ""
    yield "## Where they are"
    yield ""
    yield f"| id | class | in {fonts[0]} | scores |"
    yield "| --: | --- | --: | --- |"
    counts = by_class(collection.counts, fonts[0])
    for one in classes:
        scores = sorted(
            score
            for (score, font), found in collection.counts.items()
            if font == fonts[0] and found[one.id]
        )
        yield f"| {one.id} | `{one.name}` | {counts[one.id]} | {', '.join(scores)} |"
    yield ""


def _holes(
    labels: LabelSet, classes: Sequence[LabelClass], collection: Collection
) -> Iterator[str]:
    yield "## Holes"
    yield ""
    holes = [
        (one.name, font, why_missing(labels, one, font))
        for one in classes
        for font in collection.fonts
        if (one.id, font) not in collection.specimens
    ]
    if not holes:
        yield "None: every class is drawn in every font."
    for name, font, reason in holes:
        yield f"* `{name}` in {font}: {reason}"
    yield ""
