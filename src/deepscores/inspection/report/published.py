"""Published figures of other datasets, to compare with; they are data."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from deepscores.inspection.statistics.model import Spread


class Published(NamedTuple):
    """A dataset as its authors describe it; None: not stated."""

    name: str
    classes: int | None
    images: int | None
    objects: int | None
    pixels: int | None
    source: str


class Paper(NamedTuple):
    """What the DeepScores paper says of its dataset."""

    per_page: Spread
    per_class: Spread
    top_ten_share: float
    shares: dict[str, float]  # of the most frequent classes


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("published.toml").read_text("utf-8"))


def published_datasets() -> list[Published]:
    """The rows of the paper's Table 1 that could be confirmed, in its order, and its successor."""
    return [
        Published(
            row["name"],
            row.get("classes"),
            row.get("images"),
            row.get("objects"),
            row.get("pixels"),
            row["source"],
        )
        for row in _table()["dataset"]
    ]


def the_paper() -> Paper:
    paper = _table()["paper"]
    return Paper(
        Spread(**paper["per_page"]),
        Spread(**paper["per_class"]),
        paper["top_ten_share"],
        paper["shares"],
    )
