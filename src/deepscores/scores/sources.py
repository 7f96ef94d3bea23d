"""Find the score files that a user names: files, folders and globs, or the default corpus."""

import glob
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from deepscores.errors import RecipeError
from deepscores.scores.decoding import decode
from deepscores.scores.names import unique_slugs
from deepscores.scores.refusal import Refusal
from deepscores.scores.xml import read_prolog

SUFFIXES = frozenset({".musicxml", ".xml", ".mxl", ".mei", ".krn", ".abc"})
_CORPUS_SUFFIXES = frozenset({".musicxml", ".xml", ".mxl"})
_IGNORED_FOLDERS = frozenset({"__MACOSX", "META-INF"})
_SCORE_ROOTS = frozenset({"score-partwise", "score-timewise", "mei", "meiCorpus", "opus"})
_SAMPLE_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Source:
    """A file that should hold a score."""

    path: Path  # to open it
    name: str  # relative to the folder it was found under, with "/": what the dataset records
    id: str  # unique among the sources found together; letters, digits, "-" and "_"


def find_scores(patterns: Sequence[str | Path]) -> list[Source]:
    """Every score file that *patterns* (files, folders, globs) match, sorted by name.

    A folder is searched with all its subfolders; hidden files are left out, and so are ``.xml``
    files that clearly are something else (a container list, a picture, metadata). Names are
    relative to the folder or the fixed beginning of the glob, so they do not depend on where
    that lies. A file found twice is listed once.

    :raises RecipeError: a pattern matches nothing, or there is no score at all
    """
    sources: dict[str, Source] = {}
    for pattern in patterns:
        matches = list(_matches(str(pattern)))
        if not matches:
            raise RecipeError(f"no scores found: {pattern}")
        for path, base in matches:
            name = _relative_name(path, base)
            sources.setdefault(os.path.realpath(path), Source(path, name, ""))
    if not sources:
        raise RecipeError("no scores found: no file or folder was named")
    return _with_ids(_with_distinct_names(list(sources.values())))


def default_corpus() -> list[Source]:
    """The MusicXML files of the ``music21`` package, which is found but not imported.

    :raises RecipeError: music21 is not installed
    """
    spec = find_spec("music21")
    if spec is None or not spec.submodule_search_locations:
        raise RecipeError("the default corpus needs music21: pip install 'deepscores[corpus]'")
    corpus = Path(spec.submodule_search_locations[0]) / "corpus"
    paths = (path for path in _walk(corpus) if path.suffix.lower() in _CORPUS_SUFFIXES)
    sources = [Source(path, _relative_name(path, corpus), "") for path in paths]
    if not sources:
        raise RecipeError("the installed music21 has no corpus: pip install 'deepscores[corpus]'")
    return _with_ids(sources)


def _matches(pattern: str) -> Iterator[tuple[Path, Path]]:
    """Pairs of a file and the folder that its name is relative to."""
    path = Path(pattern).expanduser()
    if path.is_dir():
        yield from ((file, path) for file in _walk(path))
    elif path.exists():
        if path.suffix.lower() not in SUFFIXES:
            suffixes = " ".join(sorted(SUFFIXES))
            raise RecipeError(f"not a kind of score that can be read ({suffixes}): {pattern}")
        yield path, path.parent
    elif glob.has_magic(pattern):
        yield from _expand_glob(str(path))
    else:
        raise RecipeError(f"no such file or folder: {pattern}")


def _expand_glob(pattern: str) -> Iterator[tuple[Path, Path]]:
    base = _fixed_beginning(pattern)
    for match in sorted(map(Path, glob.glob(pattern, recursive=True))):
        if match.is_dir():
            yield from ((file, base) for file in _walk(match))
        elif match.suffix.lower() in SUFFIXES:
            yield match, base


def _fixed_beginning(pattern: str) -> Path:
    parts = Path(pattern).parts
    fixed = next(i for i, part in enumerate(parts) if glob.has_magic(part))
    return Path(*parts[:fixed])


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not _is_hidden(name))
        for name in sorted(files):
            path = Path(parent, name)
            if not _is_hidden(name) and path.suffix.lower() in SUFFIXES and _may_be_score(path):
                yield path


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name in _IGNORED_FOLDERS


def _may_be_score(path: Path) -> bool:
    """False only for an ``.xml`` file that clearly has another vocabulary.

    What cannot be read stays in, to be reported as skipped instead of vanishing.
    """
    if path.suffix.lower() != ".xml":
        return True
    try:
        with path.open("rb") as file:
            data = file.read(_SAMPLE_BYTES)
        # Cut between characters, whatever the encoding.
        text, _ = decode(data if len(data) < _SAMPLE_BYTES else data[: data.rfind(b">") + 1])
        prolog = read_prolog(text)
    except (OSError, Refusal):
        return True
    return prolog.junk or prolog.root in _SCORE_ROOTS


def _relative_name(path: Path, base: Path) -> str:
    name = path.relative_to(base).as_posix()
    return name.encode("utf-8", "backslashreplace").decode()


def _with_distinct_names(sources: list[Source]) -> list[Source]:
    # Files of one name from two folders: prefix the folder; if those have the same name, too,
    # prefix a number.
    for rename in (_prefix_folder, _prefix_number):
        counts = Counter(source.name for source in sources)
        sources = [
            rename(source, number) if counts[source.name] > 1 else source
            for number, source in enumerate(sources, 1)
        ]
    return sources


def _prefix_folder(source: Source, _number: int) -> Source:
    depth = source.name.count("/") + 1
    folder = Path(*source.path.absolute().parts[:-depth]).name
    return replace(source, name=f"{folder}/{source.name}" if folder else source.name)


def _prefix_number(source: Source, number: int) -> Source:
    return replace(source, name=f"{number}/{source.name}")


def _with_ids(sources: list[Source]) -> list[Source]:
    sources = sorted(sources, key=lambda source: source.name)
    stems = [source.name.removesuffix(source.path.suffix) for source in sources]
    ids = unique_slugs([source.name for source in sources], stems)
    return [replace(source, id=new) for source, new in zip(sources, ids, strict=True)]
