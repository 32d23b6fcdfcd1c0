"""Spreadsheets, Parquet and files of statistics programs: the program that parses them.

It is run by ``parsing.read_sheets`` in a process of its own, and imports of the project only what
stands beside it. Called with a kind and a path, it writes sheets or an error as JSON.
"""

from __future__ import annotations

import datetime
import json
import math
import re
import resource
import sys
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

from trifold.tables.formats.hidden import Parts, Ranges, hidden_in

MAX_UNPACKED = 2**29  # bytes
MAX_MEMORY, MAX_SECONDS = 2**32, 60
MAX_CELLS = 20_000_000
_NO_VALUE = re.compile(  # a cell with a formula and nothing that it gave
    rb"<c\b([^<>]*)>\s*<f\b[^<>]*(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>"
)
_PLACE = re.compile(rb'\br="([A-Z]+\d+)"')
_ODS_ROW, _ODS_ROW_END = re.compile(rb"<table:table-row\b([^<>]*)>"), b"</table:table-row>"
_ODS_CELL = re.compile(rb"<table:(?:covered-)?table-cell\b([^<>]*)>")
_ODS_REPEATS = re.compile(rb'-repeated="(\d{1,12})"')
Sheets = list[dict[str, Any]]


def _main(kind: str, path: str) -> dict[str, Any]:
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        readers = {"workbook": _workbook, "parquet": _parquet}
        return {"sheets": readers[kind](path) if kind in readers else _statistics(path, kind)}
    except MemoryError:
        return {"error": "a file that is too large once unpacked"}
    except BaseException as error:  # panics of compiled code are no Exceptions
        return {"error": (str(error).splitlines() or [type(error).__name__])[0][:200]}


def _parquet(path: str) -> Sheets:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    size = sum(file.metadata.row_group(i).total_byte_size for i in range(file.num_row_groups))
    if size > MAX_UNPACKED:
        raise ValueError(f"{size} bytes once unpacked, more than {MAX_UNPACKED}")
    _check_size(file.metadata.num_rows, file.metadata.num_columns)
    table = file.read(use_threads=False)
    columns = [[_text(cell) for cell in column.to_pylist()] for column in table.columns]
    names = [name for name in table.column_names if not name.startswith("__index_level_")]
    kept = [c for c, name in zip(columns, table.column_names, strict=True) if name in names]
    rows = [names, *(list(row) for row in zip(*kept, strict=True))]
    return [{"name": "", "visible": True, "rows": rows}]


def _statistics(path: str, kind: str) -> Sheets:
    """The one table of a file; codes that it declares as missing are empty cells."""
    import pyreadstat

    read: Any = pyreadstat.read_sav if kind == "sav" else pyreadstat.read_dta
    _, about = read(path, metadataonly=True)
    _check_size(about.number_rows or 0, about.number_columns)
    columns, about = read(path, output_format="dict")
    cells = [[_text(cell) for cell in column] for column in columns.values()]
    labels = {
        name: {_text(code): label for code, label in codes.items()}
        for name, codes in about.variable_value_labels.items()
    }
    rows = [list(columns), *(list(row) for row in zip(*cells, strict=True))]
    return [{"name": "", "visible": True, "rows": rows, "labels": labels}]


def _workbook(path: str) -> Sheets:
    import python_calamine

    _check_archive(path)
    book = python_calamine.CalamineWorkbook.from_path(path)
    shown = {
        m.name: m.visible == python_calamine.SheetVisibleEnum.Visible for m in book.sheets_metadata
    }
    hidden = hidden_in(path)
    return [
        _sheet(book.get_sheet_by_name(name), shown.get(name, True), hidden.get(i, {}))
        for i, name in enumerate(book.sheet_names)
    ]


def _sheet(sheet: Any, visible: bool, hidden: Parts) -> dict[str, Any]:  # of calamine
    _check_size(sheet.total_height, sheet.total_width)
    rows = [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    filled = 0
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
        for number in range(top + 1, min(bottom + 1, len(rows))):
            if left < len(rows[number]) and rows[top][left]:
                rows[number][left] = rows[top][left]
                filled += 1
    columns = list(zip(*rows, strict=True)) if hidden.get("column") else []
    found = {"name": sheet.name, "visible": visible, "rows": rows, "filled": filled}
    return found | {
        "hidden": _held(hidden.get("row", []), rows),
        "hidden_columns": _held(hidden.get("column", []), columns),
    }


def _held(ranges: Ranges, lines: Sequence[Sequence[str]]) -> list[int]:
    """Numbers of those rows or columns in which something stands."""
    return [
        number
        for first, last in ranges
        for number in range(first, min(last, len(lines)) + 1)
        if any(lines[number - 1])
    ]


def _check_size(height: int, width: int) -> None:
    if height * width > MAX_CELLS:
        raise ValueError(f"{height} rows of {width} cells, more than {MAX_CELLS} cells")


def _check_archive(path: str) -> None:
    """Refuse archives that unpack to too much, and formulas that nobody has calculated."""
    if not zipfile.is_zipfile(path):
        return  # .xls
    with zipfile.ZipFile(path) as archive:
        size = sum(member.file_size for member in archive.infolist())
        if size > MAX_UNPACKED:
            raise ValueError(f"{size} bytes once unpacked, more than {MAX_UNPACKED}")
        for member in archive.namelist():
            if re.fullmatch(r"xl/worksheets/[^/]+\.xml", member):
                _check_formulas(archive.read(member))
            elif member == "content.xml":
                _check_repeats(archive.read(member))


def _check_formulas(sheet: bytes) -> None:
    if b"<f" not in sheet:
        return
    for match in _NO_VALUE.finditer(sheet):
        if b't="str"' not in match[1]:  # which may give an empty text
            place = _PLACE.search(match[1])
            cell = place[1].decode() if place else "a cell"
            raise ValueError(
                f"a formula without its value in {cell}: open the file in a spreadsheet program "
                "and save it"
            )


def _check_repeats(content: bytes) -> None:
    """Refuse open documents in which few rows or cells stand for very many."""
    height = width = blank = 0
    for attributes, body in _ods_rows(content):
        repeats = _repeats(attributes)
        last = body.rfind(b"<text:p")
        if last < 0:
            blank += repeats
            continue
        height, blank = height + blank + repeats, 0
        cells = sum(_repeats(cell[1]) for cell in _ODS_CELL.finditer(body, 0, last))
        width = max(width, cells)
        _check_size(height, width)


def _ods_rows(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Attributes and inside of every row, in time that grows with the content."""
    row = _ODS_ROW.search(content)
    while row is not None:
        following = _ODS_ROW.search(content, row.end())
        until = following.start() if following else len(content)
        end = content.find(_ODS_ROW_END, row.end(), until)
        empty = row[1].endswith(b"/")
        yield row[1], b"" if empty else content[row.end() : end if end >= 0 else until]
        row = following


def _repeats(attributes: bytes) -> int:
    found = _ODS_REPEATS.search(attributes)
    return int(found[1]) if found else 1


def _text(value: object) -> str:
    """A cell as text; a whole number has no point, a date is ISO 8601."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


if __name__ == "__main__":
    json.dump(_main(sys.argv[1], sys.argv[2]), sys.stdout, ensure_ascii=True)
