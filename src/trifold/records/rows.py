"""Rows of a person in tables that people keep: found, taken out, given out.

Text tables and JSON Lines are rewritten without the person, all other lines to the byte as they
were; what Trifold cannot rewrite is refused before anything is removed.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

from trifold.errors import InputError
from trifold.runtime.private import appearing
from trifold.tables.cells import plain
from trifold.tables.guard import unguarded
from trifold.tables.headers import match
from trifold.tables.ids import id_key, whole
from trifold.tables.reading import read_table
from trifold.tables.table import Table

TEXT, LINES = (".csv", ".tsv", ".tab", ".psv"), (".jsonl", ".ndjson")
NAMES = ("candidate", "person", "personid", "participant", "participantid", "subject", "subjectid")
DELIMITERS = (",", ";", "\t", "|")


def rows_of(path: Path, candidate_id: str) -> list[dict[str, str]]:
    """A person's rows as column to cell.

    Raises:
        InputError: when the table cannot be read or has no column ``candidate_id``.
    """
    table = _table(path)
    own = _spellings(table, candidate_id)
    whose = table.cells("candidate_id")
    return [
        dict(zip(table.columns, row, strict=True))
        for row, cell in zip(table.rows, whose, strict=True)
        if plain(cell) in own
    ]


def check_rewritable(path: Path) -> None:
    """Refuse a table whose rows cannot be taken out.

    Raises:
        InputError: naming the kinds of file that can be rewritten.
    """
    if path.suffix.lower() not in (*TEXT, *LINES):
        kinds = " ".join((*TEXT, *LINES))
        raise InputError(
            expected=f"a table that can be rewritten ({kinds})",
            got=f"{path.suffix or path.name}: take the rows out yourself",
            where=path,
        )


def remove_rows(path: Path, candidate_id: str) -> int:
    """Take a person's rows out; returns how many there were.

    Raises:
        InputError: as ``rows_of`` and ``check_rewritable`` say.
    """
    check_rewritable(path)
    n = len(rows_of(path, candidate_id))
    if not n:
        return 0
    text = path.read_bytes().decode("utf-8")
    split = _json_lines if path.suffix.lower() in LINES else _records
    table = _table(path)
    own = _spellings(table, candidate_id)
    lines = list(split(text, table))
    kept = [line for line, person in lines if person not in own]
    if len(lines) - len(kept) != n:
        raise InputError(
            expected="a table of one header and a line for each row",
            got=f"{n} rows in {len(lines) - len(kept)} lines: take the rows out yourself",
            where=path,
        )
    with appearing(path) as file:
        file.write("".join(kept).encode("utf-8"))
    return n


def _spellings(table: Table, candidate_id: str) -> set[str]:
    """How a table writes a person's id: all that readers take as one."""
    cells = [plain(cell) for cell in table.cells("candidate_id")]
    wanted = id_key(plain(candidate_id))
    found = zip(cells, whole(cells), strict=True)
    return {cell for cell, name in found if wanted in (id_key(cell), id_key(name))}


def _table(path: Path) -> Table:
    table = read_table(path, known=("candidate_id", *NAMES), what="a table of people")
    aliases = {"candidate_id": NAMES}
    return match(table, ("candidate_id",), required=("candidate_id",), aliases=aliases)


def _json_lines(text: str, table: Table) -> Iterator[tuple[str, str | None]]:
    column = _written(table)
    for line in text.splitlines(keepends=True):
        found = json.loads(line) if line.strip() else {}
        yield line, plain(str(found[column])) if column in found else None


def _records(text: str, table: Table) -> Iterator[tuple[str, str | None]]:
    """Each record as it is written, and whose it is; the header is nobody's."""
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    place = table.columns.index("candidate_id")
    header = True
    for row in csv.reader(lines(), delimiter=_delimiter(text, len(table.columns))):
        whose = plain(unguarded(row[place])) if len(row) > place and not header else None
        header = header and not any(cell.strip() for cell in row)
        yield "".join(taken), whose
        taken.clear()


def _delimiter(text: str, n_columns: int) -> str:
    first = next(line for line in text.splitlines() if line.strip("\ufeff").strip())
    fitting = [d for d in DELIMITERS if len(next(csv.reader([first], delimiter=d))) >= n_columns]
    return fitting[0] if fitting else ","


def _written(table: Table) -> str:
    """What the file calls the column of people."""
    read = read_table(table.where, known=("candidate_id", *NAMES))
    return read.columns[table.columns.index("candidate_id")]
