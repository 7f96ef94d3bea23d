"""XML is parsed without trusting it."""

import pytest

from deepscores.scores.refusal import Refusal
from deepscores.scores.xml import parse_xml, read_prolog

DOCTYPE = (
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 3.1 Partwise//EN" '
    '"http://www.musicxml.org/dtds/partwise.dtd">'
)


def test_plain_doctype_is_dropped() -> None:
    assert parse_xml(f'<?xml version="1.0"?>{DOCTYPE}<score-partwise/>').tag == "score-partwise"


def test_doctype_with_harmless_subset_is_dropped() -> None:
    assert parse_xml('<!DOCTYPE a [ <!ATTLIST a b CDATA "]>"> ]><a/>').tag == "a"


@pytest.mark.parametrize(
    ("declaration", "reason"),
    [
        ('<!ENTITY a "aaaa">', "declares an entity ('a'), line 2"),
        ('<!ENTITY % p SYSTEM "http://127.0.0.1/x">', "declares an external entity ('p'), line 2"),
        ('<!ENTITY secret SYSTEM "file:///etc/passwd">', "declares an external entity ('secret')"),
        ('<!-- ]> --><!ENTITY a "b">', "unsafe XML: declares an entity"),
    ],
)
def test_entities_are_refused(declaration: str, reason: str) -> None:
    with pytest.raises(Refusal) as refusal:
        parse_xml(f"<?xml version='1.0'?>\n<!DOCTYPE a [{declaration}]>\n<a>&a;</a>")
    assert reason in str(refusal.value)


def test_undeclared_entity_is_an_error_in_its_line() -> None:
    with pytest.raises(Refusal, match="line 3: Entity 'nbsp' not defined"):
        parse_xml("<a>\n\n&nbsp;</a>")


def test_lines_are_those_of_the_file() -> None:
    with pytest.raises(Refusal, match="line 5"):
        parse_xml('<?xml version="1.0"?>\n<!-- two\nlines -->\n<a>\n<b></a>')


def test_long_comment_and_junk_before_the_root_are_skipped() -> None:
    prolog = read_prolog("junk <!--" + "x" * 100_000 + "--> <?pi?>\n<a/>")
    assert (prolog.root, prolog.junk) == ("a", True)


def test_namespace_prefix_is_no_part_of_the_name() -> None:
    assert read_prolog("<m:mei xmlns:m='x'/>").root == "mei"


@pytest.mark.parametrize("text", ["<a", "<a>", "<a><b>", "<a>text", "<a b='"])
def test_a_cut_file_ends_too_early(text: str) -> None:
    with pytest.raises(Refusal, match="not well-formed XML, line 1"):
        parse_xml(text)


@pytest.mark.parametrize("text", ["<!--", "<?xml", "<!DOCTYPE a", "<!DOCTYPE a [", "<!ELEMENT>"])
def test_a_prolog_without_end_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="line 1"):
        read_prolog(text)


def test_deep_nesting_is_an_error_not_a_crash() -> None:
    with pytest.raises(Refusal, match="not well-formed XML"):
        parse_xml("<a>" * 100_000 + "</a>" * 100_000)
