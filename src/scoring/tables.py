"""Scored rows as CSV, JSON Lines and Parquet, written as they come and there all at once."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.json import ParseOptions, ReadOptions, read_json

from src.scoring.columns import Column
from src.scoring.rows import Row

SUFFIXES = (".csv", ".jsonl", ".parquet")
ROWS_PER_GROUP = 10_000  # of Parquet; fixed, so that the same rows are the same bytes
_ARROW = {
    "string": pa.string(),
    "number": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
}


def json_line(row: object) -> str:
    """One line of strict JSON: no NaN, letters as they are."""
    return json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n"


def write_table(rows: Iterator[Row], columns: Sequence[Column], stem: Path) -> list[Path]:
    """Write ``stem.csv``, ``stem.jsonl`` and ``stem.parquet``; memory does not grow with the rows.

    Files appear whole or not at all, and the same rows give the same bytes.

    Args:
        rows: each with all columns, in their order.
        columns: of the table.
        stem: path without its ending.

    Returns:
        The three paths.
    """
    paths = [stem.with_name(stem.name + suffix) for suffix in SUFFIXES]
    with ExitStack() as stack:
        table, lines, parquet = (stack.enter_context(appearing(path)) for path in paths)
        text = io.TextIOWrapper(table, encoding="utf-8", newline="", write_through=True)
        writer = csv.DictWriter(text, [column.name for column in columns])
        writer.writeheader()
        arrow = stack.enter_context(pq.ParquetWriter(parquet, arrow_schema(columns)))
        while group := list(islice(rows, ROWS_PER_GROUP)):
            writer.writerows(group)
            written = "".join(json_line(row) for row in group).encode()
            lines.write(written)
            arrow.write_table(_arrow_table(written, arrow_schema(columns)))
        text.detach()
    return paths


def arrow_schema(columns: Sequence[Column]) -> pa.Schema:
    """Parquet's types of the columns."""
    return pa.schema([pa.field(c.name, _ARROW[c.kind], nullable=c.nullable) for c in columns])


def _arrow_table(lines: bytes, schema: pa.Schema) -> pa.Table:
    """JSON Lines as columns; from Python objects Arrow would first import all of pandas."""
    parse = ParseOptions(explicit_schema=schema, unexpected_field_behavior="error")
    whole = ReadOptions(use_threads=False, block_size=len(lines) + 1)
    table = read_json(pa.BufferReader(lines), whole, parse)
    return pa.Table.from_arrays(table.columns, schema=schema)  # its ``cast`` loads all functions


@contextmanager
def appearing(path: Path) -> Iterator[io.BufferedWriter]:
    """A file that lies at ``path`` when all of it is on disk, and not before."""
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
