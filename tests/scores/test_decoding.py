"""Any encoding is read; what was wrong about it is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepscores.scores.decoding import decode
from deepscores.scores.refusal import Refusal

TEXT = "<score><words>Dvořák – Größe, 春の海</words></score>"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_unicode_is_read_with_and_without_mark(encoding: str) -> None:
    assert decode(TEXT.encode(encoding)) == (TEXT, ())


@pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1252", "iso-8859-2", "koi8-r", "gbk"])
def test_declared_encoding_is_used(encoding: str) -> None:
    words = {"koi8-r": "Чайковский", "gbk": "春江花月夜", "iso-8859-2": "Dvořák"}
    text = f'<?xml version="1.0" encoding="{encoding}"?><a>{words.get(encoding, "Größe")}</a>'
    assert decode(text.encode(encoding)) == (text, ())


def test_utf8_that_declares_latin1_is_read_as_utf8() -> None:
    text = '<?xml version="1.0" encoding="ISO-8859-1"?><a>Größe</a>'
    assert decode(text.encode()) == (text, ("read as utf-8, not as the declared iso-8859-1",))


def test_utf8_that_declares_utf16_is_read_as_utf8() -> None:
    text = '<?xml version="1.0" encoding="UTF-16"?><a>Größe</a>'
    assert decode(text.encode()) == (text, ("read as utf-8, not as the declared utf-16",))


def test_unknown_encoding_is_no_obstacle() -> None:
    text = '<?xml version="1.0" encoding="klingon"?><a>x</a>'
    assert decode(text.encode())[0] == text


def test_control_characters_are_removed_and_counted() -> None:
    assert decode(b"<a>\x0bx\x01</a>") == ("<a>x</a>", ("2 control characters removed",))


def test_binary_data_is_refused() -> None:
    with pytest.raises(Refusal, match="binary data, not text"):
        decode(bytes(range(256)) * 8)


@given(st.binary())
def test_any_bytes_are_text_or_refused(data: bytes) -> None:
    try:
        text, _ = decode(data)
    except Refusal:
        return
    text.encode()


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"])))
def test_utf8_comes_back_as_it_was(text: str) -> None:
    data = ("<a>" + text.replace("\ufeff", "")).encode()
    assert decode(data)[0].encode() == data
