"""Draws of variance components that their intervals are made of."""

from __future__ import annotations

import numpy as np

from trifold.contracts import Array
from trifold.psychometrics.reliability.generalizability.components import (
    ROUNDING,
    analysis_of_variance,
    expectations,
    uncorrected_sums,
)
from trifold.psychometrics.reliability.generalizability.observations import Observations

MOST_SCORES = 100_000_000  # that are simulated in all
FEWEST_DRAWS = 200
IN_ONE_GO = 4_000_000  # scores that are held at a time


def component_draws(
    seen: Observations, components: Array, *, draws: int = 2000, seed: int = 0
) -> tuple[Array, str]:
    """(R, E) draws of components around their estimates, and how they were made.

    Generalised confidence intervals, Weerahandi (1993): a sum of squares over its expectation has a
    distribution that hardly depends on the components, so the expectation is drawn as the observed
    sum over a draw of that ratio. Balanced, the ratios are chi-squares over their degrees of
    freedom, and of one facet the exact interval comes out. Otherwise they are simulated from the
    fitted components, a parametric bootstrap (Brennan 2001, section 6.2) that is turned round: its
    plain percentiles cover too seldom where a facet has few levels.

    Args:
        seen: the scores.
        components: (E,) estimates; below 0 counts as 0 in the simulation.
        draws: R; where that takes more than 10⁸ simulated scores, fewer, 200 at least.
        seed: of the draws.
    """
    generator = np.random.default_rng(seed)
    if seen.balanced:
        table = analysis_of_variance(seen)
        ratio = generator.chisquare(table.df, (draws, len(table.df))) / table.df
        drawn = np.linalg.solve(table.expected, (table.mean_squares / ratio).T).T
        return drawn, f"generalised interval, {draws} draws, seed {seed}"
    n = len(seen.scores)
    draws = max(min(draws, MOST_SCORES // n), FEWEST_DRAWS)
    differences = _inclusion_exclusion(seen)
    expected = differences @ expectations(seen)[:, :-1]
    centred = (seen.scores - seen.scores.mean())[:, None]
    found = differences @ uncorrected_sums(seen, centred)
    found[np.abs(found) <= ROUNDING * float(np.sum(centred**2))] = 0.0
    raised = np.maximum(components, 0.0)
    step = max(1, IN_ONE_GO // n)
    sizes = [min(step, draws - done) for done in range(0, draws, step)]
    simulated = np.hstack(
        [differences @ uncorrected_sums(seen, _scores(seen, raised, generator, s)) for s in sizes]
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(simulated > 0, simulated / (expected @ raised)[:, None], np.nan)
    drawn = np.linalg.solve(expected, found / ratio).T
    words = "parametric bootstrap of sums of squares, turned round"
    return drawn, f"{words}, {draws} draws, seed {seed}"


def _inclusion_exclusion(seen: Observations) -> Array:
    """(E, E + 1): sums of squares from uncorrected sums, as if the design were balanced."""
    effects = seen.design.effects
    rows = np.zeros((len(effects), len(effects) + 1))
    for one, effect in enumerate(effects):
        rows[one, one], rows[one, -1] = 1.0, -1.0
        for o, other in enumerate(effects[:one]):
            if other.facets < effect.facets:
                rows[one] -= rows[o]
    return rows


def _scores(
    seen: Observations, components: Array, generator: np.random.Generator, size: int
) -> Array:
    """(N, size) normal scores of the design with these components and mean 0."""
    drawn = [
        np.sqrt(component) * generator.standard_normal((len(seen.cells(effect).counts), size))
        for effect, component in zip(seen.design.effects, components, strict=True)
    ]
    for values, step in zip(drawn, seen.steps, strict=False):  # coarse ones go into finer ones
        drawn[step.finer] += values[step.of]
    return drawn[-1]
