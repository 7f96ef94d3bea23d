"""Quotas: pages picked so that each class comes up often enough; a true word where it cannot."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from deepscores import build, verify
from deepscores.building.quota import objects_asked_for, pick
from deepscores.errors import RecipeError
from deepscores.page.labels.label_sets import load_label_set

tables = arrays(np.int64, st.tuples(st.integers(0, 12), st.just(6)), elements=st.integers(0, 4))
wishes = arrays(np.int64, 6, elements=st.integers(0, 9))


@given(tables, wishes)
def test_what_the_pages_have_is_reached_and_no_page_is_picked_twice(
    counts: np.ndarray, wanted: np.ndarray
) -> None:
    chosen, cut = pick(counts, wanted, None)
    assert not cut
    assert len(set(chosen)) == len(chosen)
    reached = counts[chosen].sum(axis=0)
    assert (reached >= np.minimum(wanted, counts.sum(axis=0))).all()
    for row in chosen:  # each serves a class that is wanted
        assert (counts[row] * wanted > 0).any()


@given(tables, wishes, st.integers(0, 4))
def test_the_limit_of_pages_holds_and_is_told(
    counts: np.ndarray, wanted: np.ndarray, most: int
) -> None:
    every, _ = pick(counts, wanted, None)
    chosen, cut = pick(counts, wanted, most)
    assert chosen == every[:most]
    assert cut == (len(every) > most)


def test_scarce_classes_go_first_and_a_page_that_serves_two_is_preferred() -> None:
    #                   many rare other
    counts = np.array([[9, 0, 0], [3, 1, 0], [0, 1, 3], [9, 0, 3]])
    assert pick(counts, np.array([5, 1, 3]), None)[0] == [2, 0]


def test_names_and_patterns_overrule_each() -> None:
    labels = load_label_set("deepscores-118")
    wanted = objects_asked_for({"each": 5, "rest*": 9, "restWhole": 0}, labels)
    by_name = {one.name: wanted.get(one.id) for one in labels.classes}
    assert by_name["gClef"] == 5
    assert by_name["restHalf"] == 9
    assert by_name["restWhole"] is None


QUOTA = {"keySharp": 4, "gClef": 1, "tuplet3": 3}


@pytest.fixture(scope="module")
def tunes_there(built: Path) -> Path:
    return built.parent / "tunes"


@pytest.fixture(scope="module")
def filled(
    tmp_path_factory: pytest.TempPathFactory, tunes_there: Path, quick: dict[str, Any]
) -> Path:
    folder = tmp_path_factory.mktemp("quota") / "dataset"
    build(tunes_there, folder, quota=QUOTA, **quick)
    return folder


def test_a_build_holds_what_was_asked_for_and_says_what_it_could_not(filled: Path) -> None:
    table = json.loads((filled / "dataset.json").read_text())
    quota, counts = table["quota"], table["counts"]
    for name, one in quota.items():
        assert one["reached"] == counts["classes"][name]
    assert quota["keySharp"]["reached"] >= 4
    assert quota["gClef"]["reached"] >= 1
    assert not quota["keySharp"]["why"]
    assert quota["tuplet3"] == {
        "asked": 3, "reached": 0, "available": 0, "why": "in none of the scores",
    }  # fmt: skip
    skipped = (filled / "skipped.jsonl").read_text()
    assert "broken.musicxml" in skipped
    # No more pages than that takes: a line has two sharps or more in the scores picked.
    assert counts["pages"] <= 2
    assert not verify(filled, rerender=1.0).problems


def test_the_same_pages_are_picked_whatever_the_number_of_workers(
    filled: Path,
    tunes_there: Path,
    tmp_path: Path,
    quick: dict[str, Any],
    differences: Callable[..., list[str]],
) -> None:
    build(tunes_there, tmp_path / "again", jobs=2, executor="local", quota=QUOTA, **quick)
    assert not differences(filled, tmp_path / "again")


def test_a_limit_of_pages_is_the_reason_given(
    tunes_there: Path, tmp_path: Path, quick: dict[str, Any]
) -> None:
    options = {**quick, "pages": 1}
    summary = build(tunes_there, tmp_path / "few", quota=200, **options)
    assert summary.pages == 1
    assert summary.quota["noteheadBlack"]["why"] == "the limit of pages"


def test_what_is_picked_is_made_within_the_pages_of_a_score(
    tunes_there: Path, tmp_path: Path, quick: dict[str, Any]
) -> None:
    options = {**quick, "pages_per_score": 3}  # two of each font may be picked
    summary = build(tunes_there, tmp_path / "some", quota=1000, **options)
    for one in summary.quota.values():
        assert one["reached"] == one["available"]


def test_a_quota_for_no_class_is_refused(tmp_path: Path, quick: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match="quota: no class 'noSuch'"):
        build(tmp_path, tmp_path / "out", quota={"noSuch": 3}, **quick)
    with pytest.raises(RecipeError, match="quota: gClef"):
        build(tmp_path, tmp_path / "out", quota={"gClef": "many"}, **quick)
    assert not (tmp_path / "out").exists()
