"""A style's properties as LilyPond's settings."""

from collections.abc import Callable, Iterable, Iterator
from math import log2

Value = float | int | bool

_LINE = 0.1  # staff spaces: LilyPond's own thickness of lines, by which it counts others
_CURVE = 0.8  # such lines that a slur's outline adds to its thickness
_STAFF = 4  # staff spaces between a staff's outer lines: LilyPond counts from middle to middle
_WORDS = 2.2  # staff spaces: the size of words at font-size 0


def _lines(value: Value) -> str:
    return f"#{value / _LINE:.4f}"


def _curve(value: Value) -> str:
    return f"#{max(value / _LINE - _CURVE, 0.2):.4f}"


def _spaces(value: Value) -> str:
    return f"#{value:.4f}"


def _flag(value: Value) -> str:
    return "##t" if value else "##f"


_Settings = dict[str, tuple[str, Callable[[Value], str]]]  # of each property: what is set, to what
_OVERRIDES: _Settings = {
    "staff-line-thickness": ("StaffSymbol.thickness", _lines),
    "stem-thickness": ("Stem.thickness", _lines),
    "barline-thickness": ("BarLine.hair-thickness", _lines),
    "thick-barline-thickness": ("BarLine.thick-thickness", _lines),
    "ledger-thickness": (
        "StaffSymbol.ledger-line-thickness",
        lambda value: f"#'({value / _LINE:.4f} . 0)",
    ),
    "ledger-extension": ("LedgerLineSpanner.length-fraction", _spaces),
    "slur-thickness": ("Slur.thickness", _curve),
    "tie-thickness": ("Tie.thickness", _curve),
    "hairpin-thickness": ("Hairpin.thickness", _lines),
    "hairpin-size": ("Hairpin.height", lambda value: f"#{value / 2:.4f}"),
    "tuplet-bracket-thickness": ("TupletBracket.thickness", _lines),
    "flat-beams": ("Beam.damping", lambda value: "#+inf.0" if value else "#1"),
    "lyric-size": ("LyricText.font-size", lambda value: f"#{6 * log2(value / _WORDS):.4f}"),
    "spacing-staff": (
        "StaffGrouper.staff-staff-spacing.basic-distance",
        lambda value: f"#{value + _STAFF:.4f}",
    ),
}
_PAPER: _Settings = {
    "spacing-system": (
        "system-system-spacing.basic-distance",
        lambda value: f"#{value + 2 * _STAFF:.4f}",
    ),
    "systems-per-page": ("max-systems-per-page", lambda value: f"#{value}" if value else "##f"),
    "justify-systems": ("ragged-bottom", lambda value: _flag(not value)),
    "ragged-right": ("ragged-right", _flag),
}
PROPERTIES = frozenset((*_OVERRIDES, *_PAPER))


def overrides(properties: Iterable[tuple[str, Value]]) -> str:
    r"""Lines for LilyPond's ``\context { \Score … }``."""
    return "\n".join(f"    \\override {line}" for line in _written(_OVERRIDES, properties))


def paper(properties: Iterable[tuple[str, Value]]) -> str:
    r"""Lines for LilyPond's ``\paper { … }``."""
    return "\n".join(f"  {line}" for line in _written(_PAPER, properties))


def _written(settings: _Settings, properties: Iterable[tuple[str, Value]]) -> Iterator[str]:
    for key, value in properties:
        if key in settings:
            name, write = settings[key]
            yield f"{name} = {write(value)}"
