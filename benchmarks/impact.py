"""Error rates of the tests of groups, and the time of a sweep: ``python -m benchmarks.impact``.

How often Cleary's omnibus test rejects where all groups share one line, how often the four-fifths
rule flags two groups that are selected at the same rate (simulated and exact), how often intervals
of impact ratios and of standardised differences hold the truth, and seconds for a whole study of
100,000 people in eight groups. All people are drawn; nobody in them exists. ``draws=N`` sets how
often.
"""

from __future__ import annotations

import math
import os
import sys
import time

import numpy as np
import pandas as pd

from trifold.psychometrics.impact.prediction.cleary import differential_prediction
from trifold.psychometrics.impact.study import impact_study
from trifold.psychometrics.impact.two_groups.chance import false_flags
from trifold.psychometrics.impact.two_groups.rates import Group, below_four_fifths, impact_ratio
from trifold.psychometrics.impact.two_groups.score_difference import score_difference

SIZES = ((50, 50), (20, 80), (100, 100), (500, 500))
RATE = 0.30
PEOPLE = 100_000


def main(arguments: list[str]) -> None:
    """Print all tables."""
    settings = dict(a.split("=", 1) for a in arguments)
    draws = int(settings.get("draws", 4000))
    print(f"{os.cpu_count()} cores; {draws} draws each, simulated people")
    for groups in ((150, 150), (240, 60), (100, 100, 100)):
        plain, robust = null_cleary(groups, draws=draws)
        print(f"Cleary, one line for all, groups {groups}: F {plain:.3f}, HC3 {robust:.3f}")
    for seed, sizes in enumerate(SIZES):
        either, focal = simulated_flags(sizes, draws=draws, seed=seed)
        told = false_flags(*sizes, rate=RATE)
        print(
            f"four-fifths at equal rates of {RATE}, {sizes}: either {either:.3f} (exact "
            f"{told.either:.3f}), focal {focal:.3f} (exact {told.focal:.3f})"
        )
    print(f"interval of the impact ratio, 200 + 200: covers {ratio_coverage(draws=draws):.3f}")
    print(f"interval of d = .5, 60 + 90: covers {difference_coverage(draws=draws):.3f}")
    for cuts in (200, 1000):
        wall, cpu, rows = sweep(PEOPLE, groups=8, cuts=cuts)
        print(
            f"impact study of {PEOPLE:,} people in 8 groups, {cuts} cuts, {rows} rows: "
            f"{wall:.1f} s, {cpu:.1f} s of processor"
        )


def null_cleary(sizes: tuple[int, ...], *, draws: int, seed: int = 0) -> tuple[float, float]:
    """Share of draws in which the omnibus test rejects at .05, by F and by HC3."""
    generator = np.random.default_rng(seed)
    labels = np.repeat([f"g{i}" for i in range(len(sizes))], sizes)
    shift = np.repeat(np.linspace(0, -0.5, len(sizes)), sizes)  # groups may differ in the score
    hits = np.zeros(2)
    for _ in range(draws):
        x = generator.normal(size=len(labels)) + shift
        y = 0.4 * x + generator.normal(size=len(labels))
        test = differential_prediction(y, x, list(labels)).omnibus
        hits += [test.p < 0.05, test.p_hc3 < 0.05]
    return float(hits[0] / draws), float(hits[1] / draws)


def simulated_flags(sizes: tuple[int, int], *, draws: int, seed: int = 0) -> tuple[float, float]:
    """Share of draws in which the rule flags either group, and the first."""
    generator = np.random.default_rng(seed)
    selected = generator.binomial(sizes, RATE, (draws, 2))
    flags = np.array([_flags(row, sizes) for row in selected])
    return float(flags.any(axis=1).mean()), float(flags[:, 0].mean())


def _flags(selected: np.ndarray, sizes: tuple[int, int]) -> tuple[bool, bool]:
    g, h = (Group("g", int(s), n) for s, n in zip(selected, sizes, strict=True))
    return below_four_fifths(g, h), below_four_fifths(h, g)


def ratio_coverage(*, draws: int, seed: int = 0) -> float:
    """Share of 95 % intervals of the impact ratio that hold .24/.30."""
    generator = np.random.default_rng(seed)
    hits = 0
    for s_g, s_h in generator.binomial(200, (0.24, 0.30), (draws, 2)):
        found = impact_ratio(Group("g", int(s_g), 200), Group("h", int(s_h), 200))
        hits += found.low <= 0.8 <= found.high
    return hits / draws


def difference_coverage(*, draws: int, seed: int = 0) -> float:
    """Share of 95 % intervals of d that hold .5."""
    generator = np.random.default_rng(seed)
    hits = 0
    for _ in range(draws):
        found = score_difference(generator.normal(0.5, 1, 60), generator.normal(0, 1, 90))
        hits += found.low <= 0.5 <= found.high
    return hits / draws


def sweep(people: int, *, groups: int, cuts: int) -> tuple[float, float, int]:
    """Seconds of a study of scores, those of the processor, and rows of its sweep."""
    generator = np.random.default_rng(0)
    ids = [f"c{i}" for i in range(people)]
    place = generator.integers(0, groups, people)
    score = generator.normal(size=people) - 0.05 * place
    scores = pd.DataFrame({"candidate_id": ids, "target": "fit", "score": score})
    named = pd.DataFrame({"candidate_id": ids, "group": [f"g{g}" for g in place]})
    start, began = time.perf_counter(), time.process_time()
    study = impact_study(scores, named, cuts=0.5, at_most=cuts)
    wall, cpu = time.perf_counter() - start, time.process_time() - began
    table = study.decisions["fit"][0].sweep
    return wall, cpu, 0 if table is None else len(table)


def standard_error(share: float, draws: int) -> float:
    """Of a simulated share."""
    return math.sqrt(share * (1 - share) / draws)


if __name__ == "__main__":
    main(sys.argv[1:])
