"""Read a score file of any accepted format; refuse everything else with a one-line reason."""

from hashlib import sha256

from lxml import etree

from deepscores.errors import ScoreError
from deepscores.page.model import Score
from deepscores.scores.container import is_zip, read_container
from deepscores.scores.content import Content
from deepscores.scores.decoding import decode
from deepscores.scores.identity import work_id
from deepscores.scores.mei import read_mei
from deepscores.scores.musicxml import read_musicxml
from deepscores.scores.plain_text import read_abc, read_humdrum
from deepscores.scores.refusal import Refusal
from deepscores.scores.sources import Source
from deepscores.scores.xml import parse_xml, read_prolog

SIZE_LIMIT = 64 << 20  # bytes, packed and unpacked
_NOT_SCORES = {
    "opus": "a MusicXML opus, which lists scores but holds none",
    "container": "the table of contents of an .mxl archive, not a score",
    "museScore": "a MuseScore file; export it as MusicXML",
    "html": "an HTML page, not a score",
    "svg": "an SVG picture, not a score",
    "meiCorpus": "an MEI corpus of several scores; split it",
}


def read_score(source: Source, *, size_limit: int = SIZE_LIMIT) -> Score:
    """Read, check and repair one score.

    :raises ScoreError: the file cannot be read, is not a score, has no notes, or is unsafe; the
        message gives the file, the reason, and the measure and line if they are known
    """
    try:
        data = _read_bytes(source, size_limit)
        content, repairs = _read_content(data, source.path.suffix.lower(), size_limit)
    except Refusal as refusal:
        raise ScoreError(source.name, str(refusal)) from None
    return Score(
        id=source.id,
        path=source.name,
        digest=sha256(data).hexdigest(),
        work=work_id(source.name, content.composer, content.work_title, content.work_number),
        format=content.format,
        text=content.text,
        title=content.title,
        composer=content.composer,
        rights=content.rights,
        notes=content.notes,
        measures=content.measures,
        mended=repairs + content.mended,
    )


def _read_bytes(source: Source, limit: int) -> bytes:
    try:
        with source.path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise Refusal(f"cannot be read: {error.strerror or error}") from None
    if len(data) > limit:
        raise Refusal(f"larger than {limit} bytes")
    if not data.strip():
        raise Refusal("empty file")
    return data


def _read_content(data: bytes, suffix: str, limit: int) -> tuple[Content, tuple[str, ...]]:
    repairs: tuple[str, ...] = ()
    if is_zip(data):
        data, repairs = read_container(data, limit)
    elif suffix == ".mxl":
        data, repairs = _read_unpacked(data, limit)
    text, decoded = decode(data)
    repairs += decoded
    if suffix == ".krn":
        return read_humdrum(text), repairs
    if suffix == ".abc":
        return read_abc(text), repairs
    content, xml_repairs = _read_xml(text)
    return content, repairs + xml_repairs


def _read_unpacked(data: bytes, limit: int) -> tuple[bytes, tuple[str, ...]]:
    if b"<" not in data[:64]:
        return read_container(data, limit)  # which says what is wrong with it
    return data, ("read as it is: an .mxl file that is not packed",)


def _read_xml(text: str) -> tuple[Content, tuple[str, ...]]:
    prolog = read_prolog(text)
    if prolog.root in _NOT_SCORES:
        raise Refusal(_NOT_SCORES[prolog.root])
    repairs: tuple[str, ...] = ("skipped: what stood before the XML",) if prolog.junk else ()
    root = parse_xml(text)
    name = etree.QName(root).localname
    if name == "mei":
        return read_mei(root), repairs
    if name not in ("score-partwise", "score-timewise"):
        raise Refusal(f"not a score: its root element is <{name[:40]}>")
    if _drop_namespace(root):
        repairs += ("removed: XML namespaces",)
    return read_musicxml(root), repairs


def _drop_namespace(root: etree._Element) -> bool:
    # MusicXML has none, but some programs add one.
    if not str(root.tag).startswith("{"):
        return False
    for element in root.iter(etree.Element):
        element.tag = etree.QName(element).localname
    etree.cleanup_namespaces(root)
    return True
