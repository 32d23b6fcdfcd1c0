"""Do scores or features tell the group? A probe for audits; a score that does invites proxies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special, stats
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold
from sklearn.preprocessing import StandardScaler

from trifold.codes import Code
from trifold.contracts import Array
from trifold.errors import InputError
from trifold.psychometrics.estimate import Estimate

LEAST = 30
FOLDS = 5
PERMUTATIONS = 200


@dataclass(frozen=True)
class Leak:
    """How well one group is told from all others.

    Attributes:
        auc: .5 is chance; from people that the probe was not fitted to. Without an interval: all
            folds share people, of which DeLong's does not know, and of noise it leaves out .5 in a
            fifth of samples.
        p: share of relabelled samples, this one included, whose AUC is as high.
        above_chance: whether ``p`` is at most .05.
    """

    auc: Estimate
    p: float
    above_chance: bool


def leak_probe(
    features: Array, focal: Sequence[bool], *, permutations: int = PERMUTATIONS, seed: int = 0
) -> Leak:
    """AUC of a cross-validated linear probe for one group against the others.

    Ridge regression on the group's dummy, five folds; labels are shuffled to tell what chance
    reaches (Ojala & Garriga 2010, test 1).

    Args:
        features: (n, P) the K scores, or pooled features, without gaps.
        focal: (n,) True for the group.
        permutations: shuffled copies of the labels.
        seed: of the folds and the shuffling.

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
    generator = np.random.default_rng(seed)
    # (n, 1 + permutations), the true labels first
    labels = np.column_stack([mine, *(generator.permutation(mine) for _ in range(permutations))])
    told = np.empty(labels.shape)
    for train, test in KFold(FOLDS, shuffle=True, random_state=seed).split(values):
        scaler = StandardScaler().fit(values[train])
        probe = Ridge().fit(scaler.transform(values[train]), labels[train].astype(float))
        foretold = probe.predict(scaler.transform(values[test])).reshape(len(test), -1)
        # the share of the group in training is higher where the fold has fewer of it, so that
        # pooled over folds it would order people the wrong way round
        told[test] = foretold - labels[train].mean(axis=0)
    areas = np.array([_area(score, label) for score, label in zip(told.T, labels.T, strict=True)])
    p = float(np.mean(areas >= areas[0]))
    nan = float("nan")
    area = Estimate(float(areas[0]), nan, nan, len(mine), "AUC of a cross-validated probe")
    return Leak(area, p, p <= 0.05)


def _area(score: Array, positive: Array) -> float:
    """Mann and Whitney's share of pairs in the right order."""
    m = int(positive.sum())
    over = stats.rankdata(score)[positive].sum() - m * (m + 1) / 2
    return float(over / (m * (len(score) - m)))


def auc(score: Array, positive: Array, *, coverage: float = 0.95) -> Estimate:
    """Area under the curve, ties by half, with DeLong's (1988) interval on the scale of logits.

    There it stays within 0 and 1 and covers also near them (Pepe 2003, section 5.2.5).

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
    method, low, high = "AUC with DeLong interval of the logit", area, area
    if 0 < area < 1:
        reach = float(stats.norm.ppf(0.5 + coverage / 2)) * se / (area * (1 - area))
        low, high = special.expit(special.logit(area) + reach * np.array([-1, 1]))
    source = "DeLong, DeLong & Clarke-Pearson 1988; Pepe 2003"
    return Estimate(area, float(low), float(high), m + k, method, source, coverage)
