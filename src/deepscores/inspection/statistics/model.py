"""What the statistics of a dataset are."""

import dataclasses
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Spread:
    """How a count is spread. *std* is the population's: n values are divided by n."""

    mean: float
    std: float
    max: int
    min: int
    median: float


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Sizes that occur: each is the smallest that such a share does not exceed."""

    min: float
    p5: float
    p25: float
    median: float
    p75: float
    p95: float
    max: float


@dataclass(frozen=True, slots=True)
class Extent:
    """How large the boxes of objects are. Lengths in one unit, *area* in its square."""

    height: Quantiles
    width: Quantiles
    area: Quantiles


@dataclass(frozen=True, slots=True)
class ClassStatistics:
    """One class of the label set."""

    id: int
    name: str
    symbols: int  # rows of the symbol table: an object may be of several
    objects: int
    share: float  # of all objects
    pages: int  # with at least one object
    per_page: Spread  # objects a page, over all pages, those without included
    pixels: Extent | None  # None for a class without objects
    staff_spaces: Extent | None  # also None if every staff space is unknown


@dataclass(frozen=True, slots=True)
class GroupStatistics:
    """The pages of one font or of one split."""

    name: str
    pages: int
    symbols: int
    objects: int
    classes: int  # with at least one object
    symbols_per_page: Spread
    objects_per_page: Spread


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts of a dataset. A symbol is a row of the symbol table; objects are what is labelled."""

    dataset: str
    label_set: str
    pages: int
    symbols: int
    objects: int
    symbols_per_page: Spread
    objects_per_page: Spread
    objects_per_class: Spread  # over all classes of the label set
    objects_per_class_seen: Spread  # over those that have an object
    top_ten: tuple[str, ...]  # classes with the most objects, most first
    top_ten_share: float  # of all objects
    absent: tuple[str, ...]  # classes without an object, in the order of their ids
    classes: tuple[ClassStatistics, ...]  # by id
    fonts: tuple[GroupStatistics, ...]  # by name, of the pages' music fonts
    splits: tuple[GroupStatistics, ...]  # train, val, test

    def as_table(self) -> dict[str, Any]:
        """Plain values, as ``deepscores stats --json`` prints them."""
        return dataclasses.asdict(self)
