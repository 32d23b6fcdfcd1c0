"""What followed: decisions, and criteria such as later performance."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from trifold.errors import InputError
from trifold.tables.cells import number

YES = (
    "yes",
    "y",
    "true",
    "1",
    "hired",
    "selected",
    "advanced",
    "passed",
    "offer",
    "ja",
    "oui",
    "si",
)
NO = ("no", "n", "false", "0", "rejected", "not selected", "not hired", "failed", "nein", "non")


def decisions_of(cells: pd.Series, *, where: object) -> pd.DataFrame:
    """Who was selected, of those about whom something was decided.

    Args:
        cells: text by ``candidate_id``; missing ones were not decided.
        where: the file.

    Raises:
        InputError: for a cell that is neither yes nor no.
    """
    told = cells.dropna()
    words = told.map(lambda cell: str(cell).strip().casefold())
    strange = words[~words.isin([*YES, *NO])]
    if len(strange):
        raise InputError(
            expected=f"yes or no in column '{cells.name}'",
            got=repr(told.loc[strange.index[0]]),
            where=where,
        )
    selected = words.isin(YES).to_numpy()
    return pd.DataFrame({"candidate_id": told.index.to_numpy(), "selected": selected})


def criterion_of(cells: pd.Series, *, where: Path) -> pd.DataFrame:
    """``candidate_id`` and ``y``, of those of whom it is known; yes is 1 and no is 0.

    Raises:
        InputError: for a cell that is neither a number nor yes or no.
    """
    told = cells.dropna()
    values = [_value(str(cell)) for cell in told]
    for cell, value in zip(told, values, strict=True):
        if value is None:
            raise InputError(
                expected=f"a number, yes or no in column '{cells.name}'",
                got=repr(cell),
                where=where,
            )
    return pd.DataFrame({"candidate_id": told.index.to_numpy(), "y": values})


def _value(cell: str) -> float | None:
    word = cell.strip().casefold()
    if word in YES or word in NO:
        return float(word in YES)
    return number(cell)
