"""Do intervals of reliability hold, and is a large study quick?

``python -m benchmarks.psychometrics [coverage] [personal] [speed] [draws=1000]``. Scores are drawn
from known components, as often as ``draws`` says, and it is counted how often 95 % intervals hold
the true coefficient; plain percentiles of the parametric bootstrap stand beside those of a facet's
variance. ``personal`` counts the people whose score ± 1.96 personal standard errors of measurement
holds their universe score. Everything in it is simulated.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from trifold.contracts import Array
from trifold.psychometrics.reliability.generalizability.coefficients import (
    coefficients,
    share,
    weights_of,
)
from trifold.psychometrics.reliability.generalizability.components import analysis_of_variance
from trifold.psychometrics.reliability.generalizability.formula import design
from trifold.psychometrics.reliability.generalizability.observations import Observations, observe
from trifold.psychometrics.reliability.generalizability.person_error import person_errors
from trifold.psychometrics.reliability.generalizability.study import GStudy, g_study

TRUE = {
    "p": 0.5, "i": 0.1, "m": 0.02, "pi": 0.4, "pm": 0.05, "im": 0.01, "pim": 0.1,
    "i:p": 0.5, "im:p": 0.1,
}  # fmt: skip
TWO_SIDED = 1.96  # standard errors that hold 95 % of a normal distribution


@dataclass(frozen=True)
class Case:
    """A design with its sizes; ``missing`` is the chance that a score is not given."""

    formula: str
    people: int
    sizes: Mapping[str, int]
    missing: float = 0.0


CASES = (
    Case("p x i", 60, {"i": 3}),
    Case("p x i", 300, {"i": 8}),
    Case("p x i", 60, {"i": 8}, 0.3),
    Case("p x i", 300, {"i": 5}, 0.3),
    Case("i:p", 60, {"i": 5}),
    Case("i:p", 60, {"i": 8}, 0.35),
    Case("i:p", 300, {"i": 8}, 0.35),
    Case("p x i x m", 60, {"i": 3, "m": 5}),
    Case("p x i x m", 300, {"i": 8, "m": 5}),
    Case("p x i x m", 60, {"i": 8, "m": 5}, 0.2),
)


def main(arguments: list[str]) -> None:
    """Print one table per question."""
    settings = dict(a.split("=", 1) for a in arguments if "=" in a)
    wanted = [a for a in arguments if "=" not in a] or ["coverage", "personal", "speed"]
    print(f"{os.cpu_count()} cores; simulated scores")
    if "coverage" in wanted:
        draws = int(settings.get("draws", 1000))
        print(f"95 % intervals that hold the true coefficient, {draws} draws")
        print(
            "design      people  sizes             missing  relative, absolute, person, "
            "condition, its plain percentiles"
        )
        for case in CASES:
            held = coverage(case, draws=draws)
            sizes = ", ".join(f"{n} {facet}" for facet, n in case.sizes.items())
            shares = "  ".join(f"{100 * share:5.1f}" for share in held.values())
            row = (
                f"{case.formula:<11} {case.people:>6}  {sizes:<16}  {case.missing:>7.0%}  {shares}"
            )
            print(row, flush=True)
    if "personal" in wanted:
        personal(int(settings.get("draws", 1000)))
    if "speed" in wanted:
        speed()


def personal(draws: int) -> None:
    """How often a person's score ± 1.96 SEM holds the universe score, by design."""
    print(
        f"score ± 1.96 personal SEM that holds the universe score, {draws} draws: relative, "
        "absolute"
    )
    for case in CASES:
        held = personal_coverage(case, draws=draws)
        shares = "  ".join(f"{100 * share:5.1f}" for share in held.values())
        sizes = ", ".join(f"{n} {facet}" for facet, n in case.sizes.items())
        print(
            f"{case.formula:<11} {case.people:>6}  {sizes:<16}  {case.missing:>7.0%}  {shares}",
            flush=True,
        )


