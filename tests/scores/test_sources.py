"""Score files are found, named and identified independently of where they lie."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deepscores.errors import RecipeError
from deepscores.scores import Source, default_corpus, find_scores

FILES = {
    "OpenScore/scores/Schubert/Winterreise/01_Gute_Nacht/lc123.mxl": b"PK\x03\x04",
    "OpenScore/scores/Schubert/Winterreise/01_Gute_Nacht/lc123.mscx": b"<museScore/>",
    "OpenScore/data/scores.yaml": b"a: b",
    "PDMX/data/a/11/QmA.json": b"{}",
    "PDMX/mxl/a/11/QmA.mxl": b"PK\x03\x04",
    "PDMX/PDMX.csv": b"a,b",
    "mixed/a.XML": b'<?xml version="1.0"?><!DOCTYPE score-partwise><score-partwise/>',
    "mixed/b.xml": b"<svg/>",
    "mixed/c.xml": b"\x00\x01\x02 junk",
    "mixed/d.xml": b"<score-timewise",
    "mixed/e.xml": b"",
    "mixed/f.mei": b"<mei/>",
    "mixed/g.krn": b"**kern",
    "mixed/h.abc": b"X:1",
    "mixed/.hidden.xml": b"<score-partwise/>",
    "mixed/__MACOSX/i.xml": b"<score-partwise/>",
    "mixed/META-INF/container.xml": b"<container/>",
    "mixed/j.xml": "<score-partwise/>".encode("utf-16"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path


def names(sources: list[Source]) -> list[str]:
    return [source.name for source in sources]


def test_folders_are_walked_and_other_vocabularies_left_out(folder: Path) -> None:
    found = ["a.XML", "c.xml", "d.xml", "e.xml", "f.mei", "g.krn", "h.abc", "j.xml"]
    assert names(find_scores([folder / "mixed"])) == found


def test_checkouts_of_collections_work_as_they_are(folder: Path) -> None:
    assert names(find_scores([folder / "PDMX"])) == ["mxl/a/11/QmA.mxl"]
    (song,) = find_scores([folder / "OpenScore"])
    assert song.name == "scores/Schubert/Winterreise/01_Gute_Nacht/lc123.mxl"
    assert song.id == "scores-Schubert-Winterreise-01_Gute_Nacht-lc123"


def test_a_named_file_is_listed_whatever_it_holds(folder: Path) -> None:
    assert names(find_scores([str(folder / "mixed/b.xml")])) == ["b.xml"]


def test_globs_are_relative_to_their_fixed_beginning(folder: Path) -> None:
    assert names(find_scores([str(folder / "mixed/[a-b].*")])) == ["a.XML", "b.xml"]
    assert names(find_scores([str(folder / "**/*.mei")])) == ["mixed/f.mei"]


def test_names_and_ids_do_not_depend_on_the_place(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere" / "renamed"
    shutil.copytree(folder / "mixed", copy)
    one, other = find_scores([folder / "mixed"]), find_scores([copy])
    assert [(s.name, s.id) for s in one] == [(s.name, s.id) for s in other]


def test_a_file_found_twice_is_listed_once(folder: Path) -> None:
    (folder / "mixed/z.mei").symlink_to(folder / "mixed/f.mei")
    twice = find_scores([folder / "mixed/f.mei", folder / "mixed"])
    assert names(twice).count("f.mei") == 1
    assert "z.mei" not in names(twice)


def test_namesakes_from_two_folders_are_told_apart(tmp_path: Path) -> None:
    for path in ("one/in/a.abc", "two/in/a.abc", "three/a.abc"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text("X:1")
    found = find_scores([tmp_path / "one/in", tmp_path / "two/in", tmp_path / "three"])
    assert names(found) == ["1/in/a.abc", "2/in/a.abc", "three/a.abc"]
    assert len({source.id for source in found}) == 3


def test_ids_are_safe_and_distinct(tmp_path: Path) -> None:
    for name in ("a.b.xml", "a.b.mxl", "a-b.abc", "Für Elise.krn", "春の海.mei", "A-B.mei"):
        (tmp_path / name).write_bytes(b"")
    ids = [source.id for source in find_scores([tmp_path])]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", text) for text in ids)
    assert len({text.casefold() for text in ids}) == 6
    assert "Fur-Elise" in ids


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("nothing.xml", "no such file or folder"),
        ("empty", "no scores found"),
        ("*.mxl", "no scores found"),
        ("notes.txt", "not a kind of score that can be read"),
    ],
)
def test_what_finds_nothing_is_a_recipe_error(tmp_path: Path, pattern: str, reason: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").touch()
    with pytest.raises(RecipeError, match=reason) as error:
        find_scores([str(tmp_path / pattern)])
    assert "\n" not in str(error.value)


def test_nothing_asked_for_finds_nothing() -> None:
    with pytest.raises(RecipeError, match="no scores found"):
        find_scores([])


def test_the_default_corpus_is_found_without_importing_it() -> None:
    sources = default_corpus()
    assert len(sources) == 654
    assert "bach/bwv66.6.mxl" in names(sources)
    assert len({source.id for source in sources}) == 654


def test_a_missing_corpus_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_nothing(name: str) -> None:
        return None

    monkeypatch.setattr(sys.modules[default_corpus.__module__], "find_spec", find_nothing)
    with pytest.raises(RecipeError, match=r"pip install 'deepscores\[corpus\]'"):
        default_corpus()


def test_searching_imports_no_corpus() -> None:
    # A process of its own: other tests import music21.
    code = (
        "import sys; from deepscores.scores import default_corpus; "
        "assert default_corpus(); sys.exit('music21' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
