"""A page has the same symbols alone, after others, in any order and in any process."""

import json
import subprocess
import sys
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from deepscores.engraving.verovio.engine import engrave
from deepscores.page.model import Score, Style
from deepscores.page.symbols.placing import place_symbols

_HERE = Path(__file__).parent
SCORES = {
    path.stem: path
    for folder in (_HERE / "scores", _HERE.parent / "golden/scores")
    for path in sorted(folder.glob("*.musicxml"))
}
FONTS = ("Bravura", "Petaluma")

Order = tuple[str, ...]  # names of scores that are engraved one after another
Rows = list[list[Any]]


def rows_of(name: str) -> Rows:
    """All columns of all symbols of one score, in two fonts, as JSON has them."""
    text = SCORES[name].read_text(encoding="utf-8")
    styles = [Style(music_font=font) for font in FONTS]
    engraving = engrave(Score(name, name, "", "", "musicxml", text), styles)
    rows = [
        symbol
        for _, page, _ in engraving.pages()
        for symbol in place_symbols(page, engraving.music).symbols
    ]
    values: Rows = json.loads(json.dumps(rows))
    return values


def orders() -> list[Order]:
    """All scores, beginning with each; so each comes first once, and after each number of others.

    Every second order runs backwards.
    """
    names = tuple(SCORES)
    turns = [names[start:] + names[:start] for start in range(len(names))]
    return [turn[:1] + turn[:0:-1] if place % 2 else turn for place, turn in enumerate(turns)]


@pytest.fixture(scope="module")
def by_order() -> dict[Order, dict[str, Rows]]:
    """The rows in each of `orders`, each order in a process that has engraved nothing before."""
    command = [sys.executable, "-m", "tests.property.test_same_rows"]
    output = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=_HERE.parents[1])
    return dict(zip(orders(), json.loads(output.stdout), strict=True))


def test_a_score_after_others_has_the_rows_that_it_has_alone(
    by_order: dict[Order, dict[str, Rows]],
) -> None:
    alone = {order[0]: rows[order[0]] for order, rows in by_order.items()}
    assert alone.keys() == SCORES.keys()
    for order, rows in by_order.items():
        for name in order:
            assert rows[name] == alone[name], f"{name}, engraved in the order {order}"


def test_a_score_has_the_rows_that_it_has_in_another_process(
    by_order: dict[Order, dict[str, Rows]],
) -> None:
    for order, rows in by_order.items():
        assert rows_of(order[0]) == rows[order[0]], order[0]


def engrave_all() -> list[dict[str, Rows]]:
    """The rows in each of `orders`, each by a copy of this process, which engraves nothing."""
    context = get_context("fork")
    receivers = []
    for order in orders():
        receiver, sender = context.Pipe(duplex=False)

        def send(order: Order = order, sender: Any = sender) -> None:
            sender.send({name: rows_of(name) for name in order})

        context.Process(target=send).start()
        sender.close()
        receivers.append(receiver)
    return [receiver.recv() for receiver in receivers]


if __name__ == "__main__":
    json.dump(engrave_all(), sys.stdout)
