"""Humdrum **kern and ABC text: recognise it, describe it, and pass it on."""

import re

from deepscores.scores.content import Content, one_line
from deepscores.scores.refusal import Refusal

_KERN_SPINE = re.compile(r"^(?:[^\n]*\t)?\*\*kern\b", re.MULTILINE)
_KERN_NOTE = re.compile(r"^(?![*!=])[^\n]*?\d[^\n\ta-gA-Gr]*[a-gA-G]", re.MULTILINE)
_KERN_RECORD = re.compile(r"^!!!([A-Z]{3}\d*)(?:@{1,2}\w+)?:[ \t]*([^\n]*)$", re.MULTILINE)
_ABC_FIELD = re.compile(r"^([A-Z]):[ \t]*([^\n%]*)", re.MULTILINE)
_ABC_NOTE = re.compile(r"^(?![A-Za-z]:|%)[^\n]*[a-gA-G]", re.MULTILINE)


def read_humdrum(text: str) -> Content:
    """Describe Humdrum text by its reference records (``!!!COM: …``)."""
    text = _unix(text)
    if not _KERN_SPINE.search(text):
        raise Refusal("not Humdrum: no **kern spine")
    if not _KERN_NOTE.search(text):
        raise Refusal("score without notes")
    records: dict[str, str] = {}
    for key, value in _KERN_RECORD.findall(text):
        records.setdefault(key, one_line(value))
    work = records.get("OPR", records.get("OTL", ""))
    return Content(
        format="humdrum",
        text=text,
        title=records.get("OTL", ""),
        work_title=work,
        composer=records.get("COM", ""),
        rights=records.get("YEC", records.get("YEM", "")),
    )


def read_abc(text: str) -> Content:
    """Describe ABC text by its header fields (``T: …``)."""
    text = _unix(text)
    fields: dict[str, str] = {}
    for key, value in _ABC_FIELD.findall(text):
        fields.setdefault(key, one_line(value))
    if "K" not in fields:
        raise Refusal("not ABC: no K: field")
    body = text[text.index("\nK:") + 1 if "\nK:" in text else 0 :]
    if not _ABC_NOTE.search(body):
        raise Refusal("score without notes")
    return Content(
        format="abc",
        text=text,
        title=fields.get("T", ""),
        work_title=fields.get("T", ""),
        composer=fields.get("C", ""),
        rights=fields.get("Z", "") if "copyright" in fields.get("Z", "").lower() else "",
    )


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
