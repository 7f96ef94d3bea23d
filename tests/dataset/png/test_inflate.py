"""Runs read from a stream: those of the pixels that went in, or none."""

import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from deepscores.dataset.png.codec import decode_png, decode_runs_png, encode_png
from deepscores.dataset.png.deflate import PREVIOUS_PIXEL, ROW_ABOVE, compress_rows, find_runs
from deepscores.dataset.png.inflate import runs_of_stream, runs_of_tokens
from deepscores.dataset.reader import open_dataset
from deepscores.errors import DatasetError

shapes = array_shapes(min_dims=2, max_dims=2, max_side=40)
# Of few values, so that there are runs and rows like those above.
pictures = st.one_of(
    arrays(np.uint8, shapes),
    arrays(np.uint16, shapes),
    arrays(np.uint8, shapes, elements=st.integers(0, 2)),
    arrays(np.uint16, shapes, elements=st.sampled_from([0, 1, 256, 257])),
)


def packed(pixels: np.ndarray) -> bytes:
    return compress_rows(find_runs(pixels), pixels.shape[1], pixels.itemsize)


def read(stream: bytes, pixels: np.ndarray) -> np.ndarray | None:
    return runs_of_stream(stream, (pixels.shape[1], pixels.shape[0]), pixels.itemsize)


@given(pictures)
def test_runs_that_were_packed_are_read(pixels: np.ndarray) -> None:
    assert np.array_equal(read(packed(pixels), pixels), find_runs(pixels))


@pytest.mark.parametrize("width", [16_383, 16_384, 20_000, 32_767, 32_768])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_rows_about_as_long_as_a_match_can_reach(width: int, kind: type[np.generic]) -> None:
    pixels = np.random.default_rng(3).integers(0, 2, (3, width)).repeat(2, axis=0).astype(kind)
    assert np.array_equal(read(packed(pixels), pixels), find_runs(pixels))


def test_runs_packed_in_pieces_are_read_as_one() -> None:
    runs = np.array([[2, 5], [4, 5], [6, 5], [12, 5]], np.int32)  # as those of class ids are
    found = runs_of_stream(compress_rows(runs, 6, 2), (6, 2), 2)
    assert found is not None
    assert found.tolist() == [[6, 5], [12, 5]]


def test_every_map_of_a_dataset_is_read_without_its_pixels(real: Path) -> None:
    for page in open_dataset(real):
        for kind in ("images_png", "pix_annotations_png", "instances_png"):
            data = (page.folder / kind / f"{page.name}.png").read_bytes()
            pixels = decode_png(data)
            runs = read(data[41:-16], pixels)  # of the one IDAT
            assert np.array_equal(runs, find_runs(pixels))
            assert np.array_equal(decode_runs_png(data)[0], runs)


@given(pictures, st.sampled_from([0, 1, 6, 9]))
def test_other_programs_streams_are_left_to_others(pixels: np.ndarray, level: int) -> None:
    swapped = pixels.astype(pixels.dtype.newbyteorder(">"))
    rows = b"".join(b"\0" + row.tobytes() for row in swapped)
    assert read(zlib.compress(rows, level), pixels) is None


@given(pictures, st.randoms(use_true_random=False), st.integers(1, 3))
def test_a_stream_with_wrong_bits_is_not_read(pixels: np.ndarray, random: object, n: int) -> None:
    stream = bytearray(packed(pixels))
    for _ in range(n):
        stream[random.randrange(len(stream))] ^= 1 << random.randrange(8)  # type: ignore[attr-defined]
    found = read(bytes(stream), pixels)
    # Two flips can meet; bits that only fill the last byte say nothing.
    assert found is None or np.array_equal(found, find_runs(pixels))


@given(pictures, st.data())
def test_a_stream_of_another_length_is_not_read(pixels: np.ndarray, data: st.DataObject) -> None:
    stream = packed(pixels)
    assert read(stream[: data.draw(st.integers(0, len(stream) - 1))], pixels) is None
    assert read(stream + b"\0", pixels) is None
    assert read(stream + stream[-4:], pixels) is None


@given(pictures, st.integers(1, 4), st.integers(1, 255))
def test_a_wrong_checksum_is_seen(pixels: np.ndarray, byte: int, change: int) -> None:
    stream = bytearray(packed(pixels))
    stream[-byte] ^= change
    assert read(bytes(stream), pixels) is None


LINE = [0, 7, PREVIOUS_PIXEL | 3]  # of four pixels of a byte


@pytest.mark.parametrize(
    "tokens",
    [
        [0, ROW_ABOVE | 3, 7, *LINE],  # no row above
        [PREVIOUS_PIXEL | 4, 7, *LINE],  # nothing before
        [0, PREVIOUS_PIXEL | 4, *LINE],  # no pixel before, only the row's filter
        [*LINE, PREVIOUS_PIXEL | 4, 7],  # the same, in the second row
        [1, 7, PREVIOUS_PIXEL | 3, *LINE],  # a filter
        [*LINE, *LINE, *LINE],  # rows too many
        [*LINE, ROW_ABOVE | 6],  # a pixel too many
        [*LINE, 0, 7, PREVIOUS_PIXEL | 4],  # the same
        [*LINE, *LINE[:2], PREVIOUS_PIXEL | 2],  # a pixel too few
        LINE,  # a row too few
    ],
)
def test_tokens_of_no_image_are_refused(tokens: list[int]) -> None:
    assert runs_of_tokens(np.array([*LINE, *LINE], np.int32), 4, 2, 1).tolist() == [[4, 7], [8, 7]]
    assert not len(runs_of_tokens(np.array(tokens, np.int32), 4, 2, 1))


@given(pictures, st.integers(-3, 3), st.integers(-3, 3))
@example(np.zeros((2, 2), np.uint8), -2, 0)
def test_a_stream_of_another_size_is_not_read(pixels: np.ndarray, wider: int, higher: int) -> None:
    height, width = pixels.shape
    size = (max(width + wider, 0), max(height + higher, 0))
    if size != (width, height):
        assert runs_of_stream(packed(pixels), size, pixels.itemsize) is None
    assert runs_of_stream(packed(pixels), (width, height), 3 - pixels.itemsize) is None


def test_no_room_is_taken_for_what_a_file_says_it_holds() -> None:
    stream = packed(np.zeros((2, 2), np.uint8))
    assert runs_of_stream(stream, (2**31 - 1, 2**31 - 1), 2) is None
    assert runs_of_stream(stream, (2**15, 2**15), 2) is None


def test_runs_of_a_damaged_file_are_a_clear_error() -> None:
    good = encode_png(np.arange(64, dtype=np.uint16).reshape(8, 8))
    with pytest.raises(DatasetError, match=r"^page-1\.png: not a readable PNG: [^\n]+$"):
        decode_runs_png(good[:80] + b"\0" + good[81:], "page-1.png")
