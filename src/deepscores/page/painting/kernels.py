"""Exact area coverage and painting, compiled: the loops over edges and pixels of a page.

Coverage is found by signed-area accumulation, as in FreeType's and font-rs' rasterisers: every
edge adds, to each pixel row it crosses, the area between itself and the row's right end; a running
sum along the row turns that into coverage. There is no sampling: coverage is right to rounding
error at any size. Arithmetic is plain IEEE double precision, so results do not depend on the
machine. Compiled code is kept in Numba's cache; only the first run on a machine compiles.
"""

from math import ceil, floor
from typing import Any

import numpy as np
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

ROUNDING = 1e-6  # engravers' numbers are decimal: what is half a pixel in them must come out so
HALF = 128  # of 255: the ink from which a pixel is labelled


@intrinsic
def prefetch(_, array, y, x):
    """Ask for array[y, x], which will be read and written soon, without waiting for it."""

    def generate(context, builder, _, arguments):
        value = context.make_array(array)(context, builder, arguments[0])
        place = cgutils.get_item_pointer(  # type: ignore[no-untyped-call]
            context, builder, array, value, arguments[1:]
        )
        ir: Any = cgutils.ir  # type: ignore[attr-defined] # LLVM, in the version Numba is bound to
        address, flag = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [address, flag, flag, flag])
        ask = builder.module.declare_intrinsic("llvm.prefetch", (address,), kind)
        to_write, keep, data = flag(1), flag(3), flag(1)
        builder.call(ask, [builder.bitcast(place, address), to_write, keep, data])

    return types.void(array, y, x), generate


@njit(cache=True, error_model="numpy")
def bounds_of(edges, first, last, mapping):  # pragma: no cover - compiled
    """Extent of edges[first:last] mapped by *mapping*: x0, y0, x1, y1."""
    x0, y0, x1, y1 = np.inf, np.inf, -np.inf, -np.inf
    for i in range(first, last):
        # Contours are closed: the starts of edges are all corners.
        x = mapping[0] * edges[i, 0] + mapping[2] * edges[i, 1] + mapping[4]
        y = mapping[1] * edges[i, 0] + mapping[3] * edges[i, 1] + mapping[5]
        x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x), max(y1, y)
    return x0, y0, x1, y1


@njit(cache=True, error_model="numpy")
def accumulate(
    edges, first, last, mapping, left, top, width, cells, reach
):  # pragma: no cover - compiled
    """Add what edges[first:last], mapped by *mapping*, bound, to the window *cells* at (left, top).

    *reach* widens to the first and one past the last column that each of the window's rows uses.
    """
    for i in range(first, last):
        x0 = mapping[0] * edges[i, 0] + mapping[2] * edges[i, 1] + mapping[4]
        y0 = mapping[1] * edges[i, 0] + mapping[3] * edges[i, 1] + mapping[5]
        x1 = mapping[0] * edges[i, 2] + mapping[2] * edges[i, 3] + mapping[4]
        y1 = mapping[1] * edges[i, 2] + mapping[3] * edges[i, 3] + mapping[5]
        if y0 == y1:  # bounds no area to its right
            continue
        sign = 1.0
        if y0 > y1:
            x0, y0, x1, y1, sign = x1, y1, x0, y0, -1.0
        slope = (x1 - x0) / (y1 - y0)
        y, x = y0, x0
        row = int(floor(y0)) - top
        while y < y1:
            y_end = min(y1, row + top + 1.0)
            x_end = x1 if y_end == y1 else x0 + (y_end - y0) * slope
            base = row * width - left
            height = (y_end - y) * sign
            low, high = min(x, x_end), max(x, x_end)
            column = int(floor(low))
            reach[row, 0] = min(reach[row, 0], column - left)
            if high <= column + 1:
                beyond = height * ((low + high) / 2 - column)
                cells[base + column] += height - beyond
                cells[base + column + 1] += beyond
                column += 1
            else:
                density = height / (high - low)
                while low < high:
                    end = min(high, column + 1.0)
                    area = density * (end - low)
                    beyond = area * ((low + end) / 2 - column)
                    cells[base + column] += area - beyond
                    cells[base + column + 1] += beyond
                    low = end
                    column += 1
            reach[row, 1] = max(reach[row, 1], column - left + 1)
            y, x = y_end, x_end
            row += 1


