"""A style's properties as Verovio's options."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from deepscores.errors import RecipeError


class Option(NamedTuple):
    """Verovio's option for a property."""

    name: str
    default: float | int | bool
    factor: float = 1.0  # Verovio's lengths are in half staff spaces
    flagged: int | bool | None = None  # for booleans: the option's value if true


OPTIONS: dict[str, Option] = {
    "spacing-linear": Option("spacingLinear", 0.25),
    "spacing-non-linear": Option("spacingNonLinear", 0.6),
    "spacing-staff": Option("spacingStaff", 12, 2),
    "spacing-system": Option("spacingSystem", 4, 2),
    "staff-line-thickness": Option("staffLineWidth", 0.15, 2),
    "stem-thickness": Option("stemWidth", 0.2, 2),
    "barline-thickness": Option("barLineWidth", 0.3, 2),
    "thick-barline-thickness": Option("thickBarlineThickness", 1.0, 2),
    "ledger-thickness": Option("ledgerLineThickness", 0.25, 2),
    "ledger-extension": Option("ledgerLineExtension", 0.54, 2),
    "slur-thickness": Option("slurMidpointThickness", 0.6, 2),
    "slur-curve": Option("slurCurveFactor", 1.0),
    "tie-thickness": Option("tieMidpointThickness", 0.5, 2),
    "hairpin-thickness": Option("hairpinThickness", 0.2, 2),
    "hairpin-size": Option("hairpinSize", 3.0, 2),
    "bracket-thickness": Option("bracketThickness", 1.0, 2),
    "tuplet-bracket-thickness": Option("tupletBracketThickness", 0.2, 2),
    # From 0 to 20 in Verovio 6.4: 0 makes beams level, all others leave them as they are.
    "flat-beams": Option("beamMaxSlope", 10, flagged=0),
    "lyric-size": Option("lyricSize", 4.5, 2),
    "bar-numbers": Option("mnumInterval", 0),
    "systems-per-page": Option("systemMaxPerPage", 0),
    "justify-systems": Option("justifyVertically", default=False, flagged=True),
    "ragged-right": Option("noJustification", default=False, flagged=True),
}


DEFAULTS: dict[str, Any] = {option.name: option.default for option in OPTIONS.values()}


def style_options(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Verovio's options for *properties*.

    :raises RecipeError: it has no option for one of them
    """
    options: dict[str, Any] = {}
    for key, value in properties.items():
        if key not in OPTIONS:
            raise RecipeError(
                f"style: Verovio has no property {key!r}; it has {', '.join(OPTIONS)}"
            )
        name, default, factor, flagged = OPTIONS[key]
        if flagged is not None:
            options[name] = flagged if value else default
        else:
            options[name] = round(value * factor, None if isinstance(default, int) else 4)
    return options
