"""Each person's own error of measurement, and scores that are no mean of answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trifold.codes import Code
from trifold.contracts import Array
from trifold.errors import InputError
from trifold.psychometrics.reliability.generalizability.formula import PERSON
from trifold.psychometrics.reliability.generalizability.study import GStudy
from trifold.psychometrics.reliability.generalizability.weights import (
    sorted_by_kind,
    squared_weights,
)

FEWEST_ANSWERS = 3
APART = 0.25  # of the error by components: a jackknife that differs more speaks against it


@dataclass(frozen=True)
class PersonErrors:
    """(P,) each: standard errors of measurement of each person, from the scores they gave.

    Attributes:
        people: names. scores: how many each gave.
        relative: for comparing people with the same conditions. absolute: of the score itself.
    """

    people: tuple[str, ...]
    scores: Array
    relative: Array
    absolute: Array


def person_errors(study: GStudy, weights: Array | None = None) -> PersonErrors:
    """√ Σ_B σ²_B Σ_b (Σ of weights in b)²: each person's own error, whatever was missing.

    Args:
        study: the components; those below 0 count as 0.
        weights: (N,) of the scores in the person's, in the order of ``study.seen``; the plain mean
            where none are given.
    """
    shares = squared_weights(study.seen, weights)
    ones = sorted_by_kind(study.design, np.ones(shares.shape[1]), study.fixed)
    raised = np.maximum(study.variances, 0.0)
    relative, absolute = (
        np.sqrt(shares @ (raised * kind)) for kind in (ones.relative, ones.absolute)
    )
    if Code.DISCONNECTED_DESIGN in study.flags:
        absolute = np.full_like(absolute, np.nan)
    counts = study.seen.together(frozenset({PERSON})).counts
    return PersonErrors(study.seen.people, counts, relative, absolute)


def jackknife_error(left_out: Array) -> float:
    """Standard error of one person's score from the scores with each answer left out.

    √((n − 1)/n · Σ(θ_(i) − θ̄)²), Quenouille and Tukey; for a mean it is s/√n.

    Args:
        left_out: (n,) the person's score, made anew without each of the n answers.

    Returns:
        NaN below three answers.
    """
    n = len(left_out)
    if n < FEWEST_ANSWERS:
        return float("nan")
    return float(np.sqrt((n - 1) / n * np.sum((left_out - np.mean(left_out)) ** 2)))


def alike(jackknife: Array, relative: Array) -> bool:
    """Whether root mean squares of both errors differ by a quarter at most.

    Args:
        jackknife: (P,) of people's scores as they are made, NaN where there is none.
        relative: (P,) of the mean of their answers, from components.

    Returns:
        False also where there is nobody to compare.
    """
    ours, theirs = _sizes(jackknife, relative)
    return bool(abs(ours - theirs) <= APART * theirs)  # NaN is not


def _sizes(jackknife: Array, relative: Array) -> tuple[float, float]:
    """Root mean squares over people who have both; NaN where nobody has."""
    both = np.isfinite(jackknife) & np.isfinite(relative)
    if not both.any():
        return float("nan"), float("nan")
    ours, theirs = (float(np.sqrt(np.mean(x[both] ** 2))) for x in (jackknife, relative))
    return ours, theirs


def refuse_unlike(jackknife: Array, relative: Array) -> None:
    """Stop a decision study where scores are not made as means are.

    Args:
        jackknife: (P,) of people's scores as they are made.
        relative: (P,) of the mean of their answers, from components.

    Raises:
        InputError: when the root mean squares differ by more than a quarter: then what a study of
            means says about more answers does not hold for these scores.
    """
    ours, theirs = _sizes(jackknife, relative)
    if not alike(jackknife, relative):
        raise InputError(
            expected="scores whose jackknife error is within 25 % of that of a mean of answers",
            got=f"{ours:.3g} beside {theirs:.3g}" if ours == ours else "no person with 3 answers",
        )
