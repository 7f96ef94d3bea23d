"""Other files, keys and parts of one work are alike; other music is not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from deepscores import build, check
from deepscores.inspection.checking.likeness import Prints, find_alike, prints_of_notes

_COLUMNS = ("part", "staff", "onset", "duration", "step", "alter", "octave")


def melody(seed: int, notes: int = 80, up: int = 0, part: str = "P1") -> list[tuple[Any, ...]]:
    """Random notes, *up* semitones higher."""
    rng = np.random.default_rng(seed)
    pitches, lengths = rng.integers(48, 72, notes) + up, rng.choice([0.5, 1.0, 2.0], notes)
    onsets = np.cumsum(lengths) - lengths
    return [
        (part, 1, onset, length, "c", float(pitch % 12), int(pitch // 12))
        for onset, length, pitch in zip(onsets, lengths, pitches, strict=True)
    ]


def prints(*parts: list[tuple[Any, ...]]) -> Prints:
    rows = [row for part in parts for row in part]
    return prints_of_notes(pa.table(dict(zip(_COLUMNS, zip(*rows, strict=True), strict=True))))


def test_a_transposed_score_is_wholly_alike() -> None:
    ((one, other, share),) = find_alike([prints(melody(1)), prints(melody(1, up=5))], 0.5)
    assert (one, other, share) == (0, 1, 1.0)


def test_a_part_alone_is_wholly_in_the_score() -> None:
    whole = prints(melody(1), melody(2, part="P2"))
    assert [pair.share for pair in find_alike([whole, prints(melody(2))], 0.5)] == [1.0]


def test_chords_below_the_melody_change_nothing() -> None:
    chord = [(*row[:5], row[5], row[6] - 3) for row in melody(1)]
    assert np.array_equal(prints(melody(1), chord), prints(melody(1)))


def test_other_music_is_not_alike() -> None:
    assert find_alike([prints(melody(seed)) for seed in range(9)], 0.05) == []


def test_a_part_of_the_music_counts_by_its_share() -> None:
    half = prints(
        melody(1, notes=160)[:80] + [(*row[:2], row[2] + 500, *row[3:]) for row in melody(3)]
    )
    ((*_, share),) = find_alike([half, prints(melody(1, notes=160))], 0.3)
    assert 0.4 < share < 0.6
    assert find_alike([half, prints(melody(1, notes=160))], 0.7) == []


def test_scores_too_short_to_tell_are_left_alone() -> None:
    assert find_alike([prints(melody(1, notes=20))] * 2, 0.5) == []
    assert prints(melody(1, notes=5)).tolist() == []


def test_what_very_many_scores_have_tells_nothing() -> None:
    assert find_alike([prints(melody(1))] * 61, 0.5) == []
    assert len(find_alike([prints(melody(1))] * 60, 0.5)) == 60 * 59 // 2


def test_no_scores_are_no_pairs() -> None:
    assert find_alike([], 0.5) == []


def test_the_same_tune_in_two_splits_is_named(
    tmp_path: Path, tune: Callable[..., str], quick: dict[str, Any]
) -> None:
    (tmp_path / "tunes").mkdir()
    for index in range(12):
        text = tune(8, title=f"Work {index}", steps="CEDGFACBDGEAF", octave=4 + index % 2)
        (tmp_path / "tunes" / f"tune-{index}.musicxml").write_text(text)
    build(tmp_path / "tunes", tmp_path / "dataset", **{**quick, "fonts": "Bravura"})
    report = check(tmp_path / "dataset")
    assert {one.check for one in report.findings} == {"likeness"}
    assert "has 100% of the smaller one's music" in report.findings[0].detail