def personal_coverage(case: Case, *, draws: int, seed: int = 0) -> dict[str, float]:
    """Share of people whose score ± 1.96 personal SEM holds their universe score.

    Args:
        case: what is simulated.
        draws: studies.
        seed: of them.

    Returns:
        ``relative`` of the distance from the mean of all people, where what all share counts
        nothing; ``absolute`` of the score itself.
    """
    generator = np.random.default_rng(seed)
    held: dict[str, list[Array]] = {"relative": [], "absolute": []}
    for _ in range(draws):
        seen, universe = drawn(case, generator)
        study = g_study(seen, draws=1, fewest=10)  # no interval of the study is looked at
        own = seen.together(frozenset({"p"}))
        off = np.bincount(own.of, seen.scores) / own.counts - universe
        errors = person_errors(study)
        held["relative"].append(np.abs(off - off.mean()) <= TWO_SIDED * errors.relative)
        held["absolute"].append(np.abs(off) <= TWO_SIDED * errors.absolute)
    return {name: float(np.mean(each)) for name, each in held.items()}


def simulated(case: Case, generator: np.random.Generator) -> Observations:
    """Scores of a case, drawn from the components of ``TRUE``."""
    return drawn(case, generator)[0]


def drawn(case: Case, generator: np.random.Generator) -> tuple[Observations, Array]:
    """The same, and (P,) universe scores of the people, whose mean is 0."""
    plan = design(case.formula)
    shape = [case.people, *case.sizes.values()]
    names = ["p", *case.sizes]
    places = dict(zip(names, np.indices(shape).reshape(len(shape), -1), strict=True))
    scores, universe = np.zeros(int(np.prod(shape))), np.zeros(case.people)
    for effect in plan.effects:
        key = np.ravel_multi_index(
            [places[f] for f in sorted(effect.facets)],
            [shape[names.index(f)] for f in sorted(effect.facets)],
        )
        values = np.sqrt(TRUE[effect.name]) * generator.standard_normal(key.max() + 1)
        universe = values if effect.name == "p" else universe
        scores += values[key]
    answer = np.ravel_multi_index([places["p"], places["i"]], shape[:2])
    given = generator.random(int(np.prod(shape[:2]))).reshape(shape[:2]) >= case.missing
    short = given.sum(axis=1) < 3  # everybody gives three answers at least
    given[short, :3] = True
    seen = observe(plan, places, np.where(given.ravel()[answer], scores, np.nan))
    return seen, universe[[int(name) for name in seen.people]]


def coverage(case: Case, *, draws: int, seed: int = 0, inner: int = 1000) -> dict[str, float]:
    """Share of simulated studies whose intervals hold the truth, by coefficient.

    Args:
        case: what is simulated.
        draws: studies.
        seed: of them.
        inner: draws for the intervals of each.
    """
    generator = np.random.default_rng(seed)
    held: dict[str, list[bool]] = {"relative": [], "absolute": []}
    for study_seed in range(draws):
        study = g_study(simulated(case, generator), draws=inner, seed=study_seed, fewest=10)
        true = np.array([TRUE[name] for name in study.design.names])
        universe, *errors = weights_of(study, None).of(true)
        found = coefficients(study)
        for name, error in zip(("relative", "absolute"), errors, strict=True):
            value, interval = float(share(universe, error)), getattr(found, name)
            held[name].append(interval.low <= value <= interval.high)
        for e, name in enumerate(study.design.names[:2]):
            one = study.components[name]
            held.setdefault(name, []).append(one.low <= TRUE[name] <= one.high)
            if e and study.seen.balanced:
                low, high = study.interval(plain_draws(study)[:, e])
                held.setdefault("plain", []).append(low <= TRUE[name] <= high)
    return {name: float(np.mean(each)) for name, each in held.items()}


def plain_draws(study: GStudy) -> Array:
    """(R, E) refits to scores that are simulated from the fitted components, balanced."""
    table = analysis_of_variance(study.seen)
    ratio = table.mean_squares / (study.draws @ table.expected.T)
    fitted = table.expected @ np.maximum(study.variances, 0.0)
    return np.linalg.solve(table.expected, (fitted * ratio).T).T


def speed() -> None:
    """Seconds for 10,000 people, 6 answers and 5 members, complete and with a tenth missing."""
    for missing in (0.0, 0.1):
        case = Case("p x i x m", 10_000, {"i": 6, "m": 5}, missing)
        seen = simulated(case, np.random.default_rng(0))
        start, work = time.perf_counter(), time.process_time()
        coefficients(g_study(seen))
        wall, cpu = time.perf_counter() - start, time.process_time() - work
        print(
            f"{len(seen.scores):,} scores, {missing:.0%} missing: {wall:.1f} s ({cpu:.1f} s of CPU)"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
