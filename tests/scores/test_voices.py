"""What Verovio would read into the wrong voice, time or pitch."""

from lxml import etree

from deepscores.engraving.verovio.engine import engrave
from deepscores.page.model import Facts, Score, Style
from deepscores.scores.musicxml import read_musicxml

ATTRIBUTES = (
    "<attributes><divisions>12</divisions><time><beats>4</beats><beat-type>4</beat-type></time>"
    "</attributes>"
)


def note(step: str, duration: int, kind: str, voice: int = 1, more: str = "") -> str:
    return (
        f"<note><pitch><step>{step}</step><octave>4</octave></pitch><duration>{duration}</duration>"
        f"<voice>{voice}</voice><type>{kind}</type>{more}</note>"
    )


def back(duration: int) -> str:
    return f"<backup><duration>{duration}</duration></backup>"


def read(*measures: str) -> tuple[tuple[str, ...], dict[str, Facts]]:
    body = "".join(
        f'<measure number="{number}">{ATTRIBUTES if number == 1 else ""}{each}</measure>'
        for number, each in enumerate(measures, 1)
    )
    content = read_musicxml(
        etree.fromstring(
            '<score-partwise><part-list><score-part id="P1"><part-name/></score-part></part-list>'
            f'<part id="P1">{body}</part></score-partwise>'
        )
    )
    engraving = engrave(Score("s", "s", "", "", "musicxml", content.text), [Style()])
    facts = engraving.music.facts.values()
    return content.mended, {fact.step: fact for fact in facts if "pname" in fact.attributes}


def test_voice_that_comes_back_without_a_backup_is_its_own_again() -> None:
    mended, notes = read(
        note("C", 24, "half") + back(24) + note("D", 24, "half", 2) + note("E", 24, "half")
    )
    assert [notes[step].voice for step in "cde"] == [1, 2, 1]
    assert [notes[step].onset for step in "cde"] == [0, 0, 2]
    assert mended == ("separated: 1 changes of voice without a backup",)


def test_voices_that_overlap_keep_their_time() -> None:
    _, notes = read(
        note("C", 12, "quarter") + note("D", 12, "quarter") + back(12)
        + note("E", 12, "quarter", 2) + note("F", 12, "quarter") + back(12)
        + note("G", 12, "quarter", 2)
    )  # fmt: skip
    assert {step: (fact.voice, fact.onset) for step, fact in notes.items()} == {
        "c": (1, 0), "d": (1, 1), "e": (2, 1), "f": (1, 2), "g": (2, 2),
    }  # fmt: skip


def test_rest_without_a_note_value_among_notes_is_no_whole_measure() -> None:
    rest = "<note><rest/><duration>5</duration><voice>1</voice></note>"
    mended, notes = read(note("C", 48, "whole") + rest, note("D", 48, "whole"))
    assert notes["d"].onset == 4
    assert len(mended) == 1
    assert mended[0].startswith("passed: rest without a note value, measure 1")


def test_rest_whose_length_has_a_name_is_given_it() -> None:
    rest = "<note><rest/><duration>18</duration><voice>1</voice></note>"
    mended, notes = read(rest + note("C", 30, "half"), note("D", 48, "whole"))
    assert (notes["c"].onset, notes["d"].onset) == (1.5, 4)
    assert mended[0].startswith("named: rest without a note value, measure 1")


def test_rest_without_a_note_value_by_itself_is_a_whole_measure() -> None:
    mended, notes = read("<note><rest/><duration>48</duration></note>", note("D", 48, "whole"))
    assert (notes["d"].onset, mended) == (4, ())


def test_accidental_without_a_name_leaves_the_alteration_alone() -> None:
    flat = note("B", 48, "whole", more="<accidental/>").replace(
        "</step>", "</step><alter>-1</alter>"
    )
    mended, notes = read(flat)
    assert notes["b"].alter == -1
    assert mended == ("removed: 1 accidentals without a name",)


def test_accidental_without_an_alteration_does_not_stay_in_force() -> None:
    sharp = note("B", 24, "half", more="<accidental>sharp</accidental>")
    mended, notes = read(sharp + note("C", 24, "half"), note("B", 48, "whole"))
    assert notes["b"].alter == 0  # the second one
    assert mended == ("added: alter to 1 notes whose accidental states one",)


def test_grace_notes_without_a_note_value_within_a_beam_have_short_stems() -> None:
    beamed = [note(step, 6, "eighth", 1, '<beam number="1">{}</beam>') for step in "CD"]
    grace = "<note><grace/><pitch><step>E</step><octave>5</octave></pitch></note>"
    body = beamed[0].format("begin") + grace + grace + beamed[1].format("end")
    content = read_musicxml(
        etree.fromstring(
            '<score-partwise><part-list><score-part id="P1"><part-name/></score-part></part-list>'
            f'<part id="P1"><measure number="1">{ATTRIBUTES}{body}</measure></part>'
            "</score-partwise>"
        )
    )
    engraving = engrave(Score("s", "s", "", "", "musicxml", content.text), [Style()])
    (_, page, _), *_ = engraving.pages()
    stems = [one.box for one in page.marks if page.elements[one.element].kind == "stem" and one.box]
    assert len(stems) == 4
    assert max(stem.y1 - stem.y0 for stem in stems) < 8 * page.staff_space
    assert content.mended == ("named: 2 grace notes without a note value, as eighths",)