@njit(cache=True, error_model="numpy")
def window_of(edges, first, last, mapping):  # pragma: no cover - compiled
    """The pixels an outline can touch: left, top, width (and a spare column), height."""
    x0, y0, x1, y1 = bounds_of(edges, first, last, mapping)
    left, top = int(floor(x0)), int(floor(y0))
    return left, top, int(ceil(x1)) - left + 1, int(ceil(y1)) - top


@njit(cache=True, error_model="numpy")
def shade_of(total):  # pragma: no cover - compiled
    """Coverage as 0…255. Contours that overlap count once."""
    return int(min(abs(total) * 255.0 + 0.5 + ROUNDING, 255.0))


@njit(cache=True, error_model="numpy")
def cover(edges, first, last, mapping, alpha, left, top):  # pragma: no cover - compiled
    """Write an outline's coverage into *alpha*, whose corner is the pixel (left, top)."""
    x, y, width, height = window_of(edges, first, last, mapping)
    cells = np.zeros(width * height + 1)
    reach = np.zeros((height, 2), np.int64)
    accumulate(edges, first, last, mapping, x, y, width, cells, reach)
    for row in range(height):
        total = 0.0
        for column in range(width):
            total += cells[row * width + column]
            v, u = y + row - top, x + column - left
            if 0 <= v < alpha.shape[0] and 0 <= u < alpha.shape[1]:
                alpha[v, u] = shade_of(total)


# A canvas cell holds, in 32 bits, the pixel's owner, the most that one symbol covers of it, and its
# ink: one place in memory to look at. Blank is 0.
OWNER, COVERAGE = 16, 8
LARGEST_NUMBER = (1 << 32 - OWNER) - 1  # of an owner


@njit(cache=True, error_model="numpy")
def over(ink, alpha):  # pragma: no cover - compiled
    """Ink of a pixel once *alpha* of it is painted over, 0…255."""
    return 255 - ((255 - ink) * (255 - alpha) + 127) // 255


TILE = 16  # columns that are looked at together when the page is developed: a cache line of cells


@njit(cache=True, error_model="numpy")
def paint_pixel(canvas, y, x, number, alpha, whole_areas):  # pragma: no cover - compiled
    """Paint *alpha*, 1…255, of symbol *number* over a cell."""
    cell = int(canvas[y, x])
    if cell == 0:  # nine pixels in ten
        canvas[y, x] = number << OWNER | alpha << COVERAGE | alpha
    else:
        ink = over(cell & 255, alpha)
        if alpha >= (cell >> COVERAGE) & 255:
            canvas[y, x] = number << OWNER | alpha << COVERAGE | ink
        else:
            canvas[y, x] = (cell & ~255) | ink
    if alpha >= HALF:
        whole_areas[number] += 1


