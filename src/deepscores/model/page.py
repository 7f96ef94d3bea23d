"""An engraved page as vectors: what was drawn, and whose it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.geometry import Affine, Box


class Element(NamedTuple):
    """A group of the engraver's output: an MEI element or a part of one."""

    kind: (
        str  # MEI name, or the engraver's name of a part: "note", "notehead", "stem", "ledgerLines"
    )
    id: str  # xml:id in the score's MEI; "" for parts without one
    parent: int  # index into Page.elements, -1 at the root
    qualifiers: tuple[str, ...] = ()  # "above", "cue", "spanning", …


class Mark(NamedTuple):
    """One drawn shape. Marks come in painting order: later ones cover earlier ones."""

    edges: NDArray[np.float64] | None  # (n, 4) closed contours, in the mark's own units
    to_page: Affine  # own units → pixels of the page
    element: int  # index into Page.elements
    shape: str  # "glyph" | "path" | "polygon" | "polyline" | "rect" | "ellipse" | "text"
    glyph: str = ""  # SMuFL name
    font: str = ""  # the font that drew it
    scale: float = 1.0  # glyph: size against a full-size glyph of its staff; text: font size in px
    text: str = ""
    stroke: float = 0.0  # line width in pixels, 0 for fills
    part: str = ""  # of a composite glyph
    box: Box | None = None  # instead of edges: an upright rectangle, in pixels of the page
    key: str = ""  # equal keys have equal edges; "" if they will not be seen again


class Outline(NamedTuple):
    """What a symbol inks: the inside of closed contours, or an upright rectangle."""

    edges: NDArray[np.float64] | None  # (n, 4)
    to_page: Affine = Affine()  # its units → pixels of the page
    key: str = ""  # equal keys have equal edges; "" if it will not be seen again
    box: Box | None = None  # instead of edges, in pixels of the page


@dataclass(frozen=True, slots=True)
class Page:
    """One engraved page."""

    number: int  # from 1
    width: int  # pixels
    height: int
    staff_space: float  # pixels
    elements: tuple[Element, ...]
    marks: tuple[Mark, ...]
    missing_text: str = ""  # characters that no packaged font can draw


class Facts(NamedTuple):
    """What the score says about one element, whatever page it lands on."""

    staff: int = 0  # staff number in the score, from 1
    voice: int = 0
    measure: str = ""  # as numbered in the score
    part: str = ""
    step: str = ""  # pitch name c…b
    alter: float = 0.0  # semitones, as sounding
    octave: int | None = None
    duration: float | None = None  # quarter notes, as written
    onset: float | None = None  # quarter notes from the start of the score
    grace: bool = False
    attributes: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Music:
    """The score as the engraver understood it, by element id."""

    mei: str
    facts: Mapping[str, Facts]
    parts: tuple[str, ...]
    measures: int
    notes: int
