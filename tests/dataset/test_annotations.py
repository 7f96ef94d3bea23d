"""Annotation files: the published layout to the byte, and back."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepscores.dataset.annotations import Annotation, read_voc, write_voc
from deepscores.errors import DatasetError
from deepscores.page.geometry import Box

# As published, but for the file's name, which ends in .svg there.
PUBLISHED = b"""\
<annotation>
    <folder>Annotations</folder>
    <filename>lg-2236887-aug-beethoven--page-2.png</filename>
    <size>
        <width>2707</width>
        <height>3828</height>
        <depth>1</depth>
    </size>
    <segmented>0</segmented>
    <object>
        <name>noteheadBlack</name>
        <bndbox>
            <xmin>0.66760346</xmin>
            <xmax>0.67829842</xmax>
            <ymin>0.04028364</ymin>
            <ymax>0.04686767</ymax>
        </bndbox>
    </object>
</annotation>
"""
BOX = Box(0.66760346 * 2707, 0.04028364 * 3828, 0.67829842 * 2707, 0.04686767 * 3828)


def test_the_published_layout_is_kept_to_the_byte() -> None:
    name = "lg-2236887-aug-beethoven--page-2.png"
    assert write_voc(name, 2707, 3828, [Annotation("noteheadBlack", BOX)]) == PUBLISHED


def test_extended_fields_follow_the_box() -> None:
    one = Annotation("noteheadBlack", Box(0, 0, 50, 25), 717, 12.5, 0.5, -3)
    text = write_voc("a.png", 100, 100, [one]).decode()
    assert text.index("</bndbox>") < text.index(
        "        <onset>12.5</onset>\n        <duration>0.5</duration>\n"
        "        <rel_position>-3</rel_position>\n        <instance>#0002cd</instance>\n"
        "    </object>\n"
    )


def test_fields_without_a_value_are_left_out_and_zero_is_a_value() -> None:
    bare = write_voc("a.png", 9, 9, [Annotation("x", Box(0, 0, 1, 1))]).decode()
    assert "onset" not in bare
    assert "rel_position" not in bare
    zero = write_voc("a.png", 4, 4, [Annotation("x", Box(0, 0, 1, 1), 1, 0.0, 0.0, 0)])
    assert list(read_voc(zero)) == [Annotation("x", Box(0, 0, 1, 1), 1, 0.0, 0.0, 0)]


def test_onsets_late_in_a_long_piece_stay_exact() -> None:
    late = Annotation("x", Box(0, 0, 1, 1), 1, 4321 + 1 / 24)
    (again,) = read_voc(write_voc("a.png", 9, 9, [late]))
    assert again.onset == pytest.approx(4321 + 1 / 24, abs=1e-4)


def test_readers_that_take_the_size_by_position_get_it() -> None:
    root = ET.fromstring(write_voc("a.png", 1894, 2668, [Annotation("x", BOX)]))
    assert [child.tag for child in root][:4] == ["folder", "filename", "size", "segmented"]
    assert [int(child.text or "") for child in root[2]] == [1894, 2668, 1]
    assert [child.tag for child in root.iter("bndbox").__next__()] == [
        "xmin",
        "xmax",
        "ymin",
        "ymax",
    ]


def test_special_characters_survive() -> None:
    data = write_voc("a&b<c>é春.png", 10, 10, [Annotation("x&<y>é", Box(1, 1, 2, 2))])
    root = ET.fromstring(data)
    assert root.findtext("filename") == "a&b<c>é春.png"
    assert next(iter(read_voc(data))).name == "x&<y>é"


def test_a_page_without_objects_is_an_annotation() -> None:
    data = write_voc("a.png", 10, 10, [])
    assert list(read_voc(data)) == []
    assert data.endswith(b"</segmented>\n</annotation>\n") or b"<object>" not in data


coordinate = st.floats(0, 1, allow_nan=False)
annotation = st.builds(
    Annotation,
    st.sampled_from(["noteheadBlack", "gClef"]),
    st.builds(Box, coordinate, coordinate, coordinate, coordinate),
    st.integers(1, 2**16 - 1),
    st.none() | st.integers(0, 10**6).map(lambda ticks: ticks / 256),
    st.none() | st.integers(0, 10**4).map(lambda ticks: ticks / 256),
    st.none() | st.integers(-20, 30),
)


@given(st.lists(annotation, max_size=5), st.integers(1, 20_000), st.integers(1, 20_000))
def test_what_is_written_reads_back(objects: list[Annotation], width: int, height: int) -> None:
    scaled = [
        one._replace(box=Box(x0 * width, y0 * height, x1 * width, y1 * height))
        for one in objects
        for x0, y0, x1, y1 in [one.box]
    ]
    again = list(read_voc(write_voc("a.png", width, height, scaled)))
    assert [one._replace(box=BOX, onset=0, duration=0) for one in again] == [
        one._replace(box=BOX, onset=0, duration=0) for one in scaled
    ]
    for before, after in zip(scaled, again, strict=True):
        for size, one, other in zip((width, height) * 2, before.box, after.box, strict=True):
            assert abs(one / size - other / size) <= 0.5e-8 + 1e-12
        assert (after.onset is None) == (before.onset is None)
        assert (after.onset or 0) == pytest.approx(before.onset or 0, rel=1e-8)


BAD = {
    "empty": b"",
    "no XML": b"hello",
    "cut": PUBLISHED[:-40],
    "no size": PUBLISHED.replace(b"width>", b"w>"),
    "no box": PUBLISHED.replace(b"xmin>", b"x>"),
    "no number": PUBLISHED.replace(b"0.66760346", b"left"),
    "no name": PUBLISHED.replace(b"name>", b"n>").replace(b"filen>", b"filename>"),
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_damage_is_a_clear_error(data: bytes) -> None:
    with pytest.raises(DatasetError, match=r"^a\.xml: not a DeepScores annotation: [^\n]+$"):
        list(read_voc(data, "a.xml"))


def test_entities_are_not_resolved() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + PUBLISHED.replace(
        b"noteheadBlack", b"&x;"
    )
    with pytest.raises(DatasetError, match="<name> is missing"):
        list(read_voc(bomb))
