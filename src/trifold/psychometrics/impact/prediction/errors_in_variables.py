"""How an unreliable score moves the comparison of intercepts, and what remains without that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trifold.contracts import Array
from trifold.errors import InputError
from trifold.psychometrics.estimate import Estimate
from trifold.psychometrics.statistics.resampling import bootstrap_estimates
from trifold.psychometrics.validity.corrections import Reliability


@dataclass(frozen=True)
class Sensitivity:
    """The focal group's intercept minus the referent's, slopes being equal.

    Attributes:
        observed: with the score as it is.
        corrected: as if it had no error.
        assumed: in words.
    """

    observed: Estimate
    corrected: Estimate
    assumed: str


def intercept_gap(
    y: Array,
    score: Array,
    focal: Sequence[bool],
    *,
    reliability: Reliability,
    resamples: int = 1000,
    seed: int = 0,
) -> Sensitivity:
    """Errors-in-variables regression with a known reliability (Fuller 1987, section 1.2).

    The within-group slope is S_xy / (S_xx − n σ²_e) with σ²_e = (1 − ρ) Var(x) over all people. An
    unreliable score makes the line too flat, so that the group with the lower mean seems
    overpredicted.

    Args:
        y: (n,) criterion.
        score: (n,).
        focal: (n,) True for the focal group.
        reliability: ρ of the score among all people, with its kind and source.
        resamples: draws of the bootstrap over people.
        seed: of the draws.

    Raises:
        InputError: where a group is empty, or the error would be all that varies within groups.
    """
    mine = np.asarray(focal, dtype=bool)
    y, score = np.asarray(y, dtype=float), np.asarray(score, dtype=float)
    if not 1 < mine.sum() < len(mine) - 1 or not np.isfinite([y, score]).all():
        raise InputError(expected="two people of each group, without gaps", got="others")

    def gaps(rows: Array) -> Array:
        return np.array([_gap(y[rows], score[rows], mine[rows], rho) for rho in (1.0, rho_xx)])

    rho_xx = reliability.value
    if not np.isfinite(gaps(np.arange(len(y)))).all():
        raise InputError(
            expected="a reliability above the share of variance that lies between groups",
            got=str(rho_xx),
        )
    observed, corrected = bootstrap_estimates(
        gaps,
        len(y),
        method="intercept of the focal group minus the referent's, equal slopes",
        source="Fuller 1987",
        resamples=resamples,
        seed=seed,
    )
    told = f"score reliability {rho_xx} ({reliability.kind}; {reliability.source})"
    return Sensitivity(observed, corrected, told)


def _gap(y: Array, x: Array, mine: Array, rho: float) -> float:
    """Difference of intercepts; NaN where nothing but error varies within groups."""
    if not 0 < mine.sum() < len(mine):
        return float("nan")
    means = [(x[who].mean(), y[who].mean()) for who in (mine, ~mine)]
    centred = [np.where(mine, a, b) for a, b in zip(*means, strict=True)]
    within = x - centred[0]
    variance = float(within @ within) - len(x) * (1 - rho) * float(x.var())
    if variance <= 0:
        return float("nan")
    slope = float(within @ (y - centred[1])) / variance
    return float(means[0][1] - means[1][1] - slope * (means[0][0] - means[1][0]))
