"""The other way of `deflate`: the runs of an image from its zlib stream, without its pixels.

A general inflate writes all five or ten million bytes of a page, nearly all of them paper, for
someone to look through. What `compress_rows` wrote says in some 100,000 tokens where ink begins and
ends, so this reads those. It knows that one kind of stream, takes nothing on trust (lengths, ends
and the Adler-32 must be right) and leaves every other stream to a library.
"""

import numpy as np
from numba import njit

from deepscores.dataset.png.deflate import (
    DEEPEST,
    DISTANCES,
    END,
    LENGTH_BITS,
    LENGTHS,
    PREVIOUS_PIXEL,
    ROW_ABOVE,
    SYMBOLS,
    adler_of_runs,
    canonical_codes,
    distances_of,
    write_header,
)
from deepscores.page.model import Runs

_MOST_PIXELS = 2**31 - 1  # ends of runs are of 32 bits
_CODES_AT = 3 + 5 + 5 + 4 + 19 * 3  # the bit with which the lengths of the codes begin
_ALL = (1 << DEEPEST) - 1


def runs_of_stream(stream: bytes, size: tuple[int, int], depth: int) -> Runs | None:
    """The runs of the image whose rows `compress_rows` packed, each as long as it can be.

    *size* is its width and height in pixels, *depth* its bytes per pixel. None for a stream
    of another writer or of another image.
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
        position = place + bit
        if position >> 3 < len(stream):
            value |= (int(stream[position >> 3]) >> (position & 7) & 1) << bit
    return value


@njit(cache=True)
def _read(stream, width, height, depth):  # type: ignore[no-untyped-def] # pragma: no cover
    """All of it in one entry into compiled code. No run at all for a stream that is not ours."""
    tokens = _unpack(stream, distances_of(width, depth))
    runs = runs_of_tokens(tokens, width, height, depth)
    if len(runs):
        adler = adler_of_runs(runs, width, depth)
        for byte in range(1, 5):
            if stream[len(stream) - byte] != adler >> (8 * byte - 8) & 255:
                return runs[:0]
    return runs


@njit(cache=True)
def _unpack(stream, distances):  # type: ignore[no-untyped-def] # pragma: no cover
    """The tokens of a zlib stream, as `deflate` packs them. None at all for any other."""
    codes_of_distances = np.searchsorted(DISTANCES, distances, side="right") - 1
    far = distances - DISTANCES[codes_of_distances]
    far_bits = np.maximum(codes_of_distances // 2 - 1, 0)
    table, place = _codes_by_bits(stream, codes_of_distances)
    tokens = np.empty(8 * len(stream), np.int32)  # each has a bit at least
    if not place:
        return tokens[:0]
    n = 0
    position = place >> 3
    waiting, count = np.uint64(stream[position] >> (place & 7)), 8 - (place & 7)
    position += 1
    while True:
        while count < 40:  # with all that can follow it, a code has 33
            if position < len(stream):
                waiting |= np.uint64(stream[position]) << np.uint64(count)
            position += 1
            count += 8
        entry = table[int(waiting & np.uint64(_ALL))]
        symbol, used = entry >> 4, entry & 15
        if not used or position > len(stream) + 4:
            return tokens[:0]
        waiting >>= np.uint64(used)
        count -= used
        if symbol == END:
            break
        if symbol > END:
            extra_bits = LENGTH_BITS[symbol - END - 1]
            length = LENGTHS[symbol - END - 1] + int(waiting & np.uint64((1 << extra_bits) - 1))
            waiting >>= np.uint64(extra_bits)
            kind = int(waiting & np.uint64(1))
            waiting >>= np.uint64(1)
            if int(waiting & np.uint64((1 << far_bits[kind]) - 1)) != far[kind]:
                return tokens[:0]
            waiting >>= np.uint64(far_bits[kind])
            count -= extra_bits + 1 + far_bits[kind]
            symbol = (ROW_ABOVE if kind else PREVIOUS_PIXEL) | length
        tokens[n] = symbol
        n += 1
    # After what is left of the last byte, the four of the checksum.
    return tokens[: n if position - count // 8 + 4 == len(stream) else 0]


@njit(cache=True)
def _codes_by_bits(stream, codes_of_distances):  # type: ignore[no-untyped-def] # pragma: no cover
    """By the bits to come: a code's symbol and length. And the place of the first bit after them.

    0 for the place if the stream does not begin as `write_header` begins a block.
    """
    table = np.zeros(1 << DEEPEST, np.int32)
    lengths = np.zeros(SYMBOLS, np.int64)
    for symbol in range(SYMBOLS):
        for bit in range(4):  # sent highest first, as codes are
            lengths[symbol] |= _bits(stream, 16 + _CODES_AT + 4 * symbol + bit, 1) << (3 - bit)
    if lengths.max() > DEEPEST or _bits(stream, 0, 16) != 0x0178:
        return table, 0
    place = 16
    bits, sizes = write_header(lengths, codes_of_distances)
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
    return table, place if place < 8 * len(stream) else 0


@njit(cache=True)
def runs_of_tokens(tokens, width, height, depth):  # type: ignore[no-untyped-def] # pragma: no cover
    """The runs that *tokens* stand for; none at all if they are not of such an image."""
    runs = np.empty((1024 + len(tokens), 2), np.int32)
    n = 0
    y, x = 0, -1  # of the next pixel; -1: next is the byte that names the row's filter
    high = -1  # the first byte of a pixel of two, when the second is to come
    run_above = 0  # the run above the next pixel
    for token in tokens:
        kind = token & (PREVIOUS_PIXEL | ROW_ABOVE)
        left = token & 511 if kind else 1  # bytes
        while left > 0:
            if y == height or (kind == PREVIOUS_PIXEL and x < 1) or (kind == ROW_ABOVE and y == 0):
                return runs[:0]
            if x < 0:
                if token > 0 and not kind:  # a filter
                    return runs[:0]
                x = 0
                left -= 1
                continue
            # *colour*, and how many *pixels* of it there can be.
            pixels = width - x
            colour = token
            if kind == PREVIOUS_PIXEL:
                colour = runs[n - 1, 1]
            elif kind == ROW_ABOVE:
                place = (y - 1) * width + x
                while runs[run_above, 0] <= place:
                    run_above += 1
                pixels, colour = runs[run_above, 0] - place, runs[run_above, 1]
            if high >= 0:
                colour = high << 8 | colour & 255
                high = -1
                pixels = 1
                left -= 1
            elif depth == 2 and left == 1:
                high = colour >> 8 if kind else colour
                break
            else:
                pixels = min(pixels, left // depth)
                left -= pixels * depth
            if x > 0 and runs[n - 1, 1] == colour:
                runs[n - 1, 0] += pixels
            else:
                if n == len(runs):
                    longer = np.empty((2 * n, 2), np.int32)
                    longer[:n] = runs
                    runs = longer
                runs[n, 0], runs[n, 1] = y * width + x + pixels, colour
                n += 1
            x += pixels
            if x == width:
                x = -1
                y += 1
    return runs[: n if y == height else 0]
