"""Ids are safe and distinct."""

import re

from hypothesis import given
from hypothesis import strategies as st

from deepscores.scores.names import slug, unique_slugs


@given(st.text(st.characters(codec="utf-8")))
def test_a_slug_is_safe_in_any_file_system(text: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,100}", slug(text))


@given(st.sets(st.text(st.sampled_from("aA.é-/ 春夏")), max_size=8))
def test_ids_are_distinct_even_without_case(names: set[str]) -> None:
    ids = unique_slugs(sorted(names), sorted(names))
    assert len({text.casefold() for text in ids}) == len(names)


def test_an_id_without_a_namesake_is_just_the_name() -> None:
    assert unique_slugs(["a/b.c.xml"], ["a/b.c"]) == ["a-b-c"]


def test_namesakes_do_not_depend_on_their_order() -> None:
    one, other = unique_slugs(["a.xml", "a.mxl"], ["a", "a"])
    assert unique_slugs(["a.mxl", "a.xml"], ["a", "a"]) == [other, one]
