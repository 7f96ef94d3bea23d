"""A score as it was read: safe text for an engraver, and what the file says about itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Score:
    """One readable score.

    *id* names it in the dataset (file-name safe, no dots, unique within a build); *work* is the
    same for all files that hold one work, so that splits can keep them together.
    """

    id: str
    path: str  # the source, as found: relative to the folder it was found in
    digest: str  # SHA-256 of the source file's bytes, hexadecimal
    work: str
    format: str  # "musicxml" | "mei" | "humdrum" | "abc"
    text: str  # what the engraver reads: UTF-8 safe, partwise, repaired
    title: str = ""
    composer: str = ""
    rights: str = ""
    notes: int | None = (
        None  # noteheads a faithful engraving draws; None: not known for this format
    )
    measures: int | None = None
    mended: tuple[str, ...] = ()  # what reading had to repair, for the record
