"""Text of word processors' documents: ``.docx`` as Teams and Word write transcripts, and ``.odt``.

What a reader of the page sees as its text, in order: paragraphs and tables; no deletions, notes,
comments, headers or footers. Which transcript it is, is then decided as for any text.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from trifold.media.transcripts.speakers.heads import speaker_of
from trifold.media.transcripts.text.decoding import tidied

MOST_MB = 100  # of all that an archive holds when unpacked
MOST_NAMED = 0.8  # share of cues whose first line must be a name

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_UNSEEN = {
    *(_WORD + name for name in ("del", "moveFrom", "instrText", "delText", "footnote", "comment")),
    *(_WORD + name for name in ("pPr", "rPr", "sectPr", "tblPr", "trPr", "tcPr")),
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
    *(_TEXT + name for name in ("tracked-changes", "note", "sequence-decls")),
    *(_OFFICE + name for name in ("annotation", "forms")),
}
_CHARACTERS = {
    **{_WORD + "tab": "\t", _WORD + "br": "\n", _WORD + "cr": "\n", _WORD + "noBreakHyphen": "-"},
    **{_TEXT + "tab": "\t", _TEXT + "line-break": "\n", _TEXT + "s": " "},
}
_PARAGRAPHS = {_WORD + "p", _TEXT + "p", _TEXT + "h"}
_ROWS = {_WORD + "tr", _TABLE + "table-row"}
_CELLS = {_WORD + "tc", _TABLE + "table-cell"}
_ARROW = re.compile(r"\s*\d[\d:.,]{3,14} *--> *\d[\d:.,]{3,14}\s*")
_OTHERS = (("xl/", "a spreadsheet"), ("ppt/", "a presentation"), ("Index/", "a Pages document"))


def is_document(raw: bytes) -> bool:
    """Whether bytes are a zip archive, which documents of word processors are."""
    return raw[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def text_of_document(raw: bytes) -> str:
    """Text of a ``.docx`` or ``.odt``, a line per paragraph; cells of a table's row by tabs.

    Raises:
        ValueError: when it is another kind of archive, damaged, or too large when unpacked.
    """
    names = _names_in(raw)
    try:
        if "content.xml" in names and "word/" not in "".join(names):
            with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                from defusedxml import ElementTree

                body = ElementTree.fromstring(archive.read("content.xml"))
        elif any(name.startswith("word/") for name in names):
            import docx  # takes a while to load, and few files need it

            body = docx.Document(io.BytesIO(raw)).element.body
        else:
            raise _OtherArchiveError
        lines = [line for text in _blocks(body) for line in tidied(text).split("\n")]
    except _OtherArchiveError:
        kind = next((kind for part, kind in _OTHERS if part in "".join(names)), "a zip archive")
        raise ValueError(f"expected text or .docx, got {kind}") from None
    except Exception as error:  # a stranger's archive fails in any of its parsers
        reason = f"a damaged document ({type(error).__name__})"
        raise ValueError(f"expected a readable .docx, got {reason}") from error
    return "\n".join(_with_labels(lines))


class _OtherArchiveError(Exception):
    pass


def _names_in(raw: bytes) -> list[str]:
    """Names of what an archive holds, its size checked before anything is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise ValueError("expected a readable .docx, got a damaged zip archive") from error
    size = sum(info.file_size for info in infos)
    if size > MOST_MB * 1_000_000:
        unpacked = f"{size / 1e6:.0f} MB"
        raise ValueError(f"expected at most {MOST_MB} MB when unpacked, got {unpacked}")
    return [info.filename for info in infos]


def _blocks(element: Any) -> Iterator[str]:  # elements of lxml and of the standard library
    """Paragraphs and rows of tables, in order."""
    for child in element:
        if child.tag in _UNSEEN:
            continue
        if child.tag in _PARAGRAPHS:
            yield "".join(_characters(child))
        elif child.tag in _ROWS:
            yield _row(child)
        else:
            yield from _blocks(child)


def _row(row: Any) -> str:
    """Cells by tabs where each is one line, else below one another."""
    cells = [[text for text in _blocks(cell) if text.strip()] for cell in row if cell.tag in _CELLS]
    filled = [cell for cell in cells if cell]
    if all(len(cell) == 1 and "\n" not in cell[0] for cell in filled):
        return "\t".join(cell[0].strip() for cell in filled)
    return "\n".join(text for cell in filled for text in cell)


def _characters(element: Element) -> Iterator[str]:
    """Characters of a paragraph, in order; boxes within it are paragraphs of their own."""
    if element.tag.startswith(_TEXT) or element.tag == _WORD + "t":
        yield element.text or ""
    for child in element:
        if child.tag in _CHARACTERS:
            yield _CHARACTERS[child.tag]
        elif child.tag not in _UNSEEN and isinstance(child.tag, str):
            yield "\n" if child.tag in _PARAGRAPHS else ""
            yield from _characters(child)
        if element.tag.startswith(_TEXT):
            yield child.tail or ""


def _with_labels(lines: Sequence[str]) -> list[str]:
    """Names between a line of times and the words, as older Teams has them, get a colon."""
    filled = [number for number, line in enumerate(lines) if line.strip()]
    times = [at for at, number in enumerate(filled) if _ARROW.fullmatch(lines[number])]
    below = [filled[at + 1] for at in times if at + 2 < len(filled)]
    names = {number: speaker_of(lines[number]) for number in below}
    named = {number: name for number, name in names.items() if name}
    if not times or len(named) < MOST_NAMED * len(times):
        return list(lines)
    return [f"{named[n]}:" if n in named else line for n, line in enumerate(lines)]
