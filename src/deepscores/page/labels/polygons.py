"""Outlines of masks as polygons, exact to the pixel.

Corners are corners of pixels, not their centres: every pixel whose centre lies in a polygon is of
the mask, and no other. Outer outlines run clockwise (y down), those of holes the other way. Pixels
that touch at a corner only are within one outline.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Corners = NDArray[np.int64]  # (n, 2) x y


def trace(
    pixels: NDArray[np.int64], places: NDArray[np.int64], count: int, shape: tuple[int, int]
) -> list[list[Corners]]:
    """The closed outlines of the values 1…*count*, those of each in the order of their tops.

    *pixels* are places in the ravelled picture of *shape* (height, width), ascending, *places* the
    values there. The last corner is followed by the first.

    >>> picture = np.array([[1, 1, 0], [0, 1, 0]])
    >>> pixels = np.flatnonzero(picture)
    >>> [one.tolist() for one in trace(pixels, picture.ravel()[pixels], 1, picture.shape)[0]]
    [[[0, 0], [2, 0], [2, 2], [1, 2], [1, 1], [0, 1]]]
    """
    if not len(pixels):
        return [[] for _ in range(count)]
    height, width = shape
    level_sides = _sides(pixels, places, width, height)
    x, y = pixels % width, pixels // width
    order = np.argsort(x * height + y, kind="stable")
    turned = _sides((x * height + y)[order], places[order], height, width)
    # Of each: its value, and where it starts and ends. Tops go right and bottoms left, …
    level_values, starts, ends = _directed(level_sides, forward=0)
    # … right sides go down and left sides up.
    upright_values, up_starts, up_ends = _directed(turned, forward=1)
    up_starts, up_ends = up_starts[:, ::-1], up_ends[:, ::-1]
    # Where pixels touch at a corner two sides come in and two go out; the way turns left.
    right = ends[:, 0] > starts[:, 0]
    down = up_ends[:, 1] > up_starts[:, 1]
    next_upright = _matched(level_values, ends, ~right, upright_values, up_starts, down)
    next_across = _matched(upright_values, up_ends, ~down, level_values, starts, ~right)
    order, firsts = _in_cycles(next_across[next_upright])
    corners = np.stack([starts[order], ends[order]], axis=1).reshape(-1, 2)
    loops: list[list[Corners]] = [[] for _ in range(count)]
    for value, loop in zip(
        level_values[order[firsts]].tolist(), np.split(corners, 2 * firsts[1:]), strict=True
    ):
        loops[value - 1].append(loop)
    return loops


def _sides(
    pixels: NDArray[np.int64], values: NDArray[np.int64], width: int, height: int
) -> list[NDArray[np.int64]]:
    """Longest stretches along the rows where a value borders on others above, and those below.

    Each is (n, 4): value, place across the rows, first and last end along them.
    """
    padded = np.zeros((height + 2) * (width + 2), np.int32)
    padded_places = (pixels // width + 1) * (width + 2) + pixels % width + 1
    padded[padded_places] = values
    goes_on = (
        padded[padded_places - 1] == values
    )  # from the pixel before, which is the one before in the list
    sides = []
    for side in (0, 1):
        beyond = padded_places + (width + 2 if side else -width - 2)
        open_ = padded[beyond] != values
        continues = np.zeros(len(padded_places), np.bool_)
        continues[1:] = goes_on[1:] & open_[:-1]
        first = np.flatnonzero(open_ & ~continues)
        is_continued = np.append(continues[1:] & open_[1:], False)
        last = np.flatnonzero(open_ & ~is_continued)
        row, column = pixels // width, pixels % width
        sides.append(
            np.stack([values[first], row[first] + side, column[first], column[last] + 1], axis=1)
        )
    return sides


def _directed(
    sides: list[NDArray[np.int64]], forward: int
) -> tuple[NDArray[np.int64], Corners, Corners]:
    """The value, start and end of stretches; those of *sides*[*forward*] keep their direction."""
    stretches = np.concatenate(sides)
    is_forward = np.repeat([forward == 0, forward == 1], [len(side) for side in sides])
    low, high = stretches[:, [2, 1]], stretches[:, [3, 1]]
    starts = np.where(is_forward[:, None], low, high)
    ends = np.where(is_forward[:, None], high, low)
    return stretches[:, 0], starts, ends


def _matched(
    values: NDArray[np.int64],
    ends: Corners,
    ranks: NDArray[np.bool_],
    next_values: NDArray[np.int64],
    starts: Corners,
    next_ranks: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """For each stretch, the one that starts where it ends; of two, that of the same rank."""
    successors = np.empty(len(values), np.int64)
    successors[np.lexsort((ranks, ends[:, 0], ends[:, 1], values))] = np.lexsort(
        (next_ranks, starts[:, 0], starts[:, 1], next_values)
    )
    return successors


def _in_cycles(following: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The numbers 0…n-1 cycle after cycle, each from its smallest on, and where cycles begin.

    *following* has the next of each number in its cycle. By doubling: log n steps for all at once.
    """
    leader = np.arange(len(following))
    jump = following
    while (leader != leader[following]).any():
        leader = np.minimum(leader, leader[jump])
        jump = jump[jump]
    is_last = following == leader
    left = (~is_last).astype(np.int64)  # steps to the cycle's last
    jump = np.where(is_last, np.arange(len(following)), following)
    while (jump != jump[jump]).any():
        left += left[jump]
        jump = jump[jump]
    order = np.lexsort((-left, leader))
    return order, np.flatnonzero(np.diff(leader[order], prepend=-1))


