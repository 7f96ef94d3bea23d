"""Sequences from pages of real scores, read by others and held against the symbol table."""

import json
import re
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pytest
from lxml import etree

import deepscores
from deepscores import export
from deepscores.dataset.png.codec import decode_png
from deepscores.dataset.reader import DatasetPage
from deepscores.errors import RecipeError

Notes = dict[int, list[tuple[Fraction, str, int]]]  # by staff from the top: onset, pitch, octave
MEI = "{http://www.music-encoding.org/ns/mei}"
XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
_SHARPS = {0.0: "", 1.0: "#", -1.0: "b", 2.0: "##", -2.0: "bb"}


@pytest.fixture(scope="module")
def sequences(real_as: Callable[..., Path]) -> Path:
    """The real pages as sequences; tests leave them as they are."""
    return real_as("sequences")


def rows_of(folder: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for split in ("train", "val", "test")
        if (folder / f"{split}.jsonl").exists()
        for line in (folder / f"{split}.jsonl").read_text().splitlines()
    ]


def skipped_of(folder: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (folder / "skipped.jsonl").read_text().splitlines()]


def drawn(dataset: Path, row: dict[str, Any]) -> Notes:
    """The noteheads of a picture, from the symbol table alone; grace notes apart."""
    rows = _symbols(deepscores.open_dataset(dataset)[row["page"]], row)
    heads = rows.filter((pc.field("step") != "") & (pc.field("role") == "notehead")).to_pylist()
    times = rows.filter(pc.is_valid(pc.field("onset")))["onset"]
    start = Fraction(pc.min(times).as_py()).limit_denominator(960)
    notes: Notes = {staff: [] for staff in range(1, len(row["staves"]) + 1)}
    for head in heads:
        onset = Fraction(head["onset"]).limit_denominator(960) - start
        pitch = f"{head['step'].upper()}{_SHARPS[head['alter']]}"
        notes[row["staves"].index(head["staff"]) + 1].append((onset, pitch, head["octave"]))
    return {staff: sorted(staff_notes) for staff, staff_notes in notes.items()}


def _symbols(page: DatasetPage, row: dict[str, Any]) -> Any:
    if row["system"] is None:
        return page.symbols
    return page.symbols.filter(pc.field("system") == row["system"])


def read_by_music21(path: Path, form: str) -> Notes:
    """The notes of a file by music21's own parsers, part after part from the top."""
    import music21

    # It knows no syllable that is a word of its own, measures have to be numbers, and of MEI it
    # passes over what is in an ending.
    text = path.read_text().replace(' wordpos="s"', "")
    if form == "mei":
        text = re.sub(r"</?ending\b[^>]*>", "", text)
    text = re.sub(r'(<measure [^>]*\bn=")\d*[^"]*"', r'\g<1>1"', text)
    score = music21.converter.parseData(text, format=form)
    notes_of_staff: Notes = {}
    # Of ABC's voices it makes two parts each, one without notes.
    parts = [part for part in score.parts if form != "abc" or part.flatten().notesAndRests]
    for staff, part in enumerate(parts, start=1):
        notes = []
        for note in part.flatten().notes:
            onset = Fraction(note.offset).limit_denominator(960)
            notes += [(onset, two.name.replace("-", "b"), two.octave) for two in note.pitches]
        notes_of_staff[staff] = sorted(notes)
    return notes_of_staff


def test_every_system_and_every_page_is_there_or_said_to_be_missing(
    real: Path, sequences: Path
) -> None:
    pages = deepscores.open_dataset(real)
    expected = {page.name for page in pages} | {
        f"{page.name}--system-{number}"
        for page in pages
        for number in range(1, page.row["systems"] + 1)
    }
    written = {Path(row["image"]).stem for row in rows_of(sequences)}
    missing = {entry["name"] for entry in skipped_of(sequences) if entry["encoding"] == "mei"}
    assert written | missing == expected
    assert not written & missing
    assert len(written) >= 0.95 * len(expected)


