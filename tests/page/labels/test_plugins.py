"""Label sets of other distributions: a TOML file or a function; a broken one costs itself only."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deepscores.errors import RecipeError
from deepscores.page.labels.label_sets import built_in_sets, load_label_set
from deepscores.page.labels.plugins import external_label_sets
from deepscores.runs import plugins

MODULE = """
from importlib.resources import files

FILE = files("tiny_labels") / "heads.toml"
DAMAGED = files("tiny_labels") / "damaged.toml"
NUMBER = 3


def table():
    return {"name": "computed", "base": "full", "keep": ["stem", "beam"]}


def failing():
    raise OSError("no network")
"""


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The distribution ``tiny-labels 1.0`` on the path."""
    package = tmp_path / "tiny_labels"
    package.mkdir()
    (package / "__init__.py").write_text(MODULE)
    (package / "heads.toml").write_text('name = "heads"\nbase = "full"\nkeep = ["notehead*"]\n')
    (package / "damaged.toml").write_text("name = \n")
    information = tmp_path / "tiny_labels-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: tiny-labels\nVersion: 1.0\n"
    )
    (information / "entry_points.txt").write_text(
        "[deepscores.label_sets]\n"
        "heads = tiny_labels:FILE\n"
        "computed = tiny_labels:table\n"
        "damaged = tiny_labels:DAMAGED\n"
        "failing = tiny_labels:failing\n"
        "number = tiny_labels:NUMBER\n"
        "missing = tiny_labels:NO_SUCH\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    plugins.plugins.cache_clear()
    yield
    monkeypatch.undo()
    plugins.plugins.cache_clear()


def test_a_toml_file_of_a_distribution_is_a_label_set() -> None:
    labels = load_label_set("heads")
    assert labels.name == "heads"
    assert labels.classes
    assert all(label_class.name.startswith("notehead") for label_class in labels.classes)


def test_a_function_of_a_distribution_is_a_label_set() -> None:
    names = {label_class.name for label_class in load_label_set("computed").classes}
    assert names == {"stem", "beam"}


def test_external_label_sets_are_named_where_one_is_unknown() -> None:
    assert set(external_label_sets(built_in_sets())) >= {"heads", "computed"}
    with pytest.raises(RecipeError, match=r"there are .*full.*, heads"):
        load_label_set("no-such")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("damaged", "TOMLDecodeError"),
        ("failing", "OSError: no network"),
        ("number", "tiny_labels:NUMBER is neither a TOML file nor gives a table"),
        ("missing", "AttributeError"),
    ],
)
def test_a_broken_label_set_is_named_with_its_distribution(name: str, reason: str) -> None:
    with pytest.raises(RecipeError, match=f"'{name}' of tiny-labels: {reason}"):
        load_label_set(name)
