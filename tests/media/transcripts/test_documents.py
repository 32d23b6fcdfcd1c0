"""Documents of word processors become text in the order of the page."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from tests.factories.timing import ends_within
from trifold.media.transcripts.speakers.labels import labelled
from trifold.media.transcripts.text import plain
from trifold.media.transcripts.text.documents import MOST_MB, is_document, text_of_document

FIRST, SECOND = "First I ask what matters.", "At 10:30 I rest."
SPOKEN = [("Mira Vogel", FIRST, 4.0, 9.0), ("Interviewer", SECOND, 9.0, None)]


def saved(fill: Callable[[docx.document.Document], object]) -> bytes:
    document = docx.Document()
    fill(document)
    held = io.BytesIO()
    document.save(held)
    return held.getvalue()


def rows(raw: bytes) -> list[tuple[str | None, str, float | None, float | None]]:
    found = labelled(plain.read(text_of_document(raw)).segments)
    return [(s.speaker, s.text, s.start_s, s.end_s) for s in found]


def of_teams(document: docx.document.Document) -> None:
    document.add_paragraph("Interview with Mira Vogel-20260502_093000-Meeting Recording")
    document.add_paragraph("May 2, 2026, 9:30AM")
    document.add_paragraph("6m 12s")
    document.add_paragraph("Anna Berg started transcription")
    for name, at, words in (("Mira Vogel", "0:04", FIRST), ("Interviewer", "0:09", SECOND)):
        paragraph = document.add_paragraph()
        paragraph.add_run(name).bold = True
        paragraph.add_run(f"   {at}").add_break()
        paragraph.add_run(words)
    document.add_paragraph("Anna Berg stopped transcription")


def of_word_online(document: docx.document.Document) -> None:
    for line in ("Audio file", "answer1.mp4", "Transcript"):
        document.add_paragraph(line)
    for at, name, words in (("00:00:04", "Mira Vogel", FIRST), ("00:00:09", "Interviewer", SECOND)):
        document.add_paragraph(f"{at} {name}")
        document.add_paragraph(words)


def of_a_table(document: docx.document.Document) -> None:
    lines = [("Time", "Speaker", "Text"), ("00:04", "Mira Vogel", FIRST)]
    table = document.add_table(0, 3)
    for line in (*lines, ("00:09", "Interviewer", SECOND)):
        for cell, text in zip(table.add_row().cells, line, strict=True):
            cell.text = text


def of_a_table_with_names_first(document: docx.document.Document) -> None:
    table = document.add_table(0, 3)
    for line in (("Mira Vogel", "00:04", FIRST), ("Interviewer", "00:09", SECOND)):
        for cell, text in zip(table.add_row().cells, line, strict=True):
            cell.text = text


@pytest.mark.parametrize(
    "fill", [of_teams, of_word_online, of_a_table, of_a_table_with_names_first]
)
def test_layouts_of_transcripts(fill: Callable[[docx.document.Document], object]) -> None:
    assert rows(saved(fill)) == SPOKEN


def test_names_below_arrows_become_labels() -> None:
    def of_older_teams(document: docx.document.Document) -> None:
        for line in ("0:0:4.0 --> 0:0:9.0", "Mira Vogel", FIRST):
            document.add_paragraph(line)
        document.add_paragraph(f"0:0:9.0 --> 0:0:9.500\nInterviewer\n{SECOND}")

    assert text_of_document(saved(of_older_teams)).split("\n") == [
        *["0:0:4.0 --> 0:0:9.0", "Mira Vogel:", FIRST],
        *["0:0:9.0 --> 0:0:9.500", "Interviewer:", SECOND],
    ]


def test_a_dialogue_without_times() -> None:
    raw = saved(lambda d: [d.add_paragraph(t) for t in ("Interviewer: Why?", f"Mira: {FIRST}")])
    assert [row[:2] for row in rows(raw)] == [("Interviewer", "Why?"), ("Mira", FIRST)]


def test_what_is_not_on_the_page_is_not_said() -> None:
    def fill(document: docx.document.Document) -> None:
        document.sections[0].header.paragraphs[0].text = "a header"
        paragraph = document.add_paragraph("I ")
        deleted = f"<w:del {nsdecls('w')}><w:r><w:delText>never </w:delText></w:r></w:del>"
        inserted = f"<w:ins {nsdecls('w')}><w:r><w:t>always</w:t></w:r></w:ins>"
        paragraph._p.append(parse_xml(deleted))
        paragraph._p.append(parse_xml(inserted))
        paragraph.add_run("\task")

    assert text_of_document(saved(fill)) == "I always\task"


def _zip(**parts: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), text)
    return held.getvalue()


def test_open_document_text() -> None:
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "text")
    )
    raw = _zip(
        content_xml=f"<office:document-content {spaces}><office:body><office:text>"
        "<text:tracked-changes><text:p>gone</text:p></text:tracked-changes>"
        "<text:h>Mira: I<text:s/>ask</text:h><text:p>and <text:span>sort</text:span>,"
        "<text:line-break/>then rest<office:annotation><text:p>hm</text:p></office:annotation>."
        "</text:p></office:text></office:body></office:document-content>"
    )
    assert text_of_document(raw) == "Mira: I ask\nand sort,\nthen rest."


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (_zip(a="words"), "expected text or .docx, got a zip archive"),
        (_zip(xl__workbook_xml="<a/>"), "expected text or .docx, got a spreadsheet"),
        (_zip(ppt__presentation_xml="<a/>"), "expected text or .docx, got a presentation"),
        (_zip(word__document_xml="<a/>"), "expected a readable .docx, got a damaged document"),
        (_zip(content_xml="<a"), "expected a readable .docx, got a damaged document"),
        (saved(of_teams)[:900], "expected a readable .docx, got a damaged zip archive"),
        (b"PK\x03\x04" + bytes(90), "expected a readable .docx, got a damaged zip archive"),
        (
            _zip(word__document_xml="a" * (MOST_MB + 1) * 1_000_000),
            f"expected at most {MOST_MB} MB when unpacked, got {MOST_MB + 1} MB",
        ),
    ],
    ids=["zip", "xlsx", "pptx", "no parts", "xml", "cut", "junk", "bomb"],
)
def test_other_archives_are_refused_by_name(raw: bytes, message: str) -> None:
    assert is_document(raw)
    with pytest.raises(ValueError, match=message):
        text_of_document(raw)


def test_entities_are_not_expanded() -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "words">]><a>&b;</a>'
    with pytest.raises(ValueError, match="damaged document"):
        text_of_document(_zip(content_xml=bomb))


def test_a_long_document_takes_little_time() -> None:
    raw = saved(lambda d: [d.add_paragraph("Mira Vogel: I ask.") for _ in range(1500)])
    assert len(text_of_document(raw).split("\n")) == 1500
    assert ends_within(5, lambda: text_of_document(raw))
