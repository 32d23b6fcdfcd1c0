"""A whole study of adverse impact, from tidy tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trifold.codes import Code
from trifold.contracts import Array
from trifold.psychometrics.estimate import Estimate
from trifold.psychometrics.impact.cut_scores import AT_MOST, cut_score_sweep
from trifold.psychometrics.impact.decisions import Decision, cut_decisions, read_decisions
from trifold.psychometrics.impact.groups import (
    SELF_REPORTED,
    Grouping,
    groupings,
    left_out_names,
    reference_of,
    small_shares,
)
from trifold.psychometrics.impact.two_groups.comparison import Comparison, compare
from trifold.psychometrics.impact.two_groups.rates import Group
from trifold.psychometrics.impact.two_groups.score_difference import score_difference
from trifold.psychometrics.impact.two_groups.stratified import Stratified, stratified
from trifold.psychometrics.statistics.plain import plain
from trifold.psychometrics.statistics.tidy import person_scores


@dataclass(frozen=True)
class GroupRate:
    """One group: its rate, and its comparison with the group of the highest rate.

    Attributes:
        name: of the group.
        rate: with Wilson's interval.
        selected: people.
        comparison: None for the reference itself and for groups left out.
        score_difference: d of its scores from the reference's; None without scores.
        strata: over jobs or dates; None without these.
        left_out: the written reason; empty for groups that take part.
        flags: ``SMALL_SHARE`` below two per cent.
    """

    name: str
    rate: Estimate
    selected: int
    comparison: Comparison | None
    score_difference: Estimate | None
    strata: Stratified | None
    left_out: str
    flags: tuple[Code, ...]


@dataclass(frozen=True)
class ColumnImpact:
    """One division of people, for one decision.

    Attributes:
        column: name, or two joined by " × ".
        reference: group with the highest rate; empty where nothing can be compared.
        groups: all of them.
        unknown: people without a group; they are in no rate.
        sweep: every cut; None without scores.
        flags: ``ONE_GROUP`` where nothing can be compared.
    """

    column: str
    reference: str
    groups: tuple[GroupRate, ...]
    unknown: int
    sweep: pd.DataFrame | None
    flags: tuple[Code, ...]


@dataclass(frozen=True)
class ImpactStudy:
    """Adverse impact of each decision.

    Attributes:
        n: people.
        decisions: name (a target, or ``decision``) to its divisions.
        cuts: target to the cut on its score; empty where decisions were given.
    """

    n: int
    decisions: Mapping[str, tuple[ColumnImpact, ...]]
    cuts: Mapping[str, float]

    def verdicts(self) -> list[str]:
        """A sentence for every comparison."""
        return [
            f"{decision}, {division.column}, {group.name} against {division.reference}: "
            f"{group.comparison.verdict}"
            for decision, divisions in self.decisions.items()
            for division in divisions
            for group in division.groups
            if group.comparison is not None
        ]

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        return {**plain(self), "verdicts": self.verdicts()}


def impact_study(
    scores_or_decisions: pd.DataFrame,
    groups: pd.DataFrame,
    *,
    cuts: Mapping[str, float] | float | None = None,
    columns: Sequence[str] | None = None,
    left_out: Mapping[str, str] | None = None,
    provenance: str = SELF_REPORTED,
    crossed: bool = True,
    sweep: bool = True,
    at_most: int = AT_MOST,
) -> ImpactStudy:
    """Rates, ratios, tests, sizes and verdicts for each group, each intersection, each decision.

    Args:
        scores_or_decisions: decisions with ``candidate_id`` and ``selected`` (bool) and perhaps
            ``event`` (job or date; strata), one row a person; or scores in long form, see
            ``tidy.person_scores``.
        groups: ``candidate_id`` and self-reported columns.
        cuts: of scores, by target or one for all; selected are those at or above it.
        columns: of groups; all by default.
        left_out: group below two per cent to the written reason to leave it out.
        provenance: of the groups; inferred ones are refused.
        crossed: whether intersections are made.
        sweep: whether every cut is tried, where there are scores.
        at_most: cuts of a sweep.

    Raises:
        InputError: for missing columns or gaps, different cuts by group, scores without a cut, or
            inferred groups.
    """
    table = scores_or_decisions
    if "selected" in table.columns:
        people, decisions = read_decisions(table)
        used: dict[str, float] = {}
    else:
        people, decisions, used = cut_decisions(person_scores(table), cuts)
    divisions = groupings(groups, people, columns=columns, provenance=provenance, crossed=crossed)
    return ImpactStudy(
        len(people),
        {
            name: tuple(
                _division(
                    division, decision, left_out=left_out or {}, at_most=at_most if sweep else 0
                )
                for division in divisions
            )
            for name, decision in decisions.items()
        },
        used,
    )


def _division(
    division: Grouping, decision: Decision, *, left_out: Mapping[str, str], at_most: int
) -> ColumnImpact:
    """All groups of one division."""
    out = left_out_names(left_out, division)
    counted = division.selected(decision.chosen)
    reference = reference_of(counted, out)
    rows = tuple(
        _group_rate(group, reference, counted, division, decision, left_out) for group in counted
    )
    compared = sum(row.comparison is not None for row in rows)
    swept = None
    if decision.scores is not None and at_most > 0 and len(counted) > 1:
        swept = cut_score_sweep(decision.scores, division, at_most=at_most)
    return ColumnImpact(
        division.name,
        "" if reference is None or not compared else reference.name,
        rows,
        int((division.place < 0).sum()),
        swept,
        () if compared else (Code.ONE_GROUP,),
    )


def _group_rate(
    group: Group,
    reference: Group | None,
    counted: Sequence[Group],
    division: Grouping,
    decision: Decision,
    left_out: Mapping[str, str],
) -> GroupRate:
    """One group against the reference, which has the highest rate of all that are counted."""
    out = left_out_names(left_out, division)
    takes_part = reference is not None and group.name not in (reference.name, *out)
    against = reference if takes_part else None
    others = [one for one in counted if one not in (group, reference) and one.name not in out]
    d = strata = None
    if against is not None:
        mine, theirs = (division.place == division.names.index(x.name) for x in (group, against))
        if decision.scores is not None:
            d = score_difference(decision.scores[mine], decision.scores[theirs])
        if decision.strata is not None:
            strata = _over_strata(mine, theirs, decision.chosen, decision.strata)
    return GroupRate(
        group.name,
        group.rate,
        group.selected,
        None if against is None else compare(group, against, others),
        d,
        strata,
        left_out[group.name] if group.name in out else "",
        (Code.SMALL_SHARE,) if group.name in small_shares(division) else (),
    )


def _over_strata(mine: Array, theirs: Array, chosen: Array, events: Array) -> Stratified | None:
    """Mantel-Haenszel over the events in which both groups took part; None without any.

    Events in which nobody or everybody of both was selected tell nothing and are left out.
    """
    pairs = []
    for event in np.unique(events):
        here = events == event
        both = [here & who for who in (mine, theirs)]
        if all(who.any() for who in both):
            a, b = (Group(str(event), int(chosen[who].sum()), int(who.sum())) for who in both)
            if 0 < a.selected + b.selected < a.n + b.n:
                pairs.append((a, b))
    return stratified(pairs) if pairs else None
