"""Label sets: the published tables, what a user may write, and what is refused."""

import fnmatch
import pickle
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepscores.errors import RecipeError
from deepscores.page.geometry import Box
from deepscores.page.labels.label_sets import (
    LabelSet,
    built_in_sets,
    load_label_set,
    parse_label_set,
    parse_label_set_table,
)
from deepscores.page.model import Symbol
from deepscores.page.overlaps import overlap

HERE = Path(__file__).parent


def published(name: str) -> list[tuple[int, str]]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return [(int(number), name) for number, name in rows]


@pytest.mark.parametrize(
    ("labels", "table"), [("deepscores-118", "classes_v1.tsv"), ("deepscores-v2", "classes_v2.tsv")]
)
def test_ids_and_names_are_the_published_ones(labels: str, table: str) -> None:
    classes = load_label_set(labels).classes
    assert [(one.id, one.name) for one in classes] == published(table)


@pytest.mark.parametrize("labels", built_in_sets())
def test_ids_run_from_1_without_gaps(labels: str) -> None:
    ids = [one.id for one in load_label_set(labels).classes]
    assert ids == list(range(1, len(ids) + 1))


@pytest.mark.parametrize("labels", ["deepscores-118", "deepscores-v2"])
def test_kinds_are_those_of_the_full_set(labels: str) -> None:
    known = {one.name for one in load_label_set("full").classes}
    for one in load_label_set(labels).classes:
        for pattern in (*one.of, *one.sequence, *one.group, *one.linked):
            assert fnmatch.filter(known, pattern), pattern


@pytest.mark.parametrize("labels", ["deepscores-118", "deepscores-v2"])
def test_no_symbol_is_of_two_classes(labels: str) -> None:
    """Where two classes name one kind, some condition keeps them apart."""
    single = [one for one in load_label_set(labels).classes if one.of]
    for one, other in combinations(single, 2):
        if set(one.of) & set(other.of):
            wanted, unwanted = dict(one.when), dict(other.when)
            apart = [
                key for key in wanted.keys() & unwanted.keys()
                if not set(wanted[key]) & set(unwanted[key])
            ]  # fmt: skip
            assert apart, (one.name, other.name)


def symbol(number: int, kind: str, parent: int = 0, group: int = 0, **more: object) -> Symbol:
    box = Box(10.0 * number, 0, 10.0 * number + 8, 8)
    return Symbol(
        number,
        kind,
        "",
        "",
        "",
        box,
        (),
        f"e{number}",
        parent=parent,
        group=group or number,
        **more,
    )  # type: ignore[arg-type]


def labelled(labels: LabelSet, *symbols: Symbol) -> list[tuple[str, tuple[int, ...]]]:
    return [(labels.classes[one.class_id - 1].name, one.members) for one in labels.label(symbols)]


QUARTER = """
[[class]]
id = 1
name = "quarterNote"
linked = ["noteheadBlack", "stem"]
needs = ["noteheadBlack", "stem"]
without = ["flag*", "beam"]
"""


def test_quarter_note_is_a_black_head_and_a_stem_without_flag_or_beam() -> None:
    labels = parse_label_set(QUARTER, "mine.toml")
    quarter = (symbol(1, "noteheadBlack", parent=2), symbol(2, "stem"))
    beamed = (symbol(3, "noteheadBlack", parent=4), symbol(4, "stem", parent=5), symbol(5, "beam"))
    flagged = (
        symbol(6, "noteheadBlack", parent=7),
        symbol(7, "stem"),
        symbol(8, "flag8thUp", parent=6),
    )
    half = (symbol(9, "noteheadHalf", parent=10), symbol(10, "stem"))
    assert labelled(labels, *quarter, *beamed, *flagged, *half) == [("quarterNote", (1, 2))]


def test_quarter_chord_is_one_object() -> None:
    labels = parse_label_set(QUARTER, "mine.toml")
    chord = (
        symbol(1, "noteheadBlack", parent=3),
        symbol(2, "noteheadBlack", parent=3),
        symbol(3, "stem"),
    )
    assert labelled(labels, *chord) == [("quarterNote", (1, 2, 3))]
    assert labels.label(chord)[0].box == Box(10, 0, 38, 8)


def test_key_signature_is_its_accidentals() -> None:
    text = '[[class]]\nid = 1\nname = "keySignature"\ngroup = ["key*"]\n'
    labels = parse_label_set(text, "mine.toml")
    flats = [symbol(number, "keyFlat", group=1) for number in (1, 2, 3)]
    other = [symbol(number, "keySharp", group=4) for number in (4, 5)]
    found = labelled(labels, *flats, *other)
    assert found == [("keySignature", (1, 2, 3)), ("keySignature", (4, 5))]


