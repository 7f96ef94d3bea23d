"""The one signal inside this package that an input is no readable score."""


class Refusal(Exception):
    """Why an input cannot be read; `read_score` adds the file's name and raises `ScoreError`."""
