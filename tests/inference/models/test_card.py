"""A card survives the way through a file; what is none is told."""

import json

import pytest

from deepscores.errors import DatasetError
from deepscores.inference.models.card import ModelCard, parse_card

CARD = ModelCard(
    "detect", ("stem", "gClef"), "deepscores-118", 16.0, "small", "0.1.0",
    {"strides": [4], "name": "Ä"}, {"seed": 3},
)  # fmt: skip


def test_a_card_comes_back_as_it_was() -> None:
    assert parse_card(CARD.as_json(), "here") == CARD


def test_a_key_of_a_later_version_is_passed_over() -> None:
    later = json.dumps({**json.loads(CARD.as_json()), "colour": "red"})
    assert parse_card(later, "here") == CARD


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "here: its model card cannot be read"),
        ("[1]", "here: its model card cannot be read"),
        ('{"task": "detect"}', "here: its model card cannot be read"),
        (CARD.as_json().replace('"detect"', '"sing"'), "here: its task is 'sing', none of"),
    ],
)
def test_what_is_no_card_is_told(text: str, told: str) -> None:
    with pytest.raises(DatasetError, match=told):
        parse_card(text, "here")
