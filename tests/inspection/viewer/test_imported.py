"""A dataset that was imported is looked at, audited and reported on as one that was built."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepscores import check, export, import_dataset, open_dataset, report
from deepscores.dataset.labelled import label_page
from deepscores.dataset.reader import Dataset

Client = Any  # of conftest.py


@pytest.fixture(scope="module")
def imported(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`built`, exported as DeepScores V1 and imported again."""
    folder = tmp_path_factory.mktemp("imported")
    export(built, folder / "v1", to="deepscores-v1")
    import_dataset(folder / "v1", folder / "ours", patches="20x30", patches_per_class=3)
    shutil.rmtree(folder / "v1")
    return folder / "ours"


@pytest.fixture(scope="module")
def dataset(imported: Path) -> Dataset:
    return open_dataset(imported)


@pytest.fixture(scope="module")
def client(imported: Path, serve: Callable[..., Any]) -> Iterator[Client]:
    with serve(imported) as one:
        yield one


def test_all_pages_are_listed_with_their_classes(
    client: Client, dataset: Dataset, built: Path
) -> None:
    overview = client.ask("overview")
    assert overview["pages"] == len(dataset) == len(open_dataset(built))
    assert overview["objects"] == sum(len(page.objects) for page in dataset)
    listed = client.ask("pages")
    assert [row["page"] for row in listed["rows"]] == [page.name for page in dataset]
    heads = client.ask("pages", **{"class": "noteheadBlack"})
    assert heads["total"] == len(dataset)


def test_every_page_has_its_picture_maps_symbols_and_row(
    client: Client, dataset: Dataset, imported: Path
) -> None:
    for page in dataset:
        picture = client.send(f"/api/image?page={page.name}")
        assert picture.body == (imported / "images_png" / f"{page.name}.png").read_bytes()
        for kind, pixels in (("instances", page.instances), ("classes", page.mask)):
            body = client.send(f"/api/runs?page={page.name}&kind={kind}").body
            (width, height), runs = (part := np.frombuffer(body, "<u4"))[:2], part[2:]
            ends, values = runs.reshape(-1, 2).T
            found = np.repeat(values, np.diff(ends, prepend=0)).reshape(height, width)
            assert (found == pixels).all()
        answer = client.ask("page", page=page.name)
        assert answer["row"] == page.row
        assert answer["symbols"]["number"] == page.symbols["number"].to_pylist()
        assert "problem" not in answer["score"]
        symbol = client.ask("symbol", page=page.name, number=1)
        assert symbol == page.symbols.slice(0, 1).to_pylist()[0]
        assert client.ask("music", page=page.name, number=1) == {"of": 0, "music": None}


def test_it_shows_the_objects_that_the_built_one_has(dataset: Dataset, built: Path) -> None:
    for page in open_dataset(built):
        before, after = label_page(page).objects, label_page(dataset[page.name]).objects
        assert before.class_id.tolist() == after.class_id.tolist()
        assert np.abs(before.box - after.box).max() < 1e-3


def test_check_and_report_take_it(imported: Path, dataset: Dataset, tmp_path: Path) -> None:
    found = check(imported)
    assert found.pages == len(dataset)
    assert {one.check for one in found.findings} <= CAN_BE_FOUND
    written = report(imported, tmp_path / "report", audited=2)
    text = written.page.read_text("utf-8")
    assert "noteheadBlack" in text
    assert "deepscores-v1-imported" in text


# Of two objects of a class whose boxes overlap, pixels in both go to the smaller.
CAN_BE_FOUND: set[str] = set()
