"""PNGs, grey of 8 and 16 bits, by palette and in colours, written fast.

Pages are nine tenths paper, and their ink comes in runs: `deflate` packs the runs. Equal pixels
give equal bytes on every machine, with no clock and no text chunk.
"""

import io
import struct
from typing import Any
from zlib import crc32

import numpy as np
from isal import isal_zlib
from isal.igzip_lib import IsalError
from numpy.typing import NDArray
from PIL import Image

from deepscores.errors import DatasetError
from deepscores.formats.deflate import compress_rows, find_runs
from deepscores.model import Runs

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
    """The PNG of the image that *runs* describe, *depth* bytes a pixel."""
    height = int(runs[-1, 0]) // width
    return _file((width, height, 8 * depth, _GREY), compress_rows(runs, width, depth))


def encode_palette_png(pixels: NDArray[np.uint8], palette: NDArray[np.uint8]) -> bytes:
    """A PNG of places (height, width) in a *palette* (n, 3) of colours, red green blue."""
    height, width = pixels.shape
    colours = _chunk(b"PLTE", palette.tobytes())
    rows = compress_rows(find_runs(pixels), width, 1)
    return _file((width, height, 8, _PALETTE), rows, colours)


def encode_colours_png(colours: NDArray[np.uint32]) -> bytes:
    """A PNG of red, green, blue and alpha, from ``0xrrggbb`` (height, width); 0: transparent."""
    height, width = colours.shape
    # To whoever packs the rows each pixel is two of 16 bits.
    halves = np.empty((height, width, 2), np.uint16)
    halves[:, :, 0] = colours >> 8
    halves[:, :, 1] = np.where(colours, (colours & 255) << 8 | 255, 0)
    runs = find_runs(halves.reshape(height, 2 * width))
    return _file((width, height, 8, _COLOURS), compress_rows(runs, 2 * width, 2))


def _file(head: tuple[int, int, int, int], rows: bytes, more: bytes = b"") -> bytes:
    """The whole file: *head* is width, height, bits and the kind of its colours."""
    start = _SIGNATURE + _chunk(b"IHDR", struct.pack(">IIBBBBB", *head, 0, 0, 0))
    return start + more + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc32(kind + data))


def png_size(data: bytes, where: str = "image") -> tuple[int, int]:
    """Width and height of a PNG that is whole: each chunk is there, and as its CRC says.

    Its pixels are not unpacked. Raise DatasetError for one that is damaged.

    >>> png_size(encode_png(np.zeros((2, 3), np.uint8)))
    (3, 2)
    """
    at, kind = len(_SIGNATURE), b""
    whole = data[:at] == _SIGNATURE and data[at + 4 : at + 8] == b"IHDR" and len(data) > at + 16
    while whole and kind != b"IEND":
        kind = data[at + 4 : at + 8]
        after = at + 8 + int.from_bytes(data[at : at + 4], "big")
        crc = crc32(memoryview(data)[at + 4 : after])
        whole = data[after : after + 4] == crc.to_bytes(4, "big")
        at = after + 4
    if not whole:
        raise DatasetError(f"{where}: not a readable PNG: it is damaged or cut off")
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def decode_png(data: bytes, where: str = "image") -> NDArray[np.uint8] | NDArray[np.uint16]:
    """The pixels of a grey PNG (height, width), whoever wrote it; 16-bit ones as uint16.

    >>> decode_png(encode_png(np.array([[0, 300]], np.uint16))).tolist()
    [[0, 300]]
    """
    try:
        own = _decode_own(data)
        return _decode_foreign(data) if own is None else own
    except _UNREADABLE as error:
        raise DatasetError(f"{where}: not a readable PNG: {error}") from None


def decode_values(data: bytes, where: str = "image") -> NDArray[np.uint32]:
    """What each pixel of any PNG stands for, (height, width).

    Grey: its value; palette: its index; colour: ``0xrrggbb``, 0 where it is transparent.
    """
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            if image.mode in ("1", "L", "P") or image.mode.startswith("I"):
                return np.asarray(image).astype(np.uint32)
            colours = np.asarray(image.convert("RGBA")).astype(np.uint32)
    except _UNREADABLE as error:
        raise DatasetError(f"{where}: not a readable PNG: {error}") from None
    red, green, blue, solid = np.moveaxis(colours, 2, 0)
    return np.where(solid > 0, red << 16 | green << 8 | blue, np.uint32(0))


def decode_grey(data: bytes, where: str = "image") -> NDArray[np.uint8]:
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
        raise DatasetError(f"{where}: not a readable image: {error}") from None


def _decode_foreign(data: bytes) -> NDArray[np.uint8] | NDArray[np.uint16]:
    with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
        if image.mode == "L":
            return np.asarray(image)
        if image.mode.startswith("I"):  # Pillow's modes of 16 bits
            return np.asarray(image).astype(np.uint16)
        raise ValueError(f"its pixels are {image.mode}, not grey of 8 or 16 bits")


def _decode_own(data: bytes) -> NDArray[np.uint8] | NDArray[np.uint16] | None:
    """The fast way for what `encode_png` wrote: one IDAT, no filter."""
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
    stride = 1 + width * depth // 8
    room = min(stride * height + 1, _ROOM)  # at once: a buffer that grows is copied each time
    raw = isal_zlib.decompress(data[41 : 41 + size], bufsize=room)
    if len(raw) != stride * height:  # which Pillow would pass over
        raise ValueError(f"{len(raw)} bytes of pixels, not {stride * height}")
    rows = np.frombuffer(raw, np.uint8).reshape(height, stride)
    if rows[:, 0].any():
        return None
    if depth == 8:
        return np.ascontiguousarray(rows[:, 1:])
    # Swapped and freed of the filter bytes in one pass, in half the time of two.
    return np.ndarray((height, width), ">u2", raw, 1, (stride, 2)).astype(np.uint16)
