"""No label is kept that says anything else than what is drawn."""

from pathlib import Path
from typing import Any

import pytest

from deepscores.dataset.reader import open_dataset
from deepscores.formats.sequences import labels
from deepscores.formats.sequences.labels import Label, Passage, label
from deepscores.formats.sequences.score import read_score
from deepscores.formats.sequences.sounds import Sound, compare, compare_by_name, drawn_sounds
from deepscores.formats.sequences.systems import systems_of
from deepscores.formats.sequences.unfit import Unfit

NOTE = Sound(1, 2.0, 1.0, "c", 0.0, 5, grace=False)
OTHERS = [
    NOTE._replace(**change)
    for change in (
        {"staff": 2}, {"onset": 2.25}, {"duration": 0.5}, {"step": "d"}, {"alter": 1.0},
        {"octave": 4}, {"grace": True}, {"step": "", "octave": 0},
    )
]  # fmt: skip


def test_the_same_sounds_in_any_order_are_the_same() -> None:
    compare([NOTE, *OTHERS], [*reversed(OTHERS), NOTE])
    compare_by_name({"a": NOTE, "b": OTHERS[0]}, {"b": OTHERS[0], "a": NOTE})
    compare([NOTE], [NOTE._replace(onset=2.0004)])  # as encodings round


@pytest.mark.parametrize("other", OTHERS)
def test_a_sound_that_differs_in_anything_is_told(other: Sound) -> None:
    with pytest.raises(Unfit, match="is drawn and not in the label"):
        compare([NOTE, other], [NOTE, NOTE])
    with pytest.raises(Unfit, match=r"in the label \(a\)"):
        compare_by_name({"a": NOTE}, {"a": other})


def test_what_is_missing_and_what_is_over_is_told() -> None:
    with pytest.raises(Unfit, match=r"c\+0/5 of 1 at 2 on staff 1 is drawn and not in the label"):
        compare([NOTE, NOTE], [NOTE])
    with pytest.raises(Unfit, match="is in the label and not drawn"):
        compare([NOTE], [NOTE, NOTE])
    with pytest.raises(Unfit, match=r"is drawn and not in the label \(b\)"):
        compare_by_name({"a": NOTE, "b": NOTE}, {"a": NOTE})
    with pytest.raises(Unfit, match=r"is not drawn \(b\)"):
        compare_by_name({"a": NOTE}, {"a": NOTE, "b": NOTE})


@pytest.fixture(scope="module")
def passage(built: Path) -> Passage:
    """The first system of a page."""
    page = open_dataset(built)[0]
    path = built / "scores" / f"{page.row['score']}.mei"
    system = systems_of(page.symbols, read_score(path), int(page.row["measures"]))[0]
    return Passage(path, system.span, drawn_sounds(system.rows), ("musicxml", "krn", "abc"))


@pytest.fixture(scope="module")
def good(passage: Passage) -> Label:
    return label(passage)


def test_a_good_system_has_all_encodings(good: Label) -> None:
    assert set(good.texts) == {"mei", "musicxml", "krn", "abc"}
    assert not good.failures


@pytest.mark.parametrize(
    ("convert", "before", "after", "lost"),
    [
        ("to_musicxml", 'oct="5"', 'oct="4"', {"musicxml", "abc"}),  # of which ABC is made
        ("to_kern", 'oct="5"', 'oct="4"', {"krn"}),
        ("to_abc", "<octave>5", "<octave>4", {"abc"}),
        ("to_abc", "<step>E", "<step>F", {"abc"}),
    ],
)
def test_an_encoding_with_one_wrong_note_is_left_out(
    passage: Passage, good: Label, monkeypatch: pytest.MonkeyPatch,
    convert: str, before: str, after: str, lost: set[str],
) -> None:  # fmt: skip
    converter = getattr(labels, convert)

    def wrong(text: str, *arguments: Any) -> str:
        assert before in text
        return str(converter(text.replace(before, after, 1), *arguments))

    monkeypatch.setattr(labels, convert, wrong)
    result = label(passage)
    assert set(result.failures) == lost
    assert all("in the label" in reason for reason in result.failures.values())
    assert result.texts == {name: text for name, text in good.texts.items() if name not in lost}


def test_a_system_whose_mei_says_something_else_has_no_label(passage: Passage) -> None:
    name, sound = next(iter(passage.sounds.items()))
    drawn = {**passage.sounds, name: sound._replace(alter=sound.alter + 1)}
    result = label(Passage(passage.score, passage.span, drawn, passage.encodings))
    assert not result.texts
    assert f"in the label ({name})" in result.failures["mei"]
