"""PNGs: what is written reads back everywhere, what others write is read right or refused."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image

from deepscores.dataset.png.codec import (
    decode_png,
    decode_values,
    encode_colours_png,
    encode_palette_png,
    encode_png,
    encode_runs_png,
    png_size,
)
from deepscores.dataset.png.deflate import find_runs
from deepscores.dataset.png.inflate import runs_of_stream
from deepscores.errors import DatasetError
from deepscores.formats.writing.palette import class_colours
from deepscores.page.model import spread_runs

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
    assert (spread_runs(find_runs(pixels), pixels.shape[1], np.uint16) == pixels).all()


@given(pictures)
def test_the_zlib_stream_is_whole_and_as_long_as_the_rows(pixels: np.ndarray) -> None:
    data = encode_png(pixels)
    size = int.from_bytes(data[33:37], "big")
    stream = zlib.decompressobj()
    rows = stream.decompress(data[41 : 41 + size])
    assert stream.eof  # a whole stream, its checksum right
    assert not stream.unused_data
    assert len(rows) == pixels.shape[0] * (1 + pixels.shape[1] * pixels.itemsize)


@given(
    st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=6), min_size=1, max_size=12),
    st.sampled_from([1, 2, 3, 255, 256, 257, 258, 259, 260, 261, 516, 517, 518, 4000]),
    st.sampled_from([np.uint8, np.uint16]),
)
def test_long_runs_and_repeated_rows(
    rows: list[list[int]], times: int, kind: type[np.generic]
) -> None:
    """Matches have lengths from 3 to 258; what is left over must be neither lost nor too short."""
    width = max(map(len, rows))
    few = np.array([row + [0] * (width - len(row)) for row in rows], kind)
    for pixels in (np.repeat(few * 85, times, axis=1), np.repeat(few, times, axis=0)):
        data = encode_png(pixels)
        assert (pillow(data) == pixels).all()
        found = runs_of_stream(data[41:-16], (pixels.shape[1], pixels.shape[0]), pixels.itemsize)
        assert np.array_equal(found, find_runs(pixels))


def test_rows_too_long_for_a_match_with_the_row_above() -> None:
    pixels = np.random.default_rng(3).integers(0, 2, (5, 20_000)).astype(np.uint16)
    assert (pillow(encode_png(pixels)) == pixels).all()


def test_every_value_of_16_bits_and_codes_as_long_as_they_get() -> None:
    values = np.arange(65_536, dtype=np.uint16).reshape(256, 256)
    assert (pillow(encode_png(values)) == values).all()
    # Counts like Fibonacci's numbers make the deepest Huffman tree.
    counts = [1, 1]
    while len(counts) < 24:
        counts.append(counts[-1] + counts[-2])
    deep = np.random.default_rng(0).permutation(np.repeat(np.arange(24), counts)).astype(np.uint8)
    deep = deep[: len(deep) // 300 * 300].reshape(-1, 300)
    assert (pillow(encode_png(deep)) == deep).all()


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


@pytest.mark.parametrize("name", [name for name in BAD if name != "too few rows"])
def test_damage_is_seen_without_unpacking(name: str) -> None:
    with pytest.raises(DatasetError, match=r"^page-1\.png: not a readable PNG: it is damaged"):
        png_size(BAD[name], "page-1.png")


@pytest.mark.parametrize("length", range(len(GOOD)))
def test_a_picture_that_is_cut_off_anywhere_has_no_size(length: int) -> None:
    with pytest.raises(DatasetError, match="cut off"):
        png_size(GOOD[:length])


@pytest.mark.parametrize("mode", ["L", "P", "RGB", "RGBA", "1", "I;16"])
def test_the_size_of_anybody_s_picture(mode: str) -> None:
    sink = io.BytesIO()
    Image.new(mode, (700, 300)).save(sink, "PNG")
    assert png_size(sink.getvalue()) == (700, 300)
    assert png_size(sink.getvalue() + b"what follows is nobody's") == (700, 300)


@given(arrays(np.uint8, shapes))
def test_pillow_reads_places_in_a_palette_and_their_colours(pixels: np.ndarray) -> None:
    palette = class_colours(256)
    data = encode_palette_png(find_runs(pixels), pixels.shape[1], palette)
    with Image.open(io.BytesIO(data)) as image:
        assert image.mode == "P"
        assert (np.asarray(image) == pixels).all()
        assert (np.asarray(image.convert("RGB")) == palette[pixels]).all()


@given(arrays(np.uint32, shapes, elements=st.integers(0, 0xFFFFFF)))
def test_pillow_reads_colours_and_where_there_are_none(colours: np.ndarray) -> None:
    data = encode_colours_png(find_runs(colours), colours.shape[1])
    with Image.open(io.BytesIO(data)) as image:
        assert image.mode == "RGBA"
        found = np.asarray(image).astype(np.uint32)
    assert (
        found[:, :, 0] << 16 | found[:, :, 1] << 8 | found[:, :, 2]
    ).tolist() == colours.tolist()
    assert (found[:, :, 3] == np.where(colours, 255, 0)).all()
    assert (decode_values(data) == colours).all()


def test_colours_of_classes_are_all_different() -> None:
    assert len({tuple(colour) for colour in class_colours(256).tolist()}) == 256


@pytest.mark.parametrize(("value", "depth"), [(256, 1), (-1, 1), (65_536, 2)])
def test_a_value_that_does_not_fit_a_pixel_is_refused_not_cut_off(value: int, depth: int) -> None:
    runs = np.array([[4, value]], np.int32)
    with pytest.raises(ValueError, match=f"does not fit {depth} bytes"):
        encode_runs_png(runs, 2, depth)


def test_a_colour_of_more_than_24_bits_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        encode_colours_png(np.array([[4, 1 << 24]], np.int32), 2)
