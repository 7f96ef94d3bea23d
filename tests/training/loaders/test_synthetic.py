"""Fresh pages: the same for the same seed, others each epoch, shared out, resumable, unkillable."""

import json
from itertools import islice
from pathlib import Path
from typing import Any

import poison
import pytest
import torch
from torch.utils.data import DataLoader

from deepscores import Recipe, build
from deepscores.errors import RecipeError
from deepscores.training.loaders import Detection, Segmentation, SyntheticPages, collate, stream

FORKED = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
VARIED = {"staff-space": {"min": 7, "max": 9}, "stem-thickness": {"min": 0.1, "max": 0.2}}
QUICK: dict[str, Any] = {"page_size": "600x400", "margin": 20, "style": VARIED}
ONE = {**QUICK, "fonts": "Bravura"}


def names(samples: Any) -> list[str]:
    return [target["name"] for _, target in samples]


def same(one: Any, other: Any) -> bool:
    return all(
        torch.equal(a[0], b[0])
        and torch.equal(a[1]["boxes"], b[1]["boxes"])
        and a[1]["image_id"] == b[1]["image_id"]
        for a, b in zip(one, other, strict=True)
    )


@pytest.fixture(scope="module")
def dataset(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `build` makes of the same recipe."""
    folder = tmp_path_factory.mktemp("same") / "dataset"
    build(small, folder, pages="all", fonts="Bravura,Leland", **QUICK)
    return folder


@pytest.mark.parametrize("form", ["detection", "segmentation"])
def test_the_first_epoch_is_what_a_build_makes(dataset: Path, small: Path, form: str) -> None:
    stored = Detection(dataset, "all") if form == "detection" else Segmentation(dataset, "all")
    fresh = SyntheticPages(small, form, fonts="Bravura,Leland", endless=False, **QUICK)
    found = [*fresh]
    assert len(found) == len(stored) > 4
    if form == "segmentation":
        pictures = {bytes(image.numpy()): mask for image, mask in found}
        for image, mask in (stored[item] for item in range(len(stored))):
            assert torch.equal(pictures[bytes(image.numpy())], mask)
        return
    by_name = {target["name"]: (image, target) for image, target in found}
    for image, target in (stored[item] for item in range(len(stored))):
        other_image, other = by_name[target["name"]]
        assert torch.equal(image, other_image)
        for key in ("boxes", "labels", "area", "oriented", "number", "iscrowd"):
            assert torch.equal(target[key], other[key]), key


def test_same_seed_same_pages_and_another_epoch_other_styles(small: Path) -> None:
    options = {**ONE, "seed": 3, "endless": False, "mixed": 1}
    first, again = ([*SyntheticPages(small, **options)] for _ in range(2))
    assert same(first, again)
    later = SyntheticPages(small, **options)
    later.set_epoch(1)
    other = {target["name"]: image for image, target in later}
    shared = [(image, other[target["name"]]) for image, target in first if target["name"] in other]
    assert shared
    assert not any(torch.equal(one, two) for one, two in shared)


def test_pages_vary_unless_a_recipe_says_otherwise(small: Path) -> None:
    free, sized = SyntheticPages(small), SyntheticPages(small, page_size="600x600", margin=20)
    assert "page-size" in dict(free.plan.recipe.style)
    assert all(style.page_width == 600 for style in sized.plan.recipe.styles("a"))
    assert "stem-thickness" in dict(sized.plan.recipe.style)
    assert not SyntheticPages(small, recipe=Recipe()).plan.recipe.style


def test_epochs_follow_without_end(small: Path) -> None:
    fresh = SyntheticPages(small, mixed=1, **ONE)
    count = len([*SyntheticPages(small, mixed=1, endless=False, **ONE)])
    samples = [*islice(fresh, 2 * count + 3)]
    assert len({target["image_id"] for _, target in samples}) == len(samples)


@FORKED
@pytest.mark.parametrize(("ranks", "method"), [(2, "fork"), (1, "spawn")])
def test_workers_and_ranks_part_the_epoch(small: Path, ranks: int, method: str) -> None:
    options = {**QUICK, "fonts": "Bravura,Leland", "tiles": 200, "crops": 2, "endless": False}
    whole = sorted(target["image_id"] for _, target in SyntheticPages(small, **options))
    parts = []
    for rank in range(ranks):
        fresh = SyntheticPages(small, rank=rank, world_size=ranks, **options)
        loader = DataLoader(
            fresh, 4, collate_fn=collate, num_workers=2, multiprocessing_context=method
        )
        parts += [target["image_id"] for _, targets in loader for target in targets]
    assert len(set(parts)) == len(parts)
    assert sorted(parts) == whole


@pytest.mark.parametrize("tiles", [None, 150])
def test_a_state_resumes_to_exactly_the_samples_that_follow(small: Path, tiles: int | None) -> None:
    options = {**ONE, "tiles": tiles, "overlap": 20, "mixed": 5}
    fresh = SyntheticPages(small, **options)
    running = iter(fresh)
    [*islice(running, 8)]
    state = json.loads(json.dumps(fresh.state_dict()))
    resumed = SyntheticPages(small, **options)
    resumed.load_state_dict(state)
    assert resumed.state_dict() == state
    assert same([*islice(running, 9)], [*islice(resumed, 9)])
    assert resumed.state_dict() == fresh.state_dict()


def test_a_state_is_of_one_recipe_and_one_worker(small: Path) -> None:
    fresh = SyntheticPages(small, **ONE)
    next(iter(fresh))
    state = fresh.state_dict()
    other = SyntheticPages(small, seed=1, **ONE)
    other.load_state_dict(state)
    with pytest.raises(RecipeError, match="another recipe"):
        next(iter(other))
    ranked = SyntheticPages(small, rank=1, world_size=2, **ONE)
    ranked.load_state_dict(state)
    with pytest.raises(RecipeError, match="of worker 0 of 1, not 1 of 2"):
        next(iter(ranked))


def test_a_score_that_fails_is_skipped_and_counted(
    small: Path, tmp_path: Path, caplog: Any
) -> None:
    for path in small.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "broken.musicxml").write_text("<score-partwise><part>")
    fresh = SyntheticPages(tmp_path, endless=False, **ONE)
    assert same(
        sorted(fresh, key=lambda one: one[1]["name"]),
        sorted(SyntheticPages(small, endless=False, **ONE), key=lambda one: one[1]["name"]),
    )
    assert fresh.skipped == 1
    assert "skipped broken.musicxml: " in caplog.text


@FORKED
def test_neither_a_crash_nor_a_bug_ends_the_stream(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "make_pages", poison.make_pages)
    monkeypatch.setenv("DEEPSCORES_EXECUTOR", "local")
    fresh = SyntheticPages(small, endless=False, **ONE)
    loader = DataLoader(fresh, None, num_workers=1, multiprocessing_context="fork")
    found = names(loader)
    assert {name.partition("-aug")[0] for name in found} == {"piece-2"}
    assert fresh.skipped == 2


def test_scores_that_all_fail_are_no_endless_wait(tmp_path: Path) -> None:
    (tmp_path / "broken.musicxml").write_text("<score-partwise><part>")
    with pytest.raises(RecipeError, match="none of the scores gives a page"):
        next(iter(SyntheticPages(tmp_path, **ONE)))


def test_a_split_has_the_works_that_a_build_puts_there(dataset: Path, small: Path) -> None:
    for split in ("train", "val", "test"):
        stored = Detection(dataset, split)
        if not len(stored):
            continue
        fresh = SyntheticPages(small, split=split, endless=False,
                               fonts="Bravura,Leland", **QUICK)  # fmt: skip
        wanted = sorted(stored[item][1]["name"] for item in range(len(stored)))
        assert sorted(names(fresh)) == wanted


def test_chosen_classes_are_numbered_from_one(small: Path) -> None:
    def found(**options: Any) -> list[str]:
        fresh = SyntheticPages(small, endless=False, mixed=1, **ONE, **options)
        return [fresh.classes[label] for _, target in fresh for label in target["labels"]]

    wanted = [name for name in found() if "Clef" in name or name.startswith("key")]
    assert found(classes=["*Clef*", "key*"]) == wanted
    assert len(set(wanted)) > 1


def test_any_function_can_be_the_form(small: Path) -> None:
    fresh = SyntheticPages(small, lambda page, _: (page.symbols.num_rows, page.row), **ONE)
    rows, row = next(iter(fresh))
    assert rows == row["symbols"] > 0


def test_lilypond_engraves_fresh_pages_too(small: Path) -> None:
    fresh = SyntheticPages(small, engraver="lilypond", endless=False, tiles=128, crops=1, **QUICK)
    found = [*fresh]
    assert {name.partition("--page")[0].rpartition("-")[2] for name in names(found)} == {
        "emmentaler"
    }
    assert all(image.shape == (1, 128, 128) for image, _ in found)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"form": "depth"}, "form: 'depth'"),
        ({"mixed": 0}, "mixed: 0"),
        ({"split": "dev"}, "split: 'dev'"),
        ({"tiles": 8}, "tiles: 8 px"),
        ({"fonts": "NoFont"}, "NoFont"),
        ({"nonsense": 1}, "unknown key 'nonsense'"),
    ],
)
def test_what_makes_no_sense_is_refused(small: Path, options: Any, message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        SyntheticPages(small, **options)
    assert message in str(caught.value)
