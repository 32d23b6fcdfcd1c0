"""Tables with one JSON object per line, with errors that name file, line and field."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trifold.errors import CorpusError


def read_objects(path: Path, fields: Sequence[str]) -> list[Mapping[str, Any]]:
    """Read every object and check that it has the named fields; empty lines are passed over.

    Raises:
        CorpusError: when the file is missing, not UTF-8 or empty, a line is no JSON object, or a
            field is missing.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CorpusError(expected="a readable file", got=reason, where=path) from error
    lines = enumerate(text.split("\n"), start=1)  # splitlines would break at U+2028 in a text
    rows = [_object(line, number, fields, path) for number, line in lines if line.strip()]
    if not rows:
        raise CorpusError(expected="at least one object", got="none", where=path)
    return rows


def _object(line: str, number: int, fields: Sequence[str], path: Path) -> Mapping[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise CorpusError(
            expected="a JSON object per line", got=f"{error} in line {number}", where=path
        ) from error
    if not isinstance(row, dict):
        came = f"{type(row).__name__} in line {number}"
        raise CorpusError(expected="a JSON object per line", got=came, where=path)
    missing = [field for field in fields if field not in row]
    if missing:
        came = ", ".join(list(row)[:12])
        raise CorpusError(
            expected=f"a field '{missing[0]}'", got=f"{came} in line {number}", where=path
        )
    return row