def test_files_are_those_of_the_lists(sequences: Path) -> None:
    listed_files = {
        row[kind] for row in rows_of(sequences) for kind in ("image", *row["encodings"])
    } | {
        "train.jsonl",
        "val.jsonl",
        "test.jsonl",
        "skipped.jsonl",
        "export.json",
    }
    written = {str(path.relative_to(sequences)) for path in sequences.rglob("*") if path.is_file()}
    assert written == listed_files


def test_what_is_missing_is_counted(sequences: Path) -> None:
    absent = Counter(
        kind
        for row in rows_of(sequences)
        for kind in ("musicxml", "krn", "abc")
        if kind not in row["encodings"]
    )
    failures = Counter(
        entry["encoding"] for entry in skipped_of(sequences) if entry["encoding"] != "mei"
    )
    assert absent == failures
    assert absent["musicxml"] == 0


def test_verovio_draws_the_notes_and_rests_of_the_picture_from_its_mei(
    real: Path, sequences: Path
) -> None:
    import verovio

    for row in rows_of(sequences):
        toolkit = verovio.toolkit()
        assert toolkit.loadData((sequences / row["mei"]).read_text())
        svg = "".join(toolkit.renderToSVG(page) for page in range(1, toolkit.getPageCount() + 1))
        symbols = _symbols(deepscores.open_dataset(real)[row["page"]], row)
        for role in ("note", "rest", "mRest"):
            drawn = Counter(re.findall(rf'<g id="([^"]+)" class="{role}"', svg))
            column = symbols.filter(pc.field("role") == {"note": "notehead"}.get(role, role))
            assert drawn == Counter(set(column["element"].to_pylist())), row["mei"]
        assert len(re.findall('class="measure"', svg)) == len(row["measures"])


@pytest.mark.parametrize(
    ("encoding", "form"),
    [("mei", "mei"), ("musicxml", "musicxml"), ("krn", "humdrum")],
)
def test_music21_reads_the_notes_of_the_picture(
    real: Path, sequences: Path, encoding: str, form: str
) -> None:
    """By music21's own parsers, of which none had a part in writing."""
    compared = 0
    for row in rows_of(sequences):
        if encoding in row and row["system"] is not None:
            read = read_by_music21(sequences / row[encoding], form)
            assert read == drawn(real, row), row[encoding]
            compared += sum(map(len, read.values()))
    assert compared > 1000


def test_music21_reads_the_rhythm_and_the_letters_of_the_picture_from_abc(
    real: Path, sequences: Path
) -> None:
    """It knows no accidental that holds to the end of a measure, and no octave in a clef.

    Nor that two voices are on one staff, and invisible rests lead it astray.
    """
    compared = 0
    for row in rows_of(sequences):
        if "abc" in row and row["system"] is not None:
            text = (sequences / row["abc"]).read_text()
            if re.search(r"[ (|]x[\d/ ]|%%score.*\d \d+ \)", text):
                continue
            read = read_by_music21(sequences / row["abc"], "abc")
            assert _letters(read) == _letters(drawn(real, row)), row["abc"]
            compared += sum(map(len, read.values()))
    assert compared > 1000


def test_ties_across_the_edges_are_told_by_their_notes(real: Path, sequences: Path) -> None:
    """From the dataset's own MEI: which ties are drawn, and which of their notes."""
    tie_marks: Counter[str] = Counter()
    for row in rows_of(sequences):
        drawn_here = set(
            _symbols(deepscores.open_dataset(real)[row["page"]], row)["element"].to_pylist()
        )
        expected: dict[str, str] = {}
        for name, start, end in _ties_of(real / "scores" / f"{row['score']}.mei"):
            if name in drawn_here and (start in drawn_here) != (end in drawn_here):
                note, mark = (start, "i") if start in drawn_here else (end, "t")
                expected[note] = "m" if expected.get(note, mark) != mark else mark
        root = etree.parse(sequences / row["mei"])
        marks = {
            note.get(XML_ID): note.get("tie") for note in root.iter(f"{MEI}note") if note.get("tie")
        }
        assert marks == expected, row["mei"]
        tie_marks.update(marks.values())
    assert min(tie_marks["i"], tie_marks["t"]) > 5


