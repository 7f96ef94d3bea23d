"""LilyPond as a program: find it and its fonts, and run it on a source."""

import contextlib
import ctypes
import fcntl
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from functools import cache, partial
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from deepscores.engraving.lilypond.fonts import MUSIC_FONTS, font_files
from deepscores.errors import EngravingError, RecipeError
from deepscores.page.outlines.text import font_folders, write_text_fonts
from deepscores.runs.caches import file_stamp

ENVIRONMENT = "DEEPSCORES_LILYPOND"  # names a program to be used instead
_MISSING = (
    "the engraver 'lilypond' needs LilyPond: pip install 'deepscores[lilypond]', "
    f"or put a LilyPond on the PATH, or name its program in {ENVIRONMENT}"
)
_MIN_VERSION = (2, 25, 12)
_MAX_MEMORY = 4 << 30  # bytes of address space; a symphony takes one
_PREFIX, _LOCK = "deepscores-lilypond-", "lock"
_LIBC = ctypes.CDLL(None)
_LINUX = sys.platform == "linux"
_PR_SET_PDEATHSIG = 1
_FONTCONFIG = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>{folders}<cachedir>{cache}</cachedir></fontconfig>
"""


@cache
def find_program() -> str:
    """The LilyPond to use: the configured one, a newer one on the PATH, or the package's.

    Raise RecipeError where there is none.
    """
    configured = os.environ.get(ENVIRONMENT)
    if configured:
        if not shutil.which(configured):
            raise RecipeError(f"{ENVIRONMENT}: {configured} is not a program")
        return configured
    packaged, on_path = _packaged(), shutil.which("lilypond")
    if packaged and on_path:
        return on_path if _version_of(on_path) > _version_of(packaged) else packaged
    if packaged:
        return packaged
    if on_path and _version_of(on_path) >= _MIN_VERSION:
        return on_path
    raise RecipeError(_MISSING)


def _packaged() -> str:
    if find_spec("lilypond") is None:
        return ""
    import lilypond  # noqa: PLC0415 - only where it is installed

    return str(lilypond.executable())


def version() -> str:
    """The version of the LilyPond to use."""
    return ".".join(map(str, _version_of(find_program())))


@cache
def _version_of(program: str) -> tuple[int, ...]:
    try:
        output = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=60, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ()
    numbers = re.search(r"LilyPond (\d+)\.(\d+)\.(\d+)", output)
    return tuple(map(int, numbers.groups())) if numbers else ()


class _ProcessFolder:
    """A process's temporary folder: text fonts and their configuration. Removed at its end."""

    def __init__(self) -> None:
        _remove_left_behind()
        self._folder = tempfile.TemporaryDirectory(prefix=_PREFIX)
        self.path = Path(self._folder.name)
        self._lock = (self.path / _LOCK).open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        fonts = self.path / "fonts"
        fonts.mkdir()
        write_text_fonts(fonts)
        folders = "".join(f"<dir>{font_folder}</dir>" for font_folder in (fonts, *font_folders()))
        settings = _FONTCONFIG.format(folders=folders, cache=self.path / "cache")
        (self.path / "fonts.conf").write_text(settings, encoding="utf-8")


@cache
def _process_folder() -> _ProcessFolder:
    return _ProcessFolder()