def test_staff_of_v2_is_all_of_its_lines() -> None:
    lines = [symbol(number, "staffLine", group=1) for number in range(1, 6)]
    assert labelled(load_label_set("deepscores-v2"), *lines) == [("staff", (1, 2, 3, 4, 5))]


def test_word_of_dynamics_must_be_whole() -> None:
    letters = ("dynamicSforzando", "dynamicForte", "dynamicPiano")
    sfp = [symbol(number, kind, group=1) for number, kind in enumerate(letters, start=1)]
    assert labelled(load_label_set("deepscores-118"), *sfp) == []
    forte_piano = [one._replace(number=one.number - 1, group=1) for one in sfp[1:]]
    assert labelled(load_label_set("deepscores-118"), *forte_piano) == [
        ("dynamicFortePiano", (1, 2))
    ]


def test_symbol_is_in_one_object_only() -> None:
    text = QUARTER + '[[class]]\nid = 2\nname = "head"\nof = ["noteheadBlack"]\n'
    labels = parse_label_set(text, "mine.toml")
    found = labelled(
        labels, symbol(1, "noteheadBlack", parent=2), symbol(2, "stem"), symbol(3, "noteheadBlack")
    )
    assert found == [("quarterNote", (1, 2)), ("head", (3,))]


def at(number: int, box: Box, kind: str = "noteheadBlack") -> Symbol:
    return symbol(number, kind)._replace(box=box)


def test_heads_of_a_unison_are_one_object() -> None:
    labels = load_label_set("deepscores-118")
    head = Box(10, 10, 30, 26)
    unison = [at(1, head), at(2, head), at(3, Box(10.2, 10, 30.2, 26))]
    second = [at(4, Box(30, 10, 50, 26)), at(5, head, "noteheadHalf")]
    found = labelled(labels, *unison, *second)
    assert found == [
        ("noteheadBlack", (1, 2, 3)), ("noteheadBlack", (4,)), ("noteheadHalf", (5,)),
    ]  # fmt: skip
    (first, *_) = labels.label(unison)
    assert first.box == Box(10, 10, 30.2, 26)


boxes = st.tuples(*[st.integers(0, 60)] * 2, *[st.integers(1, 30)] * 2)


@given(st.lists(boxes, max_size=30))
def test_no_two_objects_of_a_class_coincide_and_none_is_lost(places: list[tuple[int, ...]]) -> None:
    symbols = [
        at(number, Box(x / 4, y / 4, x / 4 + w, y / 4 + h))
        for number, (x, y, w, h) in enumerate(places, 1)
    ]
    objects = load_label_set("deepscores-118").label(symbols)
    members = sorted(number for one in objects for number in one.members)
    assert members == list(range(1, len(symbols) + 1))
    alone = [one for one in objects if len(one.members) == 1]
    for one, other in combinations(alone, 2):
        assert overlap(one.box, other.box) <= 0.95
    for one in objects:
        for number in one.members:  # a chain may stretch a little
            assert overlap(symbols[number - 1].box, one.box) > 0.8


def test_set_on_another_keeps_drops_renames_merges_and_adds() -> None:
    labels = parse_label_set(
        """
        name = "mine"
        base = "deepscores-118"
        keep = ["gClef*", "fClef*", "rest*", "brace"]
        drop = ["restHBar"]
        [rename]
        brace = "curlyBrace"
        [merge]
        clef = ["gClef*", "fClef*"]
        [[class]]
        name = "lyrics"
        """,
        "mine.toml",
    )
    names = [one.name for one in labels.classes]
    assert names[:3] == ["curlyBrace", "clef", "restLonga"]
    assert names[-1] == "lyrics"
    assert "restHBar" not in names
    assert [one.id for one in labels.classes] == list(range(1, len(names) + 1))
    found = labelled(
        labels, symbol(1, "gClef"), symbol(2, "fClefChange"), symbol(3, "lyrics"), symbol(4, "stem")
    )
    assert found == [("clef", (1,)), ("clef", (2,)), ("lyrics", (3,))]


@pytest.mark.parametrize("labels", built_in_sets())
def test_set_survives_as_a_table(labels: str) -> None:
    first = load_label_set(labels)
    assert parse_label_set_table(first.as_table(), "again") == first


