"""Restricted maximum likelihood, the second estimator beside the analysis of variance."""

from __future__ import annotations

import numpy as np

from trifold.contracts import Array
from trifold.psychometrics.reliability.generalizability.likelihood import (
    Evaluated,
    RestrictedLikelihood,
)
from trifold.psychometrics.reliability.generalizability.observations import Observations

STEPS, HALVINGS = 100, 30
CLOSE = 1e-7  # the last step, as a share of the variance of the scores
LEAST = 1e-8  # of the residual, as a share of the variance of the scores
ROUNDING = 1e-12  # of the likelihood: a rise below it cannot be seen in its value


def reml(seen: Observations, start: Array | None = None) -> Array:
    """(E,) components that maximise the restricted likelihood; none is below 0.

    Patterson and Thompson (1971), with steps of average information (Gilmour, Thompson and Cullis
    1995) that stop at 0 and are halved until the likelihood rises. Balanced, and with no component
    at 0, it is the analysis of variance.

    Args:
        seen: the scores.
        start: (E,) of the search; equal shares of the variance where none are given. What is not
            above 0 starts a little above.

    Returns:
        NaN where the scores do not vary or no maximum is reached.
    """
    size = len(seen.design.effects)
    total = float(seen.scores.var())
    if total == 0:
        return np.full(size, np.nan)
    likelihood = RestrictedLikelihood(seen)
    first = np.full(size, total / size) if start is None else start
    here = np.maximum(first, 0.02 * total)
    found = likelihood.at(here)
    for _ in range(STEPS):
        step = _step(found, here, total)
        small = float(np.abs(step).max()) < CLOSE * total
        if small or float(found.slope @ step) < ROUNDING * abs(found.value):
            return here + step
        there, better = _risen(likelihood, here, step, found)
        if better is None:  # rounding is all that is left
            return (
                here if float(np.abs(step).max()) < 1e3 * CLOSE * total else np.full(size, np.nan)
            )
        here, found = there, better
    return np.full(size, np.nan)


def _step(found: Evaluated, here: Array, total: float) -> Array:
    """Newton's step among components that are free: above 0, or drawn away from it."""
    floor = np.zeros_like(here)
    floor[-1] = LEAST * total
    free = (here > floor) | (found.slope > 0)
    step = np.zeros_like(here)
    while free.any():
        among = np.ix_(free, free)
        step[:] = 0
        step[free] = np.linalg.lstsq(found.information[among], found.slope[free], rcond=None)[0]
        stuck = free & (here <= floor) & (step < 0)  # at 0 and led below by the others
        if not stuck.any():
            break
        free &= ~stuck
    return np.where(free, np.maximum(here + step, floor) - here, 0.0)


def _risen(
    likelihood: RestrictedLikelihood, here: Array, step: Array, found: Evaluated
) -> tuple[Array, Evaluated | None]:
    """Where the step leads that is halved until the likelihood rises; None where it never does."""
    for halving in range(HALVINGS):
        there = here + step / 2**halving
        better = likelihood.at(there)
        if better.value > found.value:
            return there, better
    return here, None
