"""JSON tables: an object per line, an array of objects, or an array within one object."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from trifold.tables.cells import number_text

_SPACE = re.compile(r"[\s,]*")
WRAPPERS = {"rows", "data", "answers", "items", "records", "clips", "results", "interviews"}
Objects = list[tuple[int, Mapping[str, Any]]]


def parse(text: str) -> Objects:
    """Every object with the line on which it starts; NaN and infinity are None.

    Raises:
        ValueError: when something is no JSON, or no object; it names the line.
    """
    found = list(_values(text))
    if len(found) == 1 and isinstance(found[0][1], list):
        found = [(i, value) for i, value in enumerate(found[0][1], start=1)]
    elif len(found) == 1:
        found = _by_column(found[0][1]) or _inner(found[0][1]) or found
    if found and all(isinstance(value, list) for _, value in found):
        found = _by_row(found)
    for line, value in found:
        if not isinstance(value, dict):
            raise ValueError(f"{type(value).__name__} in line {line}")
    return found


def grid(objects: Objects) -> tuple[list[str], list[list[str]]]:
    """Columns in order of first appearance, and the objects' values as text cells."""
    columns = list(dict.fromkeys(name for _, row in objects for name in row))
    return columns, [[cell_text(row.get(name)) for name in columns] for _, row in objects]


def cell_text(value: object) -> str:
    """A JSON value as a cell: text as it is, numbers exactly, lists and objects as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return number_text(value)
    return json.dumps(value, ensure_ascii=False)


def _by_column(value: object) -> Objects:
    """The rows of data frames: a list, or an object from row to cell, for each column.

    They are written ``{"path": {"0": …}}``, ``{"path": […]}`` or ``{"columns": […], "data": […]}``.
    """
    if not isinstance(value, dict) or not value:
        return []
    names, data = value.get("columns"), value.get("data")
    if isinstance(names, list) and isinstance(data, list):
        return _by_row([(0, names), *enumerate(data, start=1)])
    columns = list(value.values())
    if all(isinstance(c, dict) for c in columns):
        rows = list(dict.fromkeys(row for column in columns for row in column))
        if not rows or not all(row.isdecimal() for row in rows):
            return []  # of somebody's name to what is known of them
        cells = [[column.get(row) for row in rows] for column in columns]
    elif all(isinstance(c, list) and len(c) == len(columns[0]) for c in columns):
        if any(isinstance(cell, dict) for cell in columns[0]):
            return []
        cells = columns
    else:
        return []
    return [
        (line, dict(zip(value, row, strict=True)))
        for line, row in enumerate(zip(*cells, strict=True), start=1)
    ]


def _by_row(found: Sequence[tuple[int, Any]]) -> Objects:
    """Rows that are lists, under a first one with the names of the columns."""
    (first, names), *rows = found
    if not all(isinstance(name, str) for name in names):
        raise ValueError(f"a list in line {first} that holds no names of columns")
    for line, row in rows:
        if not isinstance(row, list) or len(row) > len(names):
            raise ValueError(f"no list of {len(names)} cells in line {line}")
    return [(line, dict(zip(names, row, strict=False))) for line, row in rows]


def _inner(value: object) -> Objects:
    """The rows of ``{"answers": [{…}, …]}``, where nothing else may be meant."""
    if not isinstance(value, dict):
        return []
    lists = [v for v in value.values() if isinstance(v, list) and v and isinstance(v[0], dict)]
    if len(lists) != 1 or (len(value) > 1 and not WRAPPERS & value.keys()):
        return []
    return list(enumerate(lists[0], start=1))


def _values(text: str) -> Iterator[tuple[int, Any]]:
    """JSON values one after the other, each with its line."""
    decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=lambda _: None)
    position, line, counted = _SPACE.match(text).end(), 1, 0  # type: ignore[union-attr]
    while position < len(text):
        line, counted = line + text.count("\n", counted, position), position
        try:
            value, position = decoder.raw_decode(text, position)
        except RecursionError as error:
            raise ValueError(f"too deeply nested JSON in line {line}") from error
        except ValueError as error:
            reason = getattr(error, "msg", None) or str(error)
            raise ValueError(f"{reason} in line {line}") from error
        yield line, value
        position = _SPACE.match(text, position).end()  # type: ignore[union-attr]


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"'{twice}' twice in an object")
    return {
        k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in made.items()
    }
