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
from deepscores.formats.protocol import Chunk, Exporter, Job
from deepscores.formats.sequences.converters import require_converters
from deepscores.formats.sequences.excerpt import Span
from deepscores.formats.sequences.labels import Label, Passage, label
from deepscores.formats.sequences.pictures import Box, system_box, system_picture
from deepscores.formats.sequences.score import Score, read_score
from deepscores.formats.sequences.sounds import drawn_sounds
from deepscores.formats.sequences.systems import check_signs, names_of, systems_of, whole_page
from deepscores.formats.sequences.unfit import Unfit
from deepscores.formats.writing.compact import compact_json
from deepscores.formats.writing.images import image_bytes, link
from deepscores.runs.caches import file_stamp
from deepscores.runs.executors.protocol import Failed, Limits
from deepscores.runs.files import replacing, write_again

SKIPPED = "skipped.jsonl"
_ROW, _SKIP = b"r", b"s"
_LIMITS = Limits(120, 3 * 2**30)  # of one picture's encodings
_OF_PAGE = ("page", "score", "work", "engraver", "font", "staff_space")


class Sequences(Exporter):
    """``SPLIT/STEM--system-N.png`` with ``.mei``, ``.musicxml``, ``.krn`` and ``.abc``."""

    owns: Sequence[str] = (*SPLITS, *(f"{split}.jsonl" for split in SPLITS), SKIPPED)
    pages_a_chunk = 32
    encodings: tuple[str, ...] = ("musicxml", "krn", "abc")

    def write(self, job: Job, chunk: Chunk, pictures: Iterable[LabelledPage]) -> bytes:
        """Pictures and encodings; a line of JSON for each pair, and for each that is missing.

        The job's executor for engines contains them, so that a score that crashes one is the only
        one lost.
        """
        lines = BytesIO()
        pending: dict[int, _Sample] = {}
        tasks = self._tasks(job, pictures, pending, lines)
        results = job.engines.run(label, tasks, limits=lambda _: _LIMITS)
        with closing(results):
            for index, _, outcome in results:
                sample = pending.pop(index)
                if isinstance(outcome, Failed):
                    sample_label = Label({}, {"mei": f"{outcome.reason}: {outcome.detail}"}, {})
                else:
                    sample_label = outcome.value
                _write_sample(job, chunk, sample, sample_label, lines)
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
    ) -> Iterator[Passage]:
        count = 0
        for page in pictures:
            for sample in _samples(job, page):
                if isinstance(sample, _Missing):
                    lines.write(_SKIP + compact_json(sample.entry()) + b"\n")
                    continue
                waiting[count] = sample
                count += 1
                sounds = drawn_sounds(sample.rows)
                yield Passage(sample.score, sample.span, sounds, self.encodings)

    def finish(self, job: Job, parts: Mapping[str, Sequence[Path]]) -> None:
        """One list per split, and one of what is missing."""
        for split, files in parts.items():
            _gather(job.folder / f"{split}.jsonl", files, _ROW)
        _gather(job.folder / SKIPPED, [path for files in parts.values() for path in files], _SKIP)


class MeiSequences(Sequences):
    """``SPLIT/STEM--system-N.png`` with ``.mei`` alone; needs no converters."""

    encodings = ()


class _Sample(NamedTuple):
    """A picture whose label is being made, and all that is written with it."""

    name: str  # of its files, without a suffix
    row: dict[str, Any]
    score: Path
    span: Span
    rows: Any  # of the symbol table
    picture: bytes | None  # None: the page's own file


class _Missing(NamedTuple):
    name: str
    encoding: str
    reason: str

    def entry(self) -> dict[str, str]:
        return {"name": self.name, "encoding": self.encoding, "reason": self.reason}


def _samples(job: Job, page: LabelledPage) -> Iterator[_Sample | _Missing]:
    """The systems of a page, then the page."""
    stem = str(page.row["page"])
    path = job.dataset / "scores" / f"{page.row['score']}.mei"
    try:
        score = _score(path, file_stamp(path))
        systems = systems_of(page.symbols, score, int(page.row["measures"]))
    except Unfit as reason:
        yield _Missing(stem, "mei", str(reason))
        return
    for system in systems:
        name = f"{stem}--system-{system.number}"
        try:
            check_signs(system, score)
        except Unfit as reason:
            yield _Missing(name, "mei", str(reason))
            continue
        box = system_box(page, system.rows)
        picture = encode_png(system_picture(page, system.rows, box))
        row = _row(page, system.number, box, score, system.span)
        yield _Sample(name, row, path, system.span, system.rows, picture)
    try:
        for system in systems:
            check_signs(system, score)
        span = whole_page(systems, page.symbols)
    except Unfit as reason:
        yield _Missing(stem, "mei", str(reason))
        return
    row = _row(page, None, (0, 0, page.width, page.height), score, span)
    page_picture = None if page.is_whole else image_bytes(job, page)
    yield _Sample(stem, row, path, span, page.symbols, page_picture)


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


def _write_sample(
    job: Job, chunk: Chunk, sample: _Sample, sample_label: Label, lines: BytesIO
) -> None:
    base = job.folder / chunk.split / sample.name
    lines.writelines(
        _SKIP + compact_json(_Missing(sample.name, encoding, reason).entry()) + b"\n"
        for encoding, reason in sample_label.failures.items()
    )
    if not sample_label.texts:
        return
    _place(job, sample, base.with_name(f"{base.name}.png"))
    for suffix, text in sample_label.texts.items():
        write_again(base.with_name(f"{base.name}.{suffix}"), text.encode())
    encodings = {suffix: f"{chunk.split}/{sample.name}.{suffix}" for suffix in sample_label.texts}
    row = {
        "image": f"{chunk.split}/{sample.name}.png",
        **encodings,
        "encodings": list(sample_label.texts),
        **sample.row,
        "cut": dict(sample_label.cut),
    }
    lines.write(_ROW + compact_json(row) + b"\n")


def _place(job: Job, sample: _Sample, path: Path) -> None:
    if sample.picture is not None:
        write_again(path, sample.picture)
        return
    page_file = job.dataset / IMAGES / f"{sample.name}.png"
    if job.options.images == "link":
        link(page_file, path)
        return
    try:
        data = page_file.read_bytes()
    except OSError as error:
        raise DatasetError(f"{page_file}: {error.strerror}") from None
    write_again(path, data)


def _gather(path: Path, files: Iterable[Path], kind: bytes) -> None:
    with replacing(path) as target:
        for part in files:
            with open(part, "rb") as lines:
                for line in lines:
                    if line[:1] == kind:
                        target.write(line[1:])
