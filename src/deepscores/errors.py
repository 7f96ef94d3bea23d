"""The errors that a user can see, by who can fix them."""


class DeepScoresError(Exception):
    """Root of all errors this package raises on purpose; the message is one line for a person."""


class RecipeError(DeepScoresError):
    """An invalid request: unknown font, label set, size, option or file."""


class ScoreError(DeepScoresError):
    """A score cannot be read or is not a score; *place* is the file, and the place in it."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place}: {problem}")
        self.place = place
        self.problem = problem

    def __reduce__(self) -> tuple[type["ScoreError"], tuple[str, str]]:
        return type(self), (self.place, self.problem)


class EngravingError(ScoreError):
    """An engine failed to draw a score, or drew it wrongly."""


class DatasetError(DeepScoresError):
    """A dataset folder is incomplete, damaged, or built from a different recipe."""
