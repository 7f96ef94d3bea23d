"""Points, boxes and affine maps as plain tuples."""

from typing import NamedTuple, Protocol


class Point(NamedTuple):
    """A place: x to the right, y down."""

    x: float
    y: float


class Box(NamedTuple):
    """A half-open rectangle ``x0 <= x < x1``, ``y0 <= y < y1``."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def centre(self) -> Point:
        return Point((self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2)

    def __or__(self, box: "Box") -> "Box":
        """The smallest box around both.

        >>> Box(0, 0, 1, 1) | Box(2, -1, 3, 0.5)
        Box(x0=0, y0=-1, x1=3, y1=1)
        """
        return Box(
            min(self.x0, box.x0),
            min(self.y0, box.y0),
            max(self.x1, box.x1),
            max(self.y1, box.y1),
        )

    def clipped(self, width: float, height: float) -> "Box":
        """The part inside a page of *width* × *height*; may be empty.

        >>> Box(-1, 2, 5, 9).clipped(4, 8)
        Box(x0=0, y0=2, x1=4, y1=8)
        """
        if self.x0 >= 0 and self.y0 >= 0 and self.x1 <= width and self.y1 <= height:
            return self
        return Box(
            min(max(self.x0, 0), width),
            min(max(self.y0, 0), height),
            min(max(self.x1, 0), width),
            min(max(self.y1, 0), height),
        )


class PageMap(Protocol):
    """Where a point of a page lies in a picture of the page.

    An `Affine` is one; that of a curled page that was photographed need not be affine.
    """

    def __call__(self, x: float, y: float, /) -> Point: ...


class Affine(NamedTuple):
    """The map ``x' = a·x + c·y + e``, ``y' = b·x + d·y + f`` (SVG's ``matrix(a b c d e f)``)."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 1.0
    e: float = 0.0
    f: float = 0.0

    def __matmul__(self, inner: "Affine") -> "Affine":
        """Compose: apply *inner* first.

        >>> Affine(a=2, d=2) @ Affine(e=3, f=4)
        Affine(a=2.0, b=0.0, c=0.0, d=2.0, e=6.0, f=8.0)
        """
        return Affine(
            self.a * inner.a + self.c * inner.b,
            self.b * inner.a + self.d * inner.b,
            self.a * inner.c + self.c * inner.d,
            self.b * inner.c + self.d * inner.d,
            self.a * inner.e + self.c * inner.f + self.e,
            self.b * inner.e + self.d * inner.f + self.f,
        )

    def __call__(self, x: float, y: float, /) -> Point:
        return Point(self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f)


class Composed(NamedTuple):
    """One map after another."""

    outer: PageMap
    inner: PageMap  # applied first

    def __call__(self, x: float, y: float, /) -> Point:
        return self.outer(*self.inner(x, y))


def compose(outer: PageMap, inner: PageMap) -> PageMap:
    """The map that applies *inner*, then *outer*; affine if both are.

    >>> compose(Affine(a=2, d=2), Affine(e=3, f=4))
    Affine(a=2.0, b=0.0, c=0.0, d=2.0, e=6.0, f=8.0)
    """
    if isinstance(outer, Affine) and isinstance(inner, Affine):
        return outer @ inner
    return Composed(outer, inner)
