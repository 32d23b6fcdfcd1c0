"""A psychologist's table of scores or ratings, long or wide, with or without raters."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from trifold.errors import InputError
from trifold.psychometrics.reliability.agreement import FEWEST
from trifold.studies.columns import ALIASES, Roles, column_named, with_roles
from trifold.studies.score_columns import SHOWN, refuse_twice, score_columns, with_one_score
from trifold.studies.scores import COLUMNS, RATER, RATING, Scores
from trifold.studies.wide import Header, headers_of
from trifold.tables.cells import is_missing, plain
from trifold.tables.ids import are_own_moments, read_ids, read_names, refuse_own_moments
from trifold.tables.labels import without_labels, without_unanswered
from trifold.tables.numbers import read_numbers, refuse_codes
from trifold.tables.reading import read_table
from trifold.tables.table import Table

WITHIN = ("answer_id", "question_id", "session")  # of a person, beside the rater


def read_ratings(
    path: Path,
    *,
    roles: Roles | None = None,
    wanted: Collection[str] = (),
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
        wanted: names of scores that a survey tool's own columns may have too.
        suffix: what the second part of headers is, see ``headers_of``.
        beside: columns that hold no scores but are wanted by person, such as an outcome.
        sheet: of a workbook; None is the only one that has a column of people.

    Raises:
        InputError: when a column or the person of a row is missing, a score is no number, or a
            row of scores comes twice.
    """
    said = roles or Roles()
    known = [*ALIASES, *ALIASES["candidate_id"], *ALIASES["rater"], *said.named().values()]
    table = with_roles(read_table(path, known=known, sheet=sheet or ""), said, beside=beside)
    free = [name for name in table.columns if name and (name not in ALIASES or name == "score")]
    table = without_unanswered(without_labels(table, free), free)
    if said.score is None:
        table = with_one_score(table, beside, wanted, wide=suffix == "target")
    columns = {name: column_named(table, name) for name in beside}
    people, notes = read_ids(table, what="who the person is")
    headers, of_headers = _headers(table, columns.values(), wanted, suffix)
    rows, of_names = _rows(table, people, headers)
    frame, several = _with_sources(rows, table)
    if several:
        more = ", …" if len(several) > SHOWN else ""
        of_names.append(
            f"no rater is named, so several rows of a person are read as of several raters: "
            f"{', '.join(several[:SHOWN])}{more}"
        )
    said_of = (*table.notes, *notes, *of_headers, *of_names, *_read_as(headers))
    return Scores(frame, path, said_of, bool(several), _beside(table, people, columns))


def _headers(
    table: Table, beside: Collection[str], wanted: Collection[str], suffix: str | None
) -> tuple[list[Header], list[str]]:
    """What the columns of scores hold, and lines about those that are left out.

    Raises:
        InputError: when there is none.
    """
    found = score_columns(table, beside=beside, wanted=wanted)
    if "score" in table.columns:
        others = [f"columns {', '.join(found.names)} are left out, as one column has the scores"]
        return [Header("score", "score")], [*found.notes, *(others if found.names else [])]
    refuse_twice(table, found.names)
    if not found.names:
        raise InputError(
            expected="a column of scores",
            got=f"no numbers in columns {', '.join(c for c in table.columns if c)}",
            where=table.where,
        )
    headers = headers_of(found.names, where=table.where, suffix=suffix)
    left = [name for name in found.names if name not in {one.column for one in headers}]
    none = [f"columns {', '.join(left)} belong to no rater and are left out"] if left else []
    return headers, [*found.notes, *none]


def _rows(
    table: Table, people: Sequence[str], headers: Sequence[Header]
) -> tuple[pd.DataFrame, list[str]]:
    """A row for each cell of scores, and lines about names that were taken as one."""
    names, notes = {}, []
    once = len(set(people)) == len(people)
    for name in (*WITHIN, "rater", "target"):
        names[name] = [""] * len(table.rows)
        if name not in table.columns:
            continue
        counted = name == "session"  # seconds in a column `time` are no sessions
        if once and are_own_moments(table.cells(name), people, numbers=counted):
            written = table.written.get(name, name)
            what = f"column '{written}' has another value for nearly everybody"
            notes.append(f"{what}, which tells no {name}, and is left out")
            continue
        refuse_own_moments(table, name, people, numbers=counted)
        names[name], joined = read_names(table, name)
        notes += joined
    targets = names.pop("target")
    long = headers[0].column == "score" and "target" in table.columns
    cells = [(header.column, table.cells(header.column)) for header in headers]
    parts = []
    numbers = read_numbers(cells, place=table.place, where=table.where)
    for header, (column, own), values in zip(headers, cells, numbers, strict=True):
        refuse_codes(values, column=column, cells=own, place=table.place, where=table.where)
        part = pd.DataFrame({"candidate_id": people, **names, "score": values})
        part["target"] = targets if long else header.target
        if header.kind:
            part[header.kind] = header.name
        part["row"] = range(len(part))
        parts.append(part)
    return pd.concat(parts, ignore_index=True), notes


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


def _texts(table: Table, column: str) -> list[str]:
    """The cells as one line each, empty where the column is not there."""
    if column not in table.columns:
        return [""] * len(table.rows)
    return ["" if is_missing(cell) else plain(cell) for cell in table.cells(column)]


def _with_sources(frame: pd.DataFrame, table: Table) -> tuple[pd.DataFrame, list[str]]:
    """Long rows with a source each, and people with several raters whom nobody names.

    Such raters are numbered within the person.

    Raises:
        InputError: when a named rater scores the same thing twice, or some rows name none.
    """
    frame = frame[np.isfinite(frame["score"])].copy()
    if frame.empty:
        raise InputError(expected="at least one score", got="none", where=table.where)
    named = frame["rater"] != ""
    if named.any() and not named.all():
        raise InputError(
            expected="a rater in each row, or in none",
            got=f"none in {table.place(int(frame['row'][~named].iloc[0]))}, as below a name that "
            "stands for several rows: fill the cells",
            where=table.where,
        )
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
    several = list(dict.fromkeys(frame["candidate_id"][order > 0]))
    names = frame["rater"].where(named, (order + 1).astype(str)) if several else frame["rater"]
    frame["source"] = [f"{RATER}{name}" if name else RATING for name in names]
    return frame[list(COLUMNS)].reset_index(drop=True), several


def _beside(table: Table, people: Sequence[str], wanted: Mapping[str, str]) -> pd.DataFrame:
    """Further columns by person; ``attrs["places"]`` holds where each first stands.

    A person's rows must agree.

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
    frame = pd.DataFrame(found, index=list(dict.fromkeys(people)), dtype=object)
    frame.attrs["places"] = {who: table.place(row) for row, who in reversed([*enumerate(people)])}
    return frame


def _read_as(headers: Sequence[Header]) -> list[str]:
    """How headers were understood, where they hold two things."""
    kinds = {header.kind: header for header in headers if header.kind}
    return [
        f"headers are read as target and {kind.removesuffix('_id')}: '{header.column}' is "
        f"'{header.target}' of {kind.removesuffix('_id')} '{header.name}'"
        for kind, header in kinds.items()
    ]
