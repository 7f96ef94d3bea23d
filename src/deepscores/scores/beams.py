"""Repairs of beams: each begins on a note of its voice and ends there."""

from collections.abc import Iterable, Iterator

from lxml import etree

from deepscores.scores.noteheads import staff_of
from deepscores.scores.places import place_of


def start_beams(root: etree._Element) -> Iterator[str]:
    """Let no beam begin with a rest on another staff than its voice's: Verovio crashes."""
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
        for other in () if following is None else following.findall("beam"):
            if other.get("number") == beam.get("number"):
                if other.text == "continue":
                    other.text = "begin"
                else:
                    other.getparent().remove(other)  # type: ignore[union-attr]
    return bool(beams)


def close_beams(root: etree._Element) -> Iterator[str]:
    """Let each beam end where its voice leaves it, and none go on that never began.

    Verovio carries a beam without end over all that follows, half notes and barlines too, to the
    next end in the part. A part that has one such beam is not believed when it beams over a
    barline.
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
                yield _mended("begun", note)
                _turn(note, {"continue": "begin", "end": "forward hook"})
            runs[voice] = [*run, note]
        elif state == "end":
            if not run:
                yield _mended("removed", note)
                _unbeam(note)
        elif not state and note.find("rest") is not None:
            runs[voice] = run  # within the beam or after it: what follows tells
        else:
            yield from _close(run)
            if state == "begin":
                runs[voice] = [note]
    for run in runs.values():
        yield from _close(run)


def _first_notes(measures: list[etree._Element]) -> Iterator[etree._Element]:
    """Notes and rests, of each chord the first: it has the beams."""
    for measure in measures:
        for note in measure.iterchildren("note"):
            if note.find("chord") is None:
                yield note


_Voice = tuple[str, bool]  # its name, and whether of grace notes


def _voice(note: etree._Element) -> _Voice:
    return (note.findtext("voice") or "").strip(), note.find("grace") is not None


def _close(run: list[etree._Element]) -> Iterator[str]:
    """End a beam with the last note of its *run*, or take it from its only one."""
    if len(run) > 1:
        yield _mended("ended", run[-1])
        _turn(run[-1], {"continue": "end", "begin": "backward hook"})
    elif run:
        yield _mended("removed", run[0])
        _unbeam(run[0])


def _mended(how: str, note: etree._Element) -> str:
    ends = {"begun": "beginning", "ended": "end", "removed": "company"}
    return f"{how}: beam without {ends[how]}, {place_of(note)}"


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
    for one in (note, *_rest_of_chord(note)):
        for beam in list(one.iterchildren("beam")):
            one.remove(beam)


def _rest_of_chord(note: etree._Element) -> Iterable[etree._Element]:
    for other in note.itersiblings("note"):
        if other.find("chord") is None:
            return
        yield other
