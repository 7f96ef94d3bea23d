"""A zlib stream of an image that is mostly one colour, compiled: only what is inked is looked at.

A general DEFLATE must read each of a page's five or ten million bytes to find that nearly all are
paper. This one is told where the ink is. It knows two kinds of repetition: more of the pixel
before, and what stands in the row above; together they catch staff lines, stems, beams and masks.
What it writes is a plain zlib stream (RFC 1950, 1951), one block with a Huffman code of its own,
the same bytes on every machine.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from deepscores.page.model import Runs

END = 256  # literal/length symbol that ends the block
_LONGEST = 258
_SHORTEST = 3
_WINDOW = 32_768
SYMBOLS = 286
DEEPEST = (
    14  # bits of a code: with all that can follow it, 33, which 31 waiting bits leave room for
)
# A token is a literal byte, or the length of a match and one of these.
PREVIOUS_PIXEL = 1 << 15  # more of the pixel before
ROW_ABOVE = 2 << 15  # what stands in the row above
LENGTHS = np.array(
    [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
     163, 195, 227, 258]
)  # fmt: skip
DISTANCES = np.array(
    [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537,
     2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577]
)  # fmt: skip
# Of each length: its code's place in the table above, and how many bits follow the code.
_CODE_OF_LENGTH = (np.searchsorted(LENGTHS, np.arange(_LONGEST + 1), side="right") - 1).clip(0)
LENGTH_BITS = np.array([0] * 8 + [1] * 4 + [2] * 4 + [3] * 4 + [4] * 4 + [5] * 4 + [0])


def compress_rows(runs: Runs, width: int, depth: int) -> bytes:
    """The zlib stream of PNG rows: a zero byte, then *depth* bytes per pixel, high byte first.

    *runs* are of an image *width* pixels wide. Raise ValueError for values of more bytes.
    """
    if len(runs) and not 0 <= runs[:, 1].min() <= runs[:, 1].max() < 1 << 8 * depth:
        raise ValueError(f"a pixel of {runs[:, 1].max()} does not fit {depth} bytes")
    stream: NDArray[np.uint8] = _compress(runs, width, depth)
    return stream.tobytes()


@njit(cache=True)
def _compress(runs, width, depth):  # type: ignore[no-untyped-def] # pragma: no cover
    # One entry into compiled code: each would take some milliseconds to load in a new process.
    distances = distances_of(width, depth)
    tokens = _tokens(runs, width, depth, distances[1] == 1 + width * depth)
    lengths = _code_lengths(_frequencies(tokens))
    return _pack(tokens, lengths, distances, adler_of_runs(runs, width, depth))


@njit(cache=True)
def distances_of(width, depth):  # type: ignore[no-untyped-def] # pragma: no cover
    """How far back, in bytes, the two kinds of matches reach.

    The second is one that is not used where the row above is too far.
    """
    row_distance = 1 + width * depth
    return np.array([depth, row_distance if row_distance <= _WINDOW else depth + 1])


@njit(cache=True)
def adler_of_runs(runs, width, depth):  # type: ignore[no-untyped-def] # pragma: no cover
    """The Adler-32 of the rows that the runs stand for, each with a zero byte before it."""
    a, b = np.int64(1), np.int64(0)
    place = 0
    for run in range(len(runs)):
        end, colour = runs[run, 0], runs[run, 1]
        if place % width == 0:
            a, b = a % 65521, b % 65521  # in 64 bits, a row's sums do not overflow
            b += a
        high, low = colour >> 8, colour & 255
        n = np.int64(end - place)
        if depth == 2:
            b += n * (2 * high + low) + 2 * n * a + (high + low) * n * (n - 1)
            a += n * (high + low)
        else:
            b += n * (a + low) + low * n * (n - 1) // 2
            a += n * low
        place = end
    return (b % 65521 << 16) | a % 65521


@njit(cache=True)
def find_runs(pixels):  # type: ignore[no-untyped-def] # pragma: no cover
    """The runs of an image (height, width)."""
    height, width = pixels.shape
    runs = np.empty((1024, 2), np.int32)
    count = 0
    for y in range(height):
        if count + width > len(runs):
            longer = np.empty((2 * len(runs) + width, 2), np.int32)
            longer[:count] = runs[:count]
            runs = longer
        row = y * width
        previous_value = pixels[y, 0]
        for x in range(1, width):
            value = pixels[y, x]
            runs[count, 0], runs[count, 1] = row + x, previous_value
            count += value != previous_value
            previous_value = value
        runs[count, 0], runs[count, 1] = row + width, previous_value
        count += 1
    return runs[:count]


@njit(cache=True)
def _repeat(tokens, count, kind, length):  # type: ignore[no-untyped-def] # pragma: no cover
    """Append matches for *length* bytes, at least 3; return the new count."""
    while length > 0:
        step = min(length, _LONGEST)
        if 0 < length - step < _SHORTEST:
            step -= _SHORTEST
        tokens[count] = kind | step
        count += 1
        length -= step
    return count


@njit(cache=True)
def _flush(tokens, count, pending, last_but_one, last):  # type: ignore[no-untyped-def] # pragma: no cover
    """Append what is pending: *pending* bytes from the row above; as literals, if they are few."""
    if pending > _LONGEST:
        return _repeat(tokens, count, ROW_ABOVE, pending)
    # Written in any case, kept if counted: branches would be guessed wrong.
    tokens[count] = (
        ROW_ABOVE | pending if pending >= _SHORTEST else last_but_one if pending == 2 else last
    )
    tokens[count + 1] = last
    return count + (pending > 0) + (pending == 2)


@njit(cache=True)
def _tokens(runs, width, depth, look_above):  # type: ignore[no-untyped-def] # pragma: no cover
    """Literals and matches of the whole image."""
    height = runs[-1, 0] // width
    tokens = np.empty(6 * (len(runs) + height) + height * (1 + width * depth) // 255 + 8, np.int32)
    count = 0
    pending = (
        0  # bytes to come from the row above, not yet written: such a match runs over row ends
    )
    last_but_one, last = 0, 0
    run, run_above = 0, 0  # the run at hand, and that above it
    for y in range(height):
        row = y * width
        compare = look_above and y > 0
        last_but_one, last = last, 0  # the byte that names the row's filter: none
        if compare:
            pending += 1
        else:
            tokens[count] = 0
            count += 1
        x = 0
        while x < width:
            end, colour = runs[run, 0] - row, runs[run, 1]
            run += 1
            high, low = colour >> 8, colour & 255
            fresh = True  # the pixel before has another colour
            while x < end:
                matching = 0  # pixels that have this colour in the row above too
                if compare:
                    while runs[run_above, 0] <= row - width + x:
                        run_above += 1
                    if runs[run_above, 1] == colour:
                        matching = min(runs[run_above, 0] - row + width, end) - x
                # More of the pixel before goes on to the stretch's end; take the row above where
                # that can go on, too.
                if matching and (pending or fresh or x + matching == end):
                    pending += matching * depth
                    step = matching
                else:
                    count = _flush(tokens, count, pending, last_but_one, last)
                    pending = 0
                    step = 1 if fresh else end - x
                    if step * depth >= _SHORTEST:
                        count = _repeat(tokens, count, PREVIOUS_PIXEL, step * depth)
                    else:
                        tokens[count] = high if depth == 2 else low
                        tokens[count + 1] = low
                        count += step * depth
                fresh = False
                x += step
                last_but_one = high if depth == 2 else low if step > 1 else last
                last = low
    count = _flush(tokens, count, pending, last_but_one, last)
    return tokens[:count]


@njit(cache=True)
def _frequencies(tokens):  # type: ignore[no-untyped-def] # pragma: no cover
    counts = np.zeros(SYMBOLS, np.int64)
    counts[END] = 1
    for token in tokens:
        counts[END + 1 + _CODE_OF_LENGTH[token & 511] if token >> 15 else token] += 1
    return counts


@njit(cache=True)
def _code_lengths(counts):  # type: ignore[no-untyped-def] # pragma: no cover
    """Bits of each symbol's Huffman code, none over 14; 0 for symbols that do not occur."""
    used = np.flatnonzero(counts)
    weights = counts[used]
    lengths = np.zeros(len(counts), np.int64)
    while True:
        leaves = np.argsort(weights, kind="mergesort")  # stable: the same on every machine
        n = len(leaves)
        # Two queues in ascending order: leaves, and the pairs made of them.
        weight = np.empty(2 * n - 1, np.int64)
        weight[:n] = weights[leaves]
        parent = np.zeros(2 * n - 1, np.int64)
        leaf, pair = 0, n
        for pair_made in range(n, 2 * n - 1):
            total = 0
            for _ in range(2):
                if leaf < n and (pair >= pair_made or weight[leaf] <= weight[pair]):
                    lightest, leaf = leaf, leaf + 1
                else:
                    lightest, pair = pair, pair + 1
                total += weight[lightest]
                parent[lightest] = pair_made
            weight[pair_made] = total
        depth = np.zeros(2 * n - 1, np.int64)
        for node in range(2 * n - 3, -1, -1):
            depth[node] = depth[parent[node]] + 1
        if depth[:n].max() <= DEEPEST:
            lengths[used[leaves]] = depth[:n]
            return lengths
        weights = weights // 2 + 1


