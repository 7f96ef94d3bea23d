"""Files of one work share its id; equal music is recognised."""

from collections.abc import Callable

import pytest

from deepscores.page.model import Score
from deepscores.scores import default_corpus, music_digest
from deepscores.scores.identity import _same_works, _work_by_name, work_id
from deepscores.scores.names import slug


@pytest.mark.parametrize(
    ("files", "work"),
    [
        (["q/opus18no1/movement1.mxl", "q/opus18no1/movement4.xml"], "q-opus18no1"),
        (["k545/movement1_exposition.mxl", "k545/movement1.mxl"], "k545"),
        (["movement1.mxl", "movement2.mxl"], "movement"),
        (["b/bwv112.5.mxl", "b/bwv112.5-sc.mxl", "b/bwv112.1.xml"], "b-bwv112"),
        (["op3no1/1grave.xml", "op3no1/2 allegro.xml"], "op3no1"),
        (["songs/01_morning.xml"], "songs-01_morning"),
        (["lc5912.mxl"], "lc5912"),
        (["bwv1121.mxl"], "bwv1121"),
    ],
)
def test_names_tell_the_work_where_files_do_not(files: list[str], work: str) -> None:
    assert {work_id(name, "", "") for name in files} == {work}


def test_composer_and_title_tell_the_work_in_any_spelling() -> None:
    spellings = [
        ("Beethoven, Ludwig van (1770–1827)", "Symphony No. 5, op. 67"),
        ("Ludwig van Beethoven", "SYMPHONY  No 5 (Op. 67)"),
    ]
    assert len({work_id("x.xml", *spelling) for spelling in spellings}) == 1


@pytest.mark.parametrize("title", ["", "Untitled", "Title", "song.mxl"])
def test_what_programs_write_is_no_title(title: str) -> None:
    assert work_id("folder/song.mxl", "Franz Schubert", title) == "folder-song"


def test_numbers_distinguish_works() -> None:
    one, two = (work_id("x.xml", "Schubert", "Impromptu", number) for number in ("1", "2"))
    assert one != two


def test_titles_in_other_scripts_distinguish_works() -> None:
    assert work_id("x.xml", "宮城", "春の海") != work_id("x.xml", "宮城", "夏の海")


def test_equal_music_is_recognised_in_another_key_and_typesetting(
    read: Callable[..., Score],
    partwise: Callable[..., str],
    measure: Callable[..., str],
    note: str,
) -> None:
    def song(steps: str, divisions: int) -> str:
        notes = "".join(note.replace("<step>C", f"<step>{step}") for step in steps)
        scaled = notes.replace("<duration>4<", f"<duration>{4 * divisions}<")
        return partwise(measure(scaled).replace("<divisions>1", f"<divisions>{divisions}"))

    original = read(song("CDE", 1))
    assert music_digest(read(song("FGA", 2))) == music_digest(original)
    assert music_digest(read(song("CDF", 1))) != music_digest(original)


def test_works_that_share_their_music_are_one_and_no_name_leads_to_another_alias() -> None:
    assert work_id("bach/bwv62.6.mxl", "", "") == work_id("bach/bwv274.mxl", "", "")
    same = _same_works()
    assert len(same) >= 16
    assert not set(same) & set(same.values())
    assert all(one == one.lower() for one in same)


def test_the_works_listed_as_one_are_in_the_default_corpus() -> None:
    works = {work_id(one.name, "", "") for one in default_corpus()}
    assert set(_same_works().values()) <= works
    names = {slug(_work_by_name(one.name)).lower() for one in default_corpus()}
    assert set(_same_works()) <= names
