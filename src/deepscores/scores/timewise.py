"""score-timewise to score-partwise: the same measures, sorted by part instead of by time."""

from lxml import etree


def to_partwise(root: etree._Element) -> etree._Element:
    """Turn a ``score-timewise`` tree into a ``score-partwise`` one; *root* is consumed.

    Parts come in the order of the part list, then of their first appearance; a part that skips a
    measure gets an empty one, so that the measures of all parts stay aligned.
    """
    measures = root.findall("measure")
    contents = [_by_part(measure) for measure in measures]
    result = etree.Element("score-partwise", dict(root.attrib))
    result.extend([child for child in root if child.tag != "measure"])
    for number, part_id in enumerate(_part_order(result, contents)):
        part = etree.SubElement(result, "part", {"id": part_id})
        for measure, content in zip(measures, contents, strict=True):
            target = etree.SubElement(part, "measure", dict(measure.attrib))
            if number > 0:  # one measure becomes one per part, and ids stay unique
                target.attrib.pop("id", None)
            target.extend(content.get(part_id, []))
    return result


def _by_part(measure: etree._Element) -> dict[str, list[etree._Element]]:
    content: dict[str, list[etree._Element]] = {}
    for part in measure.iterfind("part"):
        content.setdefault(part.get("id", ""), []).extend(part)
    return content


def _part_order(root: etree._Element, contents: list[dict[str, list[etree._Element]]]) -> list[str]:
    listed_ids = [part.get("id", "") for part in root.iterfind("part-list/score-part")]
    used = dict.fromkeys(part for content in contents for part in content)
    return [part for part in dict.fromkeys([*listed_ids, *used]) if part in used]
