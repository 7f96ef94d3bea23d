"""MEI to MusicXML, **kern and ABC, by music21 and converter21.

Both note when, by whom and from what a file was made, and number instruments by chance: what is not
music is taken out, so that the same music gives the same bytes.
"""

import io
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any, NamedTuple

from lxml import etree

from deepscores.errors import RecipeError
from deepscores.formats.sequences.unfit import Unfit

NEEDS = ("music21", "converter21")
_OF_THE_FILE = ("work", "movement-number", "movement-title", "identification", "defaults", "credit")
_OF_PLAYBACK = ("score-instrument", "midi-instrument", "midi-device", "instrument", "sound")
_RECORD = re.compile(r"!!![^:]+:|!!!!|!!LO:TX:omd:t=$")
_METER = re.compile(r"\*(?:M[\d+/.%]+|met\(.*\))$")
_SHORT = re.compile(r"\*I'")
_COMMENT = re.compile(r" %\d+$")
_FIELD = re.compile(r"[TCZSNORHDFBGW]:|%%(?!score|staves)|I:(?!linebreak)|X:|% ")


def require_converters() -> None:
    """Raise RecipeError if what is needed is not installed."""
    missing = [name for name in NEEDS if find_spec(name) is None]
    if missing:
        raise RecipeError(
            f"sequences: MusicXML, **kern and ABC need {' and '.join(missing)}: "
            "pip install 'deepscores[sequences]', or export to sequences-mei, which needs neither"
        )


class Shows(NamedTuple):
    """What MEI says of a picture that converters do not pass on."""

    time: bool  # a time signature at the start
    short_names: bool  # of staves


def to_musicxml(mei: str, shows: Shows) -> str:
    """*mei* as partwise MusicXML; a time signature that does not show is not to be printed."""
    exporter = _library().exporter(_stream(mei), makeNotation=False)
    exporter.parse()
    root = etree.fromstring(_library().dump(exporter.xmlRoot).encode())
    _strip(root)
    if not shows.short_names:  # music21 makes some up
        for name in list(root.iter("part-abbreviation")):
            _remove(name)
    if not shows.time:
        for part in root.iterfind("part"):
            for time in part[0].iterfind("attributes/time"):
                time.set("print-object", "no")
    etree.indent(root, "  ")
    data: bytes = etree.tostring(
        root,
        encoding="UTF-8",
        xml_declaration=True,
        doctype='<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
        '"http://www.musicxml.org/dtds/partwise.dtd">',
    )
    return data.decode() + "\n"


def _strip(root: Any) -> None:
    for node in list(root.iter()):
        if not isinstance(node.tag, str) or node.tag in (*_OF_THE_FILE, *_OF_PLAYBACK):
            _remove(node)
    names = {}
    for number, part in enumerate(root.iterfind("part-list/score-part"), start=1):
        names[part.get("id")] = f"P{number}"
        part.set("id", f"P{number}")
    for part in root.iterfind("part"):
        part.set("id", names[part.get("id")])


def _remove(node: Any) -> None:
    parent = node.getparent()
    if parent is not None:
        parent.remove(node)
        if parent.tag == "direction" and parent.find("direction-type") is None:
            _remove(parent)


def to_kern(mei: str, shows: Shows) -> str:
    """*mei* as Humdrum: spines for notes, lyrics and dynamics."""
    target = io.StringIO()
    _library().kern_writer(_stream(mei)).write(target)
    lines = [line for line in target.getvalue().splitlines() if not _RECORD.match(line)]
    signs = ((_METER, shows.time), (_SHORT, shows.short_names))
    hidden = [pattern for pattern, is_drawn in signs if not is_drawn]
    return "\n".join(_without(lines, hidden)) + "\n"


def _without(lines: Iterable[str], hidden: Sequence[re.Pattern[str]]) -> Iterator[str]:
    """*lines*, but before the first note or barline none that hold nothing but *hidden* signs."""
    started = False
    for line in lines:
        started = started or line[:1] not in "*!"
        tokens = {token for token in line.split("\t") if token != "*"}
        if started or not tokens or not any(all(map(pattern.match, tokens)) for pattern in hidden):
            yield line


def to_abc(musicxml: str, shows: Shows) -> str:
    """*musicxml* as ABC with a voice for each layer."""
    text, messages = _library().to_abc(musicxml, x=1, d=8)
    if not text.strip():
        raise Unfit(f"xml2abc: {messages.strip()[-200:]}")
    lines = [_COMMENT.sub("", line).rstrip() for line in text.splitlines()]
    if not shows.time:
        lines = ["M:none" if line.startswith("M:") else line for line in lines]
    return "\n".join(["X:1", *(line for line in lines if line and not _FIELD.match(line))]) + "\n"


def abc_to_musicxml(text: str) -> str:
    """*text*, in ABC, as MusicXML, to read it back."""
    documents = _library().from_abc(text, rOpt=True)
    if not documents:
        raise Unfit("abc2xml: finds no tune")
    return str(_library().with_doctype(documents[0]))


class _Library:
    """What is used of the extra; imported on use."""

    def __init__(self) -> None:
        require_converters()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import music21.musicxml.helpers
            import music21.musicxml.m21ToXml
            from converter21.abc import abc2xml, xml2abc
            from converter21.humdrum import HumdrumWriter
            from converter21.mei import MeiReader
            from converter21.shared import M21Utilities

        M21Utilities.adjustMusic21Behavior()
        self.reader: Any = MeiReader
        self.kern_writer: Any = HumdrumWriter
        self.exporter: Any = music21.musicxml.m21ToXml.ScoreExporter
        self.dump: Any = music21.musicxml.helpers.dumpString
        self.to_abc: Any = xml2abc.vertaal
        self.from_abc: Any = abc2xml.getXmlDocs
        self.with_doctype: Any = abc2xml.fixDoctype


@cache
def _library() -> _Library:
    return _Library()


def _stream(mei: str) -> Any:
    stream = _library().reader(mei).run(None)
    # By a name such as "Tromba" music21 takes pitches for those of an instrument that transposes.
    for instrument in stream.recurse().getElementsByClass("Instrument"):
        instrument.transposition = None
    return stream
