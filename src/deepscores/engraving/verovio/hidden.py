"""Remove hidden elements of MusicXML that Verovio would draw."""

import re

_OBJECT = re.compile(
    r"<(harmony|ending)\b[^>]*?\bprint-object\s*=\s*[\"']no[\"'][^>]*?(?:/>|>.*?</\1>)", re.DOTALL
)
_NOTE = re.compile(
    r"<note\b[^>]*?\bprint-(dot|lyric)\s*=\s*[\"']no[\"'][^>]*>.*?</note>", re.DOTALL
)
_CHILDREN = {
    "dot": re.compile(r"<dot\b[^>]*?(?:/>|>.*?</dot>)", re.DOTALL),
    "lyric": re.compile(r"<lyric\b[^>]*?(?:/>|>.*?</lyric>)", re.DOTALL),
}


def without_hidden(musicxml: str) -> str:
    """*musicxml* less hidden chord symbols, endings, and dots and lyrics of notes that hide them.

    Verovio handles all other hidden elements itself.

    >>> without_hidden('<note print-dot="no"><type>half</type><dot/></note>')
    '<note print-dot="no"><type>half</type></note>'
    """
    if "print-" not in musicxml:
        return musicxml
    return _NOTE.sub(_strip_note, _OBJECT.sub("", musicxml))


def _strip_note(note: "re.Match[str]") -> str:
    opening = note[0].partition(">")[0]
    text = note[0]
    for name, children in _CHILDREN.items():
        if re.search(rf"\bprint-{name}\s*=\s*[\"']no", opening):
            text = children.sub("", text)
    return text
