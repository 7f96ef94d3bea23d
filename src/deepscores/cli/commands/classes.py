"""``deepscores classes``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from deepscores.cli.command import command
from deepscores.cli.screen import new_console, new_table
from deepscores.recipe.options.recipes import LABELS

if TYPE_CHECKING:
    from deepscores.page.labels.label_sets import LabelSet


@command("classes")
def run(*, labels: str = LABELS.default, csv: bool = False) -> None:
    """List the classes of a label set.

    Prints the id, name, SMuFL glyph and description of each.

    \b
    deepscores classes
    deepscores classes --labels deepscores-v2 --csv > classes.csv
    """
    from deepscores.page.labels.label_sets import load_label_set

    print_classes(load_label_set(labels), as_csv=csv)


def print_classes(labels: LabelSet, *, as_csv: bool) -> None:
    """Print the classes as a table or as CSV."""
    header = ("id", "name", "smufl", "description")
    rows = [
        (str(label_class.id), label_class.name, label_class.smufl, label_class.description)
        for label_class in labels.classes
    ]
    if as_csv:
        import csv

        csv.writer(sys.stdout, lineterminator="\n").writerows([header, *rows])
        return
    table = new_table(*header, title=f"{labels.name}: {labels.description}")
    for row in rows:
        table.add_row(*row)
    new_console().print(table)
