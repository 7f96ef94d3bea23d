"""Twelve fonts, five of the engraver's and seven from the registry: pages, labels and loading."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepscores import build, check, fonts, open_dataset, verify
from deepscores.engraving.smufl.fontfile import identify, read_font
from deepscores.engraving.smufl.names import OPTIONAL, glyph_names
from deepscores.engraving.verovio.data import MUSIC_FONTS, data_folder
from deepscores.inspection.galleries.classes.specimens import Collection, engrave_zoo
from deepscores.page.labels.label_sets import load_label_set
from deepscores.page.outlines.curves import path_edges
from deepscores.recipe.recipe import Recipe, apply
from tests.places import GOLDEN_SCORES, ROOT

pytestmark = pytest.mark.registry

SCORES = GOLDEN_SCORES
# Font, its package, and how many glyphs of the zoo it lacks, which Leipzig lends.
LACKING = {
    "FinaleAsh": ("finaleash", 59),
    "FinaleBroadway": ("finalebroadway", 46),
    "FinaleJazz": ("finalejazz", 47),
    "FinaleMaestro": ("finalemaestro", 0),
    "Gonville": ("gonville", 56),
    "MuseJazz": ("musejazz", 17),
    "Sebastian": ("sebastian", 8),
}
_LISTED = re.compile(
    r'<g c="(\w+)" x="(\S+)" y="(\S+)" w="(\S+)" h="(\S+)" h-a-x="(\S+)" n="(\w+)"'
)

Fonts = dict[str, Path]


def files(registry_fonts: Fonts) -> list[str]:
    return [str(registry_fonts[package]) for package, _ in LACKING.values()]


def test_datasets_in_twelve_fonts_have_no_findings(registry_fonts: Fonts, tmp_path: Path) -> None:
    build(SCORES, tmp_path / "d", jobs=2, font=files(registry_fonts), pages="all")
    pages = open_dataset(tmp_path / "d")
    assert {page.row["font"] for page in pages} == {*MUSIC_FONTS, *LACKING}
    assert len(pages) == 3 * 12
    report = check(tmp_path / "d", jobs=2)
    assert [*report.findings] == []
    assert verify(tmp_path / "d", rerender=0.2, jobs=2).problems == ()


def test_every_class_is_drawn_in_every_font(registry_fonts: Fonts) -> None:
    recipe = apply(Recipe(), {"fonts": files(registry_fonts)})
    collections = [
        Collection(load_label_set(name), recipe.fonts)
        for name in ("deepscores-118", "deepscores-v2")
    ]
    for score, drawing in engrave_zoo(recipe.fonts, recipe.font_files):
        heads = {one.element for one in drawing.sheet.symbols if one.role == "notehead"}
        assert len(heads) == drawing.notes, f"{score}: notes beyond the page's edge"
        for collection in collections:
            collection.add(score, drawing)
    for collection in collections:
        wanted = {(one.id, font) for one in collection.labels.classes for font in recipe.fonts}
        assert wanted - collection.specimens.keys() == set()
    lent = {font: (lender, len(glyphs)) for (font, lender), glyphs in collections[0].loans.items()}
    assert lent == {font: ("Leipzig", count) for font, (_, count) in LACKING.items() if count}


LOAD = """
import sys, time, verovio
from pathlib import Path
from deepscores.engraving.verovio.data import fonts_folder
from deepscores.engraving.verovio.fonts import install
from deepscores.engraving.smufl.fontfile import identify
folder = str(fonts_folder())
start = time.process_time()
name = install(identify(Path(sys.argv[1])))
toolkit = verovio.toolkit(False)
toolkit.setResourcePath(folder)
toolkit.setOptions({"font": name})
print(time.process_time() - start)
"""


def test_a_font_of_2400_glyphs_loads_in_less_than_a_second(
    registry_fonts: Fonts, tmp_path: Path
) -> None:
    path = registry_fonts["finalemaestro"]
    assert len(read_font(identify(path)).glyphs) == 2390
    seconds = []
    for attempt in range(3):  # processor time, but a crowded machine lengthens that too
        told = subprocess.run(
            [sys.executable, "-c", LOAD, path],
            env=os.environ | {"XDG_CACHE_HOME": str(tmp_path / f"{attempt}")},
            capture_output=True,
            text=True,
            check=True,
        )
        seconds.append(float(told.stdout))
    assert min(seconds) < 1


@pytest.mark.parametrize(("font", "glyphs"), [("Bravura", 868), ("Petaluma", 539)])
def test_an_opentype_file_gives_what_verovio_s_makers_made_of_it(
    font: str, glyphs: int, registry_fonts: Fonts
) -> None:
    # Of these two the registry has the version that Verovio converted.
    ours = read_font(identify(registry_fonts[font.lower()])).glyphs
    names = set(glyph_names().values())
    seen = 0
    for found in _LISTED.finditer((data_folder() / f"{font}.xml").read_text("utf-8")):
        code, (x, y, width, height, advance) = found[1], map(float, found.groups()[1:6])
        if int(code, 16) not in ours:  # blank, or one more place of a glyph of SMuFL's
            assert (width, height) == (0, 0) or (int(code, 16) in OPTIONAL and found[7] in names)
            continue
        glyph = ours[int(code, 16)]
        assert glyph.name == found[7]
        np.testing.assert_allclose(glyph.box, (x, y, x + width, y + height), atol=0.01)
        assert glyph.advance == advance
        drawing = (data_folder() / font / f"{code}.xml").read_text("utf-8")
        path = re.search(r' d="([^"]*)"', drawing)
        if path and seen % 4 == 0:  # flattening takes time
            assert area(glyph.path) == pytest.approx(area(path[1]), rel=1e-9)
        seen += 1
    assert seen == glyphs


def area(path: str) -> float:
    x0, y0, x1, y1 = path_edges(path, 0.3).T
    return abs(float((x0 * y1 - x1 * y0).sum() / 2))


def test_the_page_of_fonts_is_the_one_in_the_docs(registry_fonts: Fonts, tmp_path: Path) -> None:
    docs = ROOT / "docs/fonts"
    named: list[Any] = [*MUSIC_FONTS, "Emmentaler", *files(registry_fonts)]
    book = fonts(named, tmp_path, engraver="both")
    assert book.page is not None
    assert book.picture is not None
    assert book.page.read_bytes() == (docs / "fonts.md").read_bytes()
    assert book.picture.read_bytes() == (docs / "fonts.png").read_bytes()
