"""Small scores to build from, a quick recipe for them, and datasets that many tests read."""

import signal
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.sharing import make_once, shared_folder
from tests.tiers import METER, mark_slow, read_durations

settings.register_profile("steady", deadline=None)  # the first call of compiled code is slow
settings.register_profile("soak", deadline=None, max_examples=10_000)
settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--record-cpu", action="store_true", help="write what tests cost into tests/durations.tsv"
    )


def pytest_configure(config: pytest.Config) -> None:
    # A shell lets what runs in the background ignore Ctrl-C, and so would programs that tests stop.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.pluginmanager.register(METER)


@pytest.hookimpl(tryfirst=True)  # before those that are not asked for are left out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    METER.collected.update(item.nodeid for item in items)
    mark_slow(items, read_durations())


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The temporary folder of all processes of this test run; see `make_once`."""
    return shared_folder(tmp_path_factory)


@pytest.fixture(scope="session", autouse=True)
def cache_of_tests(shared: Path) -> Iterator[Path]:
    """A cache of their own for all tests and the processes they start, and work without workers.

    A test of workers says ``executor="local"``, or ``DEEPSCORES_EXECUTOR=local`` to a process.
    """
    folder = shared / "cache"
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        patch.setenv("DEEPSCORES_EXECUTOR", "inline")
        yield folder


_ATTRIBUTES = (
    "<attributes><divisions>2</divisions><key><fifths>{fifths}</fifths></key><time><beats>4</beats>"
    "<beat-type>4</beat-type></time><clef><sign>G</sign><line>2</line></clef></attributes>"
)
_NOTE = (
    "<note><pitch><step>{step}</step><octave>{octave}</octave></pitch>"
    "<duration>2</duration><type>quarter</type></note>"
)
_CREDIT = "<work><work-title>{title}</work-title></work>"


def write_tune(
    measures: int = 2, title: str = "", steps: str = "CEGB", octave: int = 5, fifths: int = 2
) -> str:
    """A melody in quarter notes: *measures* measures, the notes in turn from *steps*."""
    bars = []
    for number in range(1, measures + 1):
        head = _ATTRIBUTES.format(fifths=fifths) if number == 1 else ""
        notes = "".join(
            _NOTE.format(step=steps[(number + place) % len(steps)], octave=octave)
            for place in range(4)
        )
        bars.append(f'<measure number="{number}">{head}{notes}</measure>')
    return (
        f"<score-partwise>{_CREDIT.format(title=title) if title else ''}<part-list>"
        f'<score-part id="P1"><part-name/></score-part></part-list><part id="P1">{"".join(bars)}'
        "</part></score-partwise>"
    )


@pytest.fixture(scope="session")
def tune() -> Callable[..., str]:
    """`write_tune`."""
    return write_tune


@pytest.fixture
def tunes(tmp_path: Path) -> Path:
    """A folder of four scores, and one that cannot be read."""
    return write_tunes(tmp_path / "tunes")


def write_tunes(folder: Path, count: int = 4) -> Path:
    folder.mkdir()
    for index in range(count):
        text = write_tune(2 + 6 * index, title=f"Tune {index}", fifths=index)
        (folder / f"tune-{index}.musicxml").write_text(text)
    (folder / "broken.musicxml").write_text(write_tune()[:300])
    return folder


def difference(one: Path, other: Path) -> list[str]:
    """How the files of two datasets differ, a line each; of pictures, how many pixels where."""
    from deepscores.dataset.manifest import list_files
    from deepscores.dataset.png.codec import decode_png

    lines = []
    for name in sorted({*list_files(one), *list_files(other)}):
        paths = [folder / name for folder in (one, other)]
        if not all(path.exists() for path in paths):
            lines.append(f"{name}: only in {'one' if paths[0].exists() else 'the other'}")
        elif paths[0].read_bytes() != paths[1].read_bytes():
            lines.append(f"{name}: differs")
            if name.endswith(".png"):
                before, after = (decode_png(path.read_bytes()).astype(int) for path in paths)
                if before.shape == after.shape:
                    places = list(zip(*(before != after).nonzero(), strict=True))
                    lines[-1] += f" in {len(places)} pixels {places[:5]}"
    return lines


@pytest.fixture(scope="session")
def differences() -> Callable[[Path, Path], list[str]]:
    """`difference`."""
    return difference


@pytest.fixture(scope="session")
def quick() -> dict[str, Any]:
    """Options of small pages, which are quickly made."""
    return {
        "page_size": "800x600", "staff_space": 10, "margin": 40, "fonts": "Bravura,Leland",
        "pages": "all", "patches": "20x30", "patches_per_class": 7,
    }  # fmt: skip


@pytest.fixture(scope="session")
def built(shared: Path, quick: dict[str, Any]) -> Path:
    """A finished dataset of four tunes; tests leave it as it is."""

    def make(folder: Path) -> None:
        from deepscores import build

        build(write_tunes(folder / "tunes"), folder / "dataset", executor="inline", **quick)

    return make_once(shared / "built", make) / "dataset"


# Scores of the default corpus that fall into the three splits, quartets and chorales.
REAL = (
    "schumann_robert-opus41no1-movement3", "bach-bwv244-17", "mozart-k155-movement2",
    "haydn-opus74no1-movement1",
)  # fmt: skip


@pytest.fixture(scope="session")
def real(shared: Path) -> Path:
    """A finished dataset of real scores at full size, with whole masks; tests leave it as it is.

    Sixteen pages in two fonts, some of each split.
    """
    return make_once(shared / "real", build_real_scores) / "dataset"


def build_real_scores(folder: Path) -> None:
    from deepscores import build
    from deepscores.scores import default_corpus

    for source in default_corpus():
        if source.id in REAL:  # a score's name, and so its split, is where it lies
            copy = folder / "scores" / source.name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(source.path.read_bytes())
    build(
        folder / "scores", folder / "dataset", fonts="Bravura,Petaluma", pages="all",
        pages_per_score=4, whole_masks=True, patches_per_class=20, executor="inline",
    )  # fmt: skip


@pytest.fixture(scope="session")
def real_as(real: Path, shared: Path) -> Callable[..., Path]:
    """`real` in another format, a folder; each is made once, and tests leave it as it is."""
    from deepscores import export

    def export_once(to: str, **options: Any) -> Path:
        def make(folder: Path) -> None:
            export(real, folder / "export", to=to, **options)

        key = sha256(repr((to, sorted(options.items()))).encode()).hexdigest()[:16]
        return make_once(shared / f"real-as-{key}", make) / "export"

    return export_once


@pytest.fixture(scope="session")
def reported(built: Path, shared: Path) -> Path:
    """The folder of a report of `built`, beside itself; tests leave it as it is."""

    def make(folder: Path) -> None:
        from deepscores import report

        report(built, folder / "report", against=[built], audited=2)

    return make_once(shared / "reported", make) / "report"


def write_music_font(
    path: Path, family: str = "Quill", base: str = "Petaluma", without: Sequence[int] = ()
) -> Path:
    """A SMuFL font of its own name, made of what Verovio packs of *base*, less some glyphs."""
    from io import BytesIO

    from fontTools.ttLib import TTFont

    from deepscores.engraving.verovio.fonts import packaged_font

    font = TTFont(BytesIO(packaged_font(base)))
    font["name"].names = [one for one in font["name"].names if one.platformID == 3]
    font["name"].setName(family, 1, 3, 1, 0x409)
    for table in font["cmap"].tables:
        for code in without:
            table.cmap.pop(code, None)
    font.flavor = "woff2" if path.suffix == ".woff2" else None
    path.parent.mkdir(parents=True, exist_ok=True)
    font.save(path)
    return path


@pytest.fixture(scope="session")
def music_font() -> Callable[..., Path]:
    """`write_music_font`."""
    return write_music_font
