"""Find score files and read them safely."""

from deepscores.scores.identity import music_digest
from deepscores.scores.reading import SIZE_LIMIT, read_score
from deepscores.scores.sources import SUFFIXES, Source, default_corpus, find_scores

__all__ = [
    "SIZE_LIMIT",
    "SUFFIXES",
    "Source",
    "default_corpus",
    "find_scores",
    "music_digest",
    "read_score",
]
