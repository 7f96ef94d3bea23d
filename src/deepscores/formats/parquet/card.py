"""A dataset card: what is in a dataset, for people, and in YAML for the Hub.

https://huggingface.co/docs/hub/datasets-cards. All of it follows from the dataset; of rights it
says what the scores' files state, no more.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from deepscores.formats.protocol import Job
from deepscores.version import __version__

_SPLITS = {"train": "train", "val": "validation", "test": "test"}
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (10**6, "100K<n<1M"))
_TAGS = ("optical-music-recognition", "sheet-music", "music", "smufl", "synthetic")
# What a statement of rights holds, in small letters, and the Hub's word for it; the first decides.
_LICENCES = (
    (("cc0", "creativecommons.org/publicdomain/zero"), "cc0-1.0"),
    (("by-nc-sa/4.0", "cc by-nc-sa 4.0"), "cc-by-nc-sa-4.0"),
    (("by-nc-nd/4.0", "cc by-nc-nd 4.0"), "cc-by-nc-nd-4.0"),
    (("by-nc/4.0", "cc by-nc 4.0"), "cc-by-nc-4.0"),
    (("by-sa/4.0", "cc by-sa 4.0"), "cc-by-sa-4.0"),
    (("by-nd/4.0", "cc by-nd 4.0"), "cc-by-nd-4.0"),
    (("by/4.0", "cc by 4.0"), "cc-by-4.0"),
)
_STATED, _SILENT = "other", "unknown"


class Card(NamedTuple):
    """What a card describes."""

    job: Job
    splits: Mapping[str, int]  # pictures by split, of those that have any
    classes: Counter[str]  # objects by class
    fonts: Counter[str]  # pages by font
    scores: Sequence[Mapping[str, Any]]  # rows of scores.parquet


def write_card(card: Card) -> bytes:
    """``README.md``."""
    return "\n".join((*_header(card), *_text(card))).encode() + b"\n"


def licence_of(rights: str) -> str:
    """The Hub's word for what a score states of its rights.

    >>> [licence_of(text) for text in ("CC BY-SA 4.0", "© 2009 Someone", "")]
    ['cc-by-sa-4.0', 'other', 'unknown']
    """
    words = rights.lower()
    for marks, licence in _LICENCES:
        if any(mark in words for mark in marks):
            return licence
    return _STATED if rights.strip() else _SILENT


def _header(card: Card) -> Iterator[str]:
    yield "---"
    yield f"pretty_name: {_quote(_title(card))}"
    yield "license:"
    yield from _list_items(sorted({licence_of(score["rights"] or "") for score in card.scores}))
    yield "task_categories:"
    yield from _list_items(["object-detection", "image-segmentation"])
    yield "annotations_creators:"
    yield from _list_items(["machine-generated"])
    yield "tags:"
    yield from _list_items(_TAGS)
    yield "size_categories:"
    pictures = sum(card.splits.values())
    yield from _list_items([next((word for limit, word in _SIZES if pictures < limit), "1M<n<10M")])
    yield "configs:"
    yield "- config_name: default"
    yield "  data_files:"
    for split in card.splits:
        yield f"  - split: {_SPLITS[split]}"
        yield f"    path: data/{split}-*"
    yield "---"


def _list_items(values: Iterable[str]) -> Iterator[str]:
    return (f"- {_quote(value)}" for value in values)


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # which YAML reads as the same


def _title(card: Card) -> str:
    return f"Sheet-music pages with labels ({card.job.label_set})"


def _text(card: Card) -> Iterator[str]:
    job = card.job
    yield ""
    yield f"# {_title(card)}"
    yield ""
    yield from _about(card)
    yield ""
    yield "## Splits"
    yield ""
    column = "pages" if job.options.tiles is None else f"tiles of {job.options.tiles} px"
    yield from _table(("split", column), ((_SPLITS[split], n) for split, n in card.splits.items()))
    yield ""
    yield "Works, not pages, are split: no work is in two splits."
    yield ""
    yield from _COLUMNS
    yield ""
    yield "## Fonts"
    yield ""
    yield from _table(("font", "pages"), card.fonts.most_common())
    yield ""
    yield from _music(card)
    yield ""
    yield f"## Classes of the label set `{job.label_set}`"
    yield ""
    rows = ((place, name, card.classes[name]) for place, name in enumerate(job.names))
    yield from _table(("category", "class", "objects"), rows)


def _about(card: Card) -> Iterator[str]:
    objects = sum(card.classes.values())
    yield (
        f"{sum(card.splits.values()):,} pictures with {objects:,} labelled objects from "
        f"{len(card.scores):,} scores, engraved from their notation by deepscores {__version__} "
        f"(seed {card.job.info.get('seed', 0)}). Pictures and labels come from one rasterisation: "
        "boxes are tight, masks exact to the pixel."
    )
    yield ""
    yield "```python"
    yield "from datasets import load_dataset"
    yield ""
    yield 'pages = load_dataset("path/of/this/folder")'
    yield 'print(pages["train"][0]["image"], pages["train"][0]["objects"]["bbox"][:3])'
    yield "```"


_COLUMNS = """\
## Columns

`image`, its `width` and `height` in pixels, its `name`; of the page that it shows: `page`,
`score`, `work`, `engraver`, `font`, `number` in the score, and `staff_space` in pixels. `objects`
has lists of one length, an object a place:

- `number`: of its first symbol on the page; `category`: its class;
- `bbox` (x, y, width, height) and `obb` (the four corners of the rotated box, x y): in pixels,
  tight around the vectors;
- `area` and `segmentation`: of the pixels that it owns, run lengths as COCO's tools read them in
  `{"size": [height, width], "counts": segmentation}`;
- `iscrowd`: a tile shows too little of it; `visibility`, of tiles only: the share that it shows;
- `whole_segmentation`, where the dataset has it: of the pixels that it would own if nothing else
  were drawn.""".splitlines()


def _music(card: Card) -> Iterator[str]:
    yield "## Music and rights"
    yield ""
    yield (
        "Rights and composers are given as the scores' files state them, word for word. Where one "
        "states no rights, that is no permission; whoever publishes the pages answers for them."
    )
    yield ""
    rights = Counter(" ".join((score["rights"] or "").split()) for score in card.scores)
    rights_rows = ((text or "(none stated)", count) for text, count in _by_count(rights))
    yield from _table(("rights", "scores"), rights_rows)
    yield ""
    composers = Counter(" ".join((score["composer"] or "").split()) for score in card.scores)
    composer_rows = ((text or "(none named)", count) for text, count in _by_count(composers))
    yield from _table(("composer", "scores"), composer_rows)


def _by_count(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        cells = [str(cell).replace("|", "\\|") for cell in row]
        yield f"| {' | '.join(cells)} |"
