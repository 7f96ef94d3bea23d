"""The other way of `deflate`: the runs of an image from its zlib stream, without its pixels.

A general inflate writes all five or ten million bytes of a page, nearly all of them paper, for
someone to look through. What `compress_rows` wrote says in some 100,000 tokens where ink begins and
ends, so this reads those. It knows that one kind of stream, takes nothing on trust (lengths, ends
and the Adler-32 must be right) and leaves every other stream to a library.
"""

import numpy as np
from numba import njit

from deepscores.formats.deflate import (
    DEEPEST,
    DISTANCES,
    END,
    LENGTH_BITS,
    LENGTHS,
    SYMBOLS,
    adler_of_runs,
    canonical_codes,
    distances_of,
    write_header,
)
from deepscores.model import Runs

_MOST_PIXELS = 2**31 - 1  # ends of runs are of 32 bits
_CODES_AT = 3 + 5 + 5 + 4 + 19 * 3  # the bit with which the lengths of the codes begin
_ALL = (1 << DEEPEST) - 1


def runs_of_stream(stream: bytes, size: tuple[int, int], depth: int) -> Runs | None:
    """The runs of the image whose rows `compress_rows` packed, each as long as it can be.

    *size* is its width and height in pixels, *depth* its bytes a pixel. None for a stream that
    anything else wrote, or that is of another image.
    """
    width, height = size
    if not (width and height) or width * height > _MOST_PIXELS:
        return None
    runs: Runs = _read(np.frombuffer(stream, np.uint8), width, height, depth)
    return runs if len(runs) else None


@njit(cache=True)
def _bits(stream, place, count):  # type: ignore[no-untyped-def] # pragma: no cover
    """*count* bits from *place* on, the first lowest; beyond the end, zeros."""
    value = 0
    for bit in range(count):
        at = place + bit
        if at >> 3 < len(stream):
            value |= (int(stream[at >> 3]) >> (at & 7) & 1) << bit
    return value


@njit(cache=True)
def _tokens_of(stream, near):  # type: ignore[no-untyped-def] # pragma: no cover
    """By the next bits, what they stand for and how many they are; and where the tokens begin.

    0 for the place if the block does not open as `write_header` opens it.
    """
    table = np.zeros(1 << DEEPEST, np.int32)
    lengths = np.zeros(SYMBOLS, np.int64)
    for symbol in range(SYMBOLS):
        for bit in range(4):  # sent highest first, as codes are
            lengths[symbol] |= _bits(stream, 16 + _CODES_AT + 4 * symbol + bit, 1) << (3 - bit)
    place = 16
    if lengths.max() > DEEPEST or _bits(stream, 0, 16) != 0x0178:
        return table, 0
    bits, sizes = write_header(lengths, near)
    for i in range(len(bits)):
        size = int(sizes[i])
        if _bits(stream, place, size) != int(bits[i]):
            return table, 0
        place += size
    codes = canonical_codes(lengths)
    for symbol in range(SYMBOLS):
        if lengths[symbol]:
            for code in range(codes[symbol], 1 << DEEPEST, 1 << lengths[symbol]):
                table[code] = symbol << 4 | lengths[symbol]
    return table, place


@njit(cache=True)
def _read(stream, width, height, depth):  # type: ignore[no-untyped-def] # pragma: no cover
    """All of it in one entry into compiled code. No run at all for a stream that is not ours."""
    nothing = np.empty((0, 2), np.int32)
    distances = distances_of(width, depth)
    near = np.searchsorted(DISTANCES, distances, side="right") - 1
    table, place = _tokens_of(stream, near)
    if not place:
        return nothing
    far = distances - DISTANCES[near]
    far_bits = np.maximum(near // 2 - 1, 0)
    waiting, count, at = np.uint64(0), 0, place >> 3
    skip = place & 7  # bits of the first byte that are read
    runs = np.empty((max(1024, len(stream)), 2), np.int32)
    n = 0  # runs so far
    y, x = 0, -1  # of the next pixel; -1: next is the byte that names the row's filter
    high = -1  # the first byte of a pixel of two, when the second is to come
    old = 0  # the run above
    while True:
        while count < 48:
            if at < len(stream):
                waiting |= np.uint64(stream[at]) << np.uint64(count)
            at += 1
            count += 8
        if skip:
            waiting >>= np.uint64(skip)
            count -= skip
            skip = 0
        entry = table[int(waiting & np.uint64(_ALL))]
        used = entry & 15
        symbol = entry >> 4
        if not used or at > len(stream) + 8:
            return nothing
        waiting >>= np.uint64(used)
        count -= used
        if symbol == END:
            break
        if y == height:
            return nothing
        kind, left = 0, 1  # of a literal
        if symbol > END:
            more = LENGTH_BITS[symbol - END - 1]
            left = LENGTHS[symbol - END - 1] + int(waiting & np.uint64((1 << more) - 1))
            waiting >>= np.uint64(more)
            which = int(waiting & np.uint64(1))
            waiting >>= np.uint64(1)
            extra = far_bits[which]
            if int(waiting & np.uint64((1 << extra) - 1)) != far[which]:
                return nothing
            waiting >>= np.uint64(extra)
            count -= more + 1 + extra
            kind = 1 + which
            if kind == 1 and x < 1:  # no pixel before
                return nothing
            if kind == 2 and (y == 0 or distances[1] != 1 + width * depth):  # no row above
                return nothing
        while left > 0:
            # What comes: *pixels* of one *colour*, or half a pixel.
            pixels, colour = 1, 0
            if kind == 2 and x >= 0:
                while runs[old, 0] <= (y - 1) * width + x:
                    old += 1
            if y == height:
                return nothing
            if x < 0:
                if (symbol if kind == 0 else 0) or kind == 1:
                    return nothing
                x = 0
                left -= 1
                continue
            if kind == 0:
                colour = symbol
            elif kind == 1:
                colour = int(runs[n - 1, 1])
            else:
                colour = int(runs[old, 1])
            if depth == 2:
                if high >= 0:
                    colour = high << 8 | (colour & 255)
                    high = -1
                    left -= 1
                elif left == 1:
                    high = symbol if kind == 0 else colour >> 8
                    break
                else:
                    pixels = left // 2
                    left -= 2 * pixels
            else:
                pixels = left
                left = 0
            if kind == 2 and pixels > 1:
                room = runs[old, 0] - ((y - 1) * width + x)
                if pixels > room:
                    left += (pixels - room) * depth
                    pixels = room
            if x + pixels > width:
                return nothing
            if x > 0 and runs[n - 1, 1] == colour:
                runs[n - 1, 0] += pixels
            else:
                if n == len(runs):
                    longer = np.empty((2 * n, 2), np.int32)
                    longer[:n] = runs
                    runs = longer
                runs[n, 0] = y * width + x + pixels
                runs[n, 1] = colour
                n += 1
            x += pixels
            if x == width:
                x = -1
                y += 1
    end = at - count // 8  # of the last byte that was begun
    if y < height or x >= 0 or end + 4 != len(stream):
        return nothing
    adler = adler_of_runs(runs[:n], width, depth)
    for byte in range(4):
        if stream[end + byte] != adler >> (24 - 8 * byte) & 255:
            return nothing
    return runs[:n].copy()
