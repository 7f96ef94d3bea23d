"""Bytes of an XML or text file to a string, whatever encoding they are in.

Crowd-sourced files come in UTF-8, UTF-16 and Latin-1, with a byte order mark or without, and some
declare another encoding than they use. The bytes decide where they are clear.
"""

import codecs
import re

from deepscores.scores.refusal import Refusal

_MARKS = (  # UTF-32 first: its mark begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARATION = re.compile(rb"""<\?xml[^>]*?\bencoding\s*=\s*["']([A-Za-z][\w.:-]*)["']""")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DECLARATION_WITHIN = 4096  # bytes; junk may stand before it
_UTF16_SAMPLE_BYTES = 512


def decode(data: bytes) -> tuple[str, tuple[str, ...]]:
    """The text of *data*, and the repairs that were needed.

    >>> decode("<a>é</a>".encode("utf-16"))
    ('<a>é</a>', ())
    >>> decode(b'<?xml version="1.0" encoding="utf-8"?><a>\\xe9</a>')[1]
    ('read as cp1252, not as the declared utf-8',)
    """
    declared = _find_declared(data)
    encoding = _encoding_by_mark(data) or _detect_utf16(data)
    if encoding is None:
        encoding = _detect_byte_encoding(data, declared)
        repairs = () if data.isascii() else _declaration_repairs(declared, encoding)
    else:
        repairs = ()
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Refusal(f"not {encoding.upper()} text: byte {error.start} is invalid") from None
    text, dropped = _drop_control_characters(text)
    return text, repairs + dropped


def _encoding_by_mark(data: bytes) -> str | None:
    return next((name for mark, name in _MARKS if data.startswith(mark)), None)


def _detect_utf16(data: bytes) -> str | None:
    """UTF-16 without a mark: markup is ASCII, so every other byte of its beginning is zero."""
    sample = data[:_UTF16_SAMPLE_BYTES]
    even, odd = sample[0::2], sample[1::2]
    enough = len(sample) * 0.4
    if odd.count(0) >= enough and even.count(0) == 0 and sample:
        return "utf-16-le"
    if even.count(0) >= enough and odd.count(0) == 0 and sample:
        return "utf-16-be"
    return None


def _find_declared(data: bytes) -> str | None:
    match = _DECLARATION.search(data, 0, _DECLARATION_WITHIN)
    return match[1].decode("ascii").lower() if match else None


def _detect_byte_encoding(data: bytes, declared: str | None) -> str:
    # Text in another encoding is practically never valid UTF-8 by accident, so UTF-8 goes first
    # even where another one-byte encoding is declared; cp1252 is what "Latin-1" means in practice.
    candidates = ("utf-8", declared or "utf-8", "cp1252", "latin-1")
    return next(name for name in candidates if _decodes(data, name))


def _decodes(data: bytes, encoding: str) -> bool:
    # utf-16 and utf-32 were ruled out by the bytes; a declaration of them is wrong.
    if encoding.startswith(("utf-16", "utf-32", "ucs-", "iso-10646-ucs")):
        return False
    try:
        return isinstance(codecs.lookup(encoding).decode(data)[0], str)
    except (LookupError, ValueError, TypeError, AssertionError, OSError):
        return False


def _declaration_repairs(declared: str | None, used: str) -> tuple[str, ...]:
    if declared is None or _same_codec(declared, used):
        return ()
    return (f"read as {used}, not as the declared {declared}",)


def _same_codec(a: str, b: str) -> bool:
    try:
        return codecs.lookup(a).name == codecs.lookup(b).name
    except LookupError:
        return False


def _drop_control_characters(text: str) -> tuple[str, tuple[str, ...]]:
    count = len(_NOT_XML.findall(text))
    if not count:
        return text, ()
    if count > 16 and count * 200 > len(text):
        raise Refusal("binary data, not text")
    return _NOT_XML.sub("", text), (f"{count} control characters removed",)