CLASS = '[[class]]\nid = {}\nname = "{}"\n'
REFUSED = {
    "name = ": "Invalid value",
    'name = "empty"': "without classes",
    'colour = "red"': "unknown key 'colour'",
    "[[class]]\nid = 1": "a class without a name",
    '[[class]]\nid = 1\nname = "a b"': "letters, digits, - and _ only",
    '[[class]]\nid = 1\nname = "a"\nkinds = ["b"]': "unknown key 'kinds'",
    '[[class]]\nid = 1\nname = "a"\nof = ["b"]\ngroup = ["c"]': "only one of",
    '[[class]]\nid = 1\nname = "a"\nof = ["b"]\nwhen = { size = 2 }': "unknown key 'size'",
    CLASS.format(2, "a"): "without gaps",
    CLASS.format(1, "a") + CLASS.format(2, "a"): "'a' stands twice",
    'base = "no-such-set"': "no label set 'no-such-set'",
    'base = "deepscores-118"\nkeep = ["xyz*"]': "keep: no class 'xyz*'",
    'base = "deepscores-118"\ndrop = ["xyz"]': "drop: no class 'xyz'",
    'base = "deepscores-118"\n[rename]\nxyz = "a"': "rename: no class 'xyz'",
    'base = "deepscores-118"\n[merge]\na = ["xyz"]': "merge a: no class 'xyz'",
    'base = "deepscores-118"\n[merge]\na = ["noteheadBlack", "gClef"]': "under the same conditions",
    'base = "deepscores-118"\n[rename]\ngClef = "fClef"': "'fClef' stands twice",
    "class = 3": "a list of tables",
    'keep = 3\nbase = "full"': "a list of names",
    '[[class]]\nid = "x"\nname = "a"': "a whole number",
    '[[class]]\nid = 1\nname = "a"\nof = "b"': "a list of names",
    '[[class]]\nid = 1\nname = "a"\nwhen = 3': "a table",
}


@pytest.mark.parametrize("text", REFUSED)
def test_contradictory_set_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(RecipeError) as refusal:
        parse_label_set(text, "mine.toml")
    message = str(refusal.value)
    assert REFUSED[text] in message
    assert "\n" not in message


def test_refusal_names_the_file() -> None:
    with pytest.raises(RecipeError, match=r"^mine\.toml: "):
        parse_label_set('colour = "red"', "mine.toml")


def test_set_beside_the_user_is_read(tmp_path: Path) -> None:
    path = tmp_path / "quarters.toml"
    path.write_text(QUARTER, encoding="utf-8")
    assert load_label_set(str(path)).name == "quarters"


def test_unknown_class_is_refused() -> None:
    with pytest.raises(RecipeError, match="no class 'nonsense'"):
        load_label_set("full").class_named("nonsense")


def test_of_two_classes_that_fit_the_first_is_taken() -> None:
    wide = '[[class]]\nid = {}\nname = "wide"\nof = ["notehead*"]\n'
    small = (
        '[[class]]\nid = {}\nname = "small"\nof = ["noteheadBlack"]\nwhen = {{ small = true }}\n'
    )
    head = symbol(1, "noteheadBlack", small=True)
    for classes, wanted in (
        (small.format(1) + wide.format(2), "small"),
        (wide.format(1) + small.format(2), "wide"),
    ):
        assert labelled(parse_label_set(classes, "mine.toml"), head) == [(wanted, (1,))]


def write_set(path: Path, kind: str) -> LabelSet:
    path.write_text(f'[[class]]\nid = 1\nname = "one"\nof = ["{kind}"]\n')
    return load_label_set(str(path))


def test_a_set_read_again_is_as_its_file_is_now(tmp_path: Path) -> None:
    before = write_set(tmp_path / "mine.toml", "staff")
    after = write_set(tmp_path / "mine.toml", "stem")
    assert (before.classes[0].of, after.classes[0].of) == (("staff",), ("stem",))


def test_a_set_s_digest_is_that_of_its_content_wherever_it_is_from(tmp_path: Path) -> None:
    first = write_set(tmp_path / "mine.toml", "staff")
    (tmp_path / "else").mkdir()
    assert write_set(tmp_path / "else/mine.toml", "staff").digest == first.digest
    assert write_set(tmp_path / "mine.toml", "stem").digest != first.digest
    assert parse_label_set_table(first.as_table(), "table").digest == first.digest


def test_a_set_in_another_process_is_the_same_object_for_task_after_task() -> None:
    labels = load_label_set("full")
    copies = [pickle.loads(pickle.dumps(labels)) for _ in range(2)]
    assert copies[0] == labels
    assert copies[0] is copies[1]
