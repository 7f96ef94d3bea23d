"""Labels in the layout of DOTA: a line per object, the corners of its box, class, difficulty.

``x1 y1 x2 y2 x3 y3 x4 y4 class difficulty``, in pixels of the image, clockwise. Difficulty is 0, 1
for what is hard, or 2 for what a cut has left too little of, as DOTA's own splitter writes it;
evaluation passes over both. DOTA's own files begin with two lines about the source of the image,
which readers leave out; here are none, as not all of them do.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from deepscores.errors import DatasetError

EASY, CUT = 0, 2
_WORDS = 10


class OrientedObject(NamedTuple):
    """One object: the corners x y of its oriented box in pixels."""

    name: str
    corners: tuple[float, ...]  # 8
    difficulty: int = EASY


def write_dota(objects: Iterable[OrientedObject]) -> bytes:
    """The label file of one image; spaces in names become underscores.

    >>> write_dota([OrientedObject("slur", (1, 2, 9, 2, 9, 4, 1, 4))])
    b'1.00 2.00 9.00 2.00 9.00 4.00 1.00 4.00 slur 0\\n'
    """
    lines = (
        f"{' '.join([f'{value:.2f}' for value in corners])} {as_word(name)} {difficulty}\n"
        for name, corners, difficulty in objects
    )
    return "".join(lines).encode()


def as_word(name: str) -> str:
    """A class's *name* as one word."""
    return "_".join(name.split())


def read_dota(text: str, file: str = "labels") -> Iterator[OrientedObject]:
    """Yield the objects of one image; lines about the image's source are skipped.

    >>> [label.name for label in read_dota("gsd:0.1\\n1 2 9 2 9 4 1 4 slur 0")]
    ['slur']
    """
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if not words or (len(words) == 1 and ":" in words[0]):
            continue
        try:
            yield _object(words)
        except ValueError as error:
            raise DatasetError(f"{file}, line {number}: not a DOTA label: {error}") from None


def _object(words: Sequence[str]) -> OrientedObject:
    if len(words) not in (_WORDS - 1, _WORDS):  # the difficulty may be left out
        raise ValueError(f"{len(words)} words, not {_WORDS}")
    difficulty = int(words[9]) if len(words) == _WORDS else EASY
    return OrientedObject(words[8], tuple(float(value) for value in words[:8]), difficulty)
