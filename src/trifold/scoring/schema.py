"""JSON Schema of the rows that scoring writes, made from the definition of their columns.

``python -m trifold.scoring.schema FOLDER`` writes the published form, in which targets may have any
name; beside a batch's tables lies the exact one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trifold.scoring.columns import Column, answer_columns, candidate_columns, target_columns

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TABLES = {"answers": answer_columns, "candidates": candidate_columns}


def row_schema(table: str, targets: Sequence[str]) -> dict[str, Any]:
    """The schema of one row of ``answers`` or ``candidates`` for a model with these targets."""
    columns = TABLES[table](targets)
    return {
        "$schema": DIALECT,
        "title": f"One row of {table}.jsonl",
        "type": "object",
        "properties": {column.name: _property(column) for column in columns},
        "required": [column.name for column in columns],
        "additionalProperties": False,
    }


def published_schema(table: str) -> dict[str, Any]:
    """The same for any model: what is no column of every table is a number of some target."""
    schema = row_schema(table, ())
    fixed = schema["properties"].keys()
    named = [c.name for c in TABLES[table](["target"]) if c.name not in fixed]
    number = _property(target_columns(["target"])[0])
    ends = ", ".join(name.removeprefix("target") for name in named[1:])
    described = {"description": f"<target>, with the endings {ends}"}
    return schema | {"additionalProperties": number | described}


def schema_text(schema: dict[str, Any]) -> str:
    """As it is written to disk."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write_published(folder: Path) -> list[Path]:
    """Write both published schemas; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{table}.schema.json" for table in TABLES]
    for path, table in zip(paths, TABLES, strict=True):
        path.write_text(schema_text(published_schema(table)), encoding="utf-8")
    return paths


def _property(column: Column) -> dict[str, Any]:
    kinds = [column.kind, "null"] if column.nullable else column.kind
    allowed = [*column.among, None] if column.nullable else [*column.among]
    choices = {"enum": allowed} if column.among else {}
    return {"type": kinds, **choices, "description": column.meaning}


if __name__ == "__main__":
    for written in write_published(Path(sys.argv[1])):
        print(written)
