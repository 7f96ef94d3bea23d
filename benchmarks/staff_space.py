"""The error of estimated staff spaces on a dataset's pages resampled, rotated and made noisy.

python -m benchmarks.staff_space DATASET [PAGES]
"""

import sys
from collections import defaultdict
from collections.abc import Iterator
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from deepscores import open_dataset
from deepscores.page.measuring.light import evenly_lit
from deepscores.page.measuring.line_distance import estimate_staff_space

_FACTORS = (0.3, 0.4, 0.5, 0.7, 1.0, 1.3, 1.9, 2.5)
_DEGREES = (-3.0, -1.0, 0.7, 2.0, 4.0)
_SIGMA = 35  # grey levels of noise, on ink at 60 and paper at 213


def main(dataset: str, count: int) -> None:
    """Print, for each kind of picture, the median and the largest error, and what was not found."""
    pages = open_dataset(dataset)
    errors: dict[str, list[float]] = defaultdict(list)
    noise = np.random.default_rng(0)
    for place in Random(1).sample(range(len(pages)), count):
        page = pages[place]
        for kind, image, factor in _pictures(page.image, noise):
            found = estimate_staff_space(image)
            known = float(page.row["staff_space"]) * factor
            errors[kind].append(abs(found / known - 1) if found else np.inf)
    for kind, found_errors in errors.items():
        off = np.array(found_errors)
        known_errors = off[np.isfinite(off)]
        print(
            f"{kind:28} median {np.median(off):.2%}  largest {known_errors.max(initial=0):.2%}  "
            f"none found in {len(off) - len(known_errors)} of {len(off)}"
        )


def _pictures(
    image: NDArray[np.uint8], noise: np.random.Generator
) -> Iterator[tuple[str, NDArray[np.uint8], float]]:
    """Kinds of pictures of a page, and how much larger it is in them."""
    for factor in _FACTORS:
        yield f"x {factor:g}", _resized(image, factor), factor
    for degrees in _DEGREES:
        turned = Image.fromarray(image).rotate(degrees, Image.Resampling.BICUBIC, fillcolor=255)
        yield f"turned {degrees:g}", np.asarray(turned), 1
        scan = np.asarray(turned) * 0.6 + 60 + noise.normal(0, _SIGMA, image.shape)
        lit = evenly_lit(scan.clip(0, 255).astype(np.uint8)).image
        yield f"turned {degrees:g}, pale, noisy", lit, 1
        yield f"turned {degrees:g}, pale, noisy, x 0.5", _resized(lit, 0.5), 0.5
    bits = image + noise.normal(0, 60, image.shape) >= 128
    yield "black and white, noisy", bits.astype(np.uint8) * np.uint8(255), 1


def _resized(image: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    if factor == 1:
        return image
    size = (round(image.shape[1] * factor), round(image.shape[0] * factor))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 14)
