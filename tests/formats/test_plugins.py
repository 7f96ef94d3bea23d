"""Formats of other distributions, declared as entry points of ``deepscores.formats``."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from deepscores import check, export, import_dataset, open_dataset
from deepscores.dataset.labelled import label_page
from deepscores.errors import DatasetError, RecipeError
from deepscores.formats.recognition import recognise
from deepscores.formats.registry import find_exporter, find_reader, readable_names, writable_names
from deepscores.inspection.report.sources import open_source
from deepscores.runs import plugins

# A JSON file per page beside its picture, and a list of pages and classes.
TINY = """
import json

from deepscores.formats.protocol import Exporter, Reader
from deepscores.formats.reading.sources import ListedPage, Source, SourceObject, SourcePage
from deepscores.formats.registry import Format
from deepscores.formats.writing.images import place_image
from deepscores.runs.files import write_again, write_file

FORMAT = Format("tiny", "one JSON file per page", "tiny_format:Tiny", "tiny_format:TinyReader")
ONE_WAY = Format("one-way", "written, never read", "tiny_format:Tiny")
MISNAMED = Format("other-name", "named otherwise than its entry point")


class Tiny(Exporter):
    owns = ("pages", "tiny.json")
    cuts_patches = True
    pages_a_chunk = 4

    def write(self, job, chunk, pictures):
        names = []
        for page in pictures:
            boxes = page.objects.box.tolist()
            labels = [job.names[number - 1] for number in page.objects.class_id]
            place_image(job, page, job.folder / "pages" / f"{page.name}.png")
            data = json.dumps([chunk.split, labels, boxes]).encode()
            write_again(job.folder / "pages" / f"{page.name}.json", data)
            names.append(page.name)
        return json.dumps(names).encode()

    def finish(self, job, parts):
        pages = {
            split: [json.loads(file.read_bytes()) for file in files]
            for split, files in parts.items()
        }
        write_file(job.folder / "tiny.json", json.dumps([job.names, pages]).encode())


class TinyReader(Reader):
    def recognises(self, path):
        return (path / "tiny.json").exists()

    def open(self, path, annotation_set=""):
        names, pages = json.loads((path / "tiny.json").read_bytes())
        listed = [
            (split, page) for split, chunks in pages.items() for chunk in chunks for page in chunk
        ]
        return Source(
            "tiny",
            tuple((str(number), name) for number, name in enumerate(names)),
            [ListedPage(page, split) for split, page in listed],
            [path / "tiny.json"],
            "the box's dark pixels",
            whole_masks=False,
            entries=lambda: (path / "pages" / f"{page}.json" for _, page in listed),
        )

    def read(self, entry):
        _, labels, boxes = json.loads(entry.read_bytes())
        objects = [
            SourceObject(str(number), label, tuple(box))
            for number, (label, box) in enumerate(zip(labels, boxes, strict=True), start=1)
        ]
        return SourcePage(entry.with_suffix(".png"), objects)
