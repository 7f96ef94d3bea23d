"""What belongs to what, from the links of a notation graph."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from deepscores.page.symbols.parents import may_belong

# A notehead leads to its staff and its ledger lines, which are no one's.
_NOBODYS = ("staff*", "*ine", "*eparator")


def parents(names: Sequence[str], links: Sequence[Sequence[int]]) -> list[int]:
    """The number of the symbol that each belongs to, from 1; 0 is none.

    *links* are the numbers that each of *names* leads to. A notation graph leads from noteheads to
    all that is theirs; so a notehead belongs to its stem, an accidental to its notehead, and a stem
    to the beam that is its notehead's, too. What would make no sense here is no relation; of
    several that do the first is taken.

    >>> parents(["noteheadFull", "stem", "beam", "accidentalSharp"], [[2, 3, 4], [], [], []])
    [2, 3, 0, 1]
    """
    found = [0] * len(names)

    def belongs(child: int, parent: int) -> None:
        if not found[child - 1] and _may(names[child - 1], names[parent - 1]):
            found[child - 1] = parent

    for number, targets in enumerate(links, start=1):
        for target in targets:
            if _may(names[number - 1], names[target - 1]):
                belongs(number, target)
            else:
                belongs(target, number)
        stems, beams = ([one for one in targets if names[one - 1] == kind] for kind in _JOINED)
        for stem in stems:
            for beam in beams:
                belongs(stem, beam)
    return found


_JOINED = ("stem", "beam")


def _may(child: str, parent: str) -> bool:
    return not any(fnmatchcase(child, one) for one in _NOBODYS) and may_belong(child, parent)
