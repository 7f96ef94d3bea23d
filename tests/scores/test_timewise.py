"""A timewise score says the same as its partwise twin."""

from lxml import etree

from deepscores.scores.timewise import to_partwise

TIMEWISE = """<score-timewise version="4.0"><work><work-title>W</work-title></work>
<part-list><score-part id="B"/><score-part id="A"/></part-list>
<measure number="1" id="m1" width="9"><part id="A"><n>1</n><n>2</n></part><part id="B"><n>3</n>
</part></measure><measure number="2"><part id="A"><n>4</n></part></measure></score-timewise>"""
PARTWISE = """<score-partwise version="4.0"><work><work-title>W</work-title></work>
<part-list><score-part id="B"/><score-part id="A"/></part-list>
<part id="B"><measure number="1" id="m1" width="9"><n>3</n></measure><measure number="2"/></part>
<part id="A"><measure number="1" width="9"><n>1</n><n>2</n></measure><measure number="2"><n>4</n>
</measure></part></score-partwise>"""


def canonical(root: etree._Element) -> str:
    for element in root.iter():
        element.text = (element.text or "").strip()
        element.tail = ""
    return etree.tostring(root, method="c14n").decode()


def test_measures_are_sorted_by_part() -> None:
    converted = to_partwise(etree.fromstring(TIMEWISE))
    assert canonical(converted) == canonical(etree.fromstring(PARTWISE))


def test_a_part_that_is_not_listed_is_kept() -> None:
    root = etree.fromstring(TIMEWISE.replace('<score-part id="B"/>', ""))
    assert [part.get("id") for part in to_partwise(root).iterfind("part")] == ["A", "B"]
