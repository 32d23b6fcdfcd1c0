"""Stretches of JSON Lines that are about one person, so that their rows are read alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from trifold.errors import InputError

Stretch = tuple[int, int]  # first byte and length in bytes
BEGIN = re.compile(rb'\{"candidate_id": ("(?:[^"\\]|\\.)*")[,}]')  # as scoring writes rows
END = (b"}\n", b"}")


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """Every row of a table; nothing where there is no file.

    Raises:
        InputError: when a line is no row; it names the line.
    """
    for number, line in enumerate(_lines(path), start=1):
        yield _row(line, f"{path}:{number}")


def stretches(path: Path) -> dict[str, list[Stretch]]:
    """Candidate id to the stretches of a table that hold their rows; neighbours are joined.

    Of a line that is whole and begins with its candidate no more is read.

    Raises:
        InputError: as ``rows_of`` says.
    """
    found: dict[str, list[Stretch]] = {}
    at, length = 0, 0
    for number, line in enumerate(_lines(path), start=1):
        at, length = at + length, len(line)
        own = found.setdefault(_whose(line, f"{path}:{number}"), [])
        if own and sum(own[-1]) == at:
            own[-1] = (own[-1][0], own[-1][1] + length)
        else:
            own.append((at, length))
    return found


def read_rows(path: Path, where: Sequence[Sequence[int]], candidate: str) -> list[dict[str, Any]]:
    """The rows of one person.

    Args:
        path: of the table.
        where: their stretches.
        candidate: whose rows they must be.

    Raises:
        InputError: when the file holds something else there, as it was written anew meanwhile.
    """
    found: list[dict[str, Any]] = []
    if not where:
        return found
    with path.open("rb") as file:
        for at, length in where:
            file.seek(at)
            found += [_row(line, path) for line in file.read(length).splitlines(keepends=True)]
    if any(row["candidate_id"] != candidate for row in found):
        raise InputError(expected="rows of one person", got="another's", where=path)
    return found


def _lines(path: Path) -> Iterator[bytes]:
    if path.exists():
        with path.open("rb") as file:
            yield from file


def _whose(line: bytes, where: object) -> str:
    begin = BEGIN.match(line)
    if begin is None or not line.endswith(END):
        return str(_row(line, where)["candidate_id"])
    return str(json.loads(begin[1]))


def _row(line: bytes, where: object) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise InputError(expected="a row of JSON", got="something else", where=where) from error
    if not isinstance(row, Mapping) or "candidate_id" not in row:
        raise InputError(expected="a row with a candidate_id", got="none", where=where)
    return dict(row)
