"""Pages of notation graphs (MUSCIMA++): boxes, masks, and what leads to what."""

from collections.abc import Iterator
from pathlib import Path

from deepscores.errors import DatasetError
from deepscores.formats.layouts import graphs, picture_of
from deepscores.formats.mung.nodes import Node, read_mung
from deepscores.formats.source_masks import Bitmap
from deepscores.formats.source_pages import Found, Listed, Source, Thing
from deepscores.formats.source_splits import told_split
from deepscores.runs.files import read_bytes


def open_graphs(path: Path, _: str) -> Source:
    """The dataset at *path*; its classes are those of its symbols, by name."""
    files = graphs(path)
    root = path if path.is_dir() else path.parent
    names = [str(one.relative_to(root)) for one in files]
    return Source(
        "mung",
        tuple(("", name) for name in sorted(set(_names(files)))),
        [Listed(name, told_split(name)) for name in names],
        files,
        "the nodes' masks; of nodes without, the box's dark pixels",
        whole_masks=True,
        entries=lambda: iter(files),
    )


def _names(files: list[Path]) -> Iterator[str]:
    for path in files:
        try:
            yield from (one.name for one in read_mung(read_bytes(path), str(path)))
        except DatasetError:
            continue  # told when the page is read


def read(path: Path) -> Found:
    """One page; raise DatasetError if its graph cannot be read."""
    nodes = read_mung(read_bytes(path), str(path))
    return Found(picture_of(path, "images", "fulls"), [_thing(one) for one in nodes])


def _thing(node: Node) -> Thing:
    x0, y0, x1, y1 = (round(side) for side in node.box)
    mask = Bitmap(node.mask, x0, y0, x1 - x0, y1 - y0) if node.mask not in ("", "None") else None
    return Thing(node.id, node.name, tuple(node.box), mask=mask, links=node.outlinks)
