"""Folders that runs claim: whose they are, what is refused in which words, what is cleared."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deepscores.errors import DatasetError
from deepscores.runs.claim import Claim

KINDS: dict[str, tuple[str, str, str]] = {  # plan, result, lock
    "dataset": (".build/plan.json", "dataset.json", ".build/lock"),
    "training run": ("run.json", "run.json", ".lock"),
    "predictions": (".predict/plan.json", "predictions.json", ".predict/lock"),
}
IDENTITY = {
    "task": "draw", "options": {"seed": 0, "font": "Leland"}, "label_set": {"sha256": "a" * 64},
    "scores": ["one", "two"],
}  # fmt: skip


@pytest.fixture(params=KINDS)
def claim(request: pytest.FixtureRequest, tmp_path: Path) -> Claim:
    plan, result, lock = KINDS[request.param]
    return Claim(
        tmp_path / "folder", request.param, IDENTITY, plan, result,
        frozenset({"task", "options"}), lambda _: ("pages", "log.txt", "events/of.*"), lock=lock,
    )  # fmt: skip


def work(claim: Claim) -> None:
    """Write what a run of this kind writes before it is finished."""
    (claim.folder / "pages").mkdir()
    (claim.folder / "events").mkdir()
    for name in ("pages/1.png", "log.txt", "events/of.1"):
        (claim.folder / name).write_text("")
    beside = (claim.folder / claim.lock).parent
    if beside != claim.folder:
        (beside / "record.json").write_text("{}")


def finish(claim: Claim) -> None:
    record = {**claim.identity, "finished": True}
    (claim.folder / claim.result).write_text(json.dumps(record))


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def asking(claim: Claim, **changes: Any) -> Claim:
    return replace(claim, identity={**claim.identity, **changes})


def test_a_run_goes_on_where_it_was_even_with_force(claim: Claim) -> None:
    for force in (False, False, True):
        again = replace(claim, force=force)
        assert not again.is_finished()
        with again.locked():
            again.begin()
        if not (claim.folder / "pages").exists():
            work(claim)
            before = names(claim.folder)
    assert names(claim.folder) == before


def test_a_finished_run_is_left_alone_unless_forced(claim: Claim) -> None:
    claim.begin()
    work(claim)
    finish(claim)
    assert claim.is_finished()
    forced = replace(claim, force=True)
    assert not forced.is_finished()
    forced.begin()
    assert names(claim.folder) == {claim.plan}
    assert not claim.is_finished()


@pytest.mark.parametrize("is_finished", [True, False])
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"task": "sing"}, "another task (draw there, sing asked for)"),
        (
            {"options": {"seed": 1, "font": "Leland"}},
            "other options (seed: 0 there, 1 asked for)",
        ),
        (
            {"options": {"seed": 0}},
            "other options (font: Leland there, None asked for)",
        ),
        (
            {"label_set": {"sha256": "b" * 64}},
            "another label set (sha256: aaaaaaaaaaaa… there, bbbbbbbbbbbb… asked for)",
        ),
        ({"label_set": None}, "another label set"),
        ({"scores": ["one"] * 40}, "other scores"),
    ],
)
def test_another_run_is_refused_with_the_first_difference(
    claim: Claim, changes: Mapping[str, Any], words: str, is_finished: bool
) -> None:
    claim.begin()
    work(claim)
    if is_finished:
        finish(claim)
    (claim.folder / "notes.txt").write_text("the user's")
    before = names(claim.folder)
    other = asking(claim, **changes)
    for ask in (other.check, other.is_finished):
        with pytest.raises(DatasetError) as refused:
            ask()
        assert f" of {words}" in str(refused.value)
        assert "; give --force to replace " in str(refused.value)
        assert str(refused.value).endswith(", or choose another folder")
    assert names(claim.folder) == before
    forced = replace(other, force=True)
    forced.begin()
    assert names(claim.folder) == {claim.plan, "notes.txt"}
    assert not other.is_finished()


def test_a_key_that_an_older_program_did_not_record_is_not_compared(claim: Claim) -> None:
    older = replace(claim, identity={**IDENTITY})
    del older.identity["label_set"]  # type: ignore[attr-defined]
    older.begin()
    work(older)
    before = names(claim.folder)
    assert not claim.is_finished()
    claim.begin()
    assert names(claim.folder) == before
    assert (claim.record() or {})["label_set"] == IDENTITY["label_set"]


@pytest.mark.parametrize("force", [True, False])
@pytest.mark.parametrize("text", ["", "{}", '["task", "options"]', '{"task": "draw"}'])
@pytest.mark.parametrize("name", ["holiday.jpg", "pages/1.png", "result"])
def test_a_folder_of_something_else_is_refused_whatever_is_said(
    claim: Claim, name: str, text: str, force: bool
) -> None:
    path = claim.folder / (claim.result if name == "result" else name)
    path.parent.mkdir(parents=True)
    path.write_text(text or ("{}" if name == "result" else ""))
    with pytest.raises(DatasetError) as refused:
        replace(claim, force=force).check()
    assert str(refused.value) == (
        f"{claim.folder}: is not empty and holds no {claim.kind}; choose another folder"
    )
    assert path.exists()


def test_a_file_is_no_folder_and_a_damaged_record_is_named(claim: Claim) -> None:
    claim.folder.write_text("")
    with pytest.raises(DatasetError, match="is a file, not a folder"):
        claim.check()
    claim.folder.unlink()
    (claim.folder / claim.plan).parent.mkdir(parents=True)
    (claim.folder / claim.plan).write_text("{")
    with pytest.raises(DatasetError, match=rf"{claim.plan}: cannot be read"):
        claim.check()


def test_a_run_killed_before_its_plan_was_written_can_begin_again(claim: Claim) -> None:
    claim.folder.mkdir()
    with claim.locked():
        assert not claim.is_finished()


def test_two_runs_at_once_are_one_too_many(claim: Claim) -> None:
    words = f"another run is writing this {claim.kind} right now"
    with claim.locked(), pytest.raises(DatasetError, match=words), claim.locked():
        pass


@pytest.mark.parametrize("is_finished", [True, False])
def test_clearing_killed_anywhere_is_done_again_whatever_was_removed(
    claim: Claim, is_finished: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = Path.unlink
    other = replace(asking(claim, task="sing"), force=True)
    for removals in range(5):
        fresh = replace(claim, force=True)
        if (claim.folder / claim.plan).exists():
            fresh.begin()
        else:
            claim.begin()
        work(claim)
        if is_finished:
            finish(claim)
        left = [removals]

        def die(path: Path, left: list[int] = left, **options: bool) -> None:
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
            remove(path, **options)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "unlink", die)
            try:
                other.begin()
            except KeyboardInterrupt:
                assert not other.is_finished()
        other.begin()
        assert names(claim.folder) == {claim.plan}
        assert (claim.record() or {})["task"] == "sing"


@pytest.mark.parametrize("name", ["..", "../beside.txt", "link/far.txt", "", ".", "/etc"])
def test_what_a_record_says_to_own_is_cleared_in_the_folder_alone(
    name: str, claim: Claim, tmp_path: Path
) -> None:
    trusting = replace(claim, owned=lambda record: record.get("owns", ()), owns=[name])
    trusting.begin()
    (tmp_path / "beside.txt").write_text("")
    (tmp_path / "far").mkdir()
    (tmp_path / "far/far.txt").write_text("")
    (claim.folder / "link").symlink_to(tmp_path / "far")
    (claim.folder / "notes.txt").write_text("")
    replace(asking(trusting, task="sing"), force=True).begin()
    assert (tmp_path / "beside.txt").exists()
    assert (tmp_path / "far/far.txt").exists()
    assert (claim.folder / "notes.txt").exists()


Owner = Callable[[Mapping[str, Any]], tuple[str, ...]]


def test_what_is_cleared_is_what_the_run_before_owned(claim: Claim) -> None:
    by_task: Owner = lambda record: (f"{record['task']}.txt",)  # noqa: E731
    first = replace(claim, owned=by_task)
    first.begin()
    for name in ("draw.txt", "sing.txt"):
        (claim.folder / name).write_text("")
    replace(asking(first, task="sing"), force=True).begin()
    assert names(claim.folder) == {claim.plan, "sing.txt"}
