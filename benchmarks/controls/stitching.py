"""Merge detections of overlapping tiles: each tile contributes the objects it sees best."""

from collections.abc import Sequence
from itertools import pairwise
from math import inf

import numpy as np

from benchmarks.controls.pages import Found, joined
from deepscores.dataset.labelled import Window


def cores(starts: Sequence[int], size: int) -> dict[int, tuple[float, float]]:
    """From where to where each tile answers, by where it starts: neighbours meet half way.

    >>> cores([0, 480, 900], 640)
    {0: (-inf, 560.0), 480: (560.0, 1010.0), 900: (1010.0, inf)}
    """
    order = sorted(set(starts))
    meet = [(before + size + after) / 2 for before, after in pairwise(order)]
    return dict(zip(order, pairwise([-inf, *meet, inf]), strict=True))


def stitched(windows: Sequence[Window], parts: Sequence[Found]) -> Found:
    """What was found in all *windows*, in pixels of the page.

    A detection counts if its middle lies where its window answers. What is larger than tiles
    overlap is found in pieces, or not at all.
    """
    across = cores([one.x for one in windows], windows[0].size)
    down = cores([one.y for one in windows], windows[0].size)
    kept = []
    for window, found in zip(windows, parts, strict=True):
        box = found.box + np.array([window.x, window.y] * 2, np.float32)
        x, y = ((box[:, :2] + box[:, 2:]) / 2).T
        (left, right), (top, bottom) = across[window.x], down[window.y]
        inside = (x >= left) & (x < right) & (y >= top) & (y < bottom)
        kept.append(found._replace(box=box).kept(inside))
    return joined(kept)
