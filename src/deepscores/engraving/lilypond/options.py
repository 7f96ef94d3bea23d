"""A style's properties as LilyPond's settings."""

from collections.abc import Callable, Iterable, Iterator
from math import log2

Value = float | int | bool

_LINE = (
    0.1  # staff spaces: how thick LilyPond's staff lines are; it counts all lines by its staff's
)
_CURVE = 0.8  # lines' thicknesses that a slur's outline adds
_STAFF = 4  # staff spaces between a staff's outer lines: LilyPond counts from middle to middle
_WORDS = 2.2  # staff spaces: the size of words at font-size 0

# By property: LilyPond's setting, and its value for staff lines of some thickness in staff spaces.
_Settings = dict[str, tuple[str, Callable[[Value, float], str]]]


def _lines(value: Value, line: float) -> str:
    return f"#{value / line:.4f}"


def _absolute(value: Value, _line: float) -> str:
    return f"#{value / _LINE:.4f}"


def _curve(value: Value, line: float) -> str:
    return f"#{max(value / line - _CURVE, 0.2):.4f}"


def _flag(value: Value, _line: float) -> str:
    return "##t" if value else "##f"


_OVERRIDES: _Settings = {
    "staff-line-thickness": ("StaffSymbol.thickness", _absolute),
    "stem-thickness": ("Stem.thickness", _lines),
    "barline-thickness": ("BarLine.hair-thickness", _absolute),
    "thick-barline-thickness": ("BarLine.thick-thickness", _absolute),
    "ledger-thickness": (
        "StaffSymbol.ledger-line-thickness",
        lambda value, _: f"#'(0 . {value:.4f})",
    ),
    "ledger-extension": ("LedgerLineSpanner.length-fraction", lambda value, _: f"#{value:.4f}"),
    "slur-thickness": ("Slur.thickness", _curve),
    "tie-thickness": ("Tie.thickness", _curve),
    "hairpin-thickness": ("Hairpin.thickness", _lines),
    "hairpin-size": ("Hairpin.height", lambda value, _: f"#{value / 2:.4f}"),
    "tuplet-bracket-thickness": ("TupletBracket.thickness", _lines),
    "flat-beams": ("Beam.damping", lambda value, _: "#+inf.0" if value else "#1"),
    "lyric-size": ("LyricText.font-size", lambda value, _: f"#{6 * log2(value / _WORDS):.4f}"),
    "spacing-staff": (
        "StaffGrouper.staff-staff-spacing.basic-distance",
        lambda value, _: f"#{value + _STAFF:.4f}",
    ),
}
_PAPER: _Settings = {
    "spacing-system": (
        "system-system-spacing.basic-distance",
        lambda value, _: f"#{value + 2 * _STAFF:.4f}",
    ),
    "systems-per-page": ("max-systems-per-page", lambda value, _: f"#{value}" if value else "##f"),
    "justify-systems": ("ragged-bottom", lambda value, _: "##f" if value else "##t"),
    "ragged-right": ("ragged-right", _flag),
}
PROPERTIES = frozenset((*_OVERRIDES, *_PAPER))


def overrides(properties: Iterable[tuple[str, Value]]) -> str:
    r"""Lines for LilyPond's ``\context { \Score … }``."""
    return "\n".join(f"    \\override {line}" for line in _render_settings(_OVERRIDES, properties))


def paper(properties: Iterable[tuple[str, Value]]) -> str:
    r"""Lines for LilyPond's ``\paper { … }``."""
    return "\n".join(f"  {line}" for line in _render_settings(_PAPER, properties))


def _render_settings(settings: _Settings, properties: Iterable[tuple[str, Value]]) -> Iterator[str]:
    values = dict(properties)
    for key, value in values.items():
        if key in settings:
            name, write = settings[key]
            yield f"{name} = {write(value, values.get('staff-line-thickness', _LINE))}"
