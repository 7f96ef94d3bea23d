"""Detection XML in the layout of DeepScores V1: coordinates normalised to 0…1, y down.

The layout is the published one to the byte: no XML declaration, four spaces, eight decimals, the
order xmin xmax ymin ymax. After ``bndbox`` stand the fields of the extended release: onset,
duration, rel_position and instance (here the symbol's number, in hexadecimal as a colour).
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from lxml import etree

from deepscores.errors import DatasetError
from deepscores.page.geometry import Box


class Annotation(NamedTuple):
    """One object of a page, box in pixels."""

    name: str
    box: Box
    number: int = 0  # of its first symbol
    onset: float | None = None
    duration: float | None = None
    position: int | None = None


def write_voc(filename: str, width: int, height: int, objects: Iterable[Annotation]) -> bytes:
    """The annotation file of the page image *filename*."""
    parts = [_HEAD.format(escape(filename), width, height)]
    for name, (x0, y0, x1, y1), number, onset, duration, position in objects:
        extra_fields = ""
        if onset is not None:
            extra_fields = f"        <onset>{onset:.9g}</onset>\n"
        if duration is not None:
            extra_fields += f"        <duration>{duration:.9g}</duration>\n"
        if position is not None:
            extra_fields += f"        <rel_position>{position}</rel_position>\n"
        if number:
            extra_fields += f"        <instance>#{number:06x}</instance>\n"
        box = (x0 / width, x1 / width, y0 / height, y1 / height)
        parts.append(_OBJECT % (_escaped(name), *box, extra_fields))
    parts.append("</annotation>\n")
    return "".join(parts).encode()


_HEAD = """<annotation>
    <folder>Annotations</folder>
    <filename>{}</filename>
    <size>
        <width>{}</width>
        <height>{}</height>
        <depth>1</depth>
    </size>
    <segmented>0</segmented>
"""


_OBJECT = """\
    <object>
        <name>%s</name>
        <bndbox>
            <xmin>%.8f</xmin>
            <xmax>%.8f</xmax>
            <ymin>%.8f</ymin>
            <ymax>%.8f</ymax>
        </bndbox>
%s    </object>
"""

_escaped = cache(escape)


def read_voc(data: bytes, source: str = "annotation") -> Iterator[Annotation]:
    """Yield the objects of an annotation file, boxes in pixels."""
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False))
        width, height = int(_text(root, "size/width")), int(_text(root, "size/height"))
        for node in root.iterfind("object"):
            # Going through the children once takes a third of the time of finding each by name.
            fields = {child.tag: child.text for child in node}
            sides = {child.tag: child.text for child in node.iterfind("bndbox/*")}
            x0, x1, y0, y1 = (
                float(_require_text(sides, key)) for key in ("xmin", "xmax", "ymin", "ymax")
            )
            onset, duration = fields.get("onset"), fields.get("duration")
            position, instance = fields.get("rel_position"), fields.get("instance")
            yield Annotation(
                _require_text(fields, "name"),
                Box(x0 * width, y0 * height, x1 * width, y1 * height),
                int(instance[1:], 16) if instance else 0,
                float(onset) if onset else None,
                float(duration) if duration else None,
                int(position) if position else None,
            )
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DatasetError(f"{source}: not a DeepScores annotation: {error}") from None


def read_size(data: bytes, source: str = "annotation") -> tuple[int, int]:
    """Width and height of the page that an annotation file is of, in pixels."""
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False))
        return int(_text(root, "size/width")), int(_text(root, "size/height"))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DatasetError(f"{source}: not a DeepScores annotation: {error}") from None


def _text(node: etree._Element, path: str) -> str:
    return _require_text({path: node.findtext(path)}, path)


def _require_text(texts: Mapping[Any, str | None], name: str) -> str:
    text = texts.get(name)
    if not text:
        raise ValueError(f"<{name}> is missing")
    return text
