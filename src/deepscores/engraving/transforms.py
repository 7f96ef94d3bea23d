"""SVG's transform attribute, as far as engravers use it."""

import re
from functools import lru_cache
from math import cos, radians, sin

from deepscores.errors import EngravingError
from deepscores.page.geometry import Affine

_TRANSFORM = re.compile(r"(\w+)\s*\(([^)]*)\)")
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


@lru_cache(maxsize=65_536)
def parse_transform(text: str) -> Affine:
    """Parse a transform; raise EngravingError for kinds that no engraver writes.

    >>> parse_transform("translate(3, 4) scale(2, 2)")
    Affine(a=2.0, b=0.0, c=0.0, d=2.0, e=3.0, f=4.0)
    """
    combined = Affine()
    for name, arguments in _TRANSFORM.findall(text):
        values = [float(number) for number in NUMBER.findall(arguments)]
        match name, values:
            case "translate", [x, y]:
                step = Affine(e=x, f=y)
            case "scale", [x, y]:
                step = Affine(a=x, d=y)
            case "scale", [x]:
                step = Affine(a=x, d=x)
            case "rotate", [degrees]:
                step = _rotation(degrees, 0.0, 0.0)
            case "rotate", [degrees, x, y]:
                step = _rotation(degrees, x, y)
            case _:
                raise EngravingError(text, "unknown transform")
        combined = combined @ step
    return combined


def _rotation(degrees: float, x: float, y: float) -> Affine:
    a, b = cos(radians(degrees)), sin(radians(degrees))
    return Affine(a, b, -b, a, x - a * x + b * y, y - b * x - a * y)