@cache
def _ties_of(path: Path) -> list[tuple[str, str, str]]:
    return [
        (tie.get(XML_ID), tie.get("startid", "")[1:], tie.get("endid", "")[1:])
        for tie in etree.parse(path).iter(f"{MEI}tie")
    ]


def _letters(notes: Notes) -> dict[int, list[tuple[Fraction, str]]]:
    return {
        staff: sorted((onset, pitch[0]) for onset, pitch, _ in staff_notes)
        for staff, staff_notes in notes.items()
    }


def test_a_crop_has_all_ink_of_its_system_and_none_of_others(real: Path, sequences: Path) -> None:
    for row in rows_of(sequences):
        if row["system"] is None:
            continue
        page = deepscores.open_dataset(real)[row["page"]]
        picture = decode_png((sequences / row["image"]).read_bytes(), row["image"])
        x0, y0, x1, y1 = row["box"]
        assert picture.shape == (y1 - y0, x1 - x0)
        numbers = _symbols(page, row)["number"].to_numpy()
        is_own = np.isin(page.instances, numbers)
        assert is_own.sum() == is_own[y0:y1, x0:x1].sum()
        own_pixels, image = is_own[y0:y1, x0:x1], page.image[y0:y1, x0:x1]
        assert (picture[own_pixels] == image[own_pixels]).all()
        other_pixels = (page.instances[y0:y1, x0:x1] > 0) & ~own_pixels
        assert (picture[other_pixels] == 255).all()


def test_a_whole_page_is_the_dataset_s_own_picture(real: Path, sequences: Path) -> None:
    for row in rows_of(sequences):
        if row["system"] is None:
            page_file = real / "images_png" / f"{row['page']}.png"
            assert (sequences / row["image"]).read_bytes() == page_file.read_bytes()


