"""One reader for every table of the product, whose kind its content tells.

Read are text with commas, semicolons, tabs or bars; ``.xlsx``, ``.xlsm``, ``.xlsb``, ``.xls`` and
``.ods``; JSON Lines, JSON arrays and data frames as JSON; Parquet; SPSS and Stata. The suffix
decides nothing but for Stata: an export named ``.csv`` may be any of them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from trifold.errors import InputError
from trifold.tables.cells import plain
from trifold.tables.formats import delimited, objects
from trifold.tables.formats.decoding import decode
from trifold.tables.formats.parsing import read_sheets
from trifold.tables.guard import unguarded
from trifold.tables.headers import key
from trifold.tables.layout import (
    data_rows,
    header_of,
    header_position,
    numbered,
    without_counter,
)
from trifold.tables.sheets import column_letters
from trifold.tables.table import MAX_BYTES, MAX_COLUMNS, MAX_ROWS, Table

SUFFIXES = (
    *(".csv", ".tsv", ".xlsx", ".xls", ".ods", ".jsonl", ".json", ".parquet", ".sav", ".dta"),
)
MORE_SUFFIXES = (".zsav", ".tab", ".txt", ".psv", ".xlsm", ".xlsb", ".ndjson", ".pq")
_OLE, _ZIP, _PARQUET = b"\xd0\xcf\x11\xe0", b"PK\x03\x04", b"PAR1"
_SPSS = (b"$FL2", b"$FL3")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # an entry of a workbook with a password
_OTHERS = {  # what is called a table now and then and is none: how its text starts
    "a web page: save it as .xlsx in a spreadsheet program": ("<html", "<!doctype html", "<table"),
    "an XML file: save it as .xlsx in a spreadsheet program": ("<?xml",),
    "a PDF": ("%pdf-",),
    "an RTF document": ("{\\rtf",),
}
Grid = Sequence[Sequence[str]]


def is_table(path: Path) -> bool:
    """Whether a file is called like a table."""
    return path.suffix.lower() in (*SUFFIXES, *MORE_SUFFIXES)


def read_table(
    path: Path,
    *,
    known: Collection[str] = (),
    what: str = "a table",
    delimiter: str | None = None,
    sheet: str | None = None,
) -> Table:
    """Read a table as text cells.

    Args:
        path: of the file.
        known: names of columns that it should have: they tell the header from a title above it,
            and the right one of several sheets.
        what: it is, for errors.
        delimiter: of a text table, where it is known; None tells it.
        sheet: name of that of a workbook; empty where the user may name one and has not, None
            where they cannot.

    Raises:
        InputError: when it is called like no table, cannot be read, is larger than the limits, has
            no rows, or has rows with more cells than its header, or it is not told which sheet to
            read.
    """
    if not is_table(path):
        raise InputError(expected=f"{what} ({', '.join(SUFFIXES)})", got=path.name, where=path)
    try:
        table = _read(path, {key(name) for name in known}, delimiter, sheet)
    except (ValueError, OSError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise InputError(expected="a readable table", got=reason, where=path) from error
    if not table.rows:
        raise InputError(expected="at least one row", got="none", where=path)
    return table


def _read(path: Path, known: Collection[str], delimiter: str | None, sheet: str | None) -> Table:
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"more than {MAX_BYTES} bytes")
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(_OLE) and _ENCRYPTED in path.read_bytes():
        raise ValueError("a workbook with a password: save it without one")
    if start.startswith((_OLE, _ZIP)) and not start.startswith(_PARQUET):
        return _workbook(path, known, sheet)
    if sheet:
        raise ValueError(f"no workbook, so no sheet '{sheet}'")
    if start.startswith(_PARQUET):
        return _of_one_table(path, "parquet")
    if start.startswith(_SPSS) or path.suffix.lower() in (".sav", ".zsav"):
        return _of_one_table(path, "sav")
    if path.suffix.lower() == ".dta":
        return _of_one_table(path, "dta")
    text, encoding = decode(path.read_bytes())
    guessed = encoding in ("cp1252", "latin-1") or "\ufffd" in text
    notes = (f"{path.name} is not UTF-8: read as {encoding}",) if guessed else ()
    opening = text.lstrip()[:16].lower()
    for other, starts in _OTHERS.items():
        if opening.startswith(starts):
            raise ValueError(other)
    if opening[:1] in ("{", "[") and path.suffix.lower() not in (".csv", ".tsv"):
        return _objects(text, path, notes)
    if not text.strip():
        raise ValueError("an empty file")
    if path.suffix.lower() in (".jsonl", ".json", ".ndjson", ".parquet", ".pq"):
        raise ValueError(f"what is no {path.suffix.lower().lstrip('.')}")
    rows = [[unguarded(cell) for cell in row] for row in delimited.parse(text, delimiter)]
    return _table(rows, path, known=known, notes=notes)


def _objects(text: str, path: Path, notes: Sequence[str]) -> Table:
    found = objects.parse(text)
    columns, rows = objects.grid(found)
    numbers = tuple(line for line, _ in found)
    cells = tuple(tuple(row) for row in rows)
    return Table(tuple(map(plain, columns)), cells, numbers, path, "line", tuple(notes))


def _of_one_table(path: Path, kind: str) -> Table:
    """A file that has one table, with names of columns and no header."""
    sheet = read_sheets(path, kind)[0]
    written, *rows = sheet["rows"]
    header = without_counter(list(map(plain, written)), rows, ())
    labels = {written.index(name): codes for name, codes in sheet.get("labels", {}).items()}
    numbers = tuple(range(1, len(rows) + 1))
    return Table(tuple(header), tuple(map(tuple, rows)), numbers, path, labels=labels)


def _workbook(path: Path, known: Collection[str], named: str | None) -> Table:
    """The sheet of that name, the only one with cells, or the one that has the known columns."""
    filled = [s for s in read_sheets(path, "workbook") if any(map(any, s["rows"]))]
    sheets = [s for s in filled if s["visible"]] or filled
    if not sheets:
        raise ValueError("no sheet with cells")
    if named:
        sheets = [_sheet_called(named, filled, path)]
    fitting = [s for s in sheets if header_position(s["rows"], known)[1]] if known else sheets
    if len(fitting) != 1 and len(sheets) > 1:
        names = ", ".join(repr(s["name"]) for s in fitting or sheets)
        wanted = "one sheet with the columns that are needed"
        wanted += "" if named is None else ", or sheet=NAME"
        raise InputError(expected=wanted, got=f"sheets {names}", where=path)
    sheet = (fitting or sheets)[0]
    notes = [f"sheet '{sheet['name']}' is read"] if len(filled) > 1 else []
    away = [f"'{s['name']}'" for s in filled if not s["visible"] and s is not sheet]
    if away:
        notes.append(f"hidden sheets {', '.join(away)} are not read")
    if sheet["filled"]:
        notes.append(f"{sheet['filled']} cells are filled from the merged cell above")
    columns = [column_letters(number - 1) for number in sheet["hidden_columns"]]
    for numbers, what in ((sheet["hidden"], "row"), (columns, "column")):
        if numbers:
            named = numbered(what, numbers)
            notes.append(f"{named} hidden in the sheet, and read as the others")
    return _table(sheet["rows"], path, known=known, notes=notes)


def _sheet_called(name: str, sheets: Sequence[dict[str, Any]], path: Path) -> dict[str, Any]:
    for sheet in sheets:
        if key(sheet["name"]) == key(name):
            return sheet
    names = ", ".join(repr(sheet["name"]) for sheet in sheets)
    raise InputError(expected=f"a sheet among {names}", got=repr(name), where=path)


def _table(rows: Grid, path: Path, *, known: Collection[str], notes: Sequence[str]) -> Table:
    """Header and rows; cells beyond the header must be empty, missing ones at the end are."""
    top, _ = header_position(rows, known)
    header, start, of_header = header_of(rows, top)
    if len(header) > MAX_COLUMNS or len(rows) > MAX_ROWS:
        raise ValueError(f"{len(rows)} rows of {len(header)} cells")
    kept, of_rows = data_rows(rows, start, header)
    cells = tuple(_fitted(rows[i], len(header), i + 1) for i in kept)
    return Table(
        tuple(without_counter(header, cells, known)),
        cells,
        tuple(i + 1 for i in kept),
        path,
        notes=(*notes, *of_header, *of_rows),
    )


def _fitted(row: Sequence[str], width: int, number: int) -> tuple[str, ...]:
    if any(cell.strip() for cell in row[width:]):
        n_cells = max(i for i, cell in enumerate(row, start=1) if cell.strip())
        raise ValueError(
            f"{n_cells} cells in row {number} and {width} in the header: a comma or the like in a "
            "cell needs quotes around it"
        )
    return (*row[:width], *[""] * (width - len(row)))
