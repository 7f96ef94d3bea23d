"""Split Verovio's SVG into its pieces: a compiled scanner for exactly what Verovio writes.

It reads characters, one byte each, and fills tables of integers, which `svg` interprets. At
anything else it stops and reports the position.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

# Kinds of tokens, and their columns from 2 on. Column 1 is the group that contains them.
USE = 1  # code point, x, y, scale × 10^decimals, decimals
LINE = 2  # x0, y0, x1, y1, width
SLUR = 3  # where its 14 numbers begin in `Scan.numbers`, width
POLYGON = 4  # where its numbers begin, how many they are
SHAPE = 5  # name: from, to; attributes: from, to
TEXT = 6  # from, to
_COLUMNS = 7
# Columns of groups.
ID, NAME, ATTRIBUTES = 0, 2, 4  # from, to; the name is the class's first word
PARENT, END = 6, 7  # the group around it, -1 if none; one past the last group within it
CLASS_END = 8


class Scan(NamedTuple):
    """The pieces of a page, in drawing order."""

    tokens: NDArray[np.int32]  # (n, 7)
    groups: NDArray[np.int32]  # (m, 9), outer ones first
    numbers: NDArray[np.int32]
    end: int  # of the part that was scanned
    complete: bool  # every group that was opened is closed


def scan(svg: str, start: int) -> Scan:
    """Cut *svg* into pieces from the group at *start* to that group's end."""
    # Structure is ASCII; a letter beyond Latin-1 becomes one byte, so that places stay the same.
    data = np.frombuffer(svg.encode("latin-1", "replace") + _PADDING, np.uint8)
    room = svg.count("<") + 1
    tokens = np.empty((room, _COLUMNS), np.int32)
    groups = np.empty((room, 9), np.int32)
    numbers = np.empty(2 * svg.count(",") + 16, np.int32)  # points are written "x,y"
    count, opened, used, end, depth = _scan(data, start, tokens, groups, numbers)
    return Scan(tokens[:count], groups[:opened], numbers[:used], end, depth == 0)


def _word(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode(), np.uint8)


_GROUP, _GROUP_END = _word("<g"), _word("</g>")
_ID, _CLASS = _word(' id="'), _word(' class="')
_USE, _TRANSLATE = _word('<use xlink:href="#'), _word('" transform="translate(')
_SCALE, _USE_END = _word(") scale("), _word(')"/>')
_PATH, _PEN, _CLOSE = _word('<path d="M'), _word('" stroke-width="'), _word('"/>')
_ROUND = _word('" stroke-linecap="round" stroke-linejoin="round"/>')
_CORNERS = _word('<polygon points="')
_LETTERS, _LETTERS_END = _word("<text"), _word("</text>")
_TITLE, _TITLE_END = _word("<title"), _word("</title>")
_TAGS = (_word("<path"), _word("<polygon"), _word("<polyline"), _word("<rect"), _word("<ellipse"))
_SPACE, _QUOTE, _HASH, _LESS_THAN, _GREATER, _SLASH = (ord(letter) for letter in ' "#<>/')
_MINUS, _POINT, _COMMA, _EQUALS, _ZERO, _NINE = (ord(letter) for letter in "-.,=09")
_L, _C, _A, _F, _UNDER, _COLON = (ord(letter) for letter in "LCAF_:")
_NOT_FOUND = -1
_PADDING = b"\0" * 64  # so that reads beyond the end match nothing


@njit(cache=True)
def _matches(data, i, word):  # type: ignore[no-untyped-def] # pragma: no cover - compiled
    """Whether *word* stands at *i*."""
    if i + len(word) > len(data):
        return False
    for k in range(len(word)):  # noqa: SIM110 - a generator would not compile
        if data[i + k] != word[k]:
            return False
    return True


@njit(cache=True)
def _find(data, i, word):  # type: ignore[no-untyped-def] # pragma: no cover - compiled
    while i < len(data):
        if data[i] == word[0] and _matches(data, i, word):
            return i
        i += 1
    return _NOT_FOUND


@njit(cache=True)
def _is_letter(byte):  # type: ignore[no-untyped-def] # pragma: no cover - compiled
    lower = byte | 32
    return _ZERO <= byte <= _NINE or 97 <= lower <= 122 or byte == _UNDER


@njit(cache=True)
def _read_integer(data, i, signed):  # type: ignore[no-untyped-def] # pragma: no cover - compiled
    """The integer at *i*, and its end, which is -1 if there is none."""
    negative = signed and data[i] == _MINUS
    if negative:
        i += 1
    start, value = i, 0
    while _ZERO <= data[i] <= _NINE and i - start < 9:
        value = 10 * value + data[i] - _ZERO
        i += 1
    if i == start:
        return 0, _NOT_FOUND
    return -value if negative else value, i


