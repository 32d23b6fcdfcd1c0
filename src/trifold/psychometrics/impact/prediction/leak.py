"""Do scores or features tell the group? A probe for audits; a score that does invites proxies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from trifold.codes import Code
from trifold.contracts import Array
from trifold.errors import InputError
from trifold.psychometrics.estimate import Estimate

LEAST = 30
FOLDS = 5


@dataclass(frozen=True)
class Leak:
    """How well one group is told from all others.

    Attributes:
        auc: .5 is chance; from people that the probe was not fitted to.
        above_chance: whether the interval lies above .5.
    """

    auc: Estimate
    above_chance: bool


def leak_probe(features: Array, focal: Sequence[bool], *, seed: int = 0) -> Leak:
    """AUC of a cross-validated logistic regression for one group against the others.

    Args:
        features: (n, P) the K scores, or pooled features, without gaps.
        focal: (n,) True for the group.
        seed: of the folds.

    Raises:
        InputError: for gaps or fewer than 30 people on a side.
    """
    values, mine = np.asarray(features, dtype=float), np.asarray(focal, dtype=bool)
    if values.ndim != 2 or len(values) != len(mine) or not np.isfinite(values).all():
        raise InputError(expected="features of everybody without gaps", got=str(values.shape))
    if min(mine.sum(), (~mine).sum()) < LEAST:
        raise InputError(
            expected=f"{LEAST} people on each side",
            got=f"{int(mine.sum())} and {int((~mine).sum())}: {Code.TOO_FEW_PERSONS}",
        )
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    told = cross_val_predict(probe, values, mine, cv=folds, method="decision_function")
    found = auc(told, mine)
    return Leak(found, found.low > 0.5)


def auc(score: Array, positive: Array, *, coverage: float = 0.95) -> Estimate:
    """Area under the curve, ties by half, with DeLong's (1988) interval cut at 0 and 1.

    Args:
        score: (n,).
        positive: (n,) bool, both kinds present.
        coverage: between 0 and 1.

    Raises:
        InputError: where one kind has fewer than two people.
    """
    ours, theirs = score[positive], score[~positive]
    m, k = len(ours), len(theirs)
    if min(m, k) < 2:
        raise InputError(expected="two people of each kind", got=f"{m} and {k}")
    whole = stats.rankdata(score)
    above = (whole[positive] - stats.rankdata(ours)) / k  # (m,) share of the others below each
    below = 1 - (whole[~positive] - stats.rankdata(theirs)) / m
    area = float(above.mean())
    se = float(np.sqrt(above.var(ddof=1) / m + below.var(ddof=1) / k))
    reach = float(stats.norm.ppf(0.5 + coverage / 2)) * se
    method = "AUC with DeLong interval"
    low, high = max(0.0, area - reach), min(1.0, area + reach)
    return Estimate(
        area, low, high, m + k, method, "DeLong, DeLong & Clarke-Pearson 1988", coverage
    )
