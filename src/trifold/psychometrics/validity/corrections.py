"""Corrections of a correlation, each with what it assumes; the uncorrected one comes first."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from trifold.codes import Code
from trifold.errors import InputError
from trifold.psychometrics.estimate import Estimate
from trifold.psychometrics.intervals import correlation_interval
from trifold.psychometrics.statistics.plain import plain

KINDS = ("retest", "inter-rater", "parallel", "generalizability", "alpha", "omega")
WITHIN = ("alpha", "omega")  # they see no disagreement of raters
WARNING = "how far applicants were more varied is often overstated (Sackett et al. 2022)"


@dataclass(frozen=True)
class Reliability:
    """A reliability, of which kind and from where.

    Attributes:
        value: above 0, up to 1.
        kind: one of ``KINDS``.
        source: the study, file or page it is from.
        single_rater: whether it is of a criterion that one rater gave.
    """

    value: float
    kind: str
    source: str
    single_rater: bool = False

    def __post_init__(self) -> None:
        """Refuse what states no reliability.

        Raises:
            InputError: naming ``RELIABILITY_NOT_STATED``, or for α of one rater's criterion.
        """
        if not 0 < self.value <= 1:
            raise InputError(expected="a reliability above 0, up to 1", got=str(self.value))
        if self.kind not in KINDS or not self.source.strip():
            raise InputError(
                expected=f"a reliability with its kind ({', '.join(KINDS)}) and its source",
                got=f"kind {self.kind!r}, source {self.source!r}: {Code.RELIABILITY_NOT_STATED}",
            )
        if self.single_rater and self.kind in WITHIN:
            raise InputError(
                expected="retest or inter-rater reliability of one rater's criterion",
                got=f"{self.kind}, which sees no disagreement of raters",
            )


@dataclass(frozen=True)
class Correction:
    """One line of a manual: observed, corrected, and what was assumed.

    Attributes:
        observed: the correlation as found.
        corrected: the same with its interval's ends corrected alike.
        assumed: in words.
    """

    observed: Estimate
    corrected: Estimate
    assumed: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        return dict(plain(self))


def observed_correlation(r: float, *, n: int) -> Estimate:
    """A Pearson correlation with Fisher's interval.

    Raises:
        InputError: where r is not within ±1.
    """
    if not -1 < r < 1:
        raise InputError(expected="a correlation within ±1", got=str(r))
    low, high = correlation_interval(r, n) or (math.nan, math.nan)
    return Estimate(r, low, high, n, "Pearson r, Fisher's z interval", "Fisher 1921")


def for_criterion(r: Estimate, criterion: Reliability) -> Correction:
    """Operational validity: r / √ρ_yy (Spearman 1904)."""
    told = f"criterion reliability {criterion.value} ({criterion.kind}; {criterion.source})"
    return _corrected(r, lambda x: x / math.sqrt(criterion.value), "Spearman 1904", told)


def for_attenuation(r: Estimate, predictor: Reliability, criterion: Reliability) -> Correction:
    """Correlation of true scores, r / √(ρ_xx ρ_yy) (Spearman 1904); for theory only."""
    told = [
        f"{who} reliability {one.value} ({one.kind}; {one.source})"
        for who, one in (("predictor", predictor), ("criterion", criterion))
    ]
    root = math.sqrt(predictor.value * criterion.value)
    theory = "for theory only: nobody selects on true scores"
    return _corrected(r, lambda x: x / root, "Spearman 1904", *told, theory)


def for_range_case_i(r: Estimate, *, u: float) -> Correction:
    """Thorndike (1949) case I: selection on one variable, the SD of the *other* known before it.

    r_c = √(1 − (1 − r²) / U²), with the sign of r.

    Args:
        r: in the selected.
        u: SD among applicants over SD among the selected, of the variable not selected on.
    """
    _check(u)
    return _corrected(
        r,
        lambda x: math.copysign(math.sqrt(max(0.0, 1 - (1 - x * x) / u**2)), x),
        "Thorndike 1949, case I",
        f"U = {u} of the variable that was not selected on",
        WARNING,
    )


def for_range_case_ii(r: Estimate, *, u: float) -> Correction:
    """Thorndike (1949) case II: selection on the predictor itself.

    r_c = rU / √(1 + r²(U² − 1)).

    Args:
        r: in the selected.
        u: SD of the predictor among applicants over that among the selected.
    """
    _check(u)
    return _corrected(
        r,
        lambda x: case_ii(x, u),
        "Thorndike 1949, case II",
        f"selected on the predictor alone, U = {u}",
        WARNING,
    )


def case_ii(r: float, u: float) -> float:
    """Thorndike's (1949) case II as a number: rU / √(1 + r²(U² − 1))."""
    return r * u / math.sqrt(1 + r * r * (u * u - 1))


def for_range_case_iii(r: Estimate, *, r_xz: float, r_yz: float, u_z: float) -> Correction:
    """Thorndike (1949) case III: selection on a third variable z.

    Args:
        r: of predictor and criterion in the selected.
        r_xz: of predictor and z in the selected.
        r_yz: of criterion and z in the selected.
        u_z: SD of z among applicants over that among the selected.
    """
    _check(u_z)
    more = u_z**2 - 1
    root = math.sqrt((1 + r_xz**2 * more) * (1 + r_yz**2 * more))
    return _corrected(
        r,
        lambda x: (x + r_xz * r_yz * more) / root,
        "Thorndike 1949, case III",
        f"selected on a third variable, U = {u_z}, r with it {r_xz} and {r_yz}",
        WARNING,
    )


def operational_validity(
    r: Estimate, criterion: Reliability, *, u: float
) -> tuple[Correction, ...]:
    """Criterion reliability of the selected first, then range (Hunter, Schmidt & Le 2006).

    Args:
        r: in the selected.
        criterion: reliability among the selected.
        u: see ``for_range_case_ii``.

    Returns:
        Both steps in order; the last one's ``corrected`` is the result.
    """
    first = for_criterion(r, criterion)
    return first, for_range_case_ii(first.corrected, u=u)


def _check(u: float) -> None:
    if not (math.isfinite(u) and u > 0):
        raise InputError(expected="a ratio of standard deviations above 0", got=str(u))


def _corrected(
    r: Estimate, change: Callable[[float], float], source: str, *assumed: str
) -> Correction:
    """Point and both ends by the same formula; above 1 flagged, never cut."""
    point, low, high = (change(x) if math.isfinite(x) else x for x in (r.estimate, r.low, r.high))
    new = replace(
        r,
        estimate=point,
        low=low,
        high=high,
        method=f"{r.method}; corrected, ends likewise",
        source=source,
    )
    if abs(point) > 1:
        new = new.flagged(Code.CORRECTED_ABOVE_ONE)
    return Correction(r, new, assumed)
