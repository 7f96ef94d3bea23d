"""The staff space, in pixels between two staff lines: its valid ranges, and when it is unknown.

An unknown staff space is None. Stored tables hold 0 or null instead: see `known_staff_space`.
"""

from collections.abc import Iterable
from typing import NamedTuple

from deepscores.errors import RecipeError

TYPICAL = 16.0  # pixels: assumed where a page is only to be shown, and its own is unknown


class StaffSpaceRange(NamedTuple):
    """Valid staff spaces, both ends included."""

    smallest: float  # pixels
    largest: float  # pixels


ENGRAVABLE = StaffSpaceRange(4, 64)  # that engravers draw
SCALABLE = StaffSpaceRange(1, 200)  # that pages may have, or be rescaled to


def check_staff_space(value: float | None, limits: StaffSpaceRange) -> None:
    """Raise RecipeError for a *value*, unless it is None, that is not within *limits*."""
    if value is not None and not limits.smallest <= value <= limits.largest:
        raise RecipeError(
            f"staff-space: {value:g} px is not between {limits.smallest:g} and {limits.largest:g}"
        )


def known_staff_space(stored: float | None) -> float | None:
    """The staff space that a table stores; None where it stores 0 or null for unknown.

    >>> known_staff_space(16), known_staff_space(0), known_staff_space(None)
    (16.0, None, None)
    """
    return float(stored) if stored is not None and stored > 0 else None


def common_staff_space(stored: Iterable[float | None]) -> float | None:
    """The staff space that all pages have, as stored; None where they differ or one is unknown.

    >>> common_staff_space([16, 16]), common_staff_space([16, 12]), common_staff_space([0, 0])
    (16.0, None, None)
    """
    distinct = set(map(known_staff_space, stored))
    return distinct.pop() if len(distinct) == 1 else None
