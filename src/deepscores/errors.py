"""Everything that can go wrong for a user, by who can mend it."""


class DeepScoresError(Exception):
    """Root of all errors this package raises on purpose; the message is one line for a person."""


class RecipeError(DeepScoresError):
    """What was asked for makes no sense: unknown font, label set, size, option or file."""


class ScoreError(DeepScoresError):
    """A score cannot be read or is no score; *where* is the file (and place) it is about."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where = where
        self.what = what

    def __reduce__(self) -> tuple[type["ScoreError"], tuple[str, str]]:
        return type(self), (self.where, self.what)


class EngravingError(ScoreError):
    """An engine could not draw a score, or drew it wrongly."""


class DatasetError(DeepScoresError):
    """A dataset folder is missing something, damaged, or of another recipe."""