@njit(cache=True)
def _attributes(data, i):  # type: ignore[no-untyped-def] # pragma: no cover - compiled
    """Where the attributes that begin at *i* end."""
    while data[i] == _SPACE:
        k = i + 1
        while _is_letter(data[k]) or data[k] == _COLON or data[k] == _POINT or data[k] == _MINUS:
            k += 1
        if k == i + 1 or data[k] != _EQUALS or data[k + 1] != _QUOTE:
            return i
        k += 2
        while data[k] != _QUOTE:
            if k + 1 >= len(data):
                return i
            k += 1
        i = k + 1
    return i


@njit(cache=True)
def _value(data, i):  # type: ignore[no-untyped-def] # pragma: no cover - compiled
    """Where the quoted text that begins at *i* ends."""
    while i < len(data) and data[i] != _QUOTE:
        i += 1
    return i


@njit(cache=True)
def _group(data, i, row):  # type: ignore[no-untyped-def] # pragma: no cover - compiled
    """Read the start of a group into *row*; its end, or -1."""
    i += 2
    row[ID], row[ID + 1] = 0, 0
    if _matches(data, i, _ID):
        row[ID] = i + 5
        row[ID + 1] = _value(data, i + 5)
        i = row[ID + 1] + 1
    if not _matches(data, i, _CLASS):
        return _NOT_FOUND
    row[NAME], end = i + 8, _value(data, i + 8)
    row[CLASS_END] = end
    i = row[NAME]
    while i < end and data[i] != _SPACE:
        i += 1
    row[NAME + 1] = i
    i = end + 1
    row[ATTRIBUTES] = i
    row[ATTRIBUTES + 1] = i = _attributes(data, i)
    return i


@njit(cache=True)
def _use(data, i, row):  # type: ignore[no-untyped-def] # pragma: no cover - compiled
    i += len(_USE)
    code = 0
    while _ZERO <= data[i] <= _NINE or _A <= data[i] <= _F:
        code = 16 * code + (data[i] - _ZERO if data[i] <= _NINE else data[i] - _A + 10)
        i += 1
    if data[i] != _MINUS:
        return _NOT_FOUND
    i += 1
    while _is_letter(data[i]):
        i += 1
    if not _matches(data, i, _TRANSLATE):
        return _NOT_FOUND
    row[2] = code
    row[3], i = _read_integer(data, i + len(_TRANSLATE), True)
    if i < 0 or data[i] != _COMMA or data[i + 1] != _SPACE:
        return _NOT_FOUND
    row[4], i = _read_integer(data, i + 2, True)
    if i < 0 or not _matches(data, i, _SCALE):
        return _NOT_FOUND
    i += len(_SCALE)
    value, digits, decimals, point = 0, 0, 0, False
    while (_ZERO <= data[i] <= _NINE or data[i] == _POINT) and digits < 9:
        if data[i] == _POINT:
            if point:
                return _NOT_FOUND
            point = True
        else:
            value = 10 * value + data[i] - _ZERO
            decimals += point
            digits += 1
        i += 1
    if digits == 0 or data[i] != _COMMA or data[i + 1] != _SPACE:
        return _NOT_FOUND
    row[5], row[6] = value, decimals
    i += 2
    while _ZERO <= data[i] <= _NINE or data[i] == _POINT:
        i += 1
    return i + len(_USE_END) if _matches(data, i, _USE_END) else _NOT_FOUND


@njit(cache=True)
def _line(data, i, row):  # type: ignore[no-untyped-def] # pragma: no cover - compiled
    i += len(_PATH)
    row[2], i = _read_integer(data, i, True)
    if i < 0 or data[i] != _SPACE:
        return _NOT_FOUND
    row[3], i = _read_integer(data, i + 1, True)
    if i < 0 or data[i] != _SPACE or data[i + 1] != _L:
        return _NOT_FOUND
    row[4], i = _read_integer(data, i + 2, True)
    if i < 0 or data[i] != _SPACE:
        return _NOT_FOUND
    row[5], i = _read_integer(data, i + 1, True)
    if i < 0 or not _matches(data, i, _PEN):
        return _NOT_FOUND
    row[6], i = _read_integer(data, i + len(_PEN), False)
    return i + len(_CLOSE) if i >= 0 and _matches(data, i, _CLOSE) else _NOT_FOUND


