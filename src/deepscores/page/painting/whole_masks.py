"""Each symbol's own mask, as if nothing else were drawn."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from deepscores.page.model import Outline
from deepscores.page.painting import kernels
from deepscores.page.painting.canvas import pack


def whole_masks(outlines: Sequence[Outline], width: int, height: int) -> tuple[str, ...]:
    """The pixels that each of *outlines* would own on a page if it were alone there.

    Those that it covers by half; if there are none, across its width, those that it covers most.
    Masks are compressed counts as COCO's tools write them: column after column, over the page.
    """
    edges, runs, maps, boxed = pack(outlines)
    ends = np.zeros(len(outlines) + 1, np.int64)
    text = kernels.write_masks(edges, runs, maps, boxed, width, height, ends[1:])
    letters = text.tobytes().decode("ascii")
    return tuple(letters[start:end] for start, end in pairwise(ends.tolist()))
