"""What others published of their datasets, to stand beside ours; the figures are data."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from deepscores.inspection.statistics.model import Spread


class Published(NamedTuple):
    """A dataset as its makers describe it; None where they do not tell."""

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
            one["name"],
            one.get("classes"),
            one.get("images"),
            one.get("objects"),
            one.get("pixels"),
            one["source"],
        )
        for one in _table()["dataset"]
    ]


def the_paper() -> Paper:
    paper = _table()["paper"]
    return Paper(
        Spread(**paper["per_page"]),
        Spread(**paper["per_class"]),
        paper["top_ten_share"],
        paper["shares"],
    )
