"""Systems and pages with the music that they show, for end-to-end recognition."""

from deepscores.formats.sequences.exporter import MeiSequences, Sequences

__all__ = ["MeiSequences", "Sequences"]
