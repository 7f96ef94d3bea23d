"""Archives are opened carefully."""

import zipfile
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepscores.scores.container import read_container
from deepscores.scores.refusal import Refusal

LIMIT = 1 << 20


def container(path: str, media: str = "") -> str:
    return f'<container><rootfiles><rootfile full-path="{path}"{media}/></rootfiles></container>'


def archive(**members: str | bytes) -> bytes:
    """A zip archive; "container" stands for META-INF/container.xml."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in members.items():
            zipped.writestr("META-INF/container.xml" if name == "container" else name, content)
    return packed.getvalue()


def test_the_rootfile_is_read() -> None:
    data = archive(**{"container": container("b.xml"), "a.xml": "A", "b.xml": "B"})
    assert read_container(data, LIMIT) == (b"B", ())


def test_a_picture_listed_first_is_passed_over() -> None:
    files = (
        '<container><rootfile full-path="a.pdf" media-type="application/pdf"/>'
        '<rootfile full-path="b.xml"/></container>'
    )
    data = archive(**{"container": files, "a.pdf": "A", "b.xml": "B"})
    assert read_container(data, LIMIT)[0] == b"B"


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({"a.xml": "A"}, "no rootfile is named; 'a.xml' read instead"),
        ({"container": container("x.xml"), "a.xml": "A"}, "rootfile 'x.xml' is missing"),
        ({"a.musicxml": "A", "__MACOSX/._a.xml": "", ".b.xml": ""}, "no rootfile is named"),
    ],
)
def test_the_only_score_stands_in_for_a_missing_rootfile(members: dict[str, str], why: str) -> None:
    score, repairs = read_container(archive(**members), LIMIT)
    assert score == b"A"
    assert why in repairs[0]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"hello", "not a zip archive"),
        (archive(**{"a.xml": "A"})[:40], "broken zip archive"),
        (archive(), "archive without members"),
        (archive(**{"a.xml": "A", "b.xml": "B"}), "2 members could be the score"),
        (archive(container=container("x.xml")), "rootfile 'x.xml' is missing"),
        (archive(**{"../a.xml": "A"}), "unsafe name in the archive: '../a.xml'"),
        (archive(**{"b/../../a.xml": "A"}), "unsafe name"),
        (archive(**{"/etc/a.xml": "A"}), "unsafe name"),
        (archive(**{"C:\\a.xml": "A"}), "unsafe name"),
        (archive(**{"container": "<container>", "a.xml": "A"}), "META-INF/container.xml: not well"),
        (archive(**{"a.xml": b"PK\x03\x04"}), "archive inside an archive"),
        (archive(**{"a.xml": bytes(2 << 20)}), "unpacks to more than 1048576 bytes"),
    ],
    # An archive holds the time: as a name it would differ between processes that share the tests.
    ids=lambda value: value if isinstance(value, str) else "archive",
)
def test_bad_archives_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(Refusal) as refusal:
        read_container(data, LIMIT)
    assert reason in str(refusal.value)


def test_a_bomb_is_stopped_by_its_ratio() -> None:
    with pytest.raises(Refusal, match="over 300 times its size"):
        read_container(archive(**{"a.xml": bytes(32 << 20)}), 64 << 20)


def test_encrypted_members_are_refused() -> None:
    data = bytearray(archive(**{"a.xml": "A"}))
    directory = data.index(b"PK\x01\x02")
    data[directory + 8] |= 1
    data[6] |= 1
    with pytest.raises(Refusal, match=r"encrypted archive member: 'a.xml'"):
        read_container(bytes(data), LIMIT)


@given(st.data())
def test_damaged_archives_are_read_or_refused(data: st.DataObject) -> None:
    whole = archive(**{"container": container("a.xml"), "a.xml": "A" * 50})
    at = data.draw(st.integers(0, len(whole) - 1))
    damage = data.draw(st.binary(min_size=1, max_size=8))
    refusals: list[str] = []
    try:
        read_container(whole[:at] + damage + whole[at + len(damage) :], LIMIT)
    except Refusal as refusal:
        refusals.append(str(refusal))
    assert not any("\n" in refusal for refusal in refusals)
