"""The whole reliability study of a long table of scores; ``tables`` says what is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trifold.codes import Code
from trifold.psychometrics.estimate import Estimate, undefined
from trifold.psychometrics.reliability.agreement import FEWEST
from trifold.psychometrics.reliability.consistency import (
    Consistency,
    composite_reliability,
    consistency,
)
from trifold.psychometrics.reliability.error_of_measurement import ErrorCurve, error_curve
from trifold.psychometrics.reliability.generalizability import formula
from trifold.psychometrics.reliability.generalizability.coefficients import (
    Coefficients,
    coefficients,
)
from trifold.psychometrics.reliability.generalizability.decision import (
    Plan,
    decision_study,
    needed,
)
from trifold.psychometrics.reliability.generalizability.person_error import (
    PersonErrors,
    person_errors,
)
from trifold.psychometrics.reliability.generalizability.study import GStudy, g_study
from trifold.psychometrics.reliability.studies.tables import (
    MEMBER,
    MODEL,
    RATER,
    by_person,
    checked,
    chosen_design,
    complete,
    observations,
    rows_of,
    targets_of,
)

WANTED = (0.7, 0.8, 0.9)  # reliabilities for which it is told how many answers they take


@dataclass(frozen=True)
class TargetReliability:
    """One target.

    Attributes:
        study: variance components. observed: coefficients of what people gave.
        plans: of the decision study. needed: how many levels of the facet ``more_of`` (answers,
            where they are one) a reliability takes: coefficient (relative or absolute) to
            reliability to number.
        people: everybody's own standard errors. curve: conditional errors over the scale; None
            where answers are not one score a question.
        consistency: alpha and omega; None where questions differ between people, code
            ``NOT_CROSSED`` in ``codes``.
        codes: what was left out and why.
    """

    study: GStudy
    observed: Coefficients
    plans: tuple[Plan, ...]
    more_of: str
    needed: dict[str, dict[float, Estimate]]
    people: PersonErrors
    curve: ErrorCurve | None
    consistency: Consistency | None
    codes: tuple[Code, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values; everybody's own errors are left to the table of candidates."""
        return {
            "study": self.study.as_json(),
            "observed": self.observed.as_json(),
            "plans": [plan.as_json() for plan in self.plans],
            "more_of": self.more_of,
            "needed": {
                kind: {f"{wanted:g}": value.as_json() for wanted, value in each.items()}
                for kind, each in self.needed.items()
            },
            "curve": None if self.curve is None else self.curve.as_json(),
            "consistency": None if self.consistency is None else self.consistency.as_json(),
            "codes": [str(code) for code in self.codes],
        }


@dataclass(frozen=True)
class ReliabilityStudy:
    """All targets, and the plain sum of them.

    Attributes:
        design: formula. source: whose scores. targets: by name.
        composite: reliability of the sum of targets; None where there is one.
    """

    design: str
    source: str
    targets: dict[str, TargetReliability]
    composite: Estimate | None

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        return {
            "design": self.design,
            "source": self.source,
            "targets": {name: one.as_json() for name, one in self.targets.items()},
            "composite": None if self.composite is None else self.composite.as_json(),
        }


def reliability_study(
    table: pd.DataFrame,
    design: str | None = None,
    *,
    source: str | None = None,
    targets: Sequence[str] | None = None,
    fixed: Sequence[str] = (),
    facets: Mapping[str, str] | None = None,
    plans: Sequence[Mapping[str, float]] = (),
    costs: Mapping[str, float] | None = None,
    draws: int = 2000,
    seed: int = 0,
    fewest: int = FEWEST,
) -> ReliabilityStudy:
    """Generalizability, consistency and errors of measurement of every target.

    Args:
        table: see ``tables``.
        design: such as ``p x i``; found in the table where none is given.
        source: ``model``, ``rater:`` for all raters, ``member:`` for all members, or one of them.
            Where none is given, what the design asks for: raters for r, members for m, or model.
        targets: all where none are given.
        fixed: facets that one does not generalise over.
        facets: facet to column, for facets other than p, i, r, m and o.
        plans: facet to its number of levels, for the decision study.
        costs: facet to what one level of it costs.
        draws: for intervals.
        seed: of them.
        fewest: people below whom nothing is given.

    Raises:
        InputError: when the table, the design or a name is not as described; scores of people in
            training are refused with ``IN_SAMPLE``. What the data cannot tell is no error: it is
            undefined and has a code.
    """
    rows = checked(table)
    asked = None if design is None else formula.design(design)
    if source is None:
        among = () if asked is None else asked.facets
        source = RATER if "r" in among else MEMBER if "m" in among else MODEL
    names = targets_of(rows, targets)
    of_target = {name: rows_of(rows, name, source=source) for name in names}
    plan = asked or formula.design(chosen_design(of_target[names[0]], source))
    found = {}
    for name, mine in of_target.items():
        study = g_study(
            observations(mine, plan, facets), fixed=fixed, draws=draws, seed=seed, fewest=fewest
        )
        found[name] = _target(mine, study, plans, costs, seed=seed, fewest=fewest)
    return ReliabilityStudy(plan.formula, source, found, _composite(of_target, found))


def _target(
    rows: pd.DataFrame,
    study: GStudy,
    plans: Sequence[Mapping[str, float]],
    costs: Mapping[str, float] | None,
    *,
    seed: int,
    fewest: int,
) -> TargetReliability:
    open_ = [f for f in study.design.conditions if f not in study.fixed]
    more_of = "i" if "i" in open_ else open_[0]
    many = {
        kind: {w: needed(study, w, facet=more_of, absolute=kind == "absolute") for w in WANTED}
        for kind in ("relative", "absolute")
    }
    single = not rows.duplicated(["candidate_id", "question_id"]).any()
    answers = by_person(rows, "question_id") if single and study.defined else None
    crossed = None if answers is None else complete(answers)
    curve = None if answers is None else error_curve(answers.to_numpy(dtype=float), seed=seed)
    alike = None
    if crossed is not None and answers is not None:
        alike = consistency(crossed, [str(c) for c in answers], seed=seed, fewest=fewest)
    return TargetReliability(
        study,
        coefficients(study),
        decision_study(study, plans, costs),
        more_of,
        many,
        person_errors(study),
        curve,
        alike,
        (*study.flags, *(() if alike is not None else (Code.NOT_CROSSED,))),
    )


def _composite(
    rows: Mapping[str, pd.DataFrame], found: Mapping[str, TargetReliability]
) -> Estimate | None:
    """Of the sum of targets, over people who have all of them."""
    if len(found) < 2:
        return None
    means = pd.DataFrame(
        {name: mine.groupby("candidate_id")["score"].mean() for name, mine in rows.items()}
    ).dropna()
    rho = [one.observed.relative.estimate for one in found.values()]
    if len(means) < 2:
        return undefined(len(means), "composite of targets", Code.TOO_FEW_PERSONS)
    covariance = np.cov(means.to_numpy(dtype=float).T)
    return composite_reliability(covariance, rho, n=len(means))
