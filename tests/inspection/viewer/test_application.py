"""The server, over HTTP: it answers this machine's browser, and shows nothing but the dataset."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deepscores import open_dataset
from deepscores.dataset.reader import Dataset, DatasetPage

Client = Any  # of conftest.py


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Path:
    """A dataset to spoil."""
    return Path(shutil.copytree(built, tmp_path / "copy"))


@pytest.fixture
def dataset(built: Path) -> Dataset:
    return open_dataset(built)


@pytest.fixture
def page(dataset: Dataset) -> DatasetPage:
    one: DatasetPage = dataset[0]
    return one


# Who may ask


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8118",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "127.0.0.1@evil.example",
        "evil.example#127.0.0.1",
        "0.0.0.0",
        "127.0.0.2",
        "[::1]",
        "",
        "localhost, evil.example",
    ],
)
def test_requests_under_another_name_are_refused(client: Client, host: str) -> None:
    for target in ("/", "/api/overview", "/static/main.js"):
        answer = client.send(target, Host=host)
        assert answer.status == 400
        assert b"deepscores" not in answer.body


def test_this_machine_s_names_are_answered(client: Client) -> None:
    for host in ("127.0.0.1", "localhost", f"localhost:{client.port}", "LOCALHOST"):
        assert client.send("/", Host=host).status == 200


def test_a_full_address_in_the_request_does_not_stand_for_the_host(client: Client) -> None:
    assert client.send("http://127.0.0.1/api/overview", Host="evil.example").status == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_changed(client: Client, method: str) -> None:
    for target in ("/", "/api/overview", "/static/main.js"):
        assert client.send(target, method).status == 405


def test_every_answer_keeps_other_sites_out(client: Client, page: DatasetPage) -> None:
    targets = ("/", "/static/main.js", "/api/overview", f"/api/image?page={page.name}")
    for target in (*targets, "/nothing", "/api/page"):
        headers = client.send(target).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"].startswith(
            "default-src 'none'; script-src 'self'"
        )
        assert "access-control-allow-origin" not in headers


# No way out


@pytest.mark.parametrize(
    "target",
    [
        "/static/../application.py",
        "/static/../../dataset.py",
        "/static/%2e%2e/application.py",
        "/static/%2e%2e%2fapplication.py",
        "/static/..%2fapplication.py",
        "/static/..%5capplication.py",
        "/static/%252e%252e/application.py",
        "/static/openseadragon/../../application.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/main.js%00",
        "/static/%00",
        "/static/",
        "/static/openseadragon",
        "//etc/passwd",
        "/etc/passwd",
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/dataset.json",
        "/images_png/",
        "/api/../dataset.json",
    ],
)
def test_no_path_leads_to_other_files(client: Client, target: str) -> None:
    answer = client.send(target)
    assert answer.status in (400, 404), answer
    assert b"Starlette" not in answer.body
    assert b"root:" not in answer.body


@pytest.mark.parametrize("what", ["image", "runs", "page", "symbol", "music", "position"])
@pytest.mark.parametrize(
    "name",
    [
        "../dataset.json",
        "%2e%2e%2fdataset.json",
        "..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "{page}%00",
        "{page}.png",
        "../images_png/{page}",
        "./{page}",
        "%00",
        "%ff",
        "nothing",
        "",
    ],
)
def test_pages_are_known_by_their_names_alone(
    client: Client, page: DatasetPage, what: str, name: str
) -> None:
    target = f"/api/{what}?page={name.format(page=page.name)}&number=1"
    answer = client.send(target)
    assert answer.status in (400, 404), answer
    assert "error" in answer.table


def test_a_stranger_s_table_cannot_name_files_elsewhere(
    copy: Path, tmp_path: Path, serve: Callable[..., Any]
) -> None:
    shutil.copy(next(copy.glob("images_png/*.png")), tmp_path / "secret.png")
    (tmp_path / "secret.mei").write_text('<mei xml:id="x">secret</mei>')
    names = ["../../secret", str(tmp_path / "secret"), "../../../secret\0"]
    table = pq.read_table(copy / "pages.parquet")
    rows = table.slice(0, len(names)).to_pylist()
    rows = [{**row, "page": name, "score": name} for row, name in zip(rows, names, strict=True)]
    pq.write_table(pa.Table.from_pylist(rows, table.schema), copy / "pages.parquet")
    with serve(copy) as client:
        for name in names:
            for what in ("image", "runs", "music"):
                status, told = client.refused(what, page=name, number=1)
                assert status == 404
                assert "secret" not in told.replace(name, "")


def test_links_in_a_dataset_do_not_lead_out(
    copy: Path, tmp_path: Path, page: DatasetPage, serve: Callable[..., Any]
) -> None:
    shutil.copytree(copy, tmp_path / "elsewhere")
    image = copy / "images_png" / f"{page.name}.png"
    image.unlink()
    image.symlink_to(tmp_path / "elsewhere" / "images_png" / image.name)
    shutil.rmtree(copy / "instances_png")
    (copy / "instances_png").symlink_to(tmp_path / "elsewhere" / "instances_png")
    with serve(copy) as client:
        for what in ("image", "runs"):
            status, told = client.refused(what, page=page.name)
            assert (status, "is outside the dataset" in told) == (404, True)


def test_symbol_tables_behind_links_are_not_read(
    copy: Path, tmp_path: Path, page: DatasetPage, serve: Callable[..., Any]
) -> None:
    shutil.copytree(copy / "symbols", tmp_path / "symbols")
    shutil.rmtree(copy / "symbols")
    (copy / "symbols").symlink_to(tmp_path / "symbols")
    with serve(copy) as client:
        for what, words in (("pages", {"class": "gClef"}), ("page", {"page": page.name})):
            status, told = client.refused(what, **words)
            assert (status, "outside the dataset" in told) == (404, True)


# What is answered


def test_the_picture_is_the_file_as_it_is(client: Client, built: Path, page: DatasetPage) -> None:
    answer = client.send(f"/api/image?page={page.name}")
    assert answer.headers["content-type"] == "image/png"
    assert answer.body == (built / "images_png" / f"{page.name}.png").read_bytes()


@pytest.mark.parametrize("kind", ["instances", "classes"])
def test_runs_are_the_pixels(client: Client, page: DatasetPage, kind: str) -> None:
    numbers = np.frombuffer(client.send(f"/api/runs?page={page.name}&kind={kind}").body, "<u4")
    (width, height), runs = numbers[:2], numbers[2:].reshape(-1, 2)
    pixels = np.repeat(runs[:, 1], np.diff(runs[:, 0], prepend=0)).reshape(height, width)
    assert np.array_equal(pixels, page.instances if kind == "instances" else page.mask)


def test_a_page_has_its_row_and_symbols(client: Client, page: DatasetPage) -> None:
    answer = client.ask("page", page=page.name)
    symbols = page.symbols
    assert answer["row"] == page.row
    assert answer["score"]["score"] == page.row["score"]
    assert answer["symbols"]["number"] == symbols["number"].to_pylist()
    boxes = np.reshape(answer["symbols"]["box"], (-1, 4))
    for column, name in enumerate(("x0", "y0", "x1", "y1")):
        assert np.allclose(boxes[:, column], symbols[name].to_numpy(), atol=0.006)
    corners = np.reshape(answer["symbols"]["oriented"], (-1, 8))
    assert np.allclose(corners, symbols["oriented"].to_pylist(), atol=0.006)


def test_a_symbol_has_all_its_columns(client: Client, page: DatasetPage) -> None:
    row = page.symbols.slice(7, 1).to_pylist()[0]
    assert client.ask("symbol", page=page.name, number=row["number"]) == row
    status, told = client.refused("symbol", page=page.name, number=10**6)
    assert (status, told) == (404, f"{page.name}: no symbol 1000000")


def test_a_symbol_without_an_element_has_the_music_of_what_it_is_part_of(
    client: Client, page: DatasetPage
) -> None:
    rows = page.symbols.to_pylist()
    stem = next(row for row in rows if row["role"] == "stem")
    head = next(row for row in rows if row["parent"] == stem["number"])
    answer = client.ask("music", page=page.name, number=stem["number"])
    assert (answer["of"], answer["music"]["tag"]) == (head["number"], "note")
    own = client.ask("music", page=page.name, number=head["number"])
    assert own == answer
    barline = next(row for row in rows if row["role"] == "barLine")
    answer = client.ask("music", page=page.name, number=barline["number"])
    assert (answer["of"], answer["music"]["tag"]) == (0, "measure")
    assert answer["music"]["measure"] == barline["measure"]
    assert client.refused("music", page=page.name, number=10**6)[0] == 404


def test_questions_that_make_no_sense_are_told_so(client: Client, page: DatasetPage) -> None:
    for what, words, part in (
        ("pages", {"class": "nonsense"}, "none called 'nonsense'"),
        ("pages", {"order": "sideways"}, "not one of dataset"),
        ("pages", {"least": "many"}, "is not a number"),
        ("pages", {"first": "-1"}, "is not a number"),
        ("pages", {"first": "9" * 40}, "is not a number"),
        ("pages", {"order": "most of the class"}, "needs a class"),
        ("pages", {"finding": "any"}, "no findings are open"),
        ("runs", {"page": page.name, "kind": "dreams"}, "not one of instances, classes"),
        ("symbol", {"page": page.name, "number": "1.5"}, "is not a number"),
        ("page", {}, "page: is missing"),
    ):
        status, told = client.refused(what, **words)
        assert status == 400
        assert part in told


def test_a_missing_picture_is_told_by_name(
    copy: Path, page: DatasetPage, serve: Callable[..., Any]
) -> None:
    (copy / "images_png" / f"{page.name}.png").unlink()
    (copy / "instances_png" / f"{page.name}.png").write_bytes(b"no picture")
    (copy / "scores.parquet").unlink()
    with serve(copy) as client:
        assert client.refused("image", page=page.name) == (
            404, f"images_png/{page.name}.png: No such file or directory"
        )  # fmt: skip
        status, told = client.refused("runs", page=page.name)
        assert (status, "not a readable PNG" in told) == (500, True)
        answer = client.ask("page", page=page.name)
        assert answer["score"] == {"problem": "scores.parquet: No such file or directory"}


def test_a_damaged_symbol_table_costs_only_what_needs_it(
    copy: Path, page: DatasetPage, serve: Callable[..., Any]
) -> None:
    for path in copy.glob("symbols/*.parquet"):
        path.write_bytes(path.read_bytes()[:1000])
    with serve(copy) as client:
        assert client.ask("pages")["total"] == len(open_dataset(copy))
        assert client.send(f"/api/image?page={page.name}").status == 200
        for what, words in (("totals", {}), ("pages", {"class": "gClef"})):
            status, told = client.refused(what, **words)
            assert (status, "not a readable table" in told) == (500, True)
