"""Write a picture of all fonts, and a page on what each contains."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from deepscores.dataset.png.codec import encode_png
from deepscores.inspection.galleries.fonts.entries import FontEntry, list_fonts
from deepscores.inspection.galleries.fonts.picture import Row, draw_rows, engrave_passage
from deepscores.recipe.recipe import Recipe
from deepscores.runs.claim import claim_output
from deepscores.runs.files import write_file
from deepscores.runs.progress import NullProgress, Progress


@dataclass(frozen=True, slots=True)
class Fonts:
    """The fonts that `write_fonts` listed, and the files that it wrote."""

    entries: tuple[FontEntry, ...]
    picture: Path | None = None
    page: Path | None = None


def write_fonts(
    recipe: Recipe, folder: Path | None, *, force: bool = False, progress: Progress | None = None
) -> Fonts:
    """List the fonts of *recipe*; into *folder*, if given, write ``fonts.png`` and ``fonts.md``.

    Raise DatasetError for a folder that cannot be used: pictures of other fonts are replaced with
    *force* alone.
    """
    labels = recipe.labels
    entries = tuple(list_fonts(recipe, labels))
    if folder is None:
        return Fonts(entries)
    picture, page = folder / "fonts.png", folder / "fonts.md"
    about = {"fonts": recipe.fonts}
    claim = claim_output(folder, "font specimen", about, (picture.name, page.name), force=force)
    claim.check()
    progress = progress or NullProgress()
    progress.stage("Engraving", len(entries))
    rows = []
    for row in engrave_passage(recipe):
        rows.append(row)
        progress.advance()
    claim.begin()
    write_file(picture, encode_png(draw_rows(rows)))
    write_file(page, "\n".join(describe(entries, rows, labels.name)).encode())
    return Fonts(entries, picture, page)


def describe(entries: Sequence[FontEntry], rows: Sequence[Row], labels: str) -> Iterator[str]:
    """The lines of a Markdown page beside the picture."""
    borrowed = {(row.engraver, row.font): row.borrowed for row in rows}
    yield "# Fonts"
    yield ""
    yield (
        "One passage in every font and engraver, as `deepscores fonts` engraves it. *Glyphs* are "
        f"those of SMuFL; *lent* are those that the classes of `{labels}` are named after, that "
        "the font lacks and that another has, which draws them in its place."
    )
    yield ""
    yield "![One passage in every font](fonts.png)"
    yield ""
    yield "| font | engraver | from | glyphs | lent | version | licence |"
    yield "| --- | --- | --- | --: | --: | --- | --- |"
    for entry in entries:
        source, facts = entry.file or "the engraver", entry.facts
        yield (
            f"| {entry.font} | {entry.engraver} | {source} | {entry.glyphs} | {len(entry.missing)} "
            f"| {_cell(facts.version)} | {_cell(facts.licence_url or facts.licence)} |"
        )
    yield ""
    yield (
        "Licences are what the name tables of the fonts say, cut to their beginning; the files of "
        "a font's package may say otherwise."
    )
    yield ""
    yield "## Glyphs that another font lends"
    yield ""
    for entry in entries:
        names = ", ".join(f"`{name}`" for name in entry.missing)
        yield f"* {entry.font}: {f'{entry.lender} lends {names}' if names else 'none'}"
    yield ""
    yield "## In the picture"
    yield ""
    for entry in entries:
        names = ", ".join(f"`{name}`" for name in borrowed.get((entry.engraver, entry.font), ()))
        yield f"* {entry.font}: {names or 'all glyphs are its own'}"
    yield ""


def _cell(text: str) -> str:
    """*text* short enough for a table's cell, without its separator.

    >>> _cell("a | b")
    'a / b'
    """
    text = text.replace("|", "/")
    return text if len(text) <= 60 else f"{text[:57].rstrip()}…"
