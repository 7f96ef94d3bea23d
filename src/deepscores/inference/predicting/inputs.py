"""Find the pages of inputs: pictures, PDFs, folders of them, and datasets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple

from deepscores.dataset.layout import DATASET, IMAGES
from deepscores.dataset.reader import open_dataset
from deepscores.errors import DatasetError, RecipeError
from deepscores.inference.predicting.documents import count_pages
from deepscores.inference.predicting.pictures import SUFFIXES, count_pictures
from deepscores.page.measuring.staff_space import known_staff_space

_PDF = ".pdf"


@dataclass(frozen=True, slots=True)
class PageInput:
    """One page, not read yet."""

    name: str  # unique in a run; its files are named by it
    path: Path  # the file that it is in
    kind: Literal["picture", "pdf", "dataset"]
    place: int = 0  # in its file
    page_count: int = 1  # pages in its file
    staff_space: float | None = None  # pixels; None: unknown

    @property
    def is_a_file(self) -> bool:
        """Whether the file is a picture of this page and nothing else."""
        return self.kind != "pdf" and self.page_count == 1

    @property
    def location(self) -> str:
        """The page in messages."""
        return str(self.path) if self.page_count == 1 else f"{self.path}, page {self.place + 1}"


class Failure(NamedTuple):
    """A page or file that cannot be predicted on."""

    where: str
    why: str


def find_pages(
    inputs: Sequence[str | Path], split: str, apart_from: Path
) -> tuple[list[PageInput], list[Failure]]:
    """All pages, in order, each with a unique name, and files that cannot be read.

    Of folders, pictures and PDFs in them and in folders below; except *apart_from*,
    the output folder. Of datasets, the pages of *split*. Raise RecipeError for inputs that are
    none of these, or hold no page.
    """
    if not inputs:
        raise RecipeError("nothing to predict on: give pictures, PDFs, folders or datasets")
    pages: list[PageInput] = []
    failures: list[Failure] = []
    for path in map(Path, inputs):
        failed = len(failures)
        input_pages = list(_of_input(path, split, apart_from.resolve(), failures))
        if not input_pages and len(failures) == failed:
            raise RecipeError(f"{path}: holds no picture or PDF")
        pages += input_pages
    return _make_unique(pages), failures


def is_dataset(path: str | Path) -> bool:
    """Whether *path* is the folder of a dataset."""
    return (Path(path) / DATASET).is_file()


def _of_input(
    path: Path, split: str, apart_from: Path, failures: list[Failure]
) -> Iterator[PageInput]:
    if is_dataset(path):
        yield from _of_dataset(path, split)
    elif path.is_dir():
        for file in sorted(path.rglob("*")):
            relative = file.relative_to(path)
            hidden = any(part.startswith(".") for part in relative.parts)
            if not hidden and _is_readable(file) and apart_from not in file.resolve().parents:
                yield from _of_file(file, "--".join(relative.with_suffix("").parts), failures)
    elif not path.exists():
        raise RecipeError(f"{path}: no such file or folder")
    elif not _is_readable(path):
        raise RecipeError(f"{path}: neither a picture ({' '.join(sorted(SUFFIXES))}) nor a PDF")
    else:
        yield from _of_file(path, path.stem, failures)


def _is_readable(path: Path) -> bool:
    return path.suffix.lower() in {*SUFFIXES, _PDF} and path.is_file()


def _of_dataset(folder: Path, split: str) -> Iterator[PageInput]:
    dataset = open_dataset(folder)
    pages = list(dataset) if split == "all" else dataset.split(split)
    if not pages:
        raise RecipeError(f"{folder}: its split {split} has no pages")
    for page in pages:
        path = folder / IMAGES / f"{page.name}.png"
        space = known_staff_space(page.row["staff_space"])
        yield PageInput(page.name, path, "dataset", staff_space=space)


def _of_file(path: Path, stem: str, failures: list[Failure]) -> Iterator[PageInput]:
    is_pdf = path.suffix.lower() == _PDF
    try:
        count = count_pages(path) if is_pdf else count_pictures(path)
    except DatasetError as error:
        failures.append(Failure(str(path), str(error).removeprefix(f"{path}: ")))
        return
    for place in range(count):
        name = stem if count == 1 else f"{stem}--page-{place + 1}"
        yield PageInput(name, path, "pdf" if is_pdf else "picture", place, count)


def _make_unique(pages: list[PageInput]) -> list[PageInput]:
    """*pages* with unique names: of equal ones, the later get a number."""
    names: set[str] = set()
    renamed = []
    for page in pages:
        name, number = page.name, 1
        while name in names:
            number += 1
            name = f"{page.name}-{number}"
        names.add(name)
        renamed.append(replace(page, name=name))
    return renamed
