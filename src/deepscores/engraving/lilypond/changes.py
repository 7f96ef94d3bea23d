"""Clefs, key and time signatures as LilyPond commands."""

from deepscores.engraving.lilypond.mei import Node, number, tag

_CLEFS = {"G": "G", "F": "F", "C": "C", "GG": "GG", "perc": "percussion"}
_MIDDLE_C = {"G": -4, "GG": 3, "F": 4, "C": 0, "perc": 0}  # from the clef's own line
_TONICS = ("ces", "ges", "des", "as", "es", "bes", "f", "c", "g", "d", "a", "e", "b", "fis", "cis")


def change(node: Node) -> list[str]:
    """The commands for one change; none for an invisible one."""
    match tag(node):
        case "clef":
            return clef(node)
        case "keySig":
            return key(node)
        case "meterSig":
            return meter(node)
    return []


def clef(node: Node) -> list[str]:
    """
    >>> from lxml import etree
    >>> clef(etree.fromstring('<clef shape="G" line="2" dis="8" dis.place="below"/>'))[0]
    '\\\\set Staff.clefGlyph = "clefs.G"'
    """
    shape = node.get("shape") or "G"
    line = number(node.get("line"), {"F": 4, "C": 3, "perc": 3}.get(shape, 2))
    position = 0 if shape == "perc" else 2 * line - 6
    octaves = {"8": 7, "15": 14, "22": 21}.get(node.get("dis", ""), 0)
    shift = octaves if node.get("dis.place") == "above" else -octaves
    middle = position + _MIDDLE_C.get(shape, 0) - shift
    return [
        f'\\set Staff.clefGlyph = "clefs.{_CLEFS.get(shape, "G")}"',
        f"\\set Staff.clefPosition = {position}",
        f"\\set Staff.clefTransposition = {shift}",
        f"\\set Staff.middleCClefPosition = {middle}",
        f"\\set Staff.middleCPosition = {middle}",
        # A clef of the same kind is repeated if the score does so.
        "\\set Staff.forceClef = ##t",
    ]


def key(node: Node) -> list[str]:
    """``keySig`` by its number of sharps or flats."""
    sig = node.get("sig") or "0"
    if node.get("visible") == "false":
        return []
    count = number(sig.rstrip("sf")) * (-1 if sig.endswith("f") else 1)
    if not -7 <= count <= 7:
        return []
    naturals = "##t" if (node.get("cancelaccid") or "none") != "none" else "##f"
    return [
        f"\\set Staff.printKeyCancellation = {naturals}",
        f"\\key {_TONICS[count + 7]} \\major",
    ]


def meter(node: Node) -> list[str]:
    """``meterSig`` with its sign, if it has one."""
    unit = number(node.get("unit"), 4) or 4
    counts = [number(beats) for beats in (node.get("count") or "").split("+") if beats]
    total = sum(counts)
    is_visible = node.get("visible") != "false" and node.get("form") != "invis"
    sign = {"common": (4, 4), "cut": (2, 2)}.get(node.get("sym") or "")
    if not total:
        total, unit = sign or (4, 4)
        is_visible = is_visible and bool(sign)
    style = "C" if sign and sign == (total, unit) else "numbered"
    commands = [f"\\override Staff.TimeSignature.style = #'{style}"]
    if not is_visible:
        commands.append("\\once \\omit Staff.TimeSignature")
    return [*commands, f"\\time {total}/{unit}"]
