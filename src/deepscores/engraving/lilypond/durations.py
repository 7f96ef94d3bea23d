"""Note values and times as LilyPond writes them."""

from fractions import Fraction

from deepscores.engraving.lilypond.mei import Node, number

_NAMES = {"maxima": "\\maxima", "long": "\\longa", "breve": "\\breve"}
_LONG = {"maxima": Fraction(32), "long": Fraction(16), "breve": Fraction(8)}
_SHORTEST = 1024


def note_value(node: Node) -> str:
    """What a note, chord or rest looks like: ``4..``; a quarter note where MEI does not say."""
    value = node.get("dur") or "4"
    if value not in _NAMES and not (value.isdigit() and 1 <= int(value) <= _SHORTEST):
        value = "4"
    return _NAMES.get(value, value) + "." * _dots(node)


def written(node: Node) -> Fraction:
    """Quarter notes that the value of *node* stands for."""
    value = node.get("dur") or "4"
    base = _LONG.get(value) or Fraction(4, number(value, 4) or 4)
    return base * (2 - Fraction(1, 2 ** _dots(node)))


def _dots(node: Node) -> int:
    return min(number(node.get("dots")), 4)


def timed(node: Node, takes: Fraction, ratio: Fraction) -> str:
    """The note value of *node*, made to take so many quarter notes within tuplets of *ratio*."""
    looks = written(node) * ratio
    return note_value(node) + _times(takes / looks if looks else Fraction(1))


def stretch(takes: Fraction) -> str:
    """So many quarter notes, as a whole note and a factor.

    >>> stretch(Fraction(3))
    '1*3/4'
    """
    return f"1{_times(takes / 4)}"


def moment(takes: Fraction) -> str:
    """So many quarter notes as a moment of LilyPond's."""
    whole = takes / 4
    return f"#(ly:make-moment {whole.numerator}/{whole.denominator})"


def _times(factor: Fraction) -> str:
    return "" if factor == 1 else f"*{factor.numerator}/{factor.denominator}"