@njit(cache=True, error_model="numpy")
def fill(x0, y0, x1, y1, canvas, tiles, number, whole_areas):  # pragma: no cover - compiled
    """Paint an upright rectangle: its coverage is known without adding up."""
    height, width = canvas.shape
    x0, x1 = max(x0, 0.0), min(x1, float(width))
    y0, y1 = max(y0, 0.0), min(y1, float(height))
    if x0 >= x1 or y0 >= y1:
        return
    left, right = int(floor(x0)), int(ceil(x1)) - 1  # the first and the last column
    first = min(left + 1.0, x1) - x0
    last = x1 - right
    for y in range(int(floor(y0)), int(ceil(y1))):
        share = min(y + 1.0, y1) - max(float(y), y0)
        for tile in range(left // TILE, right // TILE + 1):
            tiles[y, tile] = 1
        alpha = shade_of(share * first)
        if alpha:
            paint_pixel(canvas, y, left, number, alpha, whole_areas)
        alpha = shade_of(share)
        if alpha:
            for x in range(left + 1, right):
                paint_pixel(canvas, y, x, number, alpha, whole_areas)
        if right > left:
            alpha = shade_of(share * last)
            if alpha:
                paint_pixel(canvas, y, right, number, alpha, whole_areas)


@njit(cache=True, error_model="numpy")
def fetch(canvas, left, top, columns, rows):  # pragma: no cover - compiled
    """Ask for the cells of a window, unless it is wide: it is painted after its edges are added."""
    height, width = canvas.shape
    if columns < 4 * TILE:
        for y in range(max(top, 0), min(top + rows, height)):
            for x in range(max(left, 0), min(left + columns + TILE - 2, width - 1), TILE):
                prefetch(canvas, y, x)  # type: ignore[call-arg]


@njit(cache=True, error_model="numpy")
def paint(edges, runs, maps, boxed, canvas, tiles, whole_areas):  # pragma: no cover - compiled
    """Paint outline s (edges runs[s, 0]…runs[s, 1], mapped by to[s]) as symbol s+1, one by one.

    Edges from *boxed* on are the left and right sides of upright rectangles. A cell's owner is the
    symbol that covers most of it, the last of equals. *tiles* marks where there may be ink;
    *whole_areas* counts the pixels that each symbol covers by half.
    """
    height, width = canvas.shape
    cells = np.zeros(1 << 16)
    reach = np.zeros((1 << 12, 2), np.int64)
    reach[:, 0] = 1 << 30
    for s in range(len(runs)):
        first, last = runs[s]
        if first == last:
            continue
        if first >= boxed:
            left_side, right_side = edges[first], edges[first + 1]
            fill(
                left_side[0], left_side[1], right_side[0], left_side[3],
                canvas, tiles, s + 1, whole_areas,
            )  # fmt: skip
            continue
        left, top, columns, rows = window_of(edges, first, last, maps[s])
        if left >= width or top >= height or left + columns < 0 or top + rows < 0:
            continue
        if columns * rows + 1 > len(cells):
            cells = np.zeros(2 * columns * rows + 1)
        if rows > len(reach):
            reach = np.zeros((2 * rows, 2), np.int64)
            reach[:, 0] = 1 << 30
        fetch(canvas, left, top, columns, rows)
        accumulate(edges, first, last, maps[s], left, top, columns, cells, reach)
        for row in range(rows):
            y = top + row
            low, high = reach[row, 0], min(reach[row, 1], columns)  # the rest is the next row's
            reach[row, 0], reach[row, 1] = 1 << 30, 0
            if low >= high:
                continue
            is_on_page = 0 <= y < height
            if is_on_page:
                for tile in range(max(left + low, 0) // TILE, min(left + high, width) // TILE + 1):
                    tiles[y, tile] = 1
            total = 0.0
            base = row * columns
            for cell in range(base + low, base + high):
                total += cells[cell]
                cells[cell] = 0.0
                if -1e-3 < total < 1e-3 or not is_on_page:
                    continue
                x = left + cell - base
                alpha = shade_of(total)
                if alpha == 0 or x < 0 or x >= width:
                    continue
                paint_pixel(canvas, y, x, s + 1, alpha, whole_areas)
        cells[columns * rows] = 0.0


PROTECTED = 255  # as coverage: the pixel's owner keeps it however light it is


@njit(cache=True, error_model="numpy")
def keep_thin(edges, runs, maps, canvas, whole_areas):  # pragma: no cover - compiled
    """Give symbols that nowhere cover half a pixel those they cover most, in each slice across."""
    height, width = canvas.shape
    for s in range(len(runs)):
        first, last = runs[s]
        if whole_areas[s + 1] or first == last:
            continue
        left, top, columns, rows = window_of(edges, first, last, maps[s])
        alpha = np.zeros((rows, columns), np.uint8)
        cover(edges, first, last, maps[s], alpha, left, top)
        lying = columns - 1 >= rows
        for step in range(columns if lying else rows):
            best, place = 0, 0
            for depth in range(rows if lying else columns):
                a = alpha[depth, step] if lying else alpha[step, depth]
                if a >= best:
                    best, place = a, depth
            y, x = (top + place, left + step) if lying else (top + step, left + place)
            if best == 0 or x < 0 or x >= width or y < 0 or y >= height:
                continue
            whole_areas[s + 1] += 1
            cell = int(canvas[y, x])
            coverage, ink = (cell >> COVERAGE) & 255, cell & 255
            if best >= coverage or (ink < HALF and coverage < PROTECTED):
                canvas[y, x] = (s + 1) << OWNER | PROTECTED << COVERAGE | ink


LETTERS = 7  # of a count, at most: five bits each


@njit(cache=True, error_model="numpy")
def cover_box(x0, y0, x1, y1, alpha, left, top):  # pragma: no cover - compiled
    """Write an upright rectangle's coverage into *alpha*, just as `fill` finds it."""
    first, last = int(floor(x0)), int(ceil(x1)) - 1
    for y in range(int(floor(y0)), int(ceil(y1))):
        share = min(y + 1.0, y1) - max(float(y), y0)
        for x in range(first, last + 1):
            part = share
            if x == first:
                part = share * (min(first + 1.0, x1) - x0)
            elif x == last:
                part = share * (x1 - last)
            alpha[y - top, x - left] = shade_of(part)


@njit(cache=True, error_model="numpy")
def own_halves(alpha, left, top, width, height):  # pragma: no cover - compiled
    """Turn coverage into 1 where it is half or more, else 0; say whether it is, on the page."""
    has_pixels = False
    for row in range(alpha.shape[0]):
        for column in range(alpha.shape[1]):
            owned = alpha[row, column] >= HALF
            alpha[row, column] = owned
            has_pixels |= owned and 0 <= top + row < height and 0 <= left + column < width
    return has_pixels


@njit(cache=True, error_model="numpy")
def own_thin(alpha):  # pragma: no cover - compiled
    """Turn coverage into 1 where it is the most in its slice across, as `keep_thin` has it."""
    rows, columns = alpha.shape
    lying = columns - 1 >= rows
    for step in range(columns if lying else rows):
        best, place = 0, 0
        for depth in range(rows if lying else columns):
            row, column = (depth, step) if lying else (step, depth)
            if alpha[row, column] >= best:
                best, place = alpha[row, column], depth
            alpha[row, column] = 0
        if best:
            row, column = (place, step) if lying else (step, place)
            alpha[row, column] = 1


@njit(cache=True, error_model="numpy")
def put_count(count, text, position):  # pragma: no cover - compiled
    """Write a number in COCO's manner: five bits a letter from the lowest on, 32 for "more"."""
    while True:
        bits = count & 31
        count >>= 5
        goes_on = count != (-1 if bits & 16 else 0)
        text[position] = bits + (32 if goes_on else 0) + 48
        position += 1
        if not goes_on:
            return position


@njit(cache=True, error_model="numpy")
def list_runs(mask, left, top, width, height, mask_runs):  # pragma: no cover - compiled
    """List a mask's runs down the page's columns, one column after another: start and end."""
    count = 0
    top_row, end_row = max(0, -top), min(mask.shape[0], height - top)
    for column in range(max(0, -left), min(mask.shape[1] - 1, width - left)):
        origin = (left + column) * height + top
        for row in range(top_row, end_row):
            if not mask[row, column]:
                continue
            place = origin + row
            if count and mask_runs[count - 1, 1] == place:
                mask_runs[count - 1, 1] += 1
            else:
                mask_runs[count, 0], mask_runs[count, 1] = place, place + 1
                count += 1
    return count


@njit(cache=True, error_model="numpy")
def put_runs(mask_runs, count, size, text, position):  # pragma: no cover - compiled
    """Write runs as COCO's counts of zeros and ones in turn, from text[at] on; return its end."""
    older, previous, end = 0, 0, 0  # the last two counts; where the last run ended
    for place in range(2 * count + 1):
        if place == 2 * count:
            if end == size:
                break
            length = size - end
        elif place % 2:
            length = mask_runs[place // 2, 1] - mask_runs[place // 2, 0]
            end = mask_runs[place // 2, 1]
        else:
            length = mask_runs[place // 2, 0] - end
        # From the fourth on, COCO writes how a count differs from the one before the last.
        position = put_count(length - older if place > 2 else length, text, position)
        older, previous = previous, length
    return position


@njit(cache=True, error_model="numpy")
def write_masks(edges, runs, maps, boxed, width, height, ends):  # pragma: no cover - compiled
    """The compressed counts of every outline's own mask, in one text; *ends* says where each ends.

    Outlines are as for `paint`.
    """
    text = np.zeros(1 << 16, np.uint8)
    mask_runs = np.zeros((1 << 10, 2), np.int64)
    position = 0
    for s in range(len(runs)):
        first, last = runs[s]
        count = 0
        if first < last:
            left, top, columns, rows = window_of(edges, first, last, maps[s])
            alpha = np.zeros((rows, columns), np.uint8)
            if first >= boxed:
                x0, y0, x1, y1 = bounds_of(edges, first, last, maps[s])
                cover_box(x0, y0, x1, y1, alpha, left, top)
            else:
                cover(edges, first, last, maps[s], alpha, left, top)
            if not own_halves(alpha, left, top, width, height):
                cover(edges, first, last, maps[s], alpha, left, top)
                own_thin(alpha)
            if alpha.size > len(mask_runs):
                mask_runs = np.zeros((2 * alpha.size, 2), np.int64)
            count = list_runs(alpha, left, top, width, height, mask_runs)
        needed = position + (2 * count + 1) * LETTERS
        if needed > len(text):
            larger = np.zeros(2 * needed, np.uint8)
            larger[:position] = text[:position]
            text = larger
        position = put_runs(mask_runs, count, width * height, text, position)
        ends[s] = position
    return text[:position]


@njit(cache=True, error_model="numpy")
def owner_of(cell):  # pragma: no cover - compiled
    """The owner of a cell's pixel; 0 if it is less than half inked and not protected."""
    labelled = (cell & 255) >= HALF or (cell >> COVERAGE) & 255 == PROTECTED
    return cell >> OWNER if labelled else 0


@njit(cache=True, error_model="numpy")
def develop(canvas, tiles, shades, owners):  # pragma: no cover - compiled
    """List the page's runs of one shade and of one owner, and blank the canvas.

    Runs are where they end and what of, row after row. Returns how many of each there are.
    """
    height, width = canvas.shape
    inked, owned = 0, 0
    for y in range(height):
        row = y * width
        if y + 1 < height:  # most of the time goes into waiting for memory
            for tile in range(tiles.shape[1]):
                if tiles[y + 1, tile]:
                    prefetch(canvas, y + 1, tile * TILE)  # type: ignore[call-arg]
        previous_cell = canvas[y, 0]  # no run ends at the first pixel
        ink, owner = int(previous_cell) & 255, owner_of(int(previous_cell))
        for tile in range(tiles.shape[1]):
            start = tile * TILE
            if tiles[y, tile]:
                end = min(start + TILE, width)
                tiles[y, tile] = 0
            elif previous_cell:  # let the run end
                end = min(start + 1, width)
            else:
                continue
            for x in range(start, end):
                cell = canvas[y, x]
                canvas[y, x] = 0
                if cell == previous_cell:
                    continue
                previous_cell = cell
                new_ink, new_owner = int(cell) & 255, owner_of(int(cell))
                # Written each time, kept where a run ends: a branch would be guessed wrong.
                shades[inked, 0], shades[inked, 1] = row + x, 255 - ink
                inked += new_ink != ink
                owners[owned, 0], owners[owned, 1] = row + x, owner
                owned += new_owner != owner
                ink, owner = new_ink, new_owner
        shades[inked, 0], shades[inked, 1] = row + width, 255 - ink
        owners[owned, 0], owners[owned, 1] = row + width, owner
        inked += 1
        owned += 1
    return inked, owned


@njit(cache=True, error_model="numpy")
def survey(owners, width, areas, boxes):  # pragma: no cover - compiled
    """Count and box each symbol's pixels."""
    start = 0
    for i in range(len(owners)):
        end, number = owners[i]
        if number:
            y = start // width
            left, right = start - y * width, end - y * width
            if areas[number] == 0:
                boxes[number, 0], boxes[number, 1] = left, y
            boxes[number, 0] = min(boxes[number, 0], left)
            boxes[number, 2] = max(boxes[number, 2], right)
            boxes[number, 3] = y + 1
            areas[number] += end - start
        start = end


@njit(cache=True, error_model="numpy")
def assign_owners(
    edges, runs, maps, canvas, tiles, whole_areas, shades, owners, areas, boxes
):  # pragma: no cover - compiled
    """All that follows painting, as one entry into compiled code: each takes a while to load."""
    keep_thin(edges, runs, maps, canvas, whole_areas)
    inked, owned = develop(canvas, tiles, shades, owners)
    survey(owners[:owned], canvas.shape[1], areas, boxes)
    return inked, owned
