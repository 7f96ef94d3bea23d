"""The error for pictures without a true label."""


class Unfit(Exception):
    """There is no true label of some kind for this picture; the message is the reason, one line."""

    def __init__(self, reason: str) -> None:
        super().__init__(" ".join(reason.split()))
