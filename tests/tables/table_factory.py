"""Tables in every format that people send them in."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from trifold.tables.sheets import ods_sheet, xlsx_sheet

FORMATS = ("csv", "semicolon", "tab", "bar", "utf16", "cp1252", "mac", "xlsx", "ods", "jsonl",
           "json", "parquet", "xlsx_named_csv")  # fmt: skip
DELIMITERS = {"semicolon": ";", "tab": "\t", "bar": "|"}


def write_rows(folder: Path, kind: str, header: list[str], rows: list[list[str]]) -> Path:
    """Write text cells as one of ``FORMATS``; returns the path."""
    if kind in ("xlsx", "ods", "xlsx_named_csv"):
        return _sheet(folder / ("t.csv" if "csv" in kind else f"t.{kind}"), kind, header, rows)
    if kind in ("jsonl", "json"):
        objects = [dict(zip(header, row, strict=True)) for row in rows]
        lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in objects)
        path = folder / f"t.{kind}"
        path.write_text(lines if kind == "jsonl" else json.dumps(objects), encoding="utf-8")
        return path
    if kind == "parquet":
        columns = dict(zip(header, map(list, zip(*rows, strict=True)), strict=True))
        pq.write_table(pa.table(columns), folder / "t.parquet")
        return folder / "t.parquet"
    text = delimited(header, rows, DELIMITERS.get(kind, ","))
    path = folder / ("t.tsv" if kind == "tab" else "t.csv")
    encoding = {"utf16": "utf-16", "cp1252": "cp1252"}.get(kind, "utf-8")
    path.write_bytes(text.replace("\n", "\r" if kind == "mac" else "\r\n").encode(encoding))
    return path


def delimited(header: list[str], rows: list[list[str]], delimiter: str = ",") -> str:
    """The rows as text, quoted where they need it."""
    return "".join(delimiter.join(_quoted(c, delimiter) for c in row) + "\n"
                   for row in [header, *rows])  # fmt: skip


def _quoted(cell: str, delimiter: str) -> str:
    needs = any(mark in cell for mark in (delimiter, '"', "\n"))
    return '"' + cell.replace('"', '""') + '"' if needs else cell


def _sheet(path: Path, kind: str, header: list[str], rows: list[list[str]]) -> Path:
    make = ods_sheet if kind == "ods" else xlsx_sheet
    with path.open("wb") as file, make(file, "answers", header) as sheet:
        sheet.write(rows)
    return path
