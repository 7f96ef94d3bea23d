"""Repairs of beams: each begins on a note of its voice and ends there."""

from collections.abc import Iterable, Iterator

from lxml import etree

from deepscores.scores.noteheads import staff_of
from deepscores.scores.places import place_of


def start_beams(root: etree._Element) -> Iterator[str]:
    """Start no beam with a rest on another staff than its voice's: Verovio crashes."""
    changed = 0
    for part in root.iterfind("part"):
        if part.find("measure/attributes/staves") is None:
            continue
        for measure in part.iterfind("measure"):
            home: str | None = None  # Verovio takes a voice's staff from its first note
            for child in measure.iterchildren("note", "backup"):
                if child.tag == "backup":
                    home = None
                    continue
                home = home or staff_of(child)
                if child.find("rest") is not None and staff_of(child) != home:
                    changed += _pass_beams_on(child)
    if changed:
        yield f"shortened: {changed} beams that begin with a rest on another staff"


def _pass_beams_on(rest: etree._Element) -> bool:
    beams = [beam for beam in rest.findall("beam") if beam.text == "begin"]
    following = next(rest.itersiblings("note"), None)
    for beam in beams:
        rest.remove(beam)
        for next_beam in () if following is None else following.findall("beam"):
            if next_beam.get("number") == beam.get("number"):
                if next_beam.text == "continue":
                    next_beam.text = "begin"
                else:
                    next_beam.getparent().remove(next_beam)  # type: ignore[union-attr]
    return bool(beams)


def close_beams(root: etree._Element) -> Iterator[str]:
    """End each beam where its voice leaves it, and drop continuations of beams that never began.

    Verovio extends a beam without end over everything that follows, half notes and barlines too,
    to the next end in the part. In a part with such a beam, beams across barlines are ended, too.
    """
    for part in root.iterfind("part"):
        if not _has_open_beam(part):
            continue
        for measure in part.iterfind("measure"):
            yield from _close_within([measure])


def _has_open_beam(part: etree._Element) -> bool:
    runs: dict[_Voice, bool] = {}  # whether a beam is open
    for note in _first_notes([*part.iterfind("measure")]):
        voice, state = _voice(note), _state(note)
        is_open = runs.get(voice, False)
        if state in ("continue", "end") and not is_open:
            return True
        if is_open and (state == "begin" or (not state and note.find("rest") is None)):
            return True
        runs[voice] = state in ("begin", "continue") or (is_open and not state)
    return any(runs.values())


def _close_within(measures: list[etree._Element]) -> Iterator[str]:
    runs: dict[_Voice, list[etree._Element]] = {}  # notes under the open beams
    for note in _first_notes(measures):
        voice, state = _voice(note), _state(note)
        run = runs.pop(voice, [])
        if state == "continue":
            if not run:
                yield _describe_repair("begun", note)
                _turn(note, {"continue": "begin", "end": "forward hook"})
            runs[voice] = [*run, note]
        elif state == "end":
            if not run:
                yield _describe_repair("removed", note)
                _unbeam(note)
        elif not state and note.find("rest") is not None:
            runs[voice] = run  # within the beam or after it: the next note decides
        else:
            yield from _close(run)
            if state == "begin":
                runs[voice] = [note]
    for run in runs.values():
        yield from _close(run)


def _first_notes(measures: list[etree._Element]) -> Iterator[etree._Element]:
    """Notes and rests; of each chord the first note, which has the beams."""
    for measure in measures:
        for note in measure.iterchildren("note"):
            if note.find("chord") is None:
                yield note


_Voice = tuple[str, bool]  # its name, and whether of grace notes


def _voice(note: etree._Element) -> _Voice:
    return (note.findtext("voice") or "").strip(), note.find("grace") is not None


def _close(run: list[etree._Element]) -> Iterator[str]:
    """End a beam with the last note of its *run*, or remove it from a single note."""
    if len(run) > 1:
        yield _describe_repair("ended", run[-1])
        _turn(run[-1], {"continue": "end", "begin": "backward hook"})
    elif run:
        yield _describe_repair("removed", run[0])
        _unbeam(run[0])


def _describe_repair(repair: str, note: etree._Element) -> str:
    ends = {"begun": "beginning", "ended": "end", "removed": "company"}
    return f"{repair}: beam without {ends[repair]}, {place_of(note)}"


def _state(note: etree._Element) -> str:
    for beam in note.iterchildren("beam"):
        if beam.get("number", "1") == "1":
            return (beam.text or "").strip()
    return ""


def _turn(note: etree._Element, states: dict[str, str]) -> None:
    for beam in note.iterchildren("beam"):
        state = (beam.text or "").strip()
        beam.text = states.get(state, state)


def _unbeam(note: etree._Element) -> None:
    for chord_note in (note, *_other_notes_of_chord(note)):
        for beam in list(chord_note.iterchildren("beam")):
            chord_note.remove(beam)


def _other_notes_of_chord(note: etree._Element) -> Iterable[etree._Element]:
    for following in note.itersiblings("note"):
        if following.find("chord") is None:
            return
        yield following
