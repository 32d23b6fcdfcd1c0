"""Spreadsheets, written as rows come: the same rows are the same bytes, in little memory.

Text is stored as text, so nothing of it is run and ids keep their zeros; numbers are numbers. This
is all of the two formats that plain tables need: libraries that write them take longer to import
than a run on cached features has to spare.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Protocol
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

MOST_ROWS, MOST_CHARACTERS = 1_048_576, 32_767  # of a sheet and of a cell
LEVEL = 6  # of compression
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XF = 'fillId="0" borderId="0" xfId="0"'
_STYLES = (  # 0 as usual, 1 text, 2 a header's
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/>'
    '</font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill>'
    '<patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border/></borders><cellStyleXfs count="1">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="3">'
    f'<xf numFmtId="0" fontId="0" {_XF}/><xf numFmtId="49" fontId="0" {_XF} applyNumberFormat="1"/>'
    f'<xf numFmtId="0" fontId="1" {_XF} applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)
_ODF = "urn:oasis:names:tc:opendocument:xmlns:"
Row = Sequence[object]


class Sheet(Protocol):
    """A spreadsheet that rows are added to."""

    def write(self, rows: Iterable[Row]) -> None:
        """Add rows of text, numbers, booleans and None."""


@contextmanager
def xlsx_sheet(file: IO[bytes], name: str, header: Sequence[str]) -> Iterator[Sheet]:
    """An ``.xlsx`` workbook with a header; rows beyond a sheet's reach go to another sheet."""
    with ZipFile(file, "w") as archive:
        sheet = _Xlsx(archive, header)
        try:
            yield sheet
        finally:
            sheet.close()
        names = [name if n == 1 else f"{name} {n}" for n in range(1, sheet.number + 1)]
        for part, text in _workbook_parts(names).items():
            with _part(archive, part) as member:
                member.write(text.encode())


@contextmanager
def ods_sheet(file: IO[bytes], name: str, header: Sequence[str]) -> Iterator[Sheet]:
    """An OpenDocument spreadsheet with a header."""
    mime = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        f'{_HEAD}<manifest:manifest xmlns:manifest="{_ODF}manifest:1.0" manifest:version="1.3">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{mime}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        "</manifest:manifest>"
    )
    with ZipFile(file, "w") as archive:
        with _part(archive, "mimetype", stored=True) as member:
            member.write(mime.encode())
        with _part(archive, "META-INF/manifest.xml") as member:
            member.write(manifest.encode())
        with _part(archive, "content.xml") as member:
            yield _Ods(member, name, header)
            member.write(
                b"</table:table></office:spreadsheet></office:body></office:document-content>"
            )


def xml_text(value: object) -> str:
    """Text for XML: without the control characters that XML cannot hold."""
    text = _ILLEGAL.sub("", str(value))
    if len(text) > MOST_CHARACTERS:
        text = text[: MOST_CHARACTERS - 1] + "\u2026"
    return escape(text, {"\r": "&#13;"})


class _Xlsx:
    """The sheets of a workbook, one after the other."""

    def __init__(self, archive: ZipFile, header: Sequence[str]) -> None:
        self.archive, self.header, self.number = archive, header, 0
        self.letters = [column_letters(i) for i in range(len(header))]
        self._open()

    def write(self, rows: Iterable[Row]) -> None:
        """Add rows."""
        for row in rows:
            if self.row == MOST_ROWS:
                self.close()
                self._open()
            self._add(row, text_style=1)

    def close(self) -> None:
        """End the sheet."""
        self.member.write(b"</sheetData></worksheet>")
        self.member.close()

    def _open(self) -> None:
        self.number, self.row = self.number + 1, 0
        self.member = _part(self.archive, f"xl/worksheets/sheet{self.number}.xml")
        pane = (
            '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" '
            'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        )
        self.member.write(f'{_HEAD}<worksheet xmlns="{_MAIN}">{pane}<sheetData>'.encode())
        self._add(self.header, text_style=2)

    def _add(self, row: Row, *, text_style: int) -> None:
        self.row += 1
        cells = (
            _xlsx_cell(value, f"{letters}{self.row}", text_style)
            for letters, value in zip(self.letters, row, strict=True)
            if value is not None and value != ""
        )
        self.member.write(f'<row r="{self.row}">{"".join(cells)}</row>'.encode())


class _Ods:
    def __init__(self, member: IO[bytes], name: str, header: Sequence[str]) -> None:
        self.member = member
        names = " ".join(f'xmlns:{n}="{_ODF}{n}:1.0"' for n in ("office", "table", "text"))
        member.write(
            f'{_HEAD}<office:document-content {names} office:version="1.3"><office:body>'
            f"<office:spreadsheet><table:table table:name={quoteattr(name)}>".encode()
        )
        self.write([header])

    def write(self, rows: Iterable[Row]) -> None:
        """Add rows."""
        for row in rows:
            cells = "".join(map(_ods_cell, row))
            self.member.write(f"<table:table-row>{cells}</table:table-row>".encode())


def _xlsx_cell(value: object, place: str, text_style: int) -> str:
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value!r}</v></c>'
    text = _ESCAPE.sub("_x005F_", xml_text(value))
    return (
        f'<c r="{place}" s="{text_style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is>'
        "</c>"
    )


def _ods_cell(value: object) -> str:
    if value is None or value == "":
        return "<table:table-cell/>"
    if isinstance(value, bool):
        kind = f'office:value-type="boolean" office:boolean-value="{str(value).lower()}"'
    elif isinstance(value, int | float):
        kind = f'office:value-type="float" office:value="{value!r}"'
    else:
        kind = 'office:value-type="string"'
    lines = xml_text(value).replace("&#13;", "").replace("\t", "<text:tab/>").split("\n")
    # of several spaces, and of those at the ends, OpenDocument else keeps one
    spaced = (
        re.sub(r"^ | {2,}| $", lambda m: f'<text:s text:c="{len(m[0])}"/>', line) for line in lines
    )
    text = "".join(f"<text:p>{line}</text:p>" for line in spaced)
    return f"<table:table-cell {kind}>{text}</table:table-cell>"


def column_letters(position: int) -> str:
    """Name of a column: A, B, … Z, AA, …."""
    letters, position = "", position + 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _part(archive: ZipFile, name: str, *, stored: bool = False) -> IO[bytes]:
    """A member of an archive, without the time at which it was written."""
    info = ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.compress_type = ZIP_STORED if stored else ZIP_DEFLATED
    info._compresslevel = LEVEL  # type: ignore[attr-defined]
    return archive.open(info, "w")


def _workbook_parts(names: Sequence[str]) -> dict[str, str]:
    """Everything of a workbook but its sheets."""
    numbers = range(1, len(names) + 1)
    sheets = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>'
        for n, name in zip(numbers, names, strict=True)
    )
    targets = [(f"worksheets/sheet{n}.xml", "worksheet") for n in numbers]
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml."
    overrides = {"workbook.xml": "sheet.main", "styles.xml": "styles"}
    overrides |= {target: "worksheet" for target, _ in targets}
    types = "".join(
        f'<Override PartName="/xl/{part}" ContentType="{kinds}{kind}+xml"/>'
        for part, kind in overrides.items()
    )
    return {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default '
        f'Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f"{types}</Types>",
        "_rels/.rels": _relations([("xl/workbook.xml", "officeDocument")]),
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _relations([*targets, ("styles.xml", "styles")]),
        "xl/styles.xml": _STYLES,
    }


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    found = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for n, (target, kind) in enumerate(targets, start=1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{found}</Relationships>'