def _remove_left_behind() -> None:
    """Remove folders of killed processes: their locks are free."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError), (folder / _LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder)


def music_font_folder(font: str, folder: str) -> Path:
    """A folder with the files of a music font from *folder* as LilyPond looks for them.

    All files lie side by side, and a font without braces has those of LilyPond's own.
    """
    files = font_files(Path(folder))
    font_paths = tuple(path for name, path in files.items() if name.rpartition("-")[0] == font)
    return _copies(font, font_paths, tuple(map(file_stamp, font_paths)))


@cache
def _copies(font: str, files: tuple[Path, ...], stamps: tuple[tuple[int, int, int], ...]) -> Path:
    # Edited files get a new folder.
    key = sha256(repr((files, stamps)).encode()).hexdigest()[:16]
    root = _process_folder().path / "music" / key / font
    root.mkdir(parents=True, exist_ok=True)
    for path in files:
        shutil.copyfile(path, root / path.name)
    for suffix in ("otf", "svg"):
        brace = root / f"{font}-brace.{suffix}"
        if not brace.exists():
            shutil.copyfile(_packaged_font(f"emmentaler-brace.{suffix}"), brace)
    for path in list(root.glob("*.svg")):  # which LilyPond looks for in small letters
        if path.name != path.name.lower():
            shutil.copyfile(path, path.with_name(path.name.lower()))
    return root


def music_font_file(font: str, folder: str, suffix: str) -> Path:
    """The file of a music font, of its middle size; *folder* holds those that are not LilyPond's.

    Raise RecipeError if there is none.
    """
    if font in MUSIC_FONTS:
        return _packaged_font(f"{font.lower()}-20.{suffix}")
    return font_files(Path(folder))[f"{font}-20.{suffix}"]


def glyphs_of(font: str, folder: str = "") -> frozenset[str]:
    """LilyPond's names of the glyphs that a music font has outlines of."""
    text = music_font_file(font, folder, "svg").read_text(encoding="utf-8")
    return frozenset(re.findall(r'<glyph glyph-name="([^"]+)"[^>]*\sd="[^"]', text))


def _packaged_font(name: str) -> Path:
    program = Path(shutil.which(find_program()) or "").resolve()
    paths = sorted(program.parent.parent.glob(f"share/lilypond/*/fonts/*/{name}"))
    if not paths:
        raise RecipeError(f"{program}: has no {name} beside it")
    return paths[-1]


def run(source: str, name: str, include: tuple[Path, ...] = ()) -> list[str]:
    """The SVG of each page of *source*. *name* is the score's, for messages.

    The machine's fonts are ignored; *include* are folders of music fonts. Raise EngravingError
    if LilyPond fails or writes half a page.
    """
    root = _process_folder().path
    with tempfile.TemporaryDirectory(dir=root) as work:
        (Path(work) / "score.ly").write_text(source, encoding="utf-8")
        command = [find_program(), "--silent", "-dbackend=svg", "-dno-point-and-click"]
        command += [f"-I{folder}" for folder in include]
        process = subprocess.Popen(
            [*command, "-o", "score", "score.ly"],
            cwd=work,
            env=os.environ | {"FONTCONFIG_FILE": str(root / "fonts.conf"), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            # No thread here holds a lock that prctl needs.
            preexec_fn=partial(_end_with, os.getpid()) if _LINUX else None,  # noqa: PLW1509
        )
        resource.prlimit(process.pid, resource.RLIMIT_AS, (_MAX_MEMORY, _MAX_MEMORY))
        try:
            _, messages = process.communicate()
        finally:
            process.kill()
        pages = _pages(Path(work))
    _check(pages, process.returncode, messages.decode(errors="replace"), name)
    return pages


def _end_with(parent: int) -> None:
    # A worker can be killed, and then no process waits for the programs it started.
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _pages(folder: Path) -> list[str]:
    paths = sorted(folder.glob("score*.svg"), key=lambda path: (len(path.name), path.name))
    return [path.read_text(encoding="utf-8") for path in paths]


def _check(pages: list[str], status: int, messages: str, name: str) -> None:
    if status:
        lines = [line for line in messages.splitlines() if "rror" in line]
        detail = f": {lines[0].strip()}" if lines else ""
        raise EngravingError(name, f"LilyPond ended with status {status}{detail}")
    if not pages:
        raise EngravingError(name, "LilyPond drew no page")
    for number, page in enumerate(pages, start=1):
        if not page.rstrip().endswith("</svg>"):
            raise EngravingError(f"{name} p.{number}", "LilyPond drew half a page")
