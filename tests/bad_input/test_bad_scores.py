"""Each bad score gets one clear line; each merely odd one is read."""

import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepscores.errors import ScoreError
from deepscores.page.model import Score
from deepscores.scores import Source, read_score

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
GOOD = """<score-partwise><part-list><score-part id="P1"><part-name/></score-part></part-list>
<part id="P1"><measure number="1"><attributes><divisions>1</divisions>
<time><beats>4</beats><beat-type>4</beat-type></time></attributes>
<note><pitch><step>C</step><octave>5</octave></pitch><duration>4</duration><type>whole</type></note>
</measure></part></score-partwise>"""
TIMEWISE = (
    GOOD.replace("partwise", "timewise")
    .replace('<part id="P1"><measure number="1">', '<measure number="1"><part id="P1">')
    .replace("</measure></part>", "</part></measure>")
)
BOMB = """<!DOCTYPE score-partwise [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>"""
EXTERNAL = '<!DOCTYPE score-partwise [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
NO_CONTAINER = "rootfile 'b.xml' is missing in the archive, and 0 members could be the score"


def container(path: str) -> str:
    return f'<container><rootfiles><rootfile full-path="{path}"/></rootfiles></container>'


def packed(members: dict[str, str | bytes]) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


BAD: dict[str, tuple[str, str | bytes, str]] = {
    "empty": ("a.xml", "", "empty file"),
    "blank": ("a.xml", " \n\t ", "empty file"),
    "blank after a mark": ("a.xml", b"\xef\xbb\xbf  \n", "empty file"),
    "not XML": ("a.xml", "To be, or not to be", "not XML: no element in it"),
    "truncated": ("a.xml", GOOD[:300], "not well-formed XML, line 4: the file ends too early"),
    "cut in a tag": ("a.xml", GOOD[:-5], "not well-formed XML, line 5"),
    "HTML": ("a.xml", "<!DOCTYPE html><html><p>404", "an HTML page, not a score"),
    "SVG": ("a.xml", '<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG picture, not a score"),
    "MuseScore": ("a.xml", "<museScore/>", "a MuseScore file; export it as MusicXML"),
    "other XML": ("a.xml", "<project/>", "not a score: its root element is <project>"),
    "opus": ("a.xml", "<opus/>", "a MusicXML opus, which lists scores but holds none"),
    "container": ("a.xml", container("b"), "the table of contents of an .mxl archive, not a score"),
    "no parts": ("a.xml", "<score-partwise/>", "score without parts"),
    "no notes": ("a.xml", GOOD.replace("pitch>", "x>"), "score without notes"),
    "only rests": (
        "a.xml",
        GOOD.replace("<pitch><step>C</step><octave>5</octave></pitch>", "<rest/>"),
        "score without notes",
    ),
    "entity bomb": ("a.xml", BOMB + GOOD, "unsafe XML: declares an entity ('a'), line 1"),
    "external entity": (
        "a.xml",
        DECLARATION + EXTERNAL + GOOD,
        "unsafe XML: declares an external entity ('x'), line 2",
    ),
    "undeclared entity": ("a.xml", GOOD.replace(">C<", ">&c;<"), "line 4: Entity 'c' not defined"),
    "binary": ("a.xml", bytes(range(256)) * 40, "binary data, not text"),
    "picture": ("a.xml", b"\x89PNG\r\n\x1a\n" + bytes(3000), "binary data, not text"),
    "not a zip": ("a.mxl", "hello", "not a zip archive, which an .mxl file is"),
    "broken zip": ("a.mxl", packed({"a.xml": GOOD})[:-30], "broken zip archive: "),
    "traversal": ("a.mxl", packed({"../../a.xml": GOOD}), "unsafe name in the archive"),
    "absolute name": ("a.mxl", packed({"/a.xml": GOOD}), "unsafe name in the archive: '/a.xml'"),
    "zip bomb": ("a.mxl", packed({"a.xml": bytes(20 << 20)}), "unpacks to over 300 times its size"),
    "missing rootfile": (
        "a.mxl",
        packed({"META-INF/container.xml": container("b.xml")}),
        NO_CONTAINER,
    ),
    "zip in zip": (
        "a.mxl",
        packed({"a.xml": packed({"a.xml": GOOD})}),
        "archive inside an archive",
    ),
    "bad score in zip": ("a.mxl", packed({"a.xml": GOOD[:300]}), "not well-formed XML, line 4"),
    "bomb in zip": ("a.mxl", packed({"a.xml": BOMB + GOOD}), "unsafe XML: declares an entity"),
    "beat-type 0": (
        "a.xml",
        GOOD.replace("<beat-type>4<", "<beat-type>0<"),
        "beat-type '0', measure 1 of part P1, line 3",
    ),
    "no beat-type": (
        "a.xml",
        GOOD.replace("<beat-type>4</beat-type>", ""),
        "time signature without beat-type, measure 1 of part P1, line 3",
    ),
    "endless note": (
        "a.xml",
        GOOD.replace("<duration>4<", "<duration>1000000000<"),
        "duration of 1e+09 quarter notes, measure 1 of part P1, line 4",
    ),
    **{
        f"{staves} staves": (
            "a.xml",
            GOOD.replace("<time>", f"<staves>{staves}</staves><time>"),
            f"staves '{staves}', measure 1 of part P1, line 3",
        )
        for staves in (0, -1, 5000)
    },
}

READ: dict[str, tuple[str, str | bytes]] = {
    "plain": ("a.xml", GOOD),
    "UTF-8 with a mark": ("a.xml", (DECLARATION + GOOD).encode("utf-8-sig")),
    "UTF-16": ("a.xml", (DECLARATION.replace("UTF-8", "UTF-16") + GOOD).encode("utf-16")),
    "UTF-16 without a mark": ("a.xml", (DECLARATION + GOOD).encode("utf-16-le")),
    "big-endian UTF-16": ("a.xml", (DECLARATION + GOOD).encode("utf-16-be")),
    "Latin-1": ("a.xml", DECLARATION.replace("UTF-8", "latin1").encode() + GOOD.encode("latin1")),
    "blank before the declaration": ("a.xml", "\n \n" + DECLARATION + GOOD),
    "junk before the declaration": ("a.xml", "HTTP/1.1 200 OK\n\n" + DECLARATION + GOOD),
    "long comment before the root": ("a.xml", f"{DECLARATION}<!--{'x' * 200_000}-->{GOOD}"),
    "DOCTYPE": ("a.xml", f'{DECLARATION}<!DOCTYPE score-partwise PUBLIC "a" "b.dtd">{GOOD}'),
    "namespace": ("a.xml", GOOD.replace("<score-partwise>", '<score-partwise xmlns="urn:x">')),
    "timewise": ("a.xml", TIMEWISE),
    "packed": ("a.mxl", packed({"META-INF/container.xml": container("b.xml"), "b.xml": GOOD})),
    "packed without container": ("a.mxl", packed({"b.xml": GOOD})),
    "packed but named xml": ("a.xml", packed({"b.xml": GOOD})),
    "plain but named mxl": ("a.mxl", GOOD),
    "group that never began": (
        "a.xml",
        GOOD.replace("<part-list>", '<part-list><part-group type="stop" number="1"/>'),
    ),
    "part without attributes": (
        "a.xml",
        GOOD[: GOOD.index("<attributes>")] + GOOD[GOOD.index("<note>") :],
    ),
}


def read(folder: Path, name: str, content: str | bytes) -> Score:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_score(Source(path, f"some/{name}", "a"))


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line(case: str, tmp_path: Path) -> None:
    name, content, reason = BAD[case]
    with pytest.raises(ScoreError) as error:
        read(tmp_path, name, content)
    message = str(error.value)
    assert message.startswith(f"some/{name}: ")
    assert reason in message
    assert "\n" not in message
    assert error.value.__cause__ is None
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("case", READ)
def test_odd_input_is_read(case: str, tmp_path: Path) -> None:
    score = read(tmp_path, *READ[case])
    assert (score.notes, score.measures, score.format) == (1, 1, "musicxml")
    assert score.text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<score-partwise')
    assert "<!" not in score.text


def test_a_missing_file_is_a_score_error(tmp_path: Path) -> None:
    with pytest.raises(ScoreError, match=r"a.xml: cannot be read: No such file"):
        read_score(Source(tmp_path / "a.xml", "a.xml", "a"))


def test_a_file_over_the_limit_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(GOOD)
    with pytest.raises(ScoreError, match=r"a.xml: larger than 100 bytes"):
        read_score(Source(path, "a.xml", "a"), size_limit=100)


def test_a_score_of_twenty_megabytes_is_read(tmp_path: Path) -> None:
    note = GOOD[GOOD.index("<note>") : GOOD.index("</measure>")]
    measures = f'<measure number="2">{note * 20}</measure>' * 10_000
    whole = GOOD.replace("</part>", measures + "</part>")
    assert len(whole) > 20_000_000
    assert read(tmp_path, "a.xml", whole).notes == 200_001


@given(st.binary(max_size=300), st.sampled_from(["a.xml", "a.mxl", "a.mei", "a.krn", "a.abc"]))
def test_any_bytes_give_a_score_or_a_score_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str
) -> None:
    _read_or_refuse(tmp_path_factory.getbasetemp(), name, content)


@given(st.data())
def test_any_damage_gives_a_score_or_a_score_error(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    name, content = data.draw(st.sampled_from(list(READ.values())))
    whole = content if isinstance(content, bytes) else content.encode()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 60)))
    filling = data.draw(st.one_of(st.just(b""), st.binary(max_size=8), st.just(b"<note>")))
    _read_or_refuse(tmp_path_factory.getbasetemp(), name, whole[:start] + filling + whole[end:])


def _read_or_refuse(folder: Path, name: str, content: bytes) -> None:
    refusals: list[str] = []
    try:
        read(folder, name, content).text.encode()
    except ScoreError as error:
        refusals.append(str(error))
    assert not any("\n" in refusal for refusal in refusals)
