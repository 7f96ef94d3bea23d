"""Small MusicXML for the tests of reading."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deepscores.page.model import Score
from deepscores.scores import Source, read_score

ATTRIBUTES = (
    "<attributes><divisions>1</divisions><time><beats>4</beats><beat-type>4</beat-type></time>"
    "<clef><sign>G</sign><line>2</line></clef></attributes>"
)
NOTE = (
    "<note><pitch><step>C</step><octave>5</octave></pitch>"
    "<duration>4</duration><type>whole</type></note>"
)


def write_partwise(*parts: str, part_list: str | None = None, head: str = "") -> str:
    """A score-partwise of the given measures, one string a part."""
    entries = "".join(f'<score-part id="P{n}"><part-name/></score-part>' for n in numbers(parts))
    bodies = "".join(f'<part id="P{n}">{parts[n - 1]}</part>' for n in numbers(parts))
    listed = entries if part_list is None else part_list
    return f"<score-partwise>{head}<part-list>{listed}</part-list>{bodies}</score-partwise>"


def numbers(parts: tuple[str, ...]) -> Iterator[int]:
    return iter(range(1, len(parts) + 1))


def write_measure(content: str = NOTE, attributes: str = ATTRIBUTES, number: int = 1) -> str:
    return f'<measure number="{number}">{attributes}{content}</measure>'


@pytest.fixture
def partwise() -> Callable[..., str]:
    return write_partwise


@pytest.fixture
def measure() -> Callable[..., str]:
    return write_measure


@pytest.fixture
def note() -> str:
    return NOTE


@pytest.fixture
def attributes() -> str:
    return ATTRIBUTES


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Score]:
    """Read text or bytes as if it stood in a file of that name."""

    def read(content: str | bytes, name: str = "song.musicxml") -> Score:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_score(Source(path, name, "song"))

    return read


def noteheads_drawn(text: str) -> int:
    """What Verovio shows of MusicXML: noteheads outside hidden groups. Call it in a process."""
    import verovio
    from lxml import etree

    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    toolkit.setOptions({"xmlIdSeed": 1, "footer": "none"})
    toolkit.setInputFrom("xml")
    assert toolkit.loadData(text)
    pages = (toolkit.renderToSVG(page + 1) for page in range(toolkit.getPageCount()))
    shown = "//*[@class='notehead'][*][not(ancestor-or-self::*[@visibility='hidden'])]"
    return sum(len(etree.fromstring(page.encode()).xpath(shown)) for page in pages)


@pytest.fixture
def drawn(in_process: Callable[..., int]) -> Callable[[Score], int]:
    return lambda score: in_process(noteheads_drawn, score.text)


@pytest.fixture
def in_process() -> Callable[..., int]:
    """Call a function in a child: what the engine cannot stand must not end the tests."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    def call(function: Callable[..., int], *arguments: object) -> int:
        with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
            return pool.submit(function, *arguments).result(timeout=30)

    return call
