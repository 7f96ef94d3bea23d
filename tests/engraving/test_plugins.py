"""Engravers of other distributions: listed, chosen, drawn with; a broken one costs itself only."""

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deepscores import build, open_dataset
from deepscores.engraving.registry import GROUP, engraver_names, find_engraver
from deepscores.errors import RecipeError
from deepscores.recipe.recipe import Recipe, apply
from deepscores.runs import plugins

# Draws with Verovio in Leland; what is its own is the name, the title and the font.
ENGRAVER = """
from dataclasses import replace

from deepscores.engraving.verovio.engraver import Verovio


class Tiny(Verovio):
    name = "tiny"
    title = "Tiny Engraver"
    takes_font_files = False

    def music_fonts(self, font_folder):
        return ("TinyFont",)

    def engrave(self, score, styles, /):
        return super().engrave(score, [replace(style, music_font="Leland") for style in styles])


TINY = Tiny()
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Install a distribution that adds engravers: its metadata and one module, on the path."""
    site = tmp_path / "site"
    monkeypatch.syspath_prepend(str(site))

    def write(entry_points: str, module: str = ENGRAVER) -> None:
        metadata = site / "tiny_engraver-1.5.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: tiny-engraver\nVersion: 1.5\n"
        )
        (metadata / "entry_points.txt").write_text(f"[{GROUP}]\n{entry_points}\n")
        (site / "tiny_engraver.py").write_text(module)
        importlib.invalidate_caches()
        forget()

    yield write
    sys.modules.pop("tiny_engraver", None)
    monkeypatch.undo()
    forget()


def forget() -> None:
    plugins.plugins.cache_clear()
    find_engraver.cache_clear()


def test_an_engraver_of_another_distribution_builds_a_dataset(
    install: Callable[..., None], tmp_path: Path, tune: Callable[..., str]
) -> None:
    install("tiny = tiny_engraver:TINY")
    score = tmp_path / "tune.musicxml"
    score.write_text(tune())
    folder = tmp_path / "dataset"
    build(score, folder, engraver="tiny,verovio", fonts="TinyFont,Bravura", jobs=1, pages="all")
    pages = {(page.row["engraver"], page.row["font"]) for page in open_dataset(folder)}
    assert pages == {("tiny", "TinyFont"), ("verovio", "Bravura")}
    versions = json.loads((folder / "dataset.json").read_text())["versions"]
    assert versions["tiny-engraver"] == "1.5"


def test_it_is_listed_and_has_its_own_fonts(install: Callable[..., None]) -> None:
    install("tiny = tiny_engraver:TINY")
    assert engraver_names() == ("verovio", "lilypond", "tiny")
    assert apply(Recipe(), {"engraver": "tiny"}).fonts == ("TinyFont",)
    with pytest.raises(RecipeError, match="no engraver 'huge'; there are verovio, lilypond, tiny"):
        apply(Recipe(), {"engraver": "huge"})


def test_a_broken_one_costs_itself_only(install: Callable[..., None]) -> None:
    install("tiny = tiny_engraver:TINY", module="import nothing_so_called")
    assert engraver_names() == ("verovio", "lilypond", "tiny")
    with pytest.raises(RecipeError, match="'tiny' of tiny-engraver: ModuleNotFoundError"):
        apply(Recipe(), {"engraver": "tiny"})
    assert apply(Recipe(), {"engraver": "verovio"}).engravers == ("verovio",)


def test_a_built_in_name_stays_ours(install: Callable[..., None]) -> None:
    install("verovio = tiny_engraver:TINY")
    with pytest.warns(RuntimeWarning, match="'verovio' of tiny-engraver is not used"):
        assert engraver_names() == ("verovio", "lilypond")
    assert find_engraver("verovio").title == "Verovio"
