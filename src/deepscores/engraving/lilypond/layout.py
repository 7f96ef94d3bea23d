"""The part of the program that depends on the style: page, margins, fonts and settings."""

from pathlib import Path

from deepscores.engraving.lilypond.fonts import lilypond_name
from deepscores.engraving.lilypond.mei import NAMESPACE, Node
from deepscores.engraving.lilypond.notation import tags
from deepscores.engraving.lilypond.options import overrides, paper
from deepscores.engraving.lilypond.source import quote
from deepscores.engraving.lilypond.timeline import Timeline
from deepscores.page.model import Style
from deepscores.page.outlines.text import Face, shape

# A staff space is 5 pt whatever it is in pixels: the page size is scaled, not the staff.
_POINTS = 5
_TEXT_SIZE = 2.2  # staff spaces, of LilyPond's words

_LAYOUT = """\\version "2.25.12"
{tags}
{folders}
\\paper {{
  paper-width = {width:.4f}\\pt
  paper-height = {height:.4f}\\pt
  left-margin = {margin:.4f}\\pt
  right-margin = {margin:.4f}\\pt
  top-margin = {margin:.4f}\\pt
  bottom-margin = {margin:.4f}\\pt
  indent = {indent:.4f}\\pt
  short-indent = {short_indent:.4f}\\pt
  oddHeaderMarkup = {header}
  evenHeaderMarkup = {header}
  oddFooterMarkup = ##f
  evenFooterMarkup = ##f
{paper}
{fonts}
}}
\\layout {{
  blot-diameter = 0
  \\context {{
    \\Score
    barNumberFormatter = #(lambda (number . rest)
      (if (<= 1 number (vector-length deepscoresNumbers))
          (vector-ref deepscoresNumbers (1- number))
          ""))
    \\override Beam.breakable = ##t
    \\override TextSpanner.style = #'dashed-line
    \\override TrillSpanner.bound-details.left-broken.text = ##f
{numbers}
{overrides}
  }}
  \\context {{
    \\Staff
    autoAccidentals = #'()
    autoCautionaries = #'()
    extraNatural = ##f
    printKeyCancellation = ##f
    pedalSustainStyle = #'text
    pedalSustainStrings = #'("Ped" "*Ped" "*")
    \\override MultiMeasureRest.usable-duration-logs = #'(0)
  }}
  \\context {{
    \\Voice
    autoBeaming = ##f
  }}
  \\context {{
    \\Lyrics
    % Plain words: LilyPond's own way draws a tie for a tilde.
    \\override LyricText.stencil = #(lambda (grob)
      (grob-interpret-markup grob (ly:grob-property grob 'text)))
    \\override LyricHyphen.minimum-distance = #0.8
  }}
  \\context {{
    \\StaffGroup
    \\consists Instrument_name_engraver
  }}
}}
"""


# A score with a header of its own has that on its first page, and no page numbers.
_PAGE_NUMBER = """\\markup \\unless \\on-first-page \\as "pgHead" \\fill-line {
    "" \\concat { "– " \\fromproperty #'page:page-number-string " –" } ""
  }"""


def layout(style: Style, timeline: Timeline, folders: tuple[Path, ...] = ()) -> str:
    """The first part of LilyPond's program for the score of *timeline*.

    *folders* hold music fonts.
    """
    unit = _POINTS / style.staff_space
    return _LAYOUT.format(
        tags=tags(),
        width=style.page_width * unit,
        height=style.page_height * unit,
        margin=style.margin * unit,
        indent=_room(timeline.group, "label") * _POINTS,
        short_indent=_room(timeline.group, "labelAbbr") * _POINTS,
        header="##f" if timeline.head is not None else _PAGE_NUMBER,
        numbers="" if timeline.numbered else "    \\omit BarNumber",
        paper=paper(style.properties),
        overrides=overrides(style.properties),
        fonts=_fonts(lilypond_name(style.music_font)),
        # Letters of dynamics are set as text, and so are found by the font's own name.
        folders="\n".join(
            f"#(ly:font-config-add-directory {quote(str(folder))})" for folder in folders
        ),
    )


def _fonts(music_font: str) -> str:
    lines = ['  property-defaults.fonts.serif = "Liberation Serif"']
    lines += ['  property-defaults.fonts.sans = "Liberation Serif"']
    lines += ['  property-defaults.fonts.typewriter = "Liberation Serif"']
    if music_font != "Emmentaler":
        lines.append(f'  property-defaults.fonts.music = "{music_font}"')
    return "\n".join(lines)


def _room(group: Node, name: str) -> float:
    """Width of the longest instrument name with its distance, in staff spaces."""
    words = [
        " ".join("".join(text.itertext()).split()) for text in group.iter(f"{NAMESPACE}{name}")
    ]
    widest = max((shape(text, _TEXT_SIZE, Face()).advance for text in words), default=0.0)
    return widest + 2 if widest else 0.0
