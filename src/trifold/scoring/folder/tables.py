"""Scored rows as CSV, JSON Lines, Parquet and spreadsheets: written as they come, there at once.

CSV and spreadsheets are for people: CSV starts with a byte order mark, by which spreadsheet
programs know its letters, and text in it that they would run as a formula has an apostrophe in
front. JSON Lines and Parquet are for programs, and exact.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.json import ParseOptions, ReadOptions, read_json

from trifold.errors import InputError
from trifold.runtime.private import appearing
from trifold.scoring.columns import Column
from trifold.scoring.rows import Row
from trifold.tables.guard import guarded
from trifold.tables.sheets import ods_sheet, xlsx_sheet

SUFFIXES = (".csv", ".jsonl", ".parquet")
SPREADSHEETS = {"xlsx": xlsx_sheet, "ods": ods_sheet}
ROWS_PER_GROUP = 10_000  # of Parquet; fixed, so that the same rows are the same bytes
ARROW = {
    "string": pa.string(),
    "number": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
}


def json_line(row: object) -> str:
    """One line of strict JSON: no NaN, letters as they are."""
    return json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n"


def write_table(
    rows: Iterator[Row],
    columns: Sequence[Column],
    stem: Path,
    *,
    spreadsheets: Sequence[str] = ("xlsx",),
) -> list[Path]:
    """Write ``stem.csv``, ``.jsonl``, ``.parquet`` and spreadsheets, in memory that does not grow.

    Files appear whole or not at all, and the same rows give the same bytes. A spreadsheet of
    another kind, from an earlier run, is removed.

    Args:
        rows: each with all columns, in their order.
        columns: of the table.
        stem: path without its ending.
        spreadsheets: ``xlsx`` and ``ods``, those that are wanted.

    Returns:
        The paths, in this order.
    """
    suffixes = [*SUFFIXES, *(f".{kind}" for kind in check_spreadsheets(spreadsheets))]
    paths = [stem.with_name(stem.name + suffix) for suffix in suffixes]
    for kind in SPREADSHEETS.keys() - set(spreadsheets):
        stem.with_name(f"{stem.name}.{kind}").unlink(missing_ok=True)
    names = [column.name for column in columns]
    with ExitStack() as stack:
        table, lines, parquet, *books = (stack.enter_context(appearing(path)) for path in paths)
        text = io.TextIOWrapper(table, encoding="utf-8-sig", newline="", write_through=True)
        writer = csv.writer(text)
        writer.writerow(names)
        arrow = stack.enter_context(pq.ParquetWriter(parquet, arrow_schema(columns)))
        sheets = [
            stack.enter_context(SPREADSHEETS[kind[1:]](book, stem.name, names))
            for kind, book in zip(suffixes[len(SUFFIXES) :], books, strict=True)
        ]
        while group := list(islice(rows, ROWS_PER_GROUP)):
            cells = [[row[name] for name in names] for row in group]
            writer.writerows(
                [guarded(cell) if isinstance(cell, str) else cell for cell in row] for row in cells
            )
            for sheet in sheets:
                sheet.write(cells)
            written = "".join(json_line(row) for row in group).encode()
            lines.write(written)
            arrow.write_table(_arrow_table(written, arrow_schema(columns)))
        text.detach()
    return paths


def check_spreadsheets(kinds: Sequence[str]) -> tuple[str, ...]:
    """The kinds of spreadsheet, if they are known.

    Raises:
        InputError: when one is not.
    """
    unknown = sorted(set(kinds) - set(SPREADSHEETS))
    if unknown:
        raise InputError(expected=f"spreadsheets among {', '.join(SPREADSHEETS)}", got=unknown[0])
    return tuple(dict.fromkeys(kinds))


def arrow_schema(columns: Sequence[Column]) -> pa.Schema:
    """Parquet's types of the columns."""
    return pa.schema([pa.field(c.name, ARROW[c.kind], nullable=c.nullable) for c in columns])


def _arrow_table(lines: bytes, schema: pa.Schema) -> pa.Table:
    """JSON Lines as columns; from Python objects Arrow would first import all of pandas."""
    parse = ParseOptions(explicit_schema=schema, unexpected_field_behavior="error")
    whole = ReadOptions(use_threads=False, block_size=len(lines) + 1)
    table = read_json(pa.BufferReader(lines), whole, parse)
    return pa.Table.from_arrays(table.columns, schema=schema)  # its ``cast`` loads all functions
