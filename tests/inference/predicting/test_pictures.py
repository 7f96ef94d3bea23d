"""Pictures of every kind of pixel, turned, in several pages, damaged and far too large."""

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from deepscores.errors import DatasetError
from deepscores.inference.predicting.pictures import count_pictures, read_picture
from tests.inference.predicting.drawn import drawn_page

PAGE = drawn_page()[:200]
BLACK_AND_WHITE = np.where(PAGE < 128, 0, 255).astype(np.uint8)


def with_alpha(mode: str) -> Image.Image:
    """Black ink on nothing."""
    return Image.merge(mode, [Image.new("L", PAGE.shape[::-1])] * (len(mode) - 1) + [ink()])


def ink() -> Image.Image:
    return Image.fromarray(255 - PAGE)


KINDS: dict[str, tuple[str, Any, Any]] = {
    "grey.png": ("", Image.fromarray(PAGE), PAGE),
    "grey.tif": ("", Image.fromarray(PAGE), PAGE),
    "grey.bmp": ("", Image.fromarray(PAGE), PAGE),
    "bits.png": ("", Image.fromarray(BLACK_AND_WHITE).convert("1"), BLACK_AND_WHITE),
    "fax.tif": ("group4", Image.fromarray(BLACK_AND_WHITE).convert("1"), BLACK_AND_WHITE),
    "deep.png": ("", Image.fromarray(PAGE.astype(np.uint16) * 257), PAGE),
    "deep.tif": ("", Image.fromarray(PAGE.astype(np.uint16) * 257), PAGE),
    "12-bits.tif": ("", Image.fromarray(PAGE.astype(np.uint16) * 16 + 15), PAGE),
    "float.tif": ("", Image.fromarray(PAGE.astype(np.float32) / 255), PAGE),
    "colours.png": ("", Image.fromarray(PAGE).convert("RGB"), PAGE),
    "cmyk.tif": ("", Image.fromarray(PAGE).convert("RGB").convert("CMYK"), PAGE),
    "palette.png": ("", Image.fromarray(PAGE).convert("RGB").quantize(256), PAGE),
    "clear.png": ("", with_alpha("RGBA"), PAGE),
    "clear grey.png": ("", with_alpha("LA"), PAGE),
    "photo.jpg": ("", Image.fromarray(PAGE), PAGE),
    "photo.webp": ("", Image.fromarray(PAGE), PAGE),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_all_kinds_of_pixels_give_the_same_grey(name: str, tmp_path: Path) -> None:
    compression, image, expected = KINDS[name]
    more = {"compression": compression} if compression else {}
    image.save(tmp_path / name, **more)
    assert count_pictures(tmp_path / name) == 1
    found = read_picture(tmp_path / name)
    lossy = name.startswith(("photo", "palette"))
    assert found.image.dtype == np.uint8
    assert found.image.shape == expected.shape
    assert np.abs(found.image.astype(int) - expected).max() <= (60 if lossy else 1)
    assert not found.turned


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_its_exif_says(orientation: int, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(PAGE)
    stored.save(tmp_path / "photo.png", exif=exif)
    stored.getexif()[0x0112] = orientation
    found = read_picture(tmp_path / "photo.png")
    assert (found.image == np.asarray(ImageOps.exif_transpose(stored))).all()
    assert found.turned == (orientation != 1)


def test_a_tiff_has_pages(tmp_path: Path) -> None:
    pages = [Image.fromarray(PAGE[:60]), Image.fromarray(PAGE), Image.fromarray(255 - PAGE)]
    pages[0].save(tmp_path / "book.tif", save_all=True, append_images=pages[1:])
    assert count_pictures(tmp_path / "book.tif") == 3
    assert [read_picture(tmp_path / "book.tif", n).image.shape[0] for n in range(3)] == [
        60,
        200,
        200,
    ]


def bomb(width: int, height: int) -> bytes:
    """A small PNG that says it is large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def whole(name: str) -> bytes:
    from io import BytesIO

    file = BytesIO()
    Image.fromarray(PAGE).save(file, name)
    return file.getvalue()


DAMAGED = {
    "no picture.png": b"nothing of the kind",
    "nothing.jpg": b"",
    "half.png": whole("PNG")[:-900],
    "half.jpg": whole("JPEG")[:3000],
    "half.tif": whole("TIFF")[: PAGE.size // 2],
    "bomb.png": bomb(12_000, 12_000),
    "huge bomb.png": bomb(60_000, 60_000),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_files_are_named(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(DAMAGED[name])
    with pytest.raises(DatasetError, match="not a readable picture") as caught:
        read_picture(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="No such file"):
        count_pictures(tmp_path / "none.png")
