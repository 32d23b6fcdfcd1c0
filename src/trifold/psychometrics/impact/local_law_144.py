"""New York City's Local Law 144 (6 RCNY § 5-300 and following): rates, ratios and the summary.

The law asks for rates and impact ratios by sex, by race or ethnicity, and by both. It has no
threshold, so nothing here passes or fails. This is a computation, not an independent audit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trifold.codes import Code
from trifold.contracts import Array
from trifold.errors import InputError, unknown
from trifold.psychometrics.impact.groups import (
    SELF_REPORTED,
    Grouping,
    groupings,
    left_out_names,
    reference_of,
    small_shares,
)
from trifold.psychometrics.impact.two_groups.rates import impact_ratio
from trifold.psychometrics.statistics.plain import plain

SEX = ("Female", "Male")
RACE = (
    "Hispanic or Latino",
    "White",
    "Black or African American",
    "Native Hawaiian or Other Pacific Islander",
    "Asian",
    "American Indian or Alaska Native",
    "Two or More Races",
)
MEDIAN_OVER = ("known", "all")
DISCLAIMER = "computed with Trifold; not an independent audit"


@dataclass(frozen=True)
class Row:
    """A category of one table.

    Attributes:
        category: as reported.
        n: applicants, or people scored.
        selected: of them, or scored above the median.
        rate: selection rate or scoring rate.
        impact_ratio: to the highest rate among the categories that are not left out.
        left_out: the written reason for which it is not the reference and has no ratio; empty
            otherwise.
        flags: ``SMALL_SHARE`` below two per cent.
    """

    category: str
    n: int
    selected: int
    rate: float
    impact_ratio: float
    left_out: str
    flags: tuple[Code, ...]


@dataclass(frozen=True)
class Table:
    """Rates of one division.

    Attributes:
        name: sex, race or ethnicity, or both crossed.
        rows: categories.
        known: people in it.
        unknown: people without a category; they are in no rate.
        unknown_selected: of them.
    """

    name: str
    rows: tuple[Row, ...]
    known: int
    unknown: int
    unknown_selected: int


@dataclass(frozen=True)
class LocalLaw144:
    """All tables of one tool and one mode.

    Attributes:
        mode: ``selection`` or ``score``.
        tables: sex, race or ethnicity, intersections.
        people: all, known or not.
        median: of the scores, in mode ``score``; NaN otherwise.
        median_over: whose median it is, in words.
        above_median: share of these strictly above it; ties at the median lower it and everybody's
            rate.
    """

    mode: str
    tables: tuple[Table, ...]
    people: int
    median: float
    median_over: str
    above_median: float

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        return {**plain(self), "note": DISCLAIMER}


def local_law_144(
    outcome: pd.Series,
    groups: pd.DataFrame,
    *,
    sex: str = "sex",
    race: str = "race_ethnicity",
    median_over: str = "known",
    left_out: Mapping[str, str] | None = None,
    provenance: str = SELF_REPORTED,
    eeo1: bool = True,
) -> LocalLaw144:
    """Tables of both modes: of decisions where ``outcome`` is bool, of scores where it is a number.

    Args:
        outcome: indexed by ``candidate_id``.
        groups: ``candidate_id`` and both columns, self-reported.
        sex: name of the column.
        race: name of the column.
        median_over: ``known`` takes the median over people with a category in any table, as the
            rule's example does; ``all`` over everybody.
        left_out: category below two per cent to the written reason to leave it out of ratios.
        provenance: of the groups; inferred ones are refused.
        eeo1: whether categories must be those of EEO-1.

    Raises:
        InputError: for other categories, gaps in the outcome, inferred groups, or a category left
            out that is larger or has no reason.
    """
    if median_over not in MEDIAN_OVER:
        raise unknown(median_over, MEDIAN_OVER, what="settings of median_over")
    values = outcome.to_numpy()
    if pd.isna(values).any():
        raise InputError(
            expected="an outcome of everybody", got=f"{int(pd.isna(values).sum())} gaps"
        )
    named = _spelled_as_eeo1(groups, [sex, race]) if eeo1 else groups
    divisions = groupings(named, list(outcome.index), columns=[sex, race], provenance=provenance)
    if eeo1:
        _check_categories(divisions)
    known = np.logical_or.reduce([d.place >= 0 for d in divisions])
    median, counted = float("nan"), known if median_over == "known" else np.ones_like(known)
    chosen = values.astype(bool)
    if not pd.api.types.is_bool_dtype(outcome):
        median = float(np.median(values[counted].astype(float)))
        chosen = values.astype(float) > median
    return LocalLaw144(
        "selection" if np.isnan(median) else "score",
        tuple(_table(division, chosen, left_out or {}) for division in divisions),
        len(values),
        median,
        "people with a known category" if median_over == "known" else "everybody",
        float(chosen[counted].mean()),
    )


def local_law_144_classes(
    classes: pd.Series, groups: pd.DataFrame, **settings: Any
) -> dict[str, LocalLaw144]:
    """Tables of a tool that puts people into classes: the rate of each class by group.

    Args:
        classes: class of each person, indexed by ``candidate_id``.
        groups: as ``local_law_144``.
        settings: of ``local_law_144``.
    """
    names = sorted(map(str, classes.unique()))
    return {name: local_law_144(classes.astype(str) == name, groups, **settings) for name in names}


def _spelled_as_eeo1(groups: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The groups with categories spelled as EEO-1 does, where they differ in case alone."""
    named = {name.casefold(): name for name in (*SEX, *RACE)}
    spelt = {
        column: groups[column].map(lambda cell: named.get(str(cell).strip().casefold(), cell))
        for column in columns
        if column in groups
    }
    return groups.assign(**spelt)


def _check_categories(divisions: Sequence[Grouping]) -> None:
    for division, allowed in zip(divisions, (SEX, RACE), strict=False):
        for name in division.names:
            if name not in allowed:
                raise unknown(name, allowed, what=f"EEO-1 categories of {division.name}")


def _table(division: Grouping, chosen: Array, left_out: Mapping[str, str]) -> Table:
    out = left_out_names(left_out, division)
    small = small_shares(division)
    counted = division.selected(chosen)
    reference = reference_of(counted, out)
    rows = tuple(
        Row(
            g.name,
            g.n,
            g.selected,
            g.share,
            float("nan")
            if reference is None or g.name in out
            else impact_ratio(g, reference).estimate,
            left_out[g.name] if g.name in out else "",
            (Code.SMALL_SHARE,) if g.name in small else (),
        )
        for g in counted
    )
    unknown_people = division.place < 0
    return Table(
        division.name,
        rows,
        int(sum(g.n for g in counted)),
        int(unknown_people.sum()),
        int((unknown_people & chosen).sum()),
    )
