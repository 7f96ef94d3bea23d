"""Humdrum and ABC are recognised and described."""

from collections.abc import Callable

import pytest

from deepscores.errors import ScoreError
from deepscores.page.model import Score

Read = Callable[..., Score]
KERN = "!!!COM: Scarlatti\r\n!!!OTL@@EN: Sonata\r\n**kern\t**dynam\n*M4/4\t*\n4c\tf\n*-\t*-\n"
ABC = "X:1\nT:The Kesh\nC:Trad.\nM:6/8\nK:G\nGAG GAB|\n"


def test_kern_is_described_by_its_records(read: Read) -> None:
    score = read(KERN, "sonata.krn")
    assert (score.format, score.title, score.composer) == ("humdrum", "Sonata", "Scarlatti")
    assert score.notes is None
    assert "\r" not in score.text


def test_abc_is_described_by_its_fields(read: Read) -> None:
    score = read(ABC, "kesh.abc")
    assert (score.format, score.title, score.composer) == ("abc", "The Kesh", "Trad.")


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        ("hello", "a.krn", "not Humdrum: no **kern spine"),
        ("**kern\n4r\n*-\n", "a.krn", "score without notes"),
        ("hello", "a.abc", "not ABC: no K: field"),
        ("X:1\nK:G\nz4|\n", "a.abc", "score without notes"),
        ("", "a.abc", "empty file"),
    ],
)
def test_other_text_is_refused(read: Read, content: str, name: str, reason: str) -> None:
    with pytest.raises(ScoreError) as error:
        read(content, name)
    assert str(error.value) == f"{name}: {reason}"