def test_an_interrupted_export_ends_with_the_same_bytes(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from deepscores.formats.sequences import Sequences

    monkeypatch.setattr(Sequences, "pages_a_chunk", 3)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    export(built, whole, to="sequences")
    stopped = iter(range(2))
    write = Sequences.write

    def failing(self: Sequences, *arguments: Any) -> bytes:
        if next(stopped, None) is None:
            raise KeyboardInterrupt
        return write(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Sequences, "write", failing)
        with pytest.raises(KeyboardInterrupt):
            export(built, broken, to="sequences")
    assert not (broken / "export.json").exists()
    summary = export(built, broken, to="sequences")
    assert 0 < summary.new_pages < sum(summary.pages.values())
    assert _bytes_of(broken) == _bytes_of(whole)
    assert rows_of(whole)


def _bytes_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_nothing_in_an_export_tells_when_or_where(sequences: Path) -> None:
    for path in sequences.rglob("*"):
        if path.is_file() and path.suffix != ".png":
            text = path.read_text()
            assert not re.search(r"20[2-9]\d-\d\d-\d\d|0x[0-9a-f]{6}|/tmp/|/home/", text), path


def test_tiles_are_refused_with_the_reason(built: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="tiles cut through systems"):
        export(built, tmp_path / "out", to="sequences", tiles=256)
    assert not (tmp_path / "out").exists()


def test_without_the_extra_an_error_names_it_and_mei_alone_works(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from deepscores.formats.sequences import converters

    monkeypatch.setattr(converters, "find_spec", lambda _: None)
    with pytest.raises(RecipeError, match=r"deepscores\[sequences\]"):
        export(built, tmp_path / "all", to="sequences")
    export(built, tmp_path / "mei", to="sequences-mei")
    rows = rows_of(tmp_path / "mei")
    assert rows
    assert {tuple(row["encodings"]) for row in rows} == {("mei",)}


def test_crops_of_rescaled_pages_are_of_that_size(built: Path, tmp_path: Path) -> None:
    export(built, tmp_path / "one", to="sequences-mei")
    export(built, tmp_path / "two", to="sequences-mei", staff_space=20)
    for first_row, second_row in zip(
        rows_of(tmp_path / "one"), rows_of(tmp_path / "two"), strict=True
    ):
        assert second_row["staff_space"] == 20
        assert second_row["mei"] == first_row["mei"]
        sizes = [np.subtract(row["box"][2:], row["box"][:2]) for row in (first_row, second_row)]
        assert np.allclose(sizes[1], 2 * sizes[0], atol=4)


def test_a_score_that_is_not_what_the_page_shows_costs_itself_only(
    built: Path, tmp_path: Path
) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(built, copy)
    path = next(copy.glob("scores/*1.mei"))
    path.write_text(re.sub(r'pname="c"', 'pname="d"', path.read_text(), count=1))
    export(copy, tmp_path / "out", to="sequences-mei")
    export(built, tmp_path / "good", to="sequences-mei")
    missing = skipped_of(tmp_path / "out")
    assert missing
    assert {entry["name"].partition("-aug-")[0] for entry in missing} == {path.stem}
    assert all("c+0/5" in entry["reason"] for entry in missing)
    names = {row["image"] for row in rows_of(tmp_path / "good")}
    wrong = {entry["name"] for entry in missing}
    written = {row["image"] for row in rows_of(tmp_path / "out")}
    assert written == {name for name in names if Path(name).stem not in wrong}
    assert not any((tmp_path / "out").rglob(f"{next(iter(wrong))}.*"))


def small(tmp_path: Path, quick: dict[str, Any], tune: Any, **options: Any) -> Path:
    source = tmp_path / "tune.musicxml"
    source.write_text(tune(40, title="Tune", fifths=1))
    deepscores.build(source, tmp_path / "dataset", **{**quick, **options})
    return tmp_path / "dataset"


def test_a_transposed_page_has_its_own_notes(
    tmp_path: Path, quick: dict[str, Any], tune: Any
) -> None:
    """A style transposes a score before it is laid out; the MEI beside it is the transposed one."""
    dataset = small(tmp_path, quick, tune, fonts="Bravura", style={"transpose": 3})
    export(dataset, tmp_path / "out", to="sequences")
    rows = rows_of(tmp_path / "out")
    assert rows
    assert not skipped_of(tmp_path / "out")
    for row in rows:
        read = read_by_music21(tmp_path / "out" / row["musicxml"], "musicxml")
        assert read == drawn(dataset, row)
        assert {pitch for _, pitch, _ in read[1]} == {"Eb", "G", "Bb", "D"}


def test_pages_by_lilypond_have_their_music(
    tmp_path: Path, quick: dict[str, Any], tune: Any
) -> None:
    options = {key: value for key, value in quick.items() if key != "fonts"}
    dataset = small(tmp_path, options, tune, engraver="lilypond")
    export(dataset, tmp_path / "out", to="sequences")
    rows = rows_of(tmp_path / "out")
    assert len(rows) > deepscores.open_dataset(dataset)[0].row["systems"]
    assert not skipped_of(tmp_path / "out")
    for row in rows:
        assert read_by_music21(tmp_path / "out" / row["krn"], "humdrum") == drawn(dataset, row)


def test_the_documented_example_reads_an_export(
    sequences: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = Path("docs/formats.md").resolve().read_text()
    section = text.partition("\n## `sequences`")[2]
    example = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert example is not None
    (tmp_path / "sequences").symlink_to(sequences)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(example[1], names)
    assert names["label"].startswith("**kern")
    assert names["picture"].shape[1] > 1000
