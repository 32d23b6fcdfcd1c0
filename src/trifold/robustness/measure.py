"""How far a perturbation moves scores, in standard deviations of the clean ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trifold.codes import Code
from trifold.contracts import Array
from trifold.decimals import decimal
from trifold.psychometrics.estimate import Estimate, undefined
from trifold.psychometrics.intervals import bootstrap_rows, percentile_interval
from trifold.robustness.catalogue import Class, Perturbation

ENOUGH = 50  # people: then an interval of the mean is about .05 standard deviations wide
LEAST = 5
RESAMPLES = 1000
LIMITS: Mapping[str, Mapping[str, float]] = {
    "INVARIANCE": {"mean": 0.03, "p95": 0.15},
    "EVERYDAY": {"mean": 0.10, "icc": 0.90},
    "STRESS": {"mean": 0.20},
    "IDENTITY": {"mean": 0.05},
    "CONTENT": {"effect": 0.30},
    "ATTACK": {"mean": 0.10},
}


@dataclass(frozen=True)
class Shift:
    """What one perturbation did to one target.

    Attributes:
        mean: perturbed minus clean, of those scored both times, in SD of the clean scores.
        effect: root mean square of the same.
        p95: 95th percentile of its size.
        icc: ICC(A,1) between clean and perturbed scores.
    """

    target: str
    mean: Estimate
    effect: float
    p95: float
    icc: float


@dataclass(frozen=True)
class Finding:
    """What one perturbation did.

    Attributes:
        perturbation: which.
        shifts: per target.
        n: people scored clean.
        withheld: share of them that was not scored any more.
        codes: why, code to people.
        exceeds: limits of its class that are passed, in words; empty where none is.
    """

    perturbation: Perturbation
    shifts: tuple[Shift, ...]
    n: int
    withheld: float
    codes: Mapping[str, int]
    exceeds: tuple[str, ...]

    @property
    def worst(self) -> Shift | None:
        """The target whose mean moved most; the first where too few were scored twice to tell."""
        told = [shift for shift in self.shifts if math.isfinite(shift.mean.estimate)]
        first = self.shifts[0] if self.shifts else None
        return max(told, key=lambda shift: abs(shift.mean.estimate), default=first)

    @property
    def known(self) -> bool:
        """Whether anything can be said of limits: some shift was measured, or nobody was scored."""
        measured = any(math.isfinite(shift.mean.estimate) for shift in self.shifts)
        return measured or bool(self.exceeds) or self.withheld == 1

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "class": self.perturbation.of.name,
            "known": self.known,
            "what": self.perturbation.what,
            "n": self.n,
            "withheld": self.withheld,
            "codes": dict(self.codes),
            "exceeds": list(self.exceeds),
            "targets": {
                s.target: {
                    "mean_sd": s.mean.as_json(),
                    "effect_sd": _number(s.effect),
                    "p95_sd": _number(s.p95),
                    "icc_a1": _number(s.icc),
                }
                for s in self.shifts
            },
        }


def measure(
    clean: Array,
    changed: Array,
    perturbation: Perturbation,
    *,
    targets: Sequence[str],
    codes: Sequence[str | None],
    limits: Mapping[str, Mapping[str, float]] = LIMITS,
    seed: int = 0,
) -> Finding:
    """Shifts of every target, and the limits of its class that they pass.

    Args:
        clean: (N, K) scores; NaN where a person was not scored.
        changed: (N, K) scores under the perturbation.
        perturbation: which.
        targets: K names.
        codes: N codes of people that were withheld under it.
        limits: class to ``mean``, ``p95``, ``icc`` and ``effect``, in SD of the clean scores.
        seed: of the bootstrap over people.
    """
    scored = np.isfinite(clean).all(axis=1)
    lost = scored & ~np.isfinite(changed).all(axis=1)
    both = scored & ~lost
    shifts = tuple(
        _shift(name, clean[both, k], changed[both, k], np.std(clean[scored, k], ddof=1), seed)
        for k, name in enumerate(targets)
    )
    reasons = [str(code) for code, gone in zip(codes, lost, strict=True) if gone]
    n = int(scored.sum())
    return Finding(
        perturbation=perturbation,
        shifts=shifts,
        n=n,
        withheld=float(lost.sum() / n) if n else math.nan,
        codes={code: reasons.count(code) for code in sorted(set(reasons))},
        exceeds=tuple(
            _exceeding(perturbation.of, shifts, limits, lost_all=bool(n and lost[scored].all()))
        ),
    )


def slope(findings: Sequence[tuple[float, Finding]], target: str) -> float:
    """Least-squares change of the mean score, in SD, per unit of a cause; through 0 at 0.

    Args:
        findings: size of the cause (a word error rate, a loss in decibels) and what it did.
        target: of which.
    """
    points = [
        (cause, shift.mean.estimate)
        for cause, finding in findings
        for shift in finding.shifts
        if shift.target == target and math.isfinite(shift.mean.estimate)
    ]
    if not points:
        return math.nan
    x, y = np.array(points, float).T
    return float(x @ y / (x @ x))


def _shift(target: str, clean: Array, changed: Array, sd: float, seed: int) -> Shift:
    method = "mean over people of perturbed minus clean, in SD of clean scores; person bootstrap"
    n = len(clean)
    if n < LEAST or not np.isfinite(sd) or sd == 0:
        code = Code.NO_VARIANCE if sd == 0 else Code.TOO_FEW_PERSONS
        return Shift(target, undefined(n, method, code), math.nan, math.nan, math.nan)
    moved = (changed - clean) / sd
    draws = np.array(
        [moved[rows].mean() for rows in bootstrap_rows(n, resamples=RESAMPLES, seed=seed)]
    )
    low, high = percentile_interval(draws)
    flags = (Code.TOO_FEW_PERSONS,) if n < ENOUGH else ()
    mean = Estimate(float(moved.mean()), float(low), float(high), n, method, flags=flags)
    effect, p95 = float(np.sqrt((moved**2).mean())), float(np.quantile(np.abs(moved), 0.95))
    return Shift(target, mean, effect, p95, _agreement(clean, changed))


def _agreement(first: Array, second: Array) -> float:
    """ICC(A,1) of two columns (McGraw & Wong 1996)."""
    table = np.column_stack([first, second])
    n, k = table.shape
    rows, columns, grand = table.mean(axis=1), table.mean(axis=0), table.mean()
    between = k * ((rows - grand) ** 2).sum() / (n - 1)
    across = n * ((columns - grand) ** 2).sum() / (k - 1)
    rest = ((table - rows[:, None] - columns + grand) ** 2).sum() / ((n - 1) * (k - 1))
    below = between + (k - 1) * rest + k * (across - rest) / n
    return float((between - rest) / below) if below > 0 else math.nan


def _exceeding(
    of: Class, shifts: Sequence[Shift], limits: Mapping[str, Mapping[str, float]], *, lost_all: bool
) -> list[str]:
    """What is passed; a class that must move passes where too little did."""
    limit = limits.get(of.name, {})
    told = [shift for shift in shifts if math.isfinite(shift.effect)]
    found = []
    for shift in told:
        if abs(shift.mean.estimate) > limit.get("mean", math.inf):
            found.append(
                f"{shift.target}: mean {decimal(shift.mean.estimate, 2, signed=True)}, limit "
                f"{limit['mean']:.2f}"
            )
        if shift.p95 > limit.get("p95", math.inf):
            found.append(f"{shift.target}: 95 % within {shift.p95:.2f}, limit {limit['p95']:.2f}")
        if shift.icc < limit.get("icc", -math.inf):
            found.append(f"{shift.target}: ICC {shift.icc:.2f}, limit {limit['icc']:.2f}")
    moved = max((shift.effect for shift in told), default=math.nan)
    if "effect" in limit and told and not lost_all and not moved > limit["effect"]:
        found.append(f"largest effect {moved:.2f}, which should exceed {limit['effect']:.2f}")
    return found


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
