"""What is said where there is no true label for a picture."""


class Unfit(Exception):
    """There is no true label of some kind for this picture; the message is why, in one line."""

    def __init__(self, reason: str) -> None:
        super().__init__(" ".join(reason.split()))
