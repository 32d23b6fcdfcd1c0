"""Self-reported groups, from a file of their own: studies of impact read it, and nothing else does.

No encoder, no training and no scoring may import this module; a test of who imports whom holds the
code to that.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from trifold.errors import InputError
from trifold.studies.columns import Roles, with_roles
from trifold.tables.cells import is_missing, one_spelling, plain
from trifold.tables.reading import read_table


def read_groups(
    path: Path, *, columns: Collection[str] = (), candidate_id: str | None = None
) -> pd.DataFrame:
    """People and what they said of themselves; None where they said nothing.

    Args:
        path: of a table with a row a person.
        columns: to read; empty: all but the person's.
        candidate_id: the person's column, where its name does not say so.

    Returns:
        ``candidate_id`` and the columns, in the file's order.

    Raises:
        InputError: when a column is missing, there is none, or a person comes twice with different
            answers.
    """
    table = with_roles(read_table(path, known=["candidate_id", *columns]), Roles(candidate_id))
    people, _ = one_spelling([plain(cell) for cell in table.cells("candidate_id")])
    others = [name for name in table.columns if name and name != "candidate_id"]
    absent = [name for name in columns if name not in others]
    if absent or not others:
        raise InputError(
            expected=f"columns of groups{': ' + ', '.join(absent) if absent else ''}",
            got=", ".join(others) or "the person's alone",
            where=path,
        )
    found = pd.DataFrame({"candidate_id": people})
    for name in columns or others:
        cells = [None if is_missing(cell) else plain(cell) for cell in table.cells(name)]
        found[name] = pd.Series(cells, dtype=object)
    found = found.drop_duplicates()
    twice = found["candidate_id"].duplicated(keep=False)
    if twice.any():
        raise InputError(
            expected="one answer of each person",
            got=f"two of {found.loc[twice, 'candidate_id'].iloc[0]!r}",
            where=path,
        )
    return found.reset_index(drop=True)
