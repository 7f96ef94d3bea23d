"""Fast PNG files: grey of 8 and 16 bits, with a palette, and in colour.

Pages are nine tenths paper, and their ink comes in runs: `deflate` packs the runs. Equal pixels
give equal bytes on every machine; files hold no time and no text.
"""

import io
import struct
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from isal import isal_zlib
from isal.igzip_lib import IsalError
from numpy.typing import NDArray
from PIL import Image

from deepscores.dataset.png.deflate import compress_rows, find_runs
from deepscores.dataset.png.inflate import runs_of_stream
from deepscores.errors import DatasetError
from deepscores.page.model import Picture, PixelPicture, Runs, join_runs, spread_runs

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _PALETTE, _COLOURS = 0, 3, 6
_PICTURES = ["PNG", "JPEG", "BMP", "TIFF", "WEBP"]
_ROOM = 2**26  # bytes taken at once for what a file says it holds
_UNREADABLE: tuple[Any, ...] = (
    OSError, ValueError, SyntaxError, IsalError, Image.DecompressionBombError
)  # fmt: skip


def encode_png(pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> bytes:
    """A PNG of one grey channel, (height, width), 8 or 16 bits deep by the array's type."""
    return encode_runs_png(find_runs(pixels), pixels.shape[1], pixels.itemsize)


def encode_runs_png(runs: Runs, width: int, depth: int) -> bytes:
    """The PNG of the image that *runs* describe, *depth* bytes per pixel."""
    height = int(runs[-1, 0]) // width
    return _file((width, height, 8 * depth, _GREY), compress_rows(runs, width, depth))


def encode_picture(picture: Picture, depth: int) -> bytes:
    """The PNG of *picture*, *depth* bytes per pixel; the same whether it has runs or pixels."""
    if isinstance(picture, PixelPicture):  # its own way to runs is slower
        return encode_runs_png(find_runs(picture.values), picture.width, depth)
    return encode_runs_png(picture.runs, picture.width, depth)


def encode_palette_png(runs: Runs, width: int, palette: NDArray[np.uint8]) -> bytes:
    """A PNG of places in a *palette* (n, 3) of colours, red green blue."""
    height = int(runs[-1, 0]) // width
    colours = _chunk(b"PLTE", palette.tobytes())
    return _file((width, height, 8, _PALETTE), compress_rows(runs, width, 1), colours)


def encode_colours_png(runs: Runs, width: int) -> bytes:
    """A PNG of red, green, blue and alpha, from runs of ``0xrrggbb``; 0: transparent."""
    height = int(runs[-1, 0]) // width
    # To whoever packs the rows a pixel is two of 16 bits, alike in what is transparent alone.
    ends, colours = runs.T.astype(np.int64)
    lengths = np.diff(ends, prepend=0)
    times = np.where(colours > 0, 2 * lengths, 1)
    steps = np.repeat(np.where(colours > 0, 1, 2 * lengths), times)
    first = np.arange(len(steps)) - np.repeat(np.cumsum(times) - times, times) & 1 == 0
    colour = np.repeat(colours, times)
    halves = np.where(first | (colour == 0), colour >> 8, (colour & 255) << 8 | 255)
    rows = compress_rows(join_runs(np.cumsum(steps), halves, 2 * width), 2 * width, 2)
    return _file((width, height, 8, _COLOURS), rows)


def _file(head: tuple[int, int, int, int], rows: bytes, palette: bytes = b"") -> bytes:
    """The whole file: *head* is width, height, bits and the kind of its colours."""
    start = _SIGNATURE + _chunk(b"IHDR", struct.pack(">IIBBBBB", *head, 0, 0, 0))
    return start + palette + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc32(kind + data))


def png_size(data: bytes, source: str = "image") -> tuple[int, int]:
    """Width and height of a PNG; every chunk is checked against its CRC.

    Pixels are not unpacked. Raise DatasetError for one that is damaged.

    >>> png_size(encode_png(np.zeros((2, 3), np.uint8)))
    (3, 2)
    """
    position, kind = len(_SIGNATURE), b""
    is_whole = (
        data.startswith(_SIGNATURE)
        and data[position + 4 : position + 8] == b"IHDR"
        and len(data) > position + 16
    )
    while is_whole and kind != b"IEND":
        kind = data[position + 4 : position + 8]
        chunk_end = position + 8 + int.from_bytes(data[position : position + 4], "big")
        crc = crc32(memoryview(data)[position + 4 : chunk_end])
        is_whole = data[chunk_end : chunk_end + 4] == crc.to_bytes(4, "big")
        position = chunk_end + 4
    if not is_whole:
        raise DatasetError(f"{source}: not a readable PNG: it is damaged or cut off")
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def decode_png(data: bytes, source: str = "image") -> NDArray[np.uint8] | NDArray[np.uint16]:
    """The pixels of any grey PNG (height, width); 16-bit ones as uint16.

    >>> decode_png(encode_png(np.array([[0, 300]], np.uint16))).tolist()
    [[0, 300]]
    """
    try:
        stored = _own_stream(data)
        pixels = None if stored is None else _decode_own(stored)
        return _decode_foreign(data) if pixels is None else pixels
    except _UNREADABLE as error:
        raise DatasetError(f"{source}: not a readable PNG: {error}") from None


