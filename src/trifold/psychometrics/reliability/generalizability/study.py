"""A generalizability study: variance components, and how far a mean of scores generalises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from trifold.codes import Code
from trifold.contracts import Array
from trifold.messages import say
from trifold.psychometrics.estimate import Estimate
from trifold.psychometrics.intervals import percentile_interval
from trifold.psychometrics.reliability.agreement import FEWEST, LEVELS, STEADY
from trifold.psychometrics.reliability.generalizability.components import analogous_anova
from trifold.psychometrics.reliability.generalizability.formula import Design
from trifold.psychometrics.reliability.generalizability.observations import Observations
from trifold.psychometrics.reliability.generalizability.reml import reml
from trifold.psychometrics.reliability.generalizability.simulation import component_draws

SOURCE = "Cronbach et al. 1972; Brennan 2001"
FAR_APART = 0.1  # of all variance: two estimators that differ more are both shown
ONE_SESSION = say(
    "answers of one session share voice, room and camera, so what they agree in includes these: "
    "generalising over answers alone gives an upper bound"
)
OF_THE_MEAN = say(
    "this describes the mean of a person's scores; where the person's score is made otherwise, "
    "read it beside the jackknife over answers"
)


@dataclass(frozen=True)
class GStudy:
    """Components of a design, in the order of its effects, with what intervals are made of.

    Attributes:
        seen: the scores. fixed: facets that one does not generalise over.
        variances: (E,) by analysis of variance, as they came out. reml: (E,) by restricted maximum
            likelihood; balanced and above 0 it is the same.
        draws: (R, E) around the estimates. method: of the intervals.
        flags: of the whole study. cautions: sentences that stand beside it.
        coverage: of intervals.
    """

    seen: Observations = field(repr=False)
    fixed: tuple[str, ...]
    variances: Array
    reml: Array
    draws: Array = field(repr=False)
    method: str
    flags: tuple[Code, ...]
    cautions: tuple[str, ...]
    coverage: float = 0.95

    @property
    def design(self) -> Design:
        """What the scores were collected by."""
        return self.seen.design

    @property
    def n(self) -> int:
        """People."""
        return len(self.seen.people)

    @property
    def defined(self) -> bool:
        """False where nothing is estimated; ``flags`` say why."""
        return bool(np.isfinite(self.variances).all())

    @property
    def estimators_differ(self) -> bool:
        """True where the two estimators differ by more than a tenth of all variance."""
        gap = np.abs(self.variances - self.reml).max()
        return bool(gap > FAR_APART * np.maximum(self.variances, 0).sum())

    @property
    def components(self) -> dict[str, Estimate]:
        """Effect to its variance; one below 0 is given as it is and flagged."""
        return {name: self._component(e) for e, name in enumerate(self.design.names)}

    def _component(self, e: int) -> Estimate:
        value, flags = float(self.variances[e]), self.flags
        if value < 0:
            flags = (*flags, Code.NEGATIVE_VARIANCE)
        if self.defined:
            low, high = around(value, self.interval(self.draws[:, e]))
        else:
            low = high = float("nan")
        how = f"{estimator(self.seen)}; {self.method}"
        return Estimate(value, low, high, self.n, how, SOURCE, self.coverage, flags)

    def interval(self, values: Array) -> tuple[float, float]:
        """Percentiles of (R,) values, one a draw."""
        low, high = percentile_interval(values[:, None], coverage=self.coverage)
        return float(low[0]), float(high[0])

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        total = np.maximum(self.variances, 0).sum()
        names = self.design.names
        return {
            "design": self.design.formula,
            "fixed": list(self.fixed),
            "n": self.n,
            "scores": len(self.seen.scores),
            "levels": dict(self.seen.levels),
            "balanced": self.seen.balanced,
            "components": {name: one.as_json() for name, one in self.components.items()},
            "shares": _by_name(names, np.maximum(self.variances, 0) / (total if total else np.nan)),
            "reml": _by_name(names, self.reml),
            "estimators_differ": self.estimators_differ,
            "flags": [str(code) for code in self.flags],
            "cautions": list(self.cautions),
        }


def g_study(
    seen: Observations,
    *,
    fixed: Sequence[str] = (),
    draws: int = 2000,
    seed: int = 0,
    coverage: float = 0.95,
    fewest: int = FEWEST,
) -> GStudy:
    """Variance components of scores with both estimators and draws for intervals.

    Args:
        seen: scores with their cells, by ``observe``.
        fixed: facets that one does not generalise over.
        draws: for intervals.
        seed: of them.
        coverage: of the intervals.
        fewest: people below whom nothing is estimated.

    Returns:
        Undefined with ``TOO_FEW_PERSONS``, with ``NO_VARIANCE``, and with ``NOT_CROSSED`` where
        components cannot be told apart, as where each question was put to one person only.
    """
    effects, refused = len(seen.design.effects), _refused(seen, fewest)
    nothing = np.full(effects, np.nan)
    variances = nothing if refused else analogous_anova(seen)
    if refused is None and not np.isfinite(variances).all():
        refused = Code.NOT_CROSSED
    cautions = (OF_THE_MEAN,) if "o" in seen.design.facets else (ONE_SESSION, OF_THE_MEAN)
    if refused is not None:
        return GStudy(
            seen, tuple(fixed), nothing, nothing, nothing[None], "none", (refused,), cautions
        )
    inside = seen.balanced and bool((variances > 0).all())
    second = variances if inside else reml(seen, variances)
    drawn, method = component_draws(seen, variances, draws=draws, seed=seed)
    return GStudy(
        seen, tuple(fixed), variances, second, drawn, method, _flags(seen), cautions, coverage
    )


def around(value: float, ends: tuple[float, float]) -> tuple[float, float]:
    """Ends of an interval that holds its estimate, as where components below 0 were raised."""
    return min(value, ends[0]), max(value, ends[1])


def estimator(seen: Observations) -> str:
    """The first estimator, in words."""
    return "expected mean squares" if seen.balanced else "Henderson's method I"


def _refused(seen: Observations, fewest: int) -> Code | None:
    if len(seen.people) < max(fewest, 2):
        return Code.TOO_FEW_PERSONS
    return None if np.ptp(seen.scores) else Code.NO_VARIANCE


def _flags(seen: Observations) -> tuple[Code, ...]:
    found = {
        Code.TOO_FEW_PERSONS: len(seen.people) < STEADY,
        Code.TOO_FEW_LEVELS: any(
            seen.levels[f] < LEVELS for f in seen.design.conditions if not seen.design.nested_in[f]
        ),
        Code.DISCONNECTED_DESIGN: not seen.connected,
    }
    return tuple(code for code, holds in found.items() if holds)


def _by_name(names: Sequence[str], values: Array) -> Mapping[str, float | None]:
    pairs = zip(names, map(float, values), strict=True)
    return {name: value if np.isfinite(value) else None for name, value in pairs}
