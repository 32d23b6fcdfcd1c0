"""Timed text in XML: TTML of all profiles and YouTube's formats."""

from __future__ import annotations

import pytest

from tests.factories.timing import ends_within
from trifold.contracts import Segment
from trifold.media.transcripts.annotation import elan
from trifold.media.transcripts.parsed import OtherContentError
from trifold.media.transcripts.timed import ttml, youtube
from trifold.media.transcripts.timed.xml_tree import is_document, parse_xml, refuse, root_name

NAMES = (
    'xmlns="http://www.w3.org/ns/ttml" xmlns:ttm="http://www.w3.org/ns/ttml#metadata" '
    'xmlns:ttp="http://www.w3.org/ns/ttml#parameter" xmlns:tts="http://www.w3.org/ns/ttml#styling"'
)


def document(body: str, *, head: str = "", stated: str = 'xml:lang="en"') -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<tt {NAMES} {stated}>\n'
        f"<head>{head}</head>\n<body>\n<div>\n{body}\n</div>\n</body>\n</tt>\n"
    )


def test_paragraphs_are_cues() -> None:
    text = document(
        '<p begin="00:00:00.000" end="00:00:01.500" region="r1">I plan,<br/>\n    ahead</p>\n'
        '<p begin="1.5s" dur="1.75s"><span tts:color="red">Tea</span> first &amp; last</p>'
    )
    assert ttml.recognises_ttml(text)
    found = ttml.read_ttml(text)
    assert found.segments == (
        Segment("I plan, ahead", 0.0, 1.5),
        Segment("Tea first & last", 1.5, 3.25),
    )
    assert (found.kind, found.language, found.damaged) == ("ttml", "en", 0)


@pytest.mark.parametrize(
    ("written", "stated"),
    [
        ("00:00:01.500", ""),
        ("00:00:01:15", ""),
        ("00:00:01:12", 'ttp:frameRate="24"'),
        ("1.5s", ""),
        ("1500ms", ""),
        ("36f", 'ttp:frameRate="24"'),
        ("36f", 'ttp:frameRate="24" ttp:frameRateMultiplier="1 1"'),
        ("15000000t", 'ttp:tickRate="10000000"'),
        ("0.025m", ""),
    ],
)
def test_times_of_ttml(written: str, stated: str) -> None:
    found = ttml.read_ttml(document(f'<p begin="0s" end="{written}">I plan</p>', stated=stated))
    assert found.segments[0].end_s == pytest.approx(1.5, abs=1e-5)


def test_rate_multiplier() -> None:
    stated = 'ttp:frameRate="30" ttp:frameRateMultiplier="1000 1001"'
    found = ttml.read_ttml(document('<p begin="0f" end="30f">I plan</p>', stated=stated))
    assert found.segments[0].end_s == pytest.approx(1.001)


def test_times_count_from_those_around_them() -> None:
    text = document('<p begin="1s" end="3s">I plan</p>').replace("<body>", '<body begin="10s">')
    assert ttml.read_ttml(text).segments == (Segment("I plan", 11.0, 13.0),)
    inherited = document("<p>I plan</p>").replace("<div>", '<div begin="1s" end="2s">')
    assert ttml.read_ttml(inherited).segments == (Segment("I plan", 1.0, 2.0),)


def test_spans_with_times_are_words() -> None:
    text = document(
        '<p begin="1s" end="3s"><span begin="0s" end="0.5s">I</span> '
        '<span begin="0.5s" end="1s">plan</span></p>'
    )
    assert ttml.read_ttml(text).segments == (Segment("I", 1.0, 1.5), Segment("plan", 1.5, 2.0))
    bare = text.replace('<p begin="1s" end="3s">', "<p>")
    assert ttml.read_ttml(bare).segments == (Segment("I", 0.0, 0.5), Segment("plan", 0.5, 1.0))


def test_agents_are_speakers() -> None:
    head = (
        '<metadata><ttm:title>a talk</ttm:title><ttm:agent xml:id="a1" type="person">'
        '<ttm:name type="full">Ann Lee</ttm:name></ttm:agent></metadata>'
    )
    text = document(
        '<p begin="0s" end="2s" ttm:agent="a1">I plan</p>'
        '<p begin="2s" end="4s"><span ttm:agent="a1">Tea?</span>'
        '<span ttm:agent="Bo">Yes</span></p>',
        head=head,
    )
    said = [(s.text, s.speaker) for s in ttml.read_ttml(text).segments]
    assert said == [("I plan", "Ann Lee"), ("Tea?", "Ann Lee"), ("Yes", "Bo")]


def test_what_is_not_said_is_left_out() -> None:
    text = document(
        '<p begin="0s" end="1s"><metadata ttm:desc="x"><ttm:desc>a note</ttm:desc></metadata>I '
        '<span tts:ruby="base">plan</span><span tts:ruby="text">pln</span></p>'
        '<p begin="1s" end="2s" ttm:role="sound">door</p><p begin="2s" end="3s">[MUSIC]</p>'
    )
    assert ttml.read_ttml(text).segments == (Segment("I plan", 0.0, 1.0),)


