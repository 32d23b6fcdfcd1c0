"""What followed: decisions, and criteria such as later performance."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from trifold.errors import InputError
from trifold.tables.cells import number
from trifold.tables.numbers import code_hint, read_numbers, refuse_codes

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
        cells: text by ``candidate_id``; missing ones were not decided. ``attrs["places"]`` says
            where each stands in its file.
        where: the file.

    Raises:
        InputError: for a cell that is neither yes nor no.
    """
    told = cells.dropna()
    words = told.map(lambda cell: str(cell).strip().casefold())
    strange = words[~words.isin([*YES, *NO])]
    if len(strange):
        place = cells.attrs.get("places", {}).get(strange.index[0], "a row")
        raise InputError(
            expected=f"yes or no in column '{cells.name}'",
            got=f"{told.loc[strange.index[0]]!r} in {place}{code_hint(number(strange.iloc[0]))}",
            where=where,
        )
    selected = words.isin(YES).to_numpy()
    return pd.DataFrame({"candidate_id": told.index.to_numpy(), "selected": selected})


def criterion_of(cells: pd.Series, *, where: Path) -> pd.DataFrame:
    """``candidate_id`` and ``y``, of those of whom it is known; yes is 1 and no is 0.

    Args:
        cells: text by ``candidate_id``, missing where nothing is known; ``attrs["places"]`` says
            where each stands in its file.
        where: the file.

    Raises:
        InputError: for a cell that is neither a number nor yes or no, may mean thousands, or is a
            code for missing such as -9 or 99.
    """
    told = cells.dropna()
    texts = [_as_number(str(cell)) for cell in told]
    places = cells.attrs.get("places", {})
    at = [str(places.get(person, "a row")) for person in told.index]
    strange = next((i for i, text in enumerate(texts) if number(text) is None), None)
    if strange is not None:
        raise InputError(
            expected=f"a number, yes or no in column '{cells.name}'",
            got=f"{texts[strange]!r} in {at[strange]}",
            where=where,
        )
    column = str(cells.name)
    values = read_numbers([(column, texts)], place=at.__getitem__, where=where)[0]
    refuse_codes(values, column=column, cells=texts, place=at.__getitem__, where=where)
    return pd.DataFrame({"candidate_id": told.index.to_numpy(), "y": values})


def _as_number(cell: str) -> str:
    """Yes as 1 and no as 0; other cells as they are."""
    word = cell.strip().casefold()
    return str(int(word in YES)) if word in YES or word in NO else cell
