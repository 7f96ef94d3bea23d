"""How far apart staff lines are, from the picture alone, to a fraction of a pixel.

On clean pages it is the most frequent sum of a black and a white run down the columns (Cardoso and
Rebelo, "Robust Staffline Thickness and Distance Estimation", ICPR 2010). Here it is read off the
autocorrelation of the columns' edges: a staff's five lines are alike at one, two, three and four
times their distance. There is no threshold, so grey, faint and noisy lines count as black ones do.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_STRIPS = 256  # that a page is cut into; the mean over a strip's width takes noise away
_MAX_STRIP_WIDTH = 24  # pixels: of a page that is askew, wider strips would blur the lines
_SMALLEST = 3  # pixels from line to line
_LARGEST = 0.2  # of the picture's height: five lines must be on it
_MIN_LIKENESS = 0.02  # of the likeness at lag 0, for a lag to count; noise has less
_MIN_PEAK = 0.2  # of the strongest likeness at any lag: staves at equal distances have more
_MAX_SMALLER_LIKENESS = 0.75  # of that at a lag, for any smaller lag: lines of text have more
_MIN_SMALLER_MASS = 0.6  # of the largest, for a smaller lag to be the staff space
# Likeness of five lines at multiples of their distance, as shares of that at one: low and high.
# In theory three, two, one and no quarter; staves of another size and those below come to it.
_TEETH = {0.5: (0.0, 0.4), 2: (0.5, 1.6), 3: (0.25, 0.9), 4: (0.08, 0.65), 5: (0.0, 0.5)}


def estimate_staff_space(image: NDArray[np.uint8]) -> float | None:
    """Pixels between the middles of two staff lines of *image* (height, width), 255 = paper.

    Of staves in several sizes, that of most lines. None where there is no staff.
    """
    height, width = image.shape
    max_lag = int(_LARGEST * height)
    if max_lag <= _SMALLEST or width < _SMALLEST:
        return None
    likeness = _likeness(_edges(image))
    lags = [lag for lag in _candidates(likeness, max_lag) if _has_teeth(likeness, lag)]
    if not lags:
        return None
    masses = np.array([_mass(likeness, lag) for lag in lags])
    return _refine(likeness, lags[int((masses >= _MIN_SMALLER_MASS * masses.max()).argmax())])


def _candidates(likeness: NDArray[np.float64], max_lag: int) -> list[float]:
    """Lags up to *max_lag*, ascending, at which the columns are much like themselves."""
    smooth = np.convolve(likeness, (0.25, 0.5, 0.25), mode="same")[: max_lag + 2]
    threshold = max(_MIN_LIKENESS * float(likeness[0]), _MIN_PEAK * float(smooth[_SMALLEST:].max()))
    if threshold <= 0:
        return []
    inner = smooth[1:-1]
    peaks = (inner >= smooth[:-2]) & (inner > smooth[2:]) & (inner >= threshold)
    lags = np.flatnonzero(peaks) + 1
    lags = lags[lags >= _SMALLEST]
    smaller = np.maximum.accumulate(np.append(0, smooth[lags]))[:-1]
    lags = lags[smaller <= _MAX_SMALLER_LIKENESS * smooth[lags]]
    return [_middle(likeness, float(lag)) for lag in lags.tolist()]


def _edges(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(strips, height - 1): how much darker each row is than the one before, in each strip."""
    width = image.shape[1]
    strip_width = min(max(width // _STRIPS, 1), _MAX_STRIP_WIDTH)
    picture = Image.fromarray(image[:, : width // strip_width * strip_width])
    strips = np.asarray(picture.reduce((strip_width, 1)) if strip_width > 1 else picture)
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


def _quick_length(min_length: int) -> int:
    """The next length of which a transform is quick: even, with small factors."""
    power = 1 << max(min_length - 1, 2).bit_length()
    return min(length for length in (power, power // 8 * 5, power // 4 * 3) if length >= min_length)


def _window(likeness: NDArray[np.float64], lag: float) -> slice:
    reach = max(1.0, min(0.1 * lag, 1 + 0.03 * lag))
    return slice(max(int(np.ceil(lag - reach)), 0), min(int(lag + reach) + 1, len(likeness)))


def _mass(likeness: NDArray[np.float64], lag: float) -> float:
    """All likeness around *lag*: lines at whole pixels have it at two lags beside each other."""
    return float(likeness[_window(likeness, lag)].clip(0).sum())


def _has_teeth(likeness: NDArray[np.float64], lag: float) -> bool:
    mass = _mass(likeness, lag)
    return all(
        low * mass <= _mass(likeness, times * lag) <= high * mass
        for times, (low, high) in _TEETH.items()
    )


def _middle(likeness: NDArray[np.float64], lag: float) -> float:
    """The middle of the peak around *lag*."""
    window = _window(likeness, lag)
    values = likeness[window].clip(0)
    if not values.any():
        return lag
    return float(np.average(np.arange(window.start, window.stop), weights=values))


def _refine(likeness: NDArray[np.float64], lag: float) -> float:
    """*lag* by the middles of the peaks at one, two and three times it."""
    times = np.array([1, 2, 3])
    middles = np.array([_middle(likeness, factor * lag) for factor in times.tolist()])
    weights = times * [_mass(likeness, factor * lag) for factor in times.tolist()]
    return float(np.average(middles / times, weights=weights))
