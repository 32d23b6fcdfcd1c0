"""Does the model agree with raters as well as raters agree with each other?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from trifold.codes import Code
from trifold.contracts import Array
from trifold.errors import InputError
from trifold.psychometrics.estimate import Estimate, undefined
from trifold.psychometrics.reliability.agreement import FEWEST, few_people
from trifold.psychometrics.reliability.resampling import person_intervals

WILLIAMSON = "Williamson, Xi & Breyer 2012"
LEAST_R, MOST_LOSS, MOST_SMD, MOST_SMD_IN_GROUPS = 0.7, 0.1, 0.15, 0.1
WORDS = {
    "human_human": "ICC(A,1), mean over pairs of raters",
    "human_model": "ICC(A,1), mean over model and each rater",
    "difference": "ICC(A,1) of model and raters less that among raters",
    "r_human_human": "Pearson correlation, mean over pairs of raters",
    "r_human_model": "Pearson correlation, mean over model and each rater",
    "r_difference": "correlation of model and raters less that among raters",
    "smd": "standardised mean difference, model less mean rating, over the SD of mean ratings",
}


@dataclass(frozen=True)
class ModelAgainstRaters:
    """Agreement by what it is of; see ``WORDS``."""

    human_human: Estimate
    human_model: Estimate
    difference: Estimate
    r_human_human: Estimate
    r_human_model: Estimate
    r_difference: Estimate
    smd: Estimate

    @property
    def concerns(self) -> tuple[str, ...]:
        """What lies beyond the limits of Williamson, Xi and Breyer (2012), in words."""
        found = {
            f"correlation with raters below {LEAST_R:.2f}": self.r_human_model.estimate < LEAST_R,
            f"more than {MOST_LOSS:.2f} below that among raters": self.r_difference.estimate
            < -MOST_LOSS,
            f"mean differs by more than {MOST_SMD:.2f} SD": abs(self.smd.estimate) > MOST_SMD,
        }
        return tuple(words for words, holds in found.items() if holds)

    def as_json(self) -> dict[str, Any]:
        """Plain values; what is undefined is null."""
        values = {name: getattr(self, name).as_json() for name in WORDS}
        return {**values, "concerns": list(self.concerns)}


def model_against_raters(
    ratings: Array, model: Array, *, resamples: int = 2000, seed: int = 0, fewest: int = FEWEST
) -> ModelAgainstRaters:
    """Agreement among raters, of model and raters, and the differences, with person bootstraps.

    Pairs are compared on the people whom both scored, so ratings may be missing.

    Args:
        ratings: (n, k) people by raters, NaN where missing.
        model: (n,) scores on the same scale.
        resamples: of intervals by person.
        seed: of them.
        fewest: people below whom nothing is given.

    Raises:
        InputError: when the sizes differ.
    """
    if ratings.ndim != 2 or model.shape != ratings.shape[:1]:
        raise InputError(
            expected="(n, k) ratings and (n,) scores", got=f"{ratings.shape} and {model.shape}"
        )
    known = np.isfinite(model) & np.isfinite(ratings).any(axis=1)
    table = np.column_stack([model, ratings])[known]
    n = len(table)
    if n < max(fewest, 2):
        lost = {
            name: undefined(n, said, Code.TOO_FEW_PERSONS, source=WILLIAMSON)
            for name, said in WORDS.items()
        }
        return ModelAgainstRaters(**lost)
    sums = _Sums.of(table)
    intervals = person_intervals(sums.statistics, n, resamples=resamples, seed=seed)
    points = sums.statistics(np.arange(n)[None])[0]
    flags = few_people(n)
    found = {}
    for name, point, (low, high, words) in zip(WORDS, points, intervals, strict=True):
        if np.isfinite(point):
            method = f"{WORDS[name]}, {words}"
            found[name] = Estimate(float(point), low, high, n, method, WILLIAMSON, flags=flags)
        else:
            code = Code.NO_VARIANCE if ratings.shape[1] > 1 else Code.NOT_CROSSED
            found[name] = undefined(n, WORDS[name], code, source=WILLIAMSON)
    return ModelAgainstRaters(**found)


@dataclass(frozen=True)
class _Sums:
    """Per person what moments of pairs are sums of, so that a resample is one product.

    Attributes:
        pairs: (n, pairs, 6) of each pair both there, x, y, x², y², xy.
        among: (pairs,) bool, raters alone. means: (n, 3) model, mean rating and its square.
    """

    pairs: Array
    among: Array
    means: Array

    @staticmethod
    def of(table: Array) -> _Sums:
        centred = table - np.nanmean(table)
        pairs = list(combinations(range(table.shape[1]), 2))
        x, y = (centred[:, [pair[side] for pair in pairs]] for side in (0, 1))
        there = np.isfinite(x) & np.isfinite(y)
        x, y = np.where(there, x, 0.0), np.where(there, y, 0.0)
        rating = np.nanmean(centred[:, 1:], axis=1)
        return _Sums(
            np.stack([there, x, y, x * x, y * y, x * y], axis=-1),
            np.array([0 not in pair for pair in pairs]),
            np.column_stack([centred[:, 0], rating, rating**2]),
        )

    def statistics(self, rows: Array) -> Array:
        """(R, 7) in the order of ``WORDS`` of (R, n) drawn people."""
        size, n = rows.shape
        people = len(self.means)
        flat = (rows + people * np.arange(size)[:, None]).ravel()
        times = np.bincount(flat, minlength=size * people).reshape(size, people)
        icc, r = _agreement(np.einsum("rp,pks->rks", times, self.pairs, optimize=True))
        human, model = self.among, ~self.among
        with np.errstate(invalid="ignore", divide="ignore"):
            hh, hm = (_mean(icc[:, which]) for which in (human, model))
            r_hh, r_hm = (_mean(r[:, which]) for which in (human, model))
            m, h, squares = (times @ self.means / n).T
            smd = (m - h) / np.sqrt((squares - h**2) * n / (n - 1))
        return np.column_stack([hh, hm, hm - hh, r_hh, r_hm, r_hm - r_hh, smd])


def _agreement(sums: Array) -> tuple[Array, Array]:
    """(R, pairs) of ICC(A,1) and of the correlation, from (R, pairs, 6) sums; NaN below 3."""
    n, x, y, xx, yy, xy = np.moveaxis(sums, -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        df = np.where(n > 2, n - 1, np.nan)
        vx, vy, both = (xx - x * x / n) / df, (yy - y * y / n) / df, (xy - x * y / n) / df
        shift = ((x - y) / n) ** 2
        icc = 2 * both / (vx + vy + shift - (vx + vy - 2 * both) / n)
        return icc, both / np.sqrt(vx * vy)


def _mean(values: Array) -> Array:
    """(R,) mean over pairs that are defined."""
    known = np.isfinite(values)
    return np.asarray(np.where(known, values, 0.0).sum(axis=1) / known.sum(axis=1))
