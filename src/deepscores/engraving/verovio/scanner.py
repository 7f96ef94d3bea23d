"""Verovio's SVG cut into its pieces: a compiled scanner that knows just what Verovio writes.

It reads characters, one byte each, and fills tables of whole numbers; what stands in them is made
of it elsewhere. Where it meets anything else it stops, and says where.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

# Kinds of tokens, and what their columns 2… hold. Column 1 is the group that they stand in.
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
    """The pieces of a page, in the order in which they are drawn."""

    tokens: NDArray[np.int32]  # (n, 7)
    groups: NDArray[np.int32]  # (m, 9), outer ones first
    numbers: NDArray[np.int32]
    end: int  # of what was understood
    whole: bool  # every group that began has ended


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
_SPACE, _QUOTE, _HASH, _LESS, _MORE, _SLASH = (ord(letter) for letter in ' "#<>/')
_MINUS, _POINT, _COMMA, _EQUALS, _ZERO, _NINE = (ord(letter) for letter in "-.,=09")
_L, _C, _A, _F, _UNDER, _COLON = (ord(letter) for letter in "LCAF_:")
_NO = -1
_PADDING = b"\0" * 64  # what is looked at beyond the end is of no kind


@njit(cache=True)
def _at(data, i, word):  # type: ignore[no-untyped-def] # pragma: no cover - compiled
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
        if data[i] == word[0] and _at(data, i, word):
            return i
        i += 1
    return _NO


@njit(cache=True)
def _is_letter(byte):  # type: ignore[no-untyped-def] # pragma: no cover - compiled
    lower = byte | 32
    return _ZERO <= byte <= _NINE or 97 <= lower <= 122 or byte == _UNDER


@njit(cache=True)
def _whole(data, i, signed):  # type: ignore[no-untyped-def] # pragma: no cover - compiled
    """The whole number at *i*, and where it ends; the end is -1 where there is none."""
    negative = signed and data[i] == _MINUS
    if negative:
        i += 1
    start, value = i, 0
    while _ZERO <= data[i] <= _NINE and i - start < 9:
        value = 10 * value + data[i] - _ZERO
        i += 1
    if i == start:
        return 0, _NO
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
    if _at(data, i, _ID):
        row[ID] = i + 5
        row[ID + 1] = _value(data, i + 5)
        i = row[ID + 1] + 1
    if not _at(data, i, _CLASS):
        return _NO
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
        return _NO
    i += 1
    while _is_letter(data[i]):
        i += 1
    if not _at(data, i, _TRANSLATE):
        return _NO
    row[2] = code
    row[3], i = _whole(data, i + len(_TRANSLATE), True)
    if i < 0 or data[i] != _COMMA or data[i + 1] != _SPACE:
        return _NO
    row[4], i = _whole(data, i + 2, True)
    if i < 0 or not _at(data, i, _SCALE):
        return _NO
    i += len(_SCALE)
    value, digits, decimals, point = 0, 0, 0, False
    while (_ZERO <= data[i] <= _NINE or data[i] == _POINT) and digits < 9:
        if data[i] == _POINT:
            if point:
                return _NO
            point = True
        else:
            value = 10 * value + data[i] - _ZERO
            decimals += point
            digits += 1
        i += 1
    if digits == 0 or data[i] != _COMMA or data[i + 1] != _SPACE:
        return _NO
    row[5], row[6] = value, decimals
    i += 2
    while _ZERO <= data[i] <= _NINE or data[i] == _POINT:
        i += 1
    return i + len(_USE_END) if _at(data, i, _USE_END) else _NO


@njit(cache=True)
def _line(data, i, row):  # type: ignore[no-untyped-def] # pragma: no cover - compiled
    i += len(_PATH)
    row[2], i = _whole(data, i, True)
    if i < 0 or data[i] != _SPACE:
        return _NO
    row[3], i = _whole(data, i + 1, True)
    if i < 0 or data[i] != _SPACE or data[i + 1] != _L:
        return _NO
    row[4], i = _whole(data, i + 2, True)
    if i < 0 or data[i] != _SPACE:
        return _NO
    row[5], i = _whole(data, i + 1, True)
    if i < 0 or not _at(data, i, _PEN):
        return _NO
    row[6], i = _whole(data, i + len(_PEN), False)
    return i + len(_CLOSE) if i >= 0 and _at(data, i, _CLOSE) else _NO


@njit(cache=True)
def _slur(data, i, row, numbers, used):  # type: ignore[no-untyped-def] # pragma: no cover - compiled
    """A closed curve of two cubic arcs, there and back."""
    i += len(_PATH)
    for k in range(7):
        if k:
            if data[i] != _SPACE:
                return _NO
            i += 1
            if k in (1, 4):
                if data[i] != _C:
                    return _NO
                i += 1
        numbers[used + 2 * k], i = _whole(data, i, True)
        if i < 0 or data[i] != _COMMA:
            return _NO
        numbers[used + 2 * k + 1], i = _whole(data, i + 1, True)
        if i < 0:
            return _NO
    if numbers[used] != numbers[used + 12] or numbers[used + 1] != numbers[used + 13]:
        return _NO
    if not _at(data, i, _PEN):
        return _NO
    row[2] = used
    row[3], i = _whole(data, i + len(_PEN), False)
    return i + len(_ROUND) if i >= 0 and _at(data, i, _ROUND) else _NO


@njit(cache=True)
def _polygon(data, i, row, numbers, used):  # type: ignore[no-untyped-def] # pragma: no cover - compiled
    i += len(_CORNERS)
    row[2], row[3] = used, 0
    while data[i] != _QUOTE:
        if data[i] == _SPACE or data[i] == _COMMA:
            i += 1
            continue
        if used + row[3] == len(numbers):
            return _NO
        numbers[used + row[3]], i = _whole(data, i, True)
        if i < 0:
            return _NO
        row[3] += 1
    return i + len(_CLOSE) if _at(data, i, _CLOSE) and row[3] >= 2 and row[3] % 2 == 0 else _NO


@njit(cache=True)
def _shape(data, i, row):  # type: ignore[no-untyped-def] # pragma: no cover - compiled
    for tag in _TAGS:
        end = i + len(tag)
        if _at(data, i, tag) and not _is_letter(data[end]):
            row[2], row[3], row[4] = i + 1, end, end
            row[5] = end = _attributes(data, end)
            while data[end] == _SPACE or data[end] == 10:
                end += 1
            return end + 2 if data[end] == _SLASH and data[end + 1] == _MORE else _NO
    return _NO


@njit(cache=True)
def _enclosed(data, i, start, stop):  # type: ignore[no-untyped-def] # pragma: no cover - compiled
    """The end of an element with text in it, named as *start* has it."""
    end = _attributes(data, i + len(start))
    while data[end] == _SPACE or data[end] == 10:
        end += 1
    if data[end] == _SLASH and data[end + 1] == _MORE:
        return end + 2
    if data[end] != _MORE:
        return _NO
    end = _find(data, end, stop)
    return end + len(stop) if end >= 0 else _NO


@njit(cache=True)
def _scan(data, i, tokens, groups, numbers):  # type: ignore[no-untyped-def] # pragma: no cover - compiled
    count, opened, used, depth = 0, 0, 0, 0
    inside = _NO  # the group at hand
    while i + 4 < len(data):
        row = tokens[count]
        row[0] = 0
        if data[i] != _LESS:
            if data[i] > _SPACE:
                break
            i += 1
            continue
        if _at(data, i, _GROUP_END):
            groups[inside, END] = opened
            inside = groups[inside, PARENT]
            depth -= 1
            i += len(_GROUP_END)
            if depth == 0:
                break
            continue
        end = _NO
        if _at(data, i, _GROUP):
            end = _group(data, i, groups[opened])
            if end < 0:
                break
            if data[end] == _MORE:
                groups[opened, PARENT] = inside
                inside = opened
                opened += 1
                depth += 1
                i = end + 1
                continue
            if data[end] != _SLASH or data[end + 1] != _MORE:
                break
            i = end + 2  # an empty group draws nothing
            continue
        if _at(data, i, _USE):
            row[0], end = USE, _use(data, i, row)
        elif _at(data, i, _PATH):
            row[0], end = LINE, _line(data, i, row)
            if end < 0:
                row[0], end = SLUR, _slur(data, i, row, numbers, used)
                if end >= 0:
                    used += 14
        elif _at(data, i, _CORNERS):
            row[0], end = POLYGON, _polygon(data, i, row, numbers, used)
            if end >= 0:
                used += row[3]
        elif _at(data, i, _LETTERS):
            row[0], end = TEXT, _enclosed(data, i, _LETTERS, _LETTERS_END)
            row[2], row[3] = i, end
        elif _at(data, i, _TITLE):
            end = _enclosed(data, i, _TITLE, _TITLE_END)
            if end < 0:
                break
            i = end
            continue
        if end < 0:
            row[0], end = SHAPE, _shape(data, i, row)
        if end < 0:
            break
        row[1] = inside
        count += 1
        i = end
    return count, opened, used, i, depth
