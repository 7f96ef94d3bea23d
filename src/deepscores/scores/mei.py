"""MEI text: parse it as safely as MusicXML, describe it, and pass it on."""

from lxml import etree

from deepscores.scores.content import Content, one_line
from deepscores.scores.refusal import Refusal

_NS = "{http://www.music-encoding.org/ns/mei}"
_HEAD = f"{_NS}meiHead/{_NS}fileDesc/"
# Verovio draws one of several readings, and repeats notes for others: their number is unknown.
_UNCOUNTABLE = tuple(
    _NS + tag for tag in ("app", "choice", "ossia", "mRpt", "mRpt2", "beatRpt", "tabGrp", "mdiv")
)


def read_mei(root: etree._Element) -> Content:
    """Describe an MEI tree; notes and measures are counted in its ``music``."""
    music = root.find(f"{_NS}music")
    if music is None:
        raise Refusal("MEI without music")
    notes = [note for note in music.iter(f"{_NS}note") if _is_shown(note)]
    if not notes:
        raise Refusal("score without notes")
    uncountable = list(music.iter(*_UNCOUNTABLE))
    divisions = sum(1 for element in uncountable if element.tag == f"{_NS}mdiv")
    title = _text(root, "titleStmt", "title")
    return Content(
        format="mei",
        text='<?xml version="1.0" encoding="UTF-8"?>\n' + etree.tostring(root, encoding="unicode"),
        title=title,
        work_title=title,
        composer=_composer(root),
        rights=_text(root, "pubStmt", "availability"),
        notes=len(notes) if len(uncountable) == divisions <= 1 else None,
        measures=sum(1 for _ in music.iter(f"{_NS}measure")) or None,
    )


def _is_shown(note: etree._Element) -> bool:
    return "false" not in (note.get("visible"), note.get("head.visible"))


def _text(root: etree._Element, statement: str, tag: str) -> str:
    element = root.find(f"{_HEAD}{_NS}{statement}/{_NS}{tag}")
    return "" if element is None else one_line(" ".join(map(str, element.itertext())))


def _composer(root: etree._Element) -> str:
    statement = root.find(f"{_HEAD}{_NS}titleStmt")
    if statement is None:
        return ""
    for element in statement.iter(f"{_NS}composer", f"{_NS}persName"):
        if element.tag == f"{_NS}composer" or element.get("role") in ("composer", "cmp"):
            return one_line(" ".join(map(str, element.itertext())))
    return ""
