"""What is wrong in a dataset."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from typing import NamedTuple, TypeVar

Item = TypeVar("Item", bound=Hashable)

FILES, CLASSES = "files", "classes"  # checks that reading a dataset makes


class Finding(NamedTuple):
    """One object, page or file that is not as it should be."""

    check: str
    where: str  # page, or file in the dataset
    object: str  # number of the symbol, id of the annotation; "" if none in particular
    detail: str


def repeated(items: Iterable[Item]) -> Iterator[Item]:
    """Yield what comes more than once in *items*, once each.

    >>> list(repeated("abcab"))
    ['a', 'b']
    """
    yield from (item for item, count in Counter(items).items() if count > 1)