def test_one_bad_time_costs_itself() -> None:
    text = document(
        '<p begin="soon" end="1s">I plan</p><p begin="2s" end="1s">tea</p>'
        '<p begin="2s" end="3s">rain</p>'
    )
    found = ttml.read_ttml(text)
    assert found.segments == (Segment("I plan"), Segment("tea"), Segment("rain", 2.0, 3.0))
    assert found.damaged == 2


def test_rolling_ttml_counts_once() -> None:
    lines = ["so this is how", "my morning goes", "tea comes first", "then the list"]
    text = document(
        "".join(
            f'<p begin="{i}s" end="{i + 1}s">{"<br/>".join(lines[max(0, i - 1) : i + 1])}</p>'
            for i in range(4)
        )
    )
    assert [s.text for s in ttml.read_ttml(text).segments] == lines


def test_srv1() -> None:
    text = (
        '<?xml version="1.0" encoding="utf-8" ?><transcript><text start="0" dur="2.5">it&amp;#39;s '
        'tea</text><text start="1.5" dur="2">first</text></transcript>'
    )
    assert youtube.recognises_youtube(text)
    assert youtube.read_youtube(text).segments == (
        Segment("it's tea", 0.0, 1.5),
        Segment("first", 1.5, 3.5),
    )


def test_srv3_has_words() -> None:
    text = (
        '<?xml version="1.0" encoding="utf-8" ?><timedtext format="3">\n<head><ws id="0"/></head>'
        '<body>\n<w t="0" id="1" wp="1"/>\n<p t="1000" d="3000" w="1"><s ac="0">I</s>'
        '<s t="500" ac="0"> plan</s></p>\n<p t="2500" w="1" a="1">\n</p>'
        '<p t="2000" d="1000" w="1"><s>tea</s></p>\n'
        '<p t="3000" d="500">[Music]</p></body></timedtext>'
    )
    found = youtube.read_youtube(text)
    assert [(s.text, s.start_s, s.end_s) for s in found.segments] == [
        *(("I", 1.0, 1.5), ("plan", 1.5, 2.0), ("tea", 2.0, 3.0)),
    ]


@pytest.mark.parametrize("read", [ttml.read_ttml, youtube.read_youtube, elan.read])
def test_damage_is_named(read) -> None:
    with pytest.raises(ValueError, match="expected well-formed XML, got"):
        read("<tt><body><p>I plan</body></tt>")
    bomb = '<!DOCTYPE tt [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><tt><body><p>&b;</p></body></tt>'
    with pytest.raises(ValueError, match="expected XML without entities of its own, got some"):
        read(bomb)
    assert read("<tt/>").segments == ()


@pytest.mark.parametrize(
    "text",
    ["<?xml version='1.0'?><Trans><Turn>I plan</Turn></Trans>", "<html><p>I plan</p></html>\n"],
)
def test_other_documents_are_refused_by_name(text: str) -> None:
    assert is_document(text)
    with pytest.raises(
        OtherContentError, match=r"expected timed text .* in XML, got <(?:trans|html)>"
    ):
        refuse(text)
    assert not is_document("<i>I plan</i>")
    assert not is_document("a < b")


def test_loose_ampersands_are_characters() -> None:
    text = document('<p begin="0s" end="1s">R&D&nbsp;now &eacute; &#233; &lt;3 & more</p>')
    assert ttml.read_ttml(text).segments[0].text == "R&D now é é <3 & more"


def test_root_names() -> None:
    assert root_name("\ufeff<?xml version='1.0'?><!-- a note -->\n<!DOCTYPE tt>\n<tt:tt>") == "tt"
    assert root_name("I plan <tt>") is None
    assert root_name("<") is None


@pytest.mark.parametrize(
    "atom", ["<p>", "&", "<!--", "<?", "<p begin='1s'>a</p>", "<br/>", "<span>a"]
)
def test_time_is_linear_in_the_text(atom: str) -> None:
    text = "<tt><body>" + (atom * 50_000)[:50_000] + "</body></tt>"

    def read() -> None:
        root_name(text)
        try:
            ttml.read_ttml(text)
        except ValueError as error:
            assert "expected" in str(error)  # noqa: PT017

    assert ends_within(3, read)


def test_depth_has_no_limit() -> None:
    text = "<tt><body>" + "<span>" * 20_000 + "a" + "</span>" * 20_000 + "</body></tt>"
    assert ttml.read_ttml(text).segments == ()
    assert parse_xml(text).tag == "tt"


def test_of_several_languages_one_is_read() -> None:
    body = '<p begin="1s" end="2s">I plan</p></div><div xml:lang="de"><p begin="1s" end="2s">Ja</p>'
    for stated, words, language in (
        ('xml:lang="en"', "I plan", "en"), ('xml:lang="de"', "Ja", "de"), ("", "I plan", None)
    ):  # fmt: skip
        inner = body if stated != 'xml:lang="de"' else f'</div><div xml:lang="en">{body}'
        found = ttml.read_ttml(document(inner, stated=stated))
        assert [s.text for s in found.segments] == [words]
        assert found.language == language
