"""How well comparisons give scores back, and how fast: ``python -m benchmarks.labels``.

Simulates RecruitView's 2,011 clips of 76 questions (twelve correlated Gaussian dimensions, logit
SD 1.5), fits them with the penalty that cross-validation chooses, and prints the recovery table and
the seconds that 168,840 comparisons take. ``seeds=N`` repeats it; nothing in it is real.
"""

from __future__ import annotations

import os
import sys
import time

import numpy as np

from trifold.contracts import Array
from trifold.paired_comparisons.analysis import analyse, fit_nuclear
from trifold.paired_comparisons.diagnostics.halo import halo_of
from trifold.paired_comparisons.diagnostics.reliability import spearman_brown, split_half
from trifold.paired_comparisons.io.simulate import Simulation, recruitview_sizes, simulate
from trifold.paired_comparisons.model.likelihood import no_effects
from trifold.paired_comparisons.model.ridge import fit_ridge
from trifold.paired_comparisons.model.selection import select_penalty
from trifold.paired_comparisons.model.solver import coin_flip_norm, largest_penalty

# per clip and dimension: reference values of r nuclear, r ridge, split-half, Spearman-Brown
REFERENCE: dict[float, tuple[float, float, float, float]] = {
    2.26: (0.807, 0.594, 0.51, 0.68),
    5: (0.877, 0.758, 0.64, 0.78),
    10: (0.923, 0.866, 0.75, 0.86),
    14: (0.938, 0.900, 0.82, 0.90),
    27.16: (0.954, 0.935, 0.84, 0.91),
}


def main(arguments: list[str]) -> None:
    """Print both tables."""
    settings = dict(a.split("=", 1) for a in arguments)
    seeds = range(int(settings.get("seeds", 3)))
    print(f"{os.cpu_count()} cores; seeds {list(seeds)}; mean (lowest to highest) over seeds")
    for per_clip, reference in REFERENCE.items():
        rows = np.array([recovery(per_clip, seed) for seed in seeds])
        print(f"\n{per_clip} comparisons per clip and dimension, M = {int(rows[0, 0]):,}")
        names = ("r nuclear", "r ridge", "split-half", "Spearman-Brown")
        for name, values, expected in zip(names, rows[:, 1:5].T, reference, strict=True):
            print(f"  {name:<15} {spread(values)}   reference {expected}")
        for name, values in zip(
            ("penalty / λ_max", "coin flips / λ_max", "mean |r| true", "mean |r| fitted"),
            rows[:, 5:].T, strict=True,
        ):  # fmt: skip
            print(f"  {name:<18} {spread(values)}")
    timings(int(settings.get("runs", 5)))


def recovery(per_clip: float, seed: int) -> list[float]:
    """One row of the table: M, correlations with the truth, halves, penalty and halo."""
    made = simulate(recruitview_sizes(), per_clip=per_clip, seed=seed)
    data, effects = made.data, no_effects(made.data)
    chosen = select_penalty(data, effects, seed=seed)
    if chosen is None:
        raise RuntimeError("no pairs could be held out")
    best = float(chosen.fractions[chosen.best])
    scores = fit_nuclear(data, effects, fraction=best)
    half = float(split_half(data, effects, fraction=best, repeats=1, seed=seed).nuclear.mean())
    return [
        float(len(data)),
        correlation(scores, made.truth),
        correlation(fit_ridge(data, effects), made.truth),
        half,
        float(spearman_brown(np.array(half))),
        best,
        coin_flip_norm(data, seed=seed) / largest_penalty(data, effects),
        halo_of(made.truth).mean_correlation,
        halo_of(scores).mean_correlation,
    ]


def correlation(scores: Array, truth: Array) -> float:
    """Mean over dimensions of r with the truth."""
    return float(np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(scores.T, truth.T, strict=True)]))


def timings(runs: int) -> None:
    """Seconds for one fit, for cross-validation, and for everything that trifold label computes."""
    made = simulate(recruitview_sizes(), per_clip=14, seed=0)
    rated = simulate(
        recruitview_sizes(), per_clip=14, seed=0, tie_weight=0.4, side=0.2, raters=40,
        rater_side_sd=0.3,
    )  # fmt: skip
    print(f"\n{len(made.data):,} comparisons, {runs} runs, median (range) in seconds")
    tasks = {
        "one fit at a given penalty": lambda: fit_nuclear(
            made.data, no_effects(made.data), fraction=0.12
        ),
        "penalty by 5-fold cross-validation, and fit": lambda: fit_chosen(made),
        "all diagnostics": lambda: analyse(made.data),
        "all diagnostics, with ties and 40 raters": lambda: analyse(rated.data),
    }
    for name, task in tasks.items():
        seconds = [timed(task) for _ in range(runs)]
        print(f"  {name:<45} {spread(np.array(seconds), digits=2, middle=np.median)}")


def fit_chosen(made: Simulation) -> Array:
    """Cross-validate, then fit."""
    effects = no_effects(made.data)
    chosen = select_penalty(made.data, effects)
    return fit_nuclear(made.data, effects, fraction=chosen.fraction if chosen else 0.1)


def timed(task: object) -> float:
    """Wall seconds of a call."""
    start = time.perf_counter()
    task()  # type: ignore[operator]
    return time.perf_counter() - start


def spread(values: Array, *, digits: int = 3, middle: object = np.mean) -> str:
    """Middle and range."""
    centre = middle(values)  # type: ignore[operator]
    return f"{centre:.{digits}f} ({values.min():.{digits}f} to {values.max():.{digits}f})"


if __name__ == "__main__":
    main(sys.argv[1:])