def join_loops(loops: Sequence[Corners]) -> Corners:
    """One closed polygon of all *loops*: bridges of no width lead to each and back the same way.

    Bridges run along the edges of pixels, so no pixel's centre lies on one. Each loop is joined to
    the nearest of those before it.
    """
    if len(loops) == 1:
        return loops[0]
    sizes = [len(loop) for loop in loops]
    firsts = np.cumsum([0, *sizes]).tolist()
    corners = [tuple(corner) for loop in loops for corner in loop.tolist()]
    following = [
        first + (step + 1) % size
        for first, size in zip(firsts, sizes, strict=False)
        for step in range(size)
    ]
    low = np.array([loop.min(axis=0) for loop in loops])
    high = np.array([loop.max(axis=0) for loop in loops])
    for number in range(1, len(loops)):
        gaps = np.maximum(low[:number] - high[number], low[number] - high[:number]).clip(0)
        nearest = int(gaps.sum(axis=1).argmin())
        apart = np.abs(loops[nearest][:, None] - loops[number]).sum(axis=2)
        corner, target = divmod(int(apart.argmin()), sizes[number])
        _bridge(corners, following, firsts[nearest] + corner, firsts[number] + target)
    walked, place = [corners[0]], following[0]
    while place:
        if corners[place] != walked[-1]:  # loops can touch: then their bridge has no length
            walked.append(corners[place])
        place = following[place]
    if walked[-1] == walked[0]:
        walked.pop()
    return np.array(walked, np.int64)


def _bridge(corners: list[tuple[int, ...]], following: list[int], corner: int, target: int) -> None:
    """After the corner *corner* go to *target*, all around its loop, and back to *corner* again."""
    (x0, y0), (x1, y1) = corners[corner], corners[target]
    turn = [] if x0 == x1 or y0 == y1 else [(x1, y0)]
    back = len(corners)  # there again, the turn, here again
    corners += [(x1, y1), *turn, (x0, y0)]
    following += [*range(back + 1, len(corners)), following[corner]]
    previous = next_to = following[target]
    while next_to != target:
        previous, next_to = next_to, following[next_to]
    following[previous] = back
    following[corner] = target
    if turn:
        corners += turn
        following[corner] = len(corners) - 1
        following.append(target)
