"""Labels in the layout of YOLO: a file an image, a line an object, in shares of the image.

A line is ``class x y width height`` (x y: the centre), or ``class`` and the corners of a polygon or
of an oriented box, ``x y`` after ``x y``. Classes count from 0.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.errors import DatasetError
from deepscores.page.geometry import Box

_ENTRY = re.compile(r"""^\s+(?:-|(\d+)\s*:)\s*(?:"([^"]*)"|'([^']*)'|([^#\n]*?))\s*(?:#.*)?$""")
_INLINE = re.compile(r"^names\s*:\s*\[(.*)\]\s*(?:#.*)?$")


class Label(NamedTuple):
    """One object: its class counted from 0, its box in shares of the image."""

    class_id: int
    box: Box
    points: tuple[float, ...] = ()  # x y x y … of its polygon, if it has one


def write_yolo(labels: Iterable[tuple[int, Sequence[float]]]) -> bytes:
    """The file of one image, from class ids from 0 and what follows them, in shares.

    Six decimals: on an image of 4,000 pixels a box's side is off by at most 0.004.

    >>> write_yolo([(3, [0.5, 0.5, 0.2, 0.4])])
    b'3 0.500000 0.500000 0.200000 0.400000\\n'
    """
    lines = [f"{class_id}{' %.6f' * len(values) % tuple(values)}\n" for class_id, values in labels]
    return "".join(lines).encode()


def to_centres(boxes: NDArray[np.float64], width: int, height: int) -> NDArray[np.float64]:
    """Boxes (n, 4) in pixels as YOLO has them: centre and size in shares of the image.

    >>> to_centres(np.array([[10.0, 0.0, 30.0, 50.0]]), 100, 100).tolist()
    [[0.2, 0.25, 0.2, 0.5]]
    """
    low, high = boxes[:, :2], boxes[:, 2:]
    shares: NDArray[np.float64] = np.concatenate([(low + high) / 2, high - low], axis=1)
    return shares / (width, height, width, height)


def write_data_yaml(splits: Iterable[str], names: Sequence[str]) -> bytes:
    """The ``data.yaml`` of images in ``images/SPLIT``, in the same folder as ``images``.

    It has no ``path``: trainers then take the folder that it is in.
    """
    lines = [f"{split}: images/{split}" for split in splits]
    lines += [f"nc: {len(names)}", "names:"]
    # Names in quotes: `no`, `on` and `y` are no words in YAML.
    lines += [
        f"  {number}: {json.dumps(name, ensure_ascii=False)}" for number, name in enumerate(names)
    ]
    return ("\n".join(lines) + "\n").encode()


def read_yolo(text: str, file: str = "labels") -> Iterator[Label]:
    """Yield the objects of one image; of polygons, the box around them, too.

    >>> list(read_yolo("3 0.5 0.5 0.2 0.4"))
    [Label(class_id=3, box=Box(x0=0.4, y0=0.3, x1=0.6, y1=0.7), points=())]
    """
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if not words:
            continue
        try:
            class_id, values = int(words[0]), [float(word) for word in words[1:]]
            yield Label(class_id, _box(values), tuple(values) if len(values) > 5 else ())
        except ValueError as error:
            raise DatasetError(f"{file}, line {number}: not a YOLO label: {error}") from None


def _box(values: list[float]) -> Box:
    if len(values) in (4, 5):  # the fifth is a detector's confidence
        x, y, width, height = values[:4]
        return Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    if len(values) >= 6 and len(values) % 2 == 0:
        return Box(min(values[::2]), min(values[1::2]), max(values[::2]), max(values[1::2]))
    raise ValueError(f"{len(values)} numbers after the class")


def read_names(text: str, file: str = "data.yaml") -> list[str]:
    """The class names of a ``data.yaml``, whether listed, numbered or inline.

    >>> read_names("names:\\n  0: stem\\n  1: 'note head'\\n")
    ['stem', 'note head']
    >>> read_names("nc: 2\\nnames: [stem, head]")
    ['stem', 'head']
    """
    lines = iter(text.splitlines())
    for line in lines:
        if inline := _INLINE.match(line):
            return [name.strip().strip("\"'") for name in inline[1].split(",") if name.strip()]
        if re.match(r"^names\s*:\s*(?:#.*)?$", line):
            return _parse_name_list(lines)
    raise DatasetError(f"{file}: no class names (names:)")


def _parse_name_list(lines: Iterator[str]) -> list[str]:
    names: dict[int, str] = {}
    for line in lines:
        entry = _ENTRY.match(line) or _ENTRY.match(f" {line}" if line.startswith("-") else "")
        if entry is None:
            if line.strip() and not line.lstrip().startswith("#"):
                break
            continue
        number, *words = entry.groups()
        names[int(number) if number else len(names)] = next(
            word for word in words if word is not None
        )
    return [names.get(place, str(place)) for place in range(max(names, default=-1) + 1)]
