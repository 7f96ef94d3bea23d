"""What makes a page the one it is, and the name that its files share."""

from typing import NamedTuple


class PageIdentity(NamedTuple):
    """A page among all that a recipe makes."""

    score: str  # id
    font: str  # as pages and rows call it
    number: int  # of the page in the score in this font, from 1
    variant: str = ""  # of one engraved page shown in several ways, as "scan-1"; "": as engraved

    @property
    def stem(self) -> str:
        """The name that all files of the page share, in V1's manner.

        >>> PageIdentity("bach-bwv66-6", "Bravura", 2).stem
        'bach-bwv66-6-aug-bravura--page-2'
        >>> PageIdentity("bach-bwv66-6", "Bravura", 2, "scan-1").stem
        'bach-bwv66-6-aug-bravura--page-2--scan-1'
        """
        stem = f"{self.score}-aug-{self.font.lower()}--page-{self.number}"
        return f"{stem}--{self.variant}" if self.variant else stem
