"""The card in a model file: its task, classes, and all that decoding its output needs."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from deepscores.errors import DatasetError

TASKS = ("classify", "detect", "segment")
PROPERTY = "deepscores"  # of the ONNX file's metadata


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Stored inside the model file as JSON, so that the file alone is enough to predict.

    *classes* are names: of `detect` and `segment` by class id - 1, id 0 is paper; of `classify` by
    label, from 0. *settings* and *training* hold plain JSON values.
    """

    task: str  # one of TASKS
    classes: tuple[str, ...]
    label_set: str  # its name
    staff_space: float | None  # pixels that pages are rescaled to; None: as they are
    preset: str
    version: str  # of deepscores
    settings: Mapping[str, Any] = field(default_factory=dict)  # what decoding needs
    training: Mapping[str, Any] = field(default_factory=dict)  # data, seed, budget, figures

    def as_json(self) -> str:
        """The card as one line; equal cards give equal text."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)


def parse_card(text: str, source: str) -> ModelCard:
    """The card that `ModelCard.as_json` wrote.

    Raise DatasetError, which names *source*, for text that is not a card.
    """
    try:
        table = json.loads(text)
        field_names = {card_field.name for card_field in fields(ModelCard)}
        card = ModelCard(**{name: value for name, value in table.items() if name in field_names})
    except (ValueError, TypeError, AttributeError) as error:
        raise DatasetError(f"{source}: its model card cannot be read: {error}") from None
    if card.task not in TASKS:
        raise DatasetError(f"{source}: its task is {card.task!r}, none of {', '.join(TASKS)}")
    return ModelCard(**{**asdict(card), "classes": tuple(map(str, card.classes))})
