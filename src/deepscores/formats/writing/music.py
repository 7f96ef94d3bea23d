"""What the symbol table says of the music of labelled objects."""

from collections.abc import Iterator

from deepscores.dataset.labelled import LabelledPage

Facts = tuple[float | None, float | None, int | None]  # onset, duration, staff position


def facts_of(page: LabelledPage) -> Iterator[Facts]:
    """Onset and duration in quarter notes, and staff position, of each object's first symbol."""
    columns = page.symbols.select(["onset", "duration", "staff_position"])
    rows = columns.take((page.objects.number - 1).tolist())
    yield from zip(*(column.to_pylist() for column in rows.columns), strict=True)
