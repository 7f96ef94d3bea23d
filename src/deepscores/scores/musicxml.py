"""MusicXML text: check it, repair it, describe it."""

from collections import Counter
from collections.abc import Callable, Iterator

from lxml import etree

from deepscores.scores import beams, limits, measures, parts, structure, voices
from deepscores.scores.content import Content, one_line
from deepscores.scores.noteheads import count_noteheads, shows_notehead
from deepscores.scores.places import place_of
from deepscores.scores.refusal import Refusal
from deepscores.scores.timewise import to_partwise

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_STEPS = frozenset("ABCDEFG")
_MAX_LISTED_REPAIRS = 3  # repairs of one kind that are listed one by one


def check_pitches(root: etree._Element) -> Iterator[str]:
    """Refuse a pitch without step or octave: the engine would draw it at a random height."""
    for pitch in root.iter("pitch"):
        children = {str(child.tag): child.text or "" for child in pitch}
        if children.get("step", "").strip() not in _STEPS:
            raise Refusal(f"pitch without a step from A to G, {place_of(pitch)}")
        if "octave" not in children:
            raise Refusal(f"pitch without octave, {place_of(pitch)}")
    return iter(())


# In this order: later steps rely on what earlier ones have checked. Each changes the tree in
# place and yields its repairs.
STEPS: tuple[Callable[[etree._Element], Iterator[str]], ...] = (
    structure.drop_misplaced,
    parts.list_parts,
    limits.check_size,
    structure.align_measures,
    limits.limit_values,
    limits.limit_text,
    check_pitches,
    limits.check_time_signatures,
    parts.close_groups,
    parts.open_parts,
    limits.check_durations,
    parts.count_staves,
    parts.number_voices,
    parts.drop_bad_ids,
    parts.hide_empty_notes,
    structure.hide_fretless,
    structure.start_chords,
    structure.stay_in_measures,
    voices.name_rests,
    voices.name_graces,
    voices.switch_voices,
    voices.agree_accidentals,
    beams.start_beams,
    beams.close_beams,
    measures.check_multiple_rests,
    measures.close_styles,
    measures.hide_staves,
)


def read_musicxml(root: etree._Element) -> Content:
    """Check and repair a MusicXML tree, which is consumed."""
    repairs = []
    if root.tag == "score-timewise":
        root = to_partwise(root)
        repairs.append("converted: score-timewise to score-partwise")
    for step in STEPS:
        repairs += _summarize(list(step(root)))
    if not any(map(shows_notehead, root.iter("note"))):
        raise Refusal("score without notes")
    first_part = root.find("part")
    work_title = one_line(root.findtext("work/work-title"))
    return Content(
        format="musicxml",
        text=_DECLARATION + etree.tostring(root, encoding="unicode"),
        title=one_line(root.findtext("movement-title")) or work_title,
        work_title=work_title,
        work_number=one_line(root.findtext("work/work-number")),
        composer=one_line(root.findtext("identification/creator[@type='composer']")),
        rights="; ".join(one_line(r.text) for r in root.iterfind("identification/rights")),
        notes=count_noteheads(root),
        measures=0 if first_part is None else len(first_part.findall("measure")),
        mended=tuple(repairs),
    )


def _summarize(repairs: list[str]) -> list[str]:
    """List a few repairs of a kind one by one; the first of many stands for all."""
    kinds = Counter(_kind(repair) for repair in repairs)
    result: list[str] = []
    for kind, count in kinds.items():
        repairs_of_kind = [repair for repair in repairs if _kind(repair) == kind]
        result += (
            repairs_of_kind
            if count <= _MAX_LISTED_REPAIRS
            else [f"{repairs_of_kind[0]} (and {count - 1} more)"]
        )
    return result


def _kind(repair: str) -> str:
    return " ".join(repair.split()[:2]).rstrip(",")
