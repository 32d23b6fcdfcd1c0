"""Observations from tables of scores: what ``trifold score`` wrote."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trifold.drift.profile import NUMBERS, Observation, observation_of, targets_in
from trifold.errors import InputError
from trifold.tables.cells import number
from trifold.tables.reading import read_table
from trifold.tables.table import Table

NEEDED = ("candidate_id", "status", "error_code", "modalities")
KINDS = ("jsonl", "csv", "parquet")


def read_observations(path: Path, bundle: str) -> list[Observation]:
    """One observation of each person of a folder of ``trifold score``, or of its table.

    Of a table of candidates alone, scores and outcomes are known, and no measures of recordings.

    Args:
        path: of the folder, or the table of candidates.
        bundle: id of the model that scored them.

    Raises:
        InputError: when there is no such table, it lacks a column, another model scored them, or
            the table of answers beside it is of others.
    """
    candidates = _table_in(path, "candidates") if path.is_dir() else path
    if candidates is None:
        raise InputError(
            expected="a folder of trifold score, or its table of candidates", got="none", where=path
        )
    answers = _table_in(candidates.parent, "answers")
    people = _rows(candidates, ("n_files", "bundle_id"))
    _require_bundle(people, bundle, candidates)
    if answers is None:
        return [observation_of(row, None) for row in people]
    of = defaultdict[str, list[Mapping[str, Any]]](list)
    for row in _rows(answers, ("duration_s", "words_source")):
        of[row["candidate_id"]].append(row)
    lost = sum(row["candidate_id"] not in of for row in people)
    if lost:
        raise InputError(
            expected=f"answers of all {len(people)} people of {candidates.name}",
            got=f"none of {lost}",
            where=answers,
        )
    return [observation_of(row, of[row["candidate_id"]]) for row in people]


def _require_bundle(people: list[dict[str, Any]], bundle: str, where: Path) -> None:
    others = sorted({str(row["bundle_id"]) for row in people} - {bundle})
    if others:
        raise InputError(
            expected=f"scores by the model {bundle}", got=", ".join(others[:3]), where=where
        )


def _table_in(folder: Path, name: str) -> Path | None:
    found = [folder / f"{name}.{kind}" for kind in KINDS]
    return next((path for path in found if path.is_file()), None)


def _rows(path: Path, beside: tuple[str, ...]) -> list[dict[str, Any]]:
    """Rows with numbers as numbers, and None where a cell is empty."""
    table: Table = read_table(path, known=NEEDED, what="a table of trifold score")
    missing = [name for name in (*NEEDED, *beside) if name not in table.columns]
    if missing:
        raise InputError(
            expected=f"the column {missing[0]} of a table of trifold score",
            got=", ".join(table.columns)[:200],
            where=path,
        )
    numbers = {*NUMBERS, *targets_in(table.columns)}
    return [
        {
            name: number(cell) if name in numbers and cell else (cell or None)
            for name, cell in zip(table.columns, row, strict=True)
        }
        for row in table.rows
    ]
