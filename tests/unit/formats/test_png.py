"""Grey PNGs: what is written reads back everywhere, what others write is read right or refused."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image

from deepscores.errors import DatasetError
from deepscores.formats.png import decode_png, encode_png, encode_sparse_png

shapes = array_shapes(min_dims=2, max_dims=2, max_side=40)
pictures = st.one_of(arrays(np.uint8, shapes), arrays(np.uint16, shapes))


def pillow(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)


@given(pictures)
def test_pillow_and_we_read_the_pixels_that_were_written(pixels: np.ndarray) -> None:
    data = encode_png(pixels)
    assert (pillow(data) == pixels).all()
    again = decode_png(data)
    assert again.dtype == pixels.dtype
    assert (again == pixels).all()


@given(pictures)
def test_sparse_pictures_equal_dense_ones(pixels: np.ndarray) -> None:
    where = np.flatnonzero(pixels).astype(np.int32)
    assert encode_sparse_png(pixels.shape, where, pixels.flat[where]) == encode_png(pixels)


def test_a_picture_leaves_nothing_behind_for_the_next_of_its_size() -> None:
    blank = np.zeros((7, 5), np.uint16)
    before = encode_png(blank)
    encode_png(blank + 999)
    encode_sparse_png((7, 5), np.array([3, 34], np.int32), np.array([700, 9], np.uint16))
    assert encode_png(blank) == before


def test_a_view_that_is_not_contiguous_is_written_right() -> None:
    pixels = np.arange(600, dtype=np.uint16).reshape(20, 30).T[::2, ::3]
    assert (decode_png(encode_png(pixels)) == pixels).all()


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_pictures_of_other_programs_are_read(kind: type[np.generic]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (33, 21)).astype(kind)
    sink = io.BytesIO()
    Image.fromarray(pixels).save(sink, "PNG")
    assert (decode_png(sink.getvalue()) == pixels).all()


def png(width: int, height: int, depth: int, colour: int, rows: bytes, interlace: int = 0) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def test_an_interlaced_picture_is_read_right() -> None:
    # Adam7, 2 x 2: pass 1 has (0, 0), pass 6 (1, 0), pass 7 the second row.
    data = png(2, 2, 8, 0, b"\0\x01" + b"\0\x02" + b"\0\x03\x04", interlace=1)
    assert decode_png(data).tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("mode", ["P", "RGB", "RGBA", "LA", "1"])
def test_a_picture_that_is_not_grey_is_refused(mode: str) -> None:
    sink = io.BytesIO()
    Image.new(mode, (4, 4)).save(sink, "PNG")
    with pytest.raises(
        DatasetError, match=r"^a\.png: not a readable PNG: .* grey of 8 or 16 bits$"
    ):
        decode_png(sink.getvalue(), "a.png")


GOOD = encode_png(np.arange(64, dtype=np.uint8).reshape(8, 8))
BAD = {
    "empty": b"",
    "text": b"hello",
    "cut": GOOD[:60],
    "a byte changed": GOOD[:50] + bytes([GOOD[50] ^ 1]) + GOOD[51:],
    "too few rows": png(8, 8, 8, 0, b"\0" + bytes(8)),
    "JPEG": b"\xff\xd8\xff\xe0" + bytes(100),
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_a_damaged_picture_is_a_clear_error(data: bytes) -> None:
    with pytest.raises(DatasetError, match=r"^page-1\.png: not a readable PNG: [^\n]+$"):
        decode_png(data, "page-1.png")
