"""Note values and times as LilyPond writes them."""

from fractions import Fraction

from deepscores.engraving.lilypond.mei import Node, number

_NAMES = {"maxima": "\\maxima", "long": "\\longa", "breve": "\\breve"}
_LONG = {"maxima": Fraction(32), "long": Fraction(16), "breve": Fraction(8)}
_SHORTEST = 1024


def note_value(node: Node) -> str:
    """The written value of a note, chord or rest: ``4..``; a quarter note if MEI has none."""
    value = node.get("dur") or "4"
    if value not in _NAMES and not (value.isdigit() and 1 <= int(value) <= _SHORTEST):
        value = "4"
    return _NAMES.get(value, value) + "." * _dots(node)


def written_length(node: Node) -> Fraction:
    """Length of *node*'s written value in quarter notes."""
    value = node.get("dur") or "4"
    base = _LONG.get(value) or Fraction(4, number(value, 4) or 4)
    return base * (2 - Fraction(1, 2 ** _dots(node)))


def _dots(node: Node) -> int:
    return min(number(node.get("dots")), 4)


def scaled_value(node: Node, takes: Fraction, ratio: Fraction) -> str:
    """The note value of *node*, scaled to *takes* quarter notes within tuplets of *ratio*."""
    looks = written_length(node) * ratio
    return note_value(node) + _factor(takes / looks if looks else Fraction(1))


def stretch(takes: Fraction) -> str:
    """*takes* quarter notes, as a whole note and a factor.

    >>> stretch(Fraction(3))
    '1*3/4'
    """
    return f"1{_factor(takes / 4)}"


def moment(takes: Fraction) -> str:
    """*takes* quarter notes as a LilyPond moment."""
    whole_notes = takes / 4
    return f"#(ly:make-moment {whole_notes.numerator}/{whole_notes.denominator})"


def _factor(factor: Fraction) -> str:
    return "" if factor == 1 else f"*{factor.numerator}/{factor.denominator}"
