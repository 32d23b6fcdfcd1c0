"""Criterion validity of one target: observed first, then each correction on a line of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from trifold.codes import Code
from trifold.contracts import Array
from trifold.errors import InputError
from trifold.psychometrics.estimate import Estimate
from trifold.psychometrics.statistics.plain import plain
from trifold.psychometrics.statistics.resampling import bootstrap_estimate
from trifold.psychometrics.validity.corrections import (
    Correction,
    Reliability,
    for_criterion,
    for_range_case_ii,
)
from trifold.psychometrics.validity.dependent_correlations import (
    DependentCorrelations,
    dependent_correlations,
)
from trifold.psychometrics.validity.expectancy import ExpectancyRow, expectancy_table
from trifold.psychometrics.validity.incremental import Incremental, incremental_validity

LEAST = 10


@dataclass(frozen=True)
class CriterionValidity:
    """One target against a criterion.

    Attributes:
        n: people with score and criterion.
        r: Pearson, with a bootstrap interval over people.
        corrections: of the criterion's reliability, then of range restriction, as far as what they
            need is known.
        incremental: over the covariates; None without them.
        expectancy: success by level of the score; empty without a standard of success.
        against_human: model's r minus that of human ratings with the same criterion; None where
            ratings are the criterion or there are none.
    """

    n: int
    r: Estimate
    corrections: tuple[Correction, ...]
    incremental: Incremental | None
    expectancy: tuple[ExpectancyRow, ...]
    against_human: DependentCorrelations | None

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        return dict(plain(self))


@dataclass(frozen=True)
class CriterionOptions:
    """What is known beside score and criterion.

    Attributes:
        covariates: (n, q), NaN where unknown; None for none.
        human: (n,) ratings, where they are not the criterion.
        reliability: of the criterion.
        success: criterion from which somebody counts as successful.
        resamples, seed: of the bootstrap over people.
    """

    covariates: Array | None = None
    human: Array | None = None
    reliability: Reliability | None = None
    success: float | None = None
    resamples: int = 1000
    seed: int = 0


def criterion_validity(score: Array, y: Array, options: CriterionOptions) -> CriterionValidity:
    """Everything that can be told of one target and one criterion.

    Range restriction is corrected (case II) where some people have no criterion: U is the SD of all
    scores over that of people with a criterion, which assumes that they were selected on the score.

    Args:
        score: (n,) of all applicants, NaN where withheld.
        y: (n,), NaN where nothing was observed.
        options: what else is known.

    Raises:
        InputError: for fewer than ten people with both, or no spread.
    """
    seen = np.isfinite(score) & np.isfinite(y)
    x, criterion = score[seen], y[seen]
    if len(x) < LEAST or np.ptp(x) == 0 or np.ptp(criterion) == 0:
        raise InputError(
            expected=f"{LEAST} people with score and criterion, and spread in both",
            got=f"{len(x)}: {Code.TOO_FEW_PERSONS}",
        )
    again = {"resamples": options.resamples, "seed": options.seed}
    r = bootstrap_estimate(
        lambda rows: float(np.corrcoef(x[rows], criterion[rows])[0, 1]),
        len(x),
        method="Pearson r",
        **again,
    )
    u = float(np.std(score[np.isfinite(score)], ddof=1) / np.std(x, ddof=1))
    incremental = None
    if options.covariates is not None:
        told = seen & np.isfinite(options.covariates).all(axis=1)
        incremental = incremental_validity(score[told], options.covariates[told], y[told], **again)
    rows: tuple[ExpectancyRow, ...] = ()
    if options.success is not None:
        rows = expectancy_table(x, criterion >= options.success)
    return CriterionValidity(
        len(x),
        r,
        _corrections(r, options.reliability, u, restricted=bool((~seen).any())),
        incremental,
        rows,
        None if options.human is None else _against_human(score, y, options.human),
    )


def _corrections(
    r: Estimate, reliability: Reliability | None, u: float, *, restricted: bool
) -> tuple[Correction, ...]:
    """Reliability first, then range (Hunter, Schmidt & Le 2006)."""
    steps = []
    if reliability is not None:
        steps.append(for_criterion(r, reliability))
    if restricted:
        steps.append(for_range_case_ii(steps[-1].corrected if steps else r, u=u))
    return tuple(steps)


def _against_human(score: Array, y: Array, human: Array) -> DependentCorrelations | None:
    """Model and rater on the people who have both and the criterion."""
    seen = np.isfinite(score) & np.isfinite(y) & np.isfinite(human)
    if seen.sum() < LEAST:
        return None
    matrix = np.corrcoef([y[seen], score[seen], human[seen]])
    if not np.isfinite(matrix).all() or np.abs(matrix[np.triu_indices(3, 1)]).max() >= 1:
        return None
    return dependent_correlations(
        float(matrix[0, 1]), float(matrix[0, 2]), float(matrix[1, 2]), n=int(seen.sum())
    )