@njit(cache=True)
def _slur(data, i, row, numbers, used):  # type: ignore[no-untyped-def] # pragma: no cover - compiled
    """A closed curve of two cubic arcs, there and back."""
    i += len(_PATH)
    for k in range(7):
        if k:
            if data[i] != _SPACE:
                return _NOT_FOUND
            i += 1
            if k in (1, 4):
                if data[i] != _C:
                    return _NOT_FOUND
                i += 1
        numbers[used + 2 * k], i = _read_integer(data, i, True)
        if i < 0 or data[i] != _COMMA:
            return _NOT_FOUND
        numbers[used + 2 * k + 1], i = _read_integer(data, i + 1, True)
        if i < 0:
            return _NOT_FOUND
    if numbers[used] != numbers[used + 12] or numbers[used + 1] != numbers[used + 13]:
        return _NOT_FOUND
    if not _matches(data, i, _PEN):
        return _NOT_FOUND
    row[2] = used
    row[3], i = _read_integer(data, i + len(_PEN), False)
    return i + len(_ROUND) if i >= 0 and _matches(data, i, _ROUND) else _NOT_FOUND


@njit(cache=True)
def _polygon(data, i, row, numbers, used):  # type: ignore[no-untyped-def] # pragma: no cover - compiled
    i += len(_CORNERS)
    row[2], row[3] = used, 0
    while data[i] != _QUOTE:
        if data[i] == _SPACE or data[i] == _COMMA:
            i += 1
            continue
        if used + row[3] == len(numbers):
            return _NOT_FOUND
        numbers[used + row[3]], i = _read_integer(data, i, True)
        if i < 0:
            return _NOT_FOUND
        row[3] += 1
    return (
        i + len(_CLOSE)
        if _matches(data, i, _CLOSE) and row[3] >= 2 and row[3] % 2 == 0
        else _NOT_FOUND
    )


@njit(cache=True)
def _shape(data, i, row):  # type: ignore[no-untyped-def] # pragma: no cover - compiled
    for tag in _TAGS:
        end = i + len(tag)
        if _matches(data, i, tag) and not _is_letter(data[end]):
            row[2], row[3], row[4] = i + 1, end, end
            row[5] = end = _attributes(data, end)
            while data[end] == _SPACE or data[end] == 10:
                end += 1
            return end + 2 if data[end] == _SLASH and data[end + 1] == _GREATER else _NOT_FOUND
    return _NOT_FOUND


@njit(cache=True)
def _find_element_end(data, i, start, stop):  # type: ignore[no-untyped-def] # pragma: no cover - compiled
    """The end of an element with text in it, whose opening is *start*."""
    end = _attributes(data, i + len(start))
    while data[end] == _SPACE or data[end] == 10:
        end += 1
    if data[end] == _SLASH and data[end + 1] == _GREATER:
        return end + 2
    if data[end] != _GREATER:
        return _NOT_FOUND
    end = _find(data, end, stop)
    return end + len(stop) if end >= 0 else _NOT_FOUND


@njit(cache=True)
def _scan(data, i, tokens, groups, numbers):  # type: ignore[no-untyped-def] # pragma: no cover - compiled
    count, opened, used, depth = 0, 0, 0, 0
    group = _NOT_FOUND  # the current group
    while i + 4 < len(data):
        row = tokens[count]
        row[0] = 0
        if data[i] != _LESS_THAN:
            if data[i] > _SPACE:
                break
            i += 1
            continue
        if _matches(data, i, _GROUP_END):
            groups[group, END] = opened
            group = groups[group, PARENT]
            depth -= 1
            i += len(_GROUP_END)
            if depth == 0:
                break
            continue
        end = _NOT_FOUND
        if _matches(data, i, _GROUP):
            end = _group(data, i, groups[opened])
            if end < 0:
                break
            if data[end] == _GREATER:
                groups[opened, PARENT] = group
                group = opened
                opened += 1
                depth += 1
                i = end + 1
                continue
            if data[end] != _SLASH or data[end + 1] != _GREATER:
                break
            i = end + 2  # an empty group draws nothing
            continue
        if _matches(data, i, _USE):
            row[0], end = USE, _use(data, i, row)
        elif _matches(data, i, _PATH):
            row[0], end = LINE, _line(data, i, row)
            if end < 0:
                row[0], end = SLUR, _slur(data, i, row, numbers, used)
                if end >= 0:
                    used += 14
        elif _matches(data, i, _CORNERS):
            row[0], end = POLYGON, _polygon(data, i, row, numbers, used)
            if end >= 0:
                used += row[3]
        elif _matches(data, i, _LETTERS):
            row[0], end = TEXT, _find_element_end(data, i, _LETTERS, _LETTERS_END)
            row[2], row[3] = i, end
        elif _matches(data, i, _TITLE):
            end = _find_element_end(data, i, _TITLE, _TITLE_END)
            if end < 0:
                break
            i = end
            continue
        if end < 0:
            row[0], end = SHAPE, _shape(data, i, row)
        if end < 0:
            break
        row[1] = group
        count += 1
        i = end
    return count, opened, used, i, depth
