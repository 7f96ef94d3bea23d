"""How far apart staff lines are, from the picture alone, to a fraction of a pixel.

What the most frequent sum of a black and a white run down the columns tells of clean pages (Cardoso
and Rebelo, "Robust Staffline Thickness and Distance Estimation", ICPR 2010) is read here off the
autocorrelation of the columns' edges: a staff's five lines are alike at one, two, three and four
times their distance. There is no threshold, so grey, faint and noisy lines count as black ones do.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_STRIPS = 256  # that a page is cut into; the mean over a strip's width takes noise away
_WIDEST = 24  # pixels: of a page that is askew, wider strips would blur the lines
_SMALLEST = 3  # pixels from line to line
_LARGEST = 0.2  # of the picture's height: five lines must be on it
_STANDS_OUT = 6.0  # times what lags without meaning have
_HALF = 0.4  # of the likeness at a distance, at half of it: then half of it is the distance
_TEETH = (0.25, 0.1)  # least likeness at two and three times the distance, as shares of that at one
_BEYOND = 0.6  # most likeness at five times the distance: lines of text go on, a staff has five


class Estimate(NamedTuple):
    """A staff space, and how much it stands out."""

    pixels: float
    strength: float  # times what lags without meaning have


def staff_space(image: NDArray[np.uint8]) -> float | None:
    """Pixels between the middles of two staff lines of *image* (height, width), 255 = paper.

    Of staves in several sizes, that of most lines. None where there is no staff.
    """
    found = estimate(image)
    return None if found is None else found.pixels


def estimate(image: NDArray[np.uint8]) -> Estimate | None:
    """As `staff_space`, with how sure it is."""
    height, width = image.shape
    most = int(_LARGEST * height)
    if most <= _SMALLEST or width < _SMALLEST:
        return None
    likeness = _likeness(_edges(image))
    smooth = np.convolve(likeness, (0.25, 0.5, 0.25), mode="same")
    lags = smooth[_SMALLEST : most + 1]
    noise = 1.4826 * float(np.median(np.abs(lags)))
    best = float(_SMALLEST + int(lags.argmax()))
    peak = float(lags.max())
    if peak <= 0 or peak < _STANDS_OUT * noise:
        return None
    if best >= 2 * _SMALLEST and _mass(likeness, best / 2) > _HALF * _mass(likeness, best):
        best /= 2
    if not _is_a_staff(likeness, best):
        return None
    return Estimate(_refined(likeness, best), peak / noise if noise else np.inf)


def _edges(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(strips, height - 1): how much darker each row is than the one before, in each strip."""
    height, width = image.shape
    wide = min(max(width // _STRIPS, 1), _WIDEST)
    picture = Image.fromarray(image[:, : width // wide * wide])
    strips = np.asarray(picture.reduce((wide, 1)) if wide > 1 else picture)
    strips = strips[:, :: max(strips.shape[1] // (2 * _STRIPS), 1)]
    return np.ascontiguousarray(-np.diff(strips.astype(np.float32), axis=0).T)


def _likeness(edges: NDArray[np.float32]) -> NDArray[np.float64]:
    """The autocorrelation down the strips, all strips together, by lag from 0."""
    length = _quick_length(2 * edges.shape[1])
    power = np.zeros(length // 2 + 1)
    for start in range(0, len(edges), 32):  # in parts: one transform of all takes much memory
        spectrum = np.fft.rfft(edges[start : start + 32], length, axis=1)
        power += (spectrum.real**2 + spectrum.imag**2).sum(axis=0, dtype=np.float64)
    return np.fft.irfft(power, length)[: edges.shape[1]]


def _quick_length(least: int) -> int:
    """The next length of which a transform is quick: even, with small factors."""
    power = 1 << max(least - 1, 2).bit_length()
    return min(one for one in (power, power // 8 * 5, power // 4 * 3) if one >= least)


def _window(likeness: NDArray[np.float64], lag: float) -> slice:
    reach = max(1.0, 0.1 * lag)
    return slice(max(int(np.ceil(lag - reach)), 0), min(int(lag + reach) + 1, len(likeness)))


def _mass(likeness: NDArray[np.float64], lag: float) -> float:
    """All likeness around *lag*: lines at whole pixels have it at two lags beside each other."""
    return float(likeness[_window(likeness, lag)].clip(0).sum())


def _is_a_staff(likeness: NDArray[np.float64], lag: float) -> bool:
    one = _mass(likeness, lag)
    teeth = (_mass(likeness, times * lag) for times in (2, 3))
    goes_on = all(mass >= least * one for mass, least in zip(teeth, _TEETH, strict=True))
    return goes_on and _mass(likeness, 5 * lag) <= _BEYOND * one


def _refined(likeness: NDArray[np.float64], lag: float) -> float:
    """*lag* to a fraction, by the middles of the peaks at one, two and three times it."""
    weights, places = [], []
    for times in (1, 2, 3):
        window = _window(likeness, times * lag)
        near = likeness[window].clip(0)
        if near.sum() <= 0:
            continue
        middle = float(np.average(np.arange(window.start, window.stop), weights=near))
        weights.append(times * float(near.sum()))
        places.append(middle / times)
        lag = middle / times if times == 1 else lag
    return float(np.average(places, weights=weights))
