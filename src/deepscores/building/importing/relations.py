"""What belongs to what, from the links of a notation graph."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from deepscores.page.symbols.parents import may_belong

# A notehead leads to its staff and its ledger lines, which belong to no symbol.
_OWNED_BY_NONE = ("staff*", "*ine", "*eparator")


def parents(names: Sequence[str], links: Sequence[Sequence[int]]) -> list[int]:
    """The number of the symbol that each symbol belongs to, from 1; 0 is none.

    *links* are the numbers that each of *names* links to. A notation graph links noteheads to all
    that belongs to them; so a notehead belongs to its stem, an accidental to its notehead, and a
    stem to the beam that is its notehead's, too. Relations that `may_belong` refuses are dropped;
    of several the first counts.

    >>> parents(["noteheadFull", "stem", "beam", "accidentalSharp"], [[2, 3, 4], [], [], []])
    [2, 3, 0, 1]
    """
    parent_of = [0] * len(names)

    def attach(child: int, parent: int) -> None:
        if not parent_of[child - 1] and _may_belong(names[child - 1], names[parent - 1]):
            parent_of[child - 1] = parent

    for number, targets in enumerate(links, start=1):
        for target in targets:
            if _may_belong(names[number - 1], names[target - 1]):
                attach(number, target)
            else:
                attach(target, number)
        stems, beams = (
            [target for target in targets if names[target - 1] == kind] for kind in _JOINED
        )
        for stem in stems:
            for beam in beams:
                attach(stem, beam)
    return parent_of


_JOINED = ("stem", "beam")


def _may_belong(child: str, parent: str) -> bool:
    return not any(fnmatchcase(child, pattern) for pattern in _OWNED_BY_NONE) and may_belong(
        child, parent
    )