@njit(cache=True)
def canonical_codes(lengths):  # type: ignore[no-untyped-def] # pragma: no cover
    """The canonical codes of RFC 1951, 3.2.2, bits reversed: they are sent first bit lowest."""
    codes = np.zeros(len(lengths), np.int64)
    code = 0
    for length in range(1, DEEPEST + 1):
        for symbol in range(len(lengths)):
            if lengths[symbol] == length:
                backwards = 0
                for bit in range(length):
                    backwards |= (code >> bit & 1) << (length - 1 - bit)
                codes[symbol] = backwards
                code += 1
        code <<= 1
    return codes


@njit(cache=True)
def _pack(tokens, lengths, distances, adler):  # type: ignore[no-untyped-def] # pragma: no cover
    """The zlib stream: one block of *tokens*. *distances* are those of the two kinds of matches."""
    codes_of_distances = np.searchsorted(DISTANCES, distances, side="right") - 1
    bits, sizes = write_header(lengths, codes_of_distances)
    codes = canonical_codes(lengths)
    # What is sent for each token: by literal, then by length for the two kinds of matches.
    sent = np.zeros((3, 512), np.uint64)
    size = np.zeros((3, 512), np.uint64)
    for symbol in range(END + 1):
        sent[0, symbol], size[0, symbol] = codes[symbol], lengths[symbol]
    for kind in range(2):
        far = distances[kind] - DISTANCES[codes_of_distances[kind]]
        for length in range(_SHORTEST, _LONGEST + 1):
            place = _CODE_OF_LENGTH[length]
            value, width = codes[END + 1 + place], lengths[END + 1 + place]
            value |= (length - LENGTHS[place]) << width
            width += LENGTH_BITS[place]
            value |= kind << width  # the code of the nearer distance is 0, that of the other 1
            value |= far << (width + 1)
            sent[1 + kind, length] = value
            size[1 + kind, length] = width + 1 + max(codes_of_distances[kind] // 2 - 1, 0)
    packed = np.empty(600 + 6 * len(tokens), np.uint8)
    packed[0], packed[1] = 0x78, 0x01
    position = 2
    waiting, count = np.uint64(0), np.uint64(0)
    for i in range(len(bits) + len(tokens) + 1):
        if i < len(bits):
            value, width = bits[i], sizes[i]
        elif i == len(bits) + len(tokens):
            value, width = sent[0, END], size[0, END]
        else:
            token = tokens[i - len(bits)]
            kind, literal_or_length = token >> 15, token & 511
            value, width = sent[kind, literal_or_length], size[kind, literal_or_length]
        waiting |= value << count
        count += width
        if count >= 32:
            for byte in range(4):
                packed[position + byte] = waiting >> np.uint64(8 * byte) & np.uint64(255)
            position += 4
            waiting >>= np.uint64(32)
            count -= np.uint64(32)
    while waiting or count > 0:
        packed[position] = waiting & np.uint64(255)
        position += 1
        waiting >>= np.uint64(8)
        count -= min(count, np.uint64(8))
    for shift in (24, 16, 8, 0):
        packed[position] = adler >> shift & 255
        position += 1
    return packed[:position]


@njit(cache=True)
def write_header(lengths, codes_of_distances):  # type: ignore[no-untyped-def] # pragma: no cover
    """Values and sizes of what opens a block with Huffman codes of its own."""
    bits = np.zeros(5 + 19 + SYMBOLS + len(DISTANCES), np.uint64)
    sizes = np.zeros(len(bits), np.uint64)
    bits[0], sizes[0] = 0b101, 3  # the last block, with codes of its own
    bits[1], sizes[1] = SYMBOLS - 257, 5
    bits[2], sizes[2] = len(DISTANCES) - 1, 5
    bits[3], sizes[3] = 19 - 4, 4
    # Code lengths are sent as they are, 0…15 in four bits each; 16, 17 and 18, which would repeat
    # them, are not used. They are first in the order of RFC 1951, 3.2.7.
    for place in range(19):
        bits[4 + place], sizes[4 + place] = 0 if place < 3 else 4, 3
    for symbol in range(SYMBOLS + len(DISTANCES)):
        length = (
            int(symbol - SYMBOLS in codes_of_distances) if symbol >= SYMBOLS else lengths[symbol]
        )
        for bit in range(4):
            bits[23 + symbol] |= np.uint64((length >> bit & 1) << (3 - bit))
        sizes[23 + symbol] = 4
    return bits, sizes