"""


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, **entry_points: str) -> None:
    """Put the distribution ``tiny-formats 1.2`` with these entry points on the path."""
    information = folder / "tiny_formats-1.2.dist-info"
    information.mkdir(parents=True)
    (folder / "tiny_format.py").write_text(TINY)
    (information / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: tiny-formats\nVersion: 1.2\n"
    )
    lines = [f"{name.replace('_', '-')} = {value}" for name, value in entry_points.items()]
    (information / "entry_points.txt").write_text("\n".join(["[deepscores.formats]", *lines, ""]))
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder), prepend=":")
    plugins.plugins.cache_clear()


@pytest.fixture(autouse=True)
def forget_distributions() -> Iterator[None]:
    yield
    sys.modules.pop("tiny_format", None)
    plugins.plugins.cache_clear()


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "site", monkeypatch, tiny="tiny_format:FORMAT")


def test_an_external_format_is_listed_and_not_loaded(tiny: None) -> None:
    assert "tiny" in writable_names()
    assert "tiny" in readable_names()
    assert "tiny_format" not in sys.modules


def test_help_lists_an_external_format(tiny: None) -> None:
    for command, option in (("export", "--to"), ("import", "--from")):
        completed = subprocess.run(
            [sys.executable, "-c", "from deepscores.cli import main; main()", command, "--help"],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        assert "tiny" in completed.stdout[completed.stdout.index(option) :]


def test_what_an_external_format_writes_it_reads_back(
    tiny: None, built: Path, tmp_path: Path
) -> None:
    summary = export(built, tmp_path / "export", to="tiny", jobs=2)
    assert recognise(tmp_path / "export") == ["tiny"]
    imported = import_dataset(tmp_path / "export", tmp_path / "back", patches_per_class=1)
    assert imported.layout == "tiny"
    assert imported.pages == summary.pages
    original, imported_dataset = open_dataset(built), open_dataset(tmp_path / "back")
    for page in original:
        boxes = label_page(page).objects.box
        assert np.allclose(label_page(imported_dataset[page.name]).objects.box, boxes, atol=1e-3)
    assert check(tmp_path / "back", sample=1).layout == "deepscores"


def test_an_export_by_another_version_of_an_external_format_is_not_continued(
    tiny: None, built: Path, tmp_path: Path
) -> None:
    first = export(built, tmp_path / "export", to="tiny", images="link")
    assert export(built, tmp_path / "export", to="tiny", images="link").new_pages == 0
    metadata = tmp_path / "site" / "tiny_formats-1.2.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text().replace("1.2", "1.3"))
    plugins.plugins.cache_clear()
    with pytest.raises(DatasetError, match="--force"):
        export(built, tmp_path / "export", to="tiny", images="link")
    again = export(built, tmp_path / "export", to="tiny", images="link", force=True)
    assert again.new_pages == first.new_pages


def test_reports_count_an_external_format(tiny: None, built: Path, tmp_path: Path) -> None:
    summary = export(built, tmp_path / "export", to="tiny")
    source = open_source(tmp_path / "export")
    pages = list(source.pages)
    assert sum(len(page.classes) for page in pages) == summary.objects
    sizes = {page.name: (page.row["width"], page.row["height"]) for page in open_dataset(built)}
    assert {page.name: (page.width, page.height) for page in pages} == sizes
    assert len(source.names) == summary.classes


def test_check_says_that_an_external_format_cannot_be_checked(
    tiny: None, built: Path, tmp_path: Path
) -> None:
    export(built, tmp_path / "export", to="tiny", images="link")
    with pytest.raises(DatasetError, match="holds one JSON file per page, which cannot be checked"):
        check(tmp_path / "export")


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("no_such_module:FORMAT", "ModuleNotFoundError"),
        ("tiny_format:Tiny", "tiny_format:Tiny is a .*, not a Format"),
        ("tiny_format:MISNAMED", "the format calls itself 'other-name'"),
    ],
)
def test_a_broken_format_is_named_with_its_distribution_when_used(
    reference: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "site", monkeypatch, broken=reference)
    assert "broken" in writable_names()
    with pytest.raises(RecipeError, match=f"'broken' of tiny-formats: {reason}"):
        find_exporter("broken")


def test_a_broken_format_keeps_no_other_from_being_recognised(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(built, tmp_path / "export", to="yolo", images="link")
    install(tmp_path / "site", monkeypatch, broken="no_such_module:FORMAT")
    with pytest.warns(RuntimeWarning, match="'broken' of tiny-formats: .*ignored"):
        assert recognise(tmp_path / "export") == ["yolo"]


def test_the_name_of_a_built_in_format_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "site", monkeypatch, coco="tiny_format:FORMAT")
    with pytest.warns(RuntimeWarning, match="'coco' of tiny-formats is not used"):
        names = writable_names()
    assert names.count("coco") == 1
    assert type(find_exporter("coco")).__module__ == "deepscores.formats.coco.exporter"


def test_a_format_that_is_only_written_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "site", monkeypatch, one_way="tiny_format:ONE_WAY")
    assert find_exporter("one-way").owns == ("pages", "tiny.json")
    for name in ("one-way", "dota"):
        with pytest.raises(RecipeError, match=rf"{name} \(.*\) cannot be read; .*coco"):
            find_reader(name)


def test_listing_the_formats_loads_none() -> None:
    code = (
        "import sys; from deepscores.formats.registry import readable_names, writable_names; "
        "readable_names(), writable_names(); "
        "print([name for name in sys.modules if name.startswith('deepscores.formats.')])"
    )
    completed = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert completed.stdout.strip() == "['deepscores.formats.registry']"


def test_an_external_format_may_cut_patches(tiny: None, built: Path, tmp_path: Path) -> None:
    summary = export(built, tmp_path / "export", to="tiny", images="link", patches_per_class=3)
    assert sum(summary.pages.values()) > 0
