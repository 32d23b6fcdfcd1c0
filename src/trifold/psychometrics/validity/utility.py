"""What selection brings: Taylor and Russell, Naylor and Shine, Brogden, Cronbach and Gleser."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import optimize, stats

from trifold.contracts import Array
from trifold.errors import InputError
from trifold.psychometrics.estimate import Estimate
from trifold.psychometrics.statistics.normal import bivariate_cdf, orthant_above
from trifold.psychometrics.statistics.plain import plain


@dataclass(frozen=True)
class TaylorRussell:
    """Who is selected and who succeeds.

    Attributes:
        selected: share that is selected.
        positive_predictive_value: share of the selected that succeeds.
        sensitivity: share of those who would succeed that is selected.
        specificity: share of those who would not that is not selected.
    """

    selected: float
    positive_predictive_value: float
    sensitivity: float
    specificity: float


def taylor_russell(*, base_rate: float, selection_rate: float, r: float) -> TaylorRussell:
    """PPV = Φ₂(Φ⁻¹(SR), Φ⁻¹(BR); r) / SR (Taylor & Russell 1939).

    Args:
        base_rate: share of all applicants that would succeed.
        selection_rate: share that is selected.
        r: validity.

    Raises:
        InputError: where a rate is not between 0 and 1.
    """
    _rates(base_rate, selection_rate)
    cuts = [float(stats.norm.ppf(rate)) for rate in (selection_rate, base_rate)]
    return _table(selection_rate, bivariate_cdf(cuts[0], cuts[1], r), base_rate)


def taylor_russell_several(
    *, base_rate: float, selection_rates: Sequence[float], correlations: Array, seed: int = 0
) -> TaylorRussell:
    """The same with a cut on each of several predictors (Thomas, Owen & Gunst 1977).

    Args:
        base_rate: share of all applicants that would succeed.
        selection_rates: P, share that passes each predictor's cut taken alone.
        correlations: (P + 1, P + 1), the criterion last.
        seed: of quasi-Monte Carlo points; the error is below 1e-5.

    Raises:
        InputError: for rates outside 0 to 1 or no correlation matrix.
    """
    _rates(base_rate, *selection_rates)
    cuts = stats.norm.isf([*selection_rates, base_rate])
    selected = orthant_above(cuts[:-1], correlations[:-1, :-1], seed=seed)
    return _table(selected, orthant_above(cuts, correlations, seed=seed), base_rate)


def marginal_rate(*, selected: float, correlations: Array, seed: int = 0) -> float:
    """The pass rate of each predictor, the same for all, with which a share passes every one.

    Args:
        selected: share that is to pass all.
        correlations: (P, P) of the predictors.
        seed: of quasi-Monte Carlo points.
    """
    _rates(selected)
    size = len(correlations)

    def gap(rate: float) -> float:
        cuts = np.full(size, stats.norm.isf(rate))
        return orthant_above(cuts, correlations, seed=seed) - selected

    return float(optimize.brentq(gap, selected, 1 - 1e-12, xtol=1e-9))


def _table(selected: float, both: float, base_rate: float) -> TaylorRussell:
    """From the shares selected, both selected and successful, and successful."""
    right = 1 - selected - base_rate + both
    return TaylorRussell(selected, both / selected, both / base_rate, right / (1 - base_rate))


def mean_z_of_selected(selection_rate: float) -> float:
    """λ(SR) = φ(z_SR) / SR, mean predictor z of those selected (Naylor & Shine 1965).

    The criterion's gain is r·λ in standard deviations.
    """
    _rates(selection_rate)
    return float(stats.norm.pdf(stats.norm.isf(selection_rate)) / selection_rate)


@dataclass(frozen=True)
class Money:
    """What changes the value of a gain (Boudreau 1983).

    Attributes:
        years: T, that the selected stay.
        variable_cost: v, added share of value; below 0 where costs rise with performance.
        tax: share.
        discount: yearly rate.
    """

    years: int = 1
    variable_cost: float = 0.0
    tax: float = 0.0
    discount: float = 0.0


@dataclass(frozen=True)
class Utility:
    """Gain of a selection over the present procedure; an assumption, not a saving.

    Attributes:
        gain: in the unit of ``sd_y``; ``low`` and ``high`` are those of SD_y half as large and half
            as large again, no confidence interval.
        sentence: for a manual.
    """

    gain: Estimate
    sentence: str

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        return dict(plain(self))


def utility(
    *,
    selected: int,
    applied: int,
    r: float,
    sd_y: float,
    cost: float = 0.0,
    money: Money | None = None,
) -> Utility:
    """ΔU = N_s Σ_t 1/(1+i)^t · r SD_y λ(SR) (1+v)(1−tax) − N_applied cost (1−tax).

    Brogden, Cronbach and Gleser (1965), with Boudreau's (1983) terms.

    Args:
        selected: people selected.
        applied: people assessed; their ratio is the selection rate.
        r: *incremental* validity over the present procedure.
        sd_y: value of one standard deviation of performance a year.
        cost: of assessing one person.
        money: Boudreau's terms; without them nothing is taxed or discounted and one year counts.

    Raises:
        InputError: where the selected are not fewer than those who applied.
    """
    if not 0 < selected < applied:
        raise InputError(expected=f"between 0 and {applied} selected", got=str(selected))
    terms = money or Money()
    # without discounting the years simply add up
    years = sum(1 / (1 + terms.discount) ** t for t in range(1, terms.years + 1))
    kept = (1 + terms.variable_cost) * (1 - terms.tax)
    unit = selected * years * r * mean_z_of_selected(selected / applied) * kept
    spent = applied * cost * (1 - terms.tax)
    low, point, high = (unit * sd_y * share - spent for share in (0.5, 1.0, 1.5))
    gain = Estimate(
        point,
        low,
        high,
        selected,
        "Brogden-Cronbach-Gleser utility; ends with half and one and a half of SD_y",
        "Cronbach & Gleser 1965; Boudreau 1983",
    )
    sentence = (
        f"Under these assumptions the gain would lie between {low:,.0f} and {high:,.0f} "
        f"({point:,.0f} with SD_y = {sd_y:,.0f}); validity, SD_y and retention are not certain."
    )
    return Utility(replace(gain, coverage=math.nan), sentence)


def _rates(*rates: float) -> None:
    for rate in rates:
        if not 0 < rate < 1:
            raise InputError(expected="a rate between 0 and 1", got=str(rate))
