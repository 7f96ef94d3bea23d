"""The exception inside this package for input that is not a readable score."""


class Refusal(Exception):
    """Why an input cannot be read; `read_score` adds the file's name and raises `ScoreError`."""
