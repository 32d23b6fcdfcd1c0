"""Columns of ratings of a manifest: numbers on the scales of a schema, and doubts about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trifold.contracts import Array, Finding, Target, TargetSchema
from trifold.corpora.tables import corpus_errors
from trifold.errors import CorpusError
from trifold.messages import say
from trifold.policy.protected import group_names, zip_names
from trifold.tables.numbers import check_between, read_numbers, refuse_codes
from trifold.tables.scales import corner_of, whole_scale_of
from trifold.tables.table import Table

DOUBTFUL = ("refuse", "keep")


def read_rated(table: Table, schema: TargetSchema, *, doubtful: str) -> tuple[Array, list[Finding]]:
    """(rows, K) numbers, NaN where empty, and what was noticed.

    Args:
        table: with a column per target.
        schema: the targets and their scales.
        doubtful: ``refuse`` columns that look as if another scale was asked or hold a code for
            missing, or ``keep`` them as they are.

    Raises:
        CorpusError: when a cell is no number or off the scale, or a column is doubtful.
    """
    columns = [(name, table.cells(name)) for name in schema.names]
    with corpus_errors():
        found = read_numbers(columns, place=table.place, where=table.where)
        for target, (name, cells), values in zip(schema.targets, columns, found, strict=True):
            known: Any = {"column": name, "cells": cells}
            known |= {"place": table.place, "where": table.where}
            check_between(values, target.low, target.high, **known)
            if doubtful == "refuse":
                refuse_codes(values, **known)
                _refuse_corner(values, target, table)
    return np.array(found, dtype=np.float64).T, [_questions(found, schema), _groups(table)]


def _refuse_corner(values: Sequence[float], target: Target, table: Table) -> None:
    corner = corner_of(values, target.low, target.high)
    if corner is not None:
        raise CorpusError(
            expected=f"ratings of {target.low:g} to {target.high:g} in column '{target.name}'",
            got=f"none beyond {corner[0]:g} to {corner[1]:g}: write the scale that was asked into "
            "the schema, or doubtful_ratings=keep where it was the schema's",
            where=table.where,
        )


def _questions(found: Sequence[Sequence[float]], schema: TargetSchema) -> Finding:
    """Columns that may have been asked on another scale, though nothing says so for certain."""
    doubts = []
    for target, values in zip(schema.targets, found, strict=True):
        other = whole_scale_of(values, target.low, target.high)
        if other is not None:
            asked = f"{other[0]:g} to {other[1]:g}"
            doubts.append(f"{target.name} ({asked} of {target.low:g} to {target.high:g})")
    return Finding(
        "other_scale",
        len(doubts),
        len(schema.targets),
        say("targets have all points of a narrower scale and none beyond: was that one asked?"),
        say("kept"),
        tuple(doubts),
    )


def _groups(table: Table) -> Finding:
    """Columns that tell people's groups, by name alone."""
    named = [name for name in table.columns if name]
    told = [name for name in named if group_names([name]) or zip_names([name])]
    return Finding(
        "group_columns",
        len(told),
        len(named),
        say("columns tell people's groups"),
        say("left out, as no input"),
        tuple(told),
    )
