"""A psychologist's table of scores or ratings, long or wide, with or without raters."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from trifold.errors import InputError, TrifoldError
from trifold.psychometrics.reliability.agreement import FEWEST
from trifold.studies.columns import ALIASES, Roles, column_named, is_group, with_roles
from trifold.studies.scores import COLUMNS, RATER, RATING, Scores
from trifold.studies.wide import Header, headers_of
from trifold.tables.cells import clean_id, is_missing, number, one_spelling, plain
from trifold.tables.numbers import read_numbers
from trifold.tables.reading import read_table
from trifold.tables.table import Table

WITHIN = ("answer_id", "question_id", "session")  # of a person, beside the rater


def read_ratings(
    path: Path,
    *,
    roles: Roles | None = None,
    targets: Collection[str] = (),
    suffix: str | None = None,
    beside: Collection[str] = (),
    sheet: str | None = None,
) -> Scores:
    """Read a table of scores or ratings as a psychologist has it.

    A row is a score (columns ``target`` and ``score``), a rater's or an answer's row with a column
    per target, or a person with a column per target, or per target and rater (``clarity_r1``).

    Args:
        path: of the table, in any format of ``trifold.tables.reading``.
        roles: columns that go by names of the user's own.
        targets: columns or names to read; empty: every column of numbers without a role.
        suffix: what the second part of headers is, see ``headers_of``.
        beside: columns that hold no scores but are wanted by person, such as an outcome.
        sheet: of a workbook; None is the only one that has a column of people.

    Raises:
        InputError: when a column or the person of a row is missing, a score is no number, or a
            row of scores comes twice.
    """
    known = [*ALIASES, *ALIASES["candidate_id"], *ALIASES["rater"], *targets]
    table = with_roles(read_table(path, known=known, sheet=sheet or ""), roles or Roles())
    wanted = {name: column_named(table, name) for name in beside}
    people, notes = one_spelling(_ids(table))
    notes = list(notes)
    columns = _columns_of_scores(table, targets, wanted.values())
    long = "target" in table.columns and "score" in table.columns
    if not long and not columns and "score" not in table.columns:
        raise InputError(
            expected="a column of scores",
            got=f"no numbers in columns {', '.join(c for c in table.columns if c)}",
            where=path,
        )
    keys = {name: _texts(table, name) for name in (*WITHIN, "rater")}
    if "score" in table.columns:
        headers = [Header("score", "score")]
    else:
        headers = headers_of(columns, where=path, suffix=suffix)
    numbers = read_numbers(
        [(header.column, table.cells(header.column)) for header in headers],
        place=table.place,
        where=path,
    )
    parts = []
    for header, values in zip(headers, numbers, strict=True):
        part = pd.DataFrame({"candidate_id": people, **keys, "score": values})
        part["target"] = _texts(table, "target") if long else header.target
        if header.kind:
            part[header.kind] = header.name
        part["row"] = range(len(part))
        parts.append(part)
    frame, anonymous = _with_sources(pd.concat(parts, ignore_index=True), table)
    outcome = _beside(table, people, wanted)
    left = [column for column in columns if column not in {one.column for one in headers}]
    if left and "score" not in table.columns:
        notes.append(f"columns {', '.join(left)} belong to no rater and are left out")
    return Scores(frame, path, (*table.notes, *notes, *_read_as(headers)), anonymous, outcome)


def without_facts(scores: Scores) -> Scores:
    """The same without columns that hold one value in all rows of each person.

    An outcome or a count of words that is repeated in every rater's row is no rating, and as one it
    would be perfectly reliable. It takes ten people with two rows to tell.
    """
    by_person = scores.frame.groupby(["target", "candidate_id"], sort=False)["score"]
    values = by_person.agg(["size", "nunique", "first"])
    repeated = values[values["size"] > 1].groupby("target", sort=False)
    found = repeated.agg(people=("size", "size"), most=("nunique", "max"), of=("first", "nunique"))
    told = (found["people"] >= FEWEST) & (found["most"] == 1) & (found["of"] > 1)
    facts = [target for target in scores.targets if target in set(found.index[told])]
    if not facts or len(facts) == len(scores.targets):
        return scores
    note = (
        f"{', '.join(facts)}: the same in all rows of each person, so no rating, and left out; "
        "only=[…] reads what it names"
    )
    kept = scores.only([target for target in scores.targets if target not in facts])
    return replace(kept, notes=(*kept.notes, note))


def _ids(table: Table) -> list[str]:
    try:
        return [
            clean_id(cell, what=f"who the person is in {table.place(row)}", where=table.where)
            for row, cell in enumerate(table.cells("candidate_id"))
        ]
    except TrifoldError as error:
        raise InputError(expected=error.expected, got=error.got, where=error.where) from error


def _texts(table: Table, column: str) -> list[str]:
    """The cells as one line each, empty where the column is not there."""
    if column not in table.columns:
        return [""] * len(table.rows)
    return ["" if is_missing(cell) else plain(cell) for cell in table.cells(column)]


def _columns_of_scores(
    table: Table, targets: Collection[str], beside: Collection[str]
) -> list[str]:
    """The wanted columns, or all that hold numbers and have no other role.

    Raises:
        InputError: when a wanted one is absent.
    """
    free = [
        name
        for name in table.columns
        if name and name not in (*ALIASES, *beside) and not is_group(name)
    ]
    absent = [name for name in targets if name not in free]
    if targets and not absent:
        return list(targets)
    if targets and "score" not in table.columns:
        raise InputError(
            expected=f"columns among {', '.join(free)}", got=", ".join(absent), where=table.where
        )
    return [name for name in free if _is_numeric(table.cells(name))]


def _is_numeric(cells: Sequence[str]) -> bool:
    """Whether nine in ten cells that hold something hold a number: the rest is then an error."""
    held = [cell for cell in cells if not is_missing(cell)]
    return bool(held) and sum(number(cell) is not None for cell in held) >= 0.9 * len(held)


def _with_sources(frame: pd.DataFrame, table: Table) -> tuple[pd.DataFrame, bool]:
    """Long rows with a source each; raters that nobody names are numbered within the person.

    Raises:
        InputError: when a named rater scores the same thing twice.
    """
    frame = frame[np.isfinite(frame["score"])].copy()
    if frame.empty:
        raise InputError(expected="at least one score", got="none", where=table.where)
    named = frame["rater"] != ""
    what = ["candidate_id", "target", *WITHIN]
    order = frame.groupby([*what, "rater"], sort=False).cumcount()
    twice = named & (order > 0)
    if twice.any():
        row = frame[twice].iloc[0]
        raise InputError(
            expected="each score once from each rater",
            got=f"{row['rater']} again in {table.place(int(row['row']))}",
            where=table.where,
        )
    anonymous = bool((order > 0).any())
    names = frame["rater"].where(named, (order + 1).astype(str)) if anonymous else frame["rater"]
    frame["source"] = [f"{RATER}{name}" if name else RATING for name in names]
    return frame[list(COLUMNS)].reset_index(drop=True), anonymous


def _beside(table: Table, people: Sequence[str], wanted: Mapping[str, str]) -> pd.DataFrame:
    """Further columns by person; a person's rows must agree.

    Args:
        table: as read.
        people: of its rows.
        wanted: what the user calls a column, and what the table calls it.

    Raises:
        InputError: when a person has two values.
    """
    found: dict[str, dict[str, str]] = {}
    for name, column in wanted.items():
        values: dict[str, str] = {}
        for row, (person, cell) in enumerate(zip(people, _texts(table, column), strict=True)):
            if cell and values.setdefault(person, cell) != cell:
                raise InputError(
                    expected=f"one value of '{name}' for each person",
                    got=f"{values[person]!r} and {cell!r} in {table.place(row)}",
                    where=table.where,
                )
        found[name] = values
    return pd.DataFrame(found, index=list(dict.fromkeys(people)), dtype=object)


def _read_as(headers: Sequence[Header]) -> list[str]:
    """How headers were understood, where they hold two things."""
    kinds = {header.kind: header for header in headers if header.kind}
    return [
        f"headers are read as target and {kind.removesuffix('_id')}: '{header.column}' is "
        f"'{header.target}' of {kind.removesuffix('_id')} '{header.name}'"
        for kind, header in kinds.items()
    ]
