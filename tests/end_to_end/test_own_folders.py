"""Every command that writes keeps to a folder of its own, and says so in the same words."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command

import deepscores
from deepscores.cli.app import make_app
from deepscores.dataset.manifest import list_files
from deepscores.errors import DatasetError

Call = Callable[..., Any]
FONT = {"fonts": "Bravura"}
# Command → what it calls its folder, and the call that writes to one.
WRITERS: dict[str, tuple[str, Callable[[Path, Path], Call]]] = {
    "build": ("dataset", lambda _, tunes: _call(deepscores.build, tunes, **FONT)),
    "engrave": (
        "engraving",
        lambda _, tunes: _call(deepscores.engrave, tunes / "tune-0.musicxml", **FONT),
    ),
    "gallery": ("gallery", lambda *_: _call(deepscores.gallery, **FONT)),
    "train": (
        "training run",
        lambda built, _: _call(deepscores.train, "classify", built, device="cpu", steps=1),
    ),
    "predict": ("predictions", lambda built, _: _call(deepscores.predict, [built], split="all")),
    "report": ("report", lambda built, _: _call(deepscores.report, built, audited=0)),
    "export": ("export", lambda built, _: _call(deepscores.export, built, to="coco")),
    "evaluate": (
        "evaluation",
        lambda built, tunes: (
            lambda folder, **more: deepscores.evaluate(
                _no_boxes(tunes), built, split="train", output=folder, **more
            )
        ),
    ),
    "import": (
        "dataset",
        lambda built, tunes: _call(deepscores.import_dataset, _as_coco(built, tunes)),
    ),
    "fonts": ("font specimen", lambda *_: _call(deepscores.fonts, ["Bravura"])),
}


def _call(function: Callable[..., Any], *arguments: Any, **options: Any) -> Call:
    return lambda folder, **more: function(*arguments, folder, **{**options, **more})


def _no_boxes(tunes: Path) -> Path:
    path = tunes / "boxes.json"
    path.write_text("[]")
    return path


def _as_coco(built: Path, tunes: Path) -> Path:
    folder = tunes / "coco"
    deepscores.export(built, folder, to="coco", split="train")
    (folder / "export.json").unlink()
    return folder


def files_in(folder: Path) -> list[str]:
    return list(list_files(folder))


def commands() -> dict[str, typer.core.TyperCommand]:
    every_command = get_command(make_app()).commands  # type: ignore[attr-defined]
    return {name: command for name, command in every_command.items() if not command.hidden}


def test_the_table_has_every_command_that_writes_to_a_folder_and_each_can_be_forced() -> None:
    options = {
        name: {word for option in command.params for word in option.opts}
        for name, command in commands().items()
    }
    assert {name for name, words in options.items() if "--output" in words} == {*WRITERS}
    assert {name for name, words in options.items() if "--force" in words} == {*WRITERS}


def _strange(folder: Path) -> None:
    folder.mkdir()
    (folder / "thesis.tex").write_text("the user's")


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("name", WRITERS)
def test_a_folder_of_something_else_is_refused_and_stays_as_it_is(
    name: str, force: bool, built: Path, tunes: Path, tmp_path: Path
) -> None:
    kind, prepare = WRITERS[name]
    folder = tmp_path / "folder"
    _strange(folder)
    write = prepare(built, tunes)
    with pytest.raises(DatasetError) as refused:
        write(folder, force=force)
    assert str(refused.value) == (
        f"{folder}: is not empty and holds no {kind}; choose another folder"
    )
    assert files_in(folder) == ["thesis.tex"]
    (tmp_path / "file").write_text("")
    with pytest.raises(DatasetError, match="file: is a file, not a folder"):
        write(tmp_path / "file", force=force)


@pytest.mark.parametrize("name", sorted({*WRITERS} - {"build", "import"}))
def test_a_finished_dataset_is_no_folder_for_anything_else(
    name: str, built: Path, tunes: Path, tmp_path: Path
) -> None:
    kind, prepare = WRITERS[name]
    dataset = tmp_path / "dataset"
    shutil.copytree(built, dataset)
    before = files_in(dataset)
    write = prepare(built, tunes)
    with pytest.raises(DatasetError, match=f"is not empty and holds no {kind}; choose another"):
        write(dataset)
    assert files_in(dataset) == before


def test_a_gallery_of_two_label_sets_has_one_folder_and_one_of_other_fonts_needs_force(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "gallery"
    for labels in ("deepscores-118", "deepscores-v2", "deepscores-118"):
        deepscores.gallery(folder, labels=labels, fonts="Bravura")
    owned = ["deepscores-118.md", "deepscores-118.png", "deepscores-v2.md", "deepscores-v2.png"]
    assert files_in(folder) == sorted([".deepscores.json", *owned])
    assert json.loads((folder / ".deepscores.json").read_bytes())["owns"] == owned
    with pytest.raises(DatasetError, match="holds a gallery of other fonts"):
        deepscores.gallery(folder, fonts="Leland")
    deepscores.gallery(folder, fonts="Leland", force=True)
    assert files_in(folder) == [".deepscores.json", *owned[:2]]


def test_font_specimens_go_to_their_folder_again_and_others_need_force(tmp_path: Path) -> None:
    for _ in range(2):
        deepscores.fonts(["Bravura"], tmp_path / "seen")
    with pytest.raises(DatasetError, match="holds a font specimen of other fonts"):
        deepscores.fonts(["Leland"], tmp_path / "seen")
    deepscores.fonts(["Leland"], tmp_path / "seen", force=True)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (["check", "BUILT"], "report of check"),
        (["evaluate", "BOXES", "BUILT", "--split", "train"], "evaluation"),
    ],
)
def test_json_is_not_written_over_something_else(
    words: list[str], kind: str, built: Path, tunes: Path, tmp_path: Path
) -> None:
    places = {"BUILT": str(built), "BOXES": str(_no_boxes(tunes))}
    words = [places.get(word, word) for word in words]
    path = tmp_path / "dataset.json"
    shutil.copy(built / "dataset.json", path)
    run = get_command(make_app())
    with pytest.raises(DatasetError, match=f"dataset.json: holds no {kind}; choose another file"):
        run([*words, "--json", str(path)], standalone_mode=False)
    assert path.read_bytes() == (built / "dataset.json").read_bytes()
    for _ in range(2):
        run([*words, "--json", str(tmp_path / "found.json")], standalone_mode=False)
    assert json.loads((tmp_path / "found.json").read_bytes())["dataset"]
