"""The user's SMuFL fonts in the format that Verovio loads.

``NAME.xml`` lists glyphs with boxes and anchors, each ``NAME/CODE.xml`` holds an outline. The
listing is written last; where it exists, the font is complete.
"""

import json
import os
import shutil
import tempfile
from base64 import b64decode
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.sax.saxutils import quoteattr

from deepscores.engraving.smufl.fontfile import SmuflFont, read_font
from deepscores.engraving.verovio.data import MUSIC_FONTS, data_folder, fonts_folder, loaded_name
from deepscores.errors import RecipeError
from deepscores.page.model import FontFile

_ENGRAVING = "engraving.json"
_LINES = {  # SMuFL's engravingDefaults → Verovio's option, its default, least and most, half spaces
    "barlineSeparation": ("barLineSeparation", 0.8, 0.5, 2.0),
    "bracketThickness": ("bracketThickness", 1.0, 0.5, 2.0),
    "dashedBarlineDashLength": ("dashedBarLineDashLength", 1.14, 0.1, 5.0),
    "dashedBarlineGapLength": ("dashedBarLineGapLength", 1.14, 0.1, 5.0),
    "hairpinThickness": ("hairpinThickness", 0.2, 0.1, 0.8),
    "legerLineExtension": ("ledgerLineExtension", 0.54, 0.2, 1.0),
    "legerLineThickness": ("ledgerLineThickness", 0.25, 0.1, 0.5),
    "lyricLineThickness": ("lyricLineThickness", 0.25, 0.1, 0.5),
    "octaveLineThickness": ("octaveLineThickness", 0.2, 0.1, 1.0),
    "pedalLineThickness": ("pedalLineThickness", 0.2, 0.1, 1.0),
    "repeatBarlineDotSeparation": ("repeatBarLineDotSeparation", 0.36, 0.1, 1.0),
    "repeatEndingLineThickness": ("repeatEndingLineThickness", 0.15, 0.1, 2.0),
    "slurEndpointThickness": ("slurEndpointThickness", 0.1, 0.05, 0.25),
    "slurMidpointThickness": ("slurMidpointThickness", 0.6, 0.2, 1.2),
    "staffLineThickness": ("staffLineWidth", 0.15, 0.1, 0.3),
    "stemThickness": ("stemWidth", 0.2, 0.1, 0.5),
    "subBracketThickness": ("subBracketThickness", 0.2, 0.1, 2.0),
    "textEnclosureThickness": ("textEnclosureThickness", 0.2, 0.1, 0.8),
    "thickBarlineThickness": ("thickBarlineThickness", 1.0, 0.5, 2.0),
    "thinBarlineThickness": ("barLineWidth", 0.3, 0.1, 0.8),
    "tieEndpointThickness": ("tieEndpointThickness", 0.1, 0.05, 0.25),
    "tieMidpointThickness": ("tieMidpointThickness", 0.5, 0.2, 1.0),
    "tupletBracketThickness": ("tupletBracketThickness", 0.2, 0.1, 0.8),
}


def install(file: FontFile) -> str:
    """Convert *file* unless it is in the cache; return Verovio's name for it.

    Any number of processes may do so at once. Raise RecipeError if its file cannot be read or its
    path is unknown.
    """
    name, folder = loaded_name(file), fonts_folder()
    if not (folder / f"{name}.xml").exists():
        font = read_font(file)
        try:
            _write(folder, name, font)
        except OSError as error:
            raise RecipeError(f"{folder}: cannot keep a font here: {error.strerror}") from None
    return name


def line_options(loaded: str) -> dict[str, float]:
    """All of Verovio's options for the thickness of lines in the font *loaded*."""
    options = {option: default for option, default, _, _ in _LINES.values()}
    if loaded not in MUSIC_FONTS:
        options |= json.loads((fonts_folder() / loaded / _ENGRAVING).read_text("utf-8"))
    return options


def packaged_font(name: str) -> bytes:
    """The WOFF2 file that Verovio packs of its font *name* for browsers."""
    sheet = (data_folder() / f"{name}.css").read_text(encoding="ascii")
    return b64decode(sheet.partition("base64,")[2].partition(")")[0])


def _write(folder: Path, name: str, font: SmuflFont) -> None:
    aside = Path(tempfile.mkdtemp(prefix=".new-", dir=folder))
    try:
        glyphs = aside / name
        glyphs.mkdir()
        for code, drawing in font.glyphs.items():
            (glyphs / f"{code:04X}.xml").write_text(
                f'<g id="{code:04X}"><path transform="scale(1,-1)" d="{drawing.path}" /></g>'
            )
        (glyphs / _ENGRAVING).write_text(json.dumps(_thickness(font.metadata.engraving)))
        listing = aside / "listing.xml"
        with listing.open("w", encoding="utf-8") as file:
            file.writelines(_listing(name, font))
            file.flush()
            os.fsync(file.fileno())
        _move(glyphs, folder / name)
        listing.replace(folder / f"{name}.xml")
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _move(source: Path, target: Path) -> None:
    try:
        source.rename(target)
    except OSError:
        if not target.is_dir():  # another process may be first, with the same files
            raise


def _listing(name: str, font: SmuflFont) -> Iterator[str]:
    yield "<?xml version='1.0' encoding='UTF-8'?>\n"
    yield f'<bounding-boxes font-family={quoteattr(name)} units-per-em="1000">\n'
    for code, (glyph, _, (x0, y0, x1, y1), advance) in font.glyphs.items():
        box = f'x="{x0:.2f}" y="{y0:.2f}" w="{x1 - x0:.2f}" h="{y1 - y0:.2f}"'
        yield f'  <g c="{code:04X}" {box} h-a-x="{round(advance)}" n="{glyph}">\n'
        for anchor, (x, y) in font.metadata.anchors.get(glyph, {}).items():
            yield f'    <a n={quoteattr(anchor)} x="{x:g}" y="{y:g}" />\n'
        yield "  </g>\n"
    yield "</bounding-boxes>\n"


def _thickness(engraving: Mapping[str, float]) -> dict[str, float]:
    """Verovio's options for a font's *engraving* defaults, which are in whole staff spaces."""
    return {
        option: min(max(round(2 * engraving[name], 4), lowest), highest)
        for name, (option, _, lowest, highest) in _LINES.items()
        if name in engraving
    }
