"""Build three golden datasets and hold every file of them, and of their exports, against a list.

``python -m tests.golden.datasets`` compares, with ``--inline`` what one process makes;
``--accept`` writes the lists anew. A list holds the digest of every file but ``dataset.json``
(which states versions) and the manifest, which lists it.
"""

import hashlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import deepscores

HERE = Path(__file__).parent
SCORES = HERE / "scores"
LISTS = HERE / "manifests"
# Files that state versions or digests of what states them.
VERSIONED = {"dataset.json", "manifest.tsv", "export.json"}

# Between them: both engravers, all outputs, every label set with composed classes, a style, wear.
RECIPES: dict[str, dict[str, Any]] = {
    "verovio": {"pages": "all", "patches_per_class": 60},
    "lilypond": {"engraver": "lilypond", "labels": "deepscores-v2", "pages": "all", "seed": 3},
    "styled": {
        "engraver": "both",
        "fonts": "Leland,Petaluma,Emmentaler",
        "labels": "full",
        "style": "early-print",
        "page_size": "1400x1900",
        "whole_masks": True,
        "pages": "all",
        "patches": "30x60",
        "patches_per_class": 20,
        "seed": 7,
    },
}
# Of which dataset each format is exported, and how.
EXPORTS: dict[str, tuple[str, dict[str, Any]]] = {
    "coco": ("verovio", {}),
    "yolo": ("verovio", {"tiles": 640, "overlap": 64}),
    "yolo-seg": ("styled", {}),
    "yolo-obb": ("verovio", {}),
    "voc": ("lilypond", {}),
    "deepscores-v1": ("lilypond", {}),
    "deepscores-v2": ("verovio", {}),
    "dota": ("styled", {}),
    "webdataset": ("verovio", {"labels": "deepscores-v2"}),
    "parquet": ("verovio", {"staff_space": 10}),
    "patches": ("verovio", {"patches": "45x170", "patches_per_class": 10}),
    "patch-mosaics": ("verovio", {"patches_per_class": 10}),
    "mung": ("styled", {}),
    "sequences": ("verovio", {}),
    "sequences-mei": ("lilypond", {}),
}


def digests(folder: Path) -> Iterator[str]:
    """Yield one line a file: SHA-256 and path, in the order of the paths."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in paths:
        name = path.relative_to(folder).as_posix()
        if name not in VERSIONED:
            yield f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n"


def build(name: str, folder: Path, *, executor: str = "local") -> Path:
    """Build one of the golden datasets in *folder*."""
    deepscores.build([SCORES], folder, jobs=2, executor=executor, **RECIPES[name])
    return folder


def listing(name: str) -> Path:
    """The file that lists a golden dataset or, as ``export-FORMAT``, a golden export."""
    return LISTS / f"{name}.txt"


def differences(name: str, folder: Path) -> list[str]:
    """The files of *folder* that are not as the golden list says, a line each."""
    golden = set(listing(name).read_text(encoding="utf-8").splitlines())
    actual = {line.rstrip() for line in digests(folder)}
    return sorted(
        {f"{name}: {line.split('  ', 1)[1]}" for line in golden ^ actual},
    )


def main(arguments: list[str]) -> int:
    """Compare all lists, or write them anew with ``--accept``."""
    wrong: list[str] = []
    executor = "inline" if "--inline" in arguments else "local"
    with tempfile.TemporaryDirectory() as scratch:
        folders = {name: build(name, Path(scratch) / name, executor=executor) for name in RECIPES}
        for form, (source, options) in EXPORTS.items():
            folder = Path(scratch) / f"export-{form}"
            deepscores.export(
                folders[source], folder, to=form, jobs=2, executor=executor, **options
            )
            folders[folder.name] = folder
        for name, folder in folders.items():
            if "--accept" in arguments:
                LISTS.mkdir(exist_ok=True)
                listing(name).write_text("".join(digests(folder)), encoding="utf-8")
            else:
                wrong += differences(name, folder)
    sys.stdout.write("".join(f"{line}\n" for line in wrong) or "as golden\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
