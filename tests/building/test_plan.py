"""Plans, and the folders they may be built in."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from deepscores.building.plan import Plan, claim_dataset, make_plan
from deepscores.dataset.layout import DATASET, PLAN
from deepscores.errors import DatasetError
from deepscores.recipe.recipe import Recipe, apply


@pytest.fixture
def plan(tunes: Path) -> Plan:
    return make_plan(apply(Recipe(), {"scores": [str(tunes)]}))


@pytest.fixture
def other(tunes: Path) -> Plan:
    return make_plan(apply(Recipe(), {"scores": [str(tunes)], "seed": 1}))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "dataset"


def finish(folder: Path, plan: Plan) -> None:
    """As a finished dataset looks to the next build."""
    folder.mkdir(exist_ok=True)
    (folder / DATASET).write_text(json.dumps(plan.as_table() | {"counts": {}}))
    (folder / "manifest.tsv").write_text("")
    (folder / "patches/gClef").mkdir(parents=True)


def test_order_depends_on_the_seed_and_not_on_where_scores_lie(
    tunes: Path, plan: Plan, other: Plan, tmp_path: Path
) -> None:
    moved = tunes.rename(
        tmp_path / "else" if (tmp_path / "else").mkdir() else tmp_path / "else/tunes"
    )
    again = make_plan(apply(Recipe(), {"scores": [str(moved)]}))
    assert again.as_table() == plan.as_table()
    assert [one.source.id for one in plan.scores] != [one.source.id for one in other.scores]


def test_one_more_score_leaves_the_order_of_the_others(
    tunes: Path, plan: Plan, tune: Callable[..., str]
) -> None:
    (tunes / "new.musicxml").write_text(tune())
    again = make_plan(plan.recipe)
    names = [one.source.id for one in again.scores]
    names.remove("new")
    assert names == [one.source.id for one in plan.scores]


def test_a_new_folder_is_begun(folder: Path, plan: Plan) -> None:
    assert not claim_dataset(folder, plan, force=False).is_finished()
    claim_dataset(folder, plan, force=False).begin()
    assert json.loads((folder / PLAN).read_text()) == plan.as_table()


def test_a_build_goes_on_where_it_was(folder: Path, plan: Plan) -> None:
    claim_dataset(folder, plan, force=False).begin()
    (folder / ".build/shards").mkdir()
    (folder / ".build/shards/0000000.json").write_text("{}")
    for force in (False, True):
        assert not claim_dataset(folder, plan, force=force).is_finished()
        claim_dataset(folder, plan, force=force).begin()
        assert (folder / ".build/shards/0000000.json").exists()


def test_a_finished_dataset_is_left_alone(folder: Path, plan: Plan) -> None:
    finish(folder, plan)
    assert claim_dataset(folder, plan, force=False).is_finished()


def test_a_dataset_of_another_recipe_is_refused(folder: Path, plan: Plan, other: Plan) -> None:
    finish(folder, plan)
    with pytest.raises(
        DatasetError, match=r"another recipe \(seed: 0 there, 1 asked for\); give --force"
    ):
        claim_dataset(folder, other, force=False).is_finished()


def test_an_unfinished_build_of_another_recipe_is_refused(
    folder: Path, plan: Plan, other: Plan
) -> None:
    claim_dataset(folder, plan, force=False).begin()
    with pytest.raises(DatasetError, match="another recipe"):
        claim_dataset(folder, other, force=False).is_finished()


def test_other_scores_are_refused(
    folder: Path, plan: Plan, tunes: Path, tune: Callable[..., str]
) -> None:
    finish(folder, plan)
    (tunes / "new.musicxml").write_text(tune())
    with pytest.raises(DatasetError, match="a dataset of other scores; give --force"):
        claim_dataset(folder, make_plan(plan.recipe), force=False).is_finished()


@pytest.mark.parametrize("same", [True, False])
def test_force_replaces_a_finished_dataset_and_leaves_foreign_files(
    folder: Path,
    plan: Plan,
    other: Plan,
    same: bool,
) -> None:
    finish(folder, plan)
    (folder / "notes.txt").write_text("mine")
    wanted = plan if same else other
    assert not claim_dataset(folder, wanted, force=True).is_finished()
    claim_dataset(folder, wanted, force=True).begin()
    assert sorted(path.name for path in folder.iterdir()) == [".build", "notes.txt"]
    assert not claim_dataset(folder, wanted, force=False).is_finished()


@pytest.mark.parametrize("force", [True, False])
@pytest.mark.parametrize("name", ["holiday.jpg", "patches/cat.png", DATASET])
def test_a_folder_of_something_else_is_refused_whatever_is_said(
    name: str,
    force: bool,
    folder: Path,
    plan: Plan,
) -> None:
    (folder / name).parent.mkdir(parents=True)
    (folder / name).write_text('{"name": "another program\'s"}')
    with pytest.raises(DatasetError, match="is not empty and holds no dataset; choose another"):
        claim_dataset(folder, plan, force=force).is_finished()
    assert (folder / name).exists()


def test_an_empty_folder_will_do(folder: Path, plan: Plan) -> None:
    folder.mkdir()
    assert not claim_dataset(folder, plan, force=False).is_finished()


def test_a_build_killed_before_its_plan_was_written_can_begin_again(
    folder: Path, plan: Plan
) -> None:
    (folder / ".build").mkdir(parents=True)
    (folder / ".build/lock").write_text("")
    assert not claim_dataset(folder, plan, force=False).is_finished()


def test_a_file_is_no_folder(folder: Path, plan: Plan) -> None:
    folder.write_text("")
    with pytest.raises(DatasetError, match="is a file, not a folder"):
        claim_dataset(folder, plan, force=True).is_finished()
    with pytest.raises(DatasetError, match="cannot write"):
        claim_dataset(folder / "below", plan, force=False).begin()


@pytest.mark.parametrize("removed", range(2))
def test_clearing_killed_in_the_middle_is_done_by_the_next_build(
    removed: int, folder: Path, plan: Plan, other: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish(folder, plan)
    (folder / ".build/shards").mkdir(parents=True)
    left = removed
    remove = Path.unlink

    def die(path: Path, **options: bool) -> None:
        nonlocal left
        if not left:
            raise KeyboardInterrupt
        left -= 1
        remove(path, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", die)
        with pytest.raises(KeyboardInterrupt):
            claim_dataset(folder, other, force=True).begin()
    assert not claim_dataset(folder, other, force=True).is_finished()
    claim_dataset(folder, other, force=True).begin()
    assert [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*"))] == [
        ".build", PLAN,
    ]  # fmt: skip


def test_a_score_edited_to_the_same_length_is_another(
    folder: Path, plan: Plan, tunes: Path
) -> None:
    finish(folder, plan)
    path = plan.scores[0].source.path
    path.write_bytes(path.read_bytes().swapcase())
    with pytest.raises(DatasetError, match="a dataset of other scores"):
        claim_dataset(folder, make_plan(plan.recipe), force=False).is_finished()


def test_a_dataset_of_an_older_version_is_compared_by_what_it_says(
    folder: Path, plan: Plan
) -> None:
    finish(folder, plan)
    table = json.loads((folder / DATASET).read_text())
    del table["scores_sha256"]
    (folder / DATASET).write_text(json.dumps(table))
    assert claim_dataset(folder, plan, force=False).is_finished()


def test_a_label_set_is_its_content(tunes: Path, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"

    def planned(kind: str) -> Plan:
        path.write_text(f'[[class]]\nid = 1\nname = "one"\nof = ["{kind}"]\n')
        return make_plan(apply(Recipe(), {"scores": [str(tunes)], "labels": str(path)}))

    finish(folder, planned("noteheadBlack"))
    with pytest.raises(DatasetError, match="a dataset of another label set"):
        claim_dataset(folder, planned("staff"), force=False).is_finished()
    assert claim_dataset(folder, planned("noteheadBlack"), force=False).is_finished()
