"""The format: pictures and encodings side by side, and a line of JSON for each pair."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from deepscores.dataset.labelled import LabelledPage
from deepscores.dataset.layout import IMAGES
from deepscores.dataset.png.codec import encode_png
from deepscores.dataset.splits import SPLITS
from deepscores.errors import DatasetError, RecipeError
from deepscores.formats.compact import compact_json
from deepscores.formats.pictures import image_bytes, link
from deepscores.formats.protocol import Chunk, Format, Job
from deepscores.formats.sequences.converters import require_converters
from deepscores.formats.sequences.excerpt import Span
from deepscores.formats.sequences.labels import Label, Shown, label
from deepscores.formats.sequences.pictures import Box, system_box, system_picture
from deepscores.formats.sequences.score import Score, read_score
from deepscores.formats.sequences.sounds import drawn_sounds
from deepscores.formats.sequences.systems import check_signs, names_of, systems_of, whole_page
from deepscores.formats.sequences.unfit import Unfit
from deepscores.runs.caches import file_stamp
from deepscores.runs.executors.protocol import Failed, Limits
from deepscores.runs.files import replacing, write_again

SKIPPED = "skipped.jsonl"
_ROW, _SKIP = b"r", b"s"
_LIMITS = Limits(120, 3 * 2**30)  # of one picture's encodings
_OF_PAGE = ("page", "score", "work", "engraver", "font", "staff_space")


class Sequences(Format):
    """``SPLIT/STEM--system-N.png`` with ``.mei``, ``.musicxml``, ``.krn`` and ``.abc``."""

    owns: Sequence[str] = (*SPLITS, *(f"{split}.jsonl" for split in SPLITS), SKIPPED)
    pages_a_chunk = 32
    encodings: tuple[str, ...] = ("musicxml", "krn", "abc")

    def write(self, job: Job, chunk: Chunk, pictures: Iterable[LabelledPage]) -> bytes:
        """Pictures and encodings; a line of JSON for each pair, and for each that is missing.

        The job's executor for engines contains them, so that a score that they cannot stand costs
        itself only.
        """
        lines = BytesIO()
        waiting: dict[int, _Sample] = {}
        tasks = self._tasks(job, pictures, waiting, lines)
        results = job.engines.run(label, tasks, limits=lambda _: _LIMITS)
        with closing(results):
            for index, _, outcome in results:
                sample = waiting.pop(index)
                if isinstance(outcome, Failed):
                    made = Label({}, {"mei": f"{outcome.reason}: {outcome.detail}"}, {})
                else:
                    made = outcome.value
                _write_sample(job, chunk, sample, made, lines)
        return lines.getvalue()

    def check(self, job: Job) -> None:
        """Raise RecipeError for tiles, and where the converters are missing."""
        if job.options.tiles is not None:
            raise RecipeError(
                "sequences: tiles cut through systems and have no music of their own; "
                "leave out --tiles"
            )
        if self.encodings:
            require_converters()

    def _tasks(
        self,
        job: Job,
        pictures: Iterable[LabelledPage],
        waiting: dict[int, "_Sample"],
        lines: BytesIO,
    ) -> Iterator[Shown]:
        count = 0
        for page in pictures:
            for one in _samples(job, page):
                if isinstance(one, _Missing):
                    lines.write(_SKIP + compact_json(one.entry()) + b"\n")
                    continue
                waiting[count] = one
                count += 1
                sounds = drawn_sounds(one.rows)
                yield Shown(one.score, one.span, sounds, self.encodings)

    def finish(self, job: Job, parts: Mapping[str, Sequence[Path]]) -> None:
        """One list a split, and one of what is missing."""
        for split, files in parts.items():
            _gather(job.folder / f"{split}.jsonl", files, _ROW)
        _gather(job.folder / SKIPPED, [one for files in parts.values() for one in files], _SKIP)


class MeiSequences(Sequences):
    """``SPLIT/STEM--system-N.png`` with ``.mei`` alone; needs no converters."""

    encodings = ()


class _Sample(NamedTuple):
    """A picture on its way: all that is written once its label is there."""

    name: str  # of its files, without a suffix
    row: dict[str, Any]
    score: Path
    span: Span
    rows: Any  # of the symbol table
    picture: bytes | None  # None: the page's own file


class _Missing(NamedTuple):
    name: str
    encoding: str
    why: str

    def entry(self) -> dict[str, str]:
        return {"name": self.name, "encoding": self.encoding, "reason": self.why}


def _samples(job: Job, page: LabelledPage) -> Iterator[_Sample | _Missing]:
    """The systems of a page, then the page."""
    stem = str(page.row["page"])
    path = job.dataset / "scores" / f"{page.row['score']}.mei"
    try:
        score = _score(path, file_stamp(path))
        systems = systems_of(page.symbols, score, int(page.row["measures"]))
    except Unfit as why:
        yield _Missing(stem, "mei", str(why))
        return
    for one in systems:
        name = f"{stem}--system-{one.number}"
        try:
            check_signs(one, score)
        except Unfit as why:
            yield _Missing(name, "mei", str(why))
            continue
        box = system_box(page, one.rows)
        picture = encode_png(system_picture(page, one.rows, box))
        row = _row(page, one.number, box, score, one.span)
        yield _Sample(name, row, path, one.span, one.rows, picture)
    try:
        for one in systems:
            check_signs(one, score)
        span = whole_page(systems, page.symbols)
    except Unfit as why:
        yield _Missing(stem, "mei", str(why))
        return
    row = _row(page, None, (0, 0, page.width, page.height), score, span)
    own = None if page.is_whole else image_bytes(job, page)
    yield _Sample(stem, row, path, span, page.symbols, own)


@lru_cache(maxsize=1)
def _score(path: Path, _: tuple[int, int, int]) -> Score:
    return read_score(path)


def _row(
    page: LabelledPage, system: int | None, box: Box, score: Score, span: Span
) -> dict[str, Any]:
    return {
        **{name: page.row[name] for name in _OF_PAGE},
        "system": system,
        "box": list(box),
        "measures": list(names_of(score, span)),
        "staves": sorted(span.staves),
    }


def _write_sample(job: Job, chunk: Chunk, sample: _Sample, made: Label, lines: BytesIO) -> None:
    base = job.folder / chunk.split / sample.name
    lines.writelines(
        _SKIP + compact_json(_Missing(sample.name, encoding, why).entry()) + b"\n"
        for encoding, why in made.failures.items()
    )
    if not made.texts:
        return
    _place(job, sample, base.with_name(f"{base.name}.png"))
    for suffix, text in made.texts.items():
        write_again(base.with_name(f"{base.name}.{suffix}"), text.encode())
    encodings = {suffix: f"{chunk.split}/{sample.name}.{suffix}" for suffix in made.texts}
    row = {
        "image": f"{chunk.split}/{sample.name}.png",
        **encodings,
        "encodings": list(made.texts),
        **sample.row,
        "cut": dict(made.cut),
    }
    lines.write(_ROW + compact_json(row) + b"\n")


def _place(job: Job, sample: _Sample, path: Path) -> None:
    if sample.picture is not None:
        write_again(path, sample.picture)
        return
    own = job.dataset / IMAGES / f"{sample.name}.png"
    if job.options.images == "link":
        link(own, path)
        return
    try:
        data = own.read_bytes()
    except OSError as error:
        raise DatasetError(f"{own}: {error.strerror}") from None
    write_again(path, data)


def _gather(path: Path, files: Iterable[Path], kind: bytes) -> None:
    with replacing(path) as target:
        for part in files:
            with open(part, "rb") as lines:
                for line in lines:
                    if line[:1] == kind:
                        target.write(line[1:])