def decode_runs_png(data: bytes, source: str = "image") -> tuple[Runs, int]:
    """The runs of a grey PNG, each as long as possible, and its width in pixels.

    For files that `encode_png` wrote, no array of pixels is made.

    >>> runs, width = decode_runs_png(encode_png(np.array([[7, 7, 300]], np.uint16)))
    >>> runs.tolist(), width
    ([[2, 7], [3, 300]], 3)
    """
    stored = _own_stream(data)
    runs = None if stored is None else runs_of_stream(stored.stream, stored.size, stored.depth)
    if stored is None or runs is None:
        pixels = decode_png(data, source)
        return find_runs(pixels), pixels.shape[1]
    return runs, stored.size[0]


def decode_values(data: bytes, source: str = "image") -> NDArray[np.uint32]:
    """The value of each pixel of any PNG, (height, width).

    Grey: its value; palette: its index; colour: ``0xrrggbb``, 0 where it is transparent.
    """
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            if image.mode in ("1", "L", "P") or image.mode.startswith("I"):
                return np.asarray(image).astype(np.uint32)
            colours = np.asarray(image.convert("RGBA")).astype(np.uint32)
    except _UNREADABLE as error:
        raise DatasetError(f"{source}: not a readable PNG: {error}") from None
    red, green, blue, solid = np.moveaxis(colours, 2, 0)
    return np.where(solid > 0, red << 16 | green << 8 | blue, np.uint32(0))


def decode_grey(data: bytes, source: str = "image") -> NDArray[np.uint8]:
    """The picture of any PNG, JPEG, BMP, TIFF or WebP in grey, (height, width), 255 = white."""
    try:
        with Image.open(io.BytesIO(data), formats=_PICTURES) as image:
            if image.mode in ("1", "L") and "transparency" not in image.info:
                return np.asarray(image.convert("L"))
            if image.mode.startswith("I"):  # 16 bits, which Pillow would cut off at 255
                return (np.asarray(image).clip(0, 65_535) >> 8).astype(np.uint8)
            sheet = Image.new("RGBA", image.size, "white")
            return np.asarray(Image.alpha_composite(sheet, image.convert("RGBA")).convert("L"))
    except _UNREADABLE as error:
        raise DatasetError(f"{source}: not a readable image: {error}") from None


def _decode_foreign(data: bytes) -> NDArray[np.uint8] | NDArray[np.uint16]:
    with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
        if image.mode == "L":
            return np.asarray(image)
        if image.mode.startswith("I"):  # Pillow's modes of 16 bits
            return np.asarray(image).astype(np.uint16)
        raise ValueError(f"its pixels are {image.mode}, not grey of 8 or 16 bits")


class _StoredPixels(NamedTuple):
    """The parts of a PNG with one IDAT chunk, as `encode_png` writes it."""

    stream: bytes
    size: tuple[int, int]  # width and height
    depth: int  # bytes per pixel


def _own_stream(data: bytes) -> _StoredPixels | None:
    if data[:16] != _SIGNATURE + b"\0\0\0\rIHDR" or len(data) < 57 or data[37:41] != b"IDAT":
        return None
    if data[26:29] != b"\0\0\0":  # interlaced, or of an unknown compression or filter method
        return None
    width, height, depth, colour = struct.unpack(">IIBB", data[16:26])
    (size,) = struct.unpack(">I", data[33:37])
    if colour != _GREY or depth not in (8, 16) or len(data) != 41 + size + 4 + 12:
        return None
    if crc32(data[37 : 41 + size]) != int.from_bytes(data[41 + size : 45 + size], "big"):
        return None
    return _StoredPixels(data[41 : 41 + size], (width, height), depth // 8)


def _decode_own(stored: _StoredPixels) -> NDArray[np.uint8] | NDArray[np.uint16] | None:
    """The fast way for rows without a filter."""
    width, height = stored.size
    if stored.depth == 2:
        runs = runs_of_stream(stored.stream, stored.size, stored.depth)
        if runs is not None:  # by bytes it would take twice as long, for all have to be swapped
            return spread_runs(runs, width, np.uint16)
    stride = 1 + width * stored.depth
    room = min(stride * height + 1, _ROOM)  # at once: a buffer that grows is copied each time
    raw = isal_zlib.decompress(stored.stream, bufsize=room)
    if len(raw) != stride * height:  # which Pillow would pass over
        raise ValueError(f"{len(raw)} bytes of pixels, not {stride * height}")
    rows = np.frombuffer(raw, np.uint8).reshape(height, stride)
    if rows[:, 0].any():
        return None
    if stored.depth == 1:
        return np.ascontiguousarray(rows[:, 1:])
    # Swapped and freed of the filter bytes in one pass, in half the time of two.
    return np.ndarray((height, width), ">u2", raw, 1, (stride, 2)).astype(np.uint16)
