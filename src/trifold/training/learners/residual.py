"""A base that is fitted first, and a network that learns what it leaves over."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from trifold.contracts import Array
from trifold.errors import InputError
from trifold.network.around.corrected import CorrectedNetwork
from trifold.network.targets.base import TargetTransform
from trifold.network.targets.standard import StandardTargets
from trifold.training.dataset import Dataset, relabelled, subset
from trifold.training.learners.base import (
    Fitted,
    Shown,
    beyond_mean,
    build_learner,
    standardized,
)
from trifold.training.learners.inner_folds import held_out_scores
from trifold.training.learners.network import NetworkLearner
from trifold.training.learners.wrapping import side_by_side
from trifold.training.protocol.link_lines import shrunk_slope


class ResidualLearner:
    """Trains a network on ratings minus a base's scores; the score is the sum of both.

    Where few people are rated, the smoothness of kernels is worth more than what a network finds in
    some steps from a random start. Here it starts from their solution, as boosting does (Friedman,
    2001), and its part is multiplied by a factor that held-out scores allow.

    Nobody's residual is of a base that was shown their label. For each inner fold of the network
    the base is fitted on the fold's training rows alone: those are scored held out, and whom the
    network is watched on by the base as strangers. Residuals by all others would not do: a rating
    pulls the base's scores of similar people up, so their residuals would tell it turned over.

    Args:
        base: specification of any learner that scores everybody it learns from held out.
        learner: specification of a ``NetworkLearner``.
        factor: of the network's part, 0 to 1; None finds one for all targets from held-out scores.

    Raises:
        InputError: for another learner of the residuals, or a factor out of bounds.
    """

    def __init__(
        self,
        *,
        base: Mapping[str, Any],
        learner: Mapping[str, Any],
        factor: float | None = None,
    ) -> None:
        built = build_learner(learner)
        if not isinstance(built, NetworkLearner):
            came = type(built).__name__
            raise InputError(expected="a NetworkLearner of residuals", got=came, where="learner")
        if factor is not None and not 0 <= factor <= 1:
            raise InputError(expected="a factor between 0 and 1", got=str(factor), where="learner")
        self.base, self.learner, self.factor = build_learner(base), built, factor

    def check(self, streams: Collection[str], *, watched: bool) -> None:
        """See ``Learner``: what holds for both; the base finds nobody to be watched on."""
        self.base.check(streams, watched=False)
        self.learner.check(streams, watched=watched)

    def fit(self, data: Dataset, *, seed: int, out: Path) -> Fitted:
        """Fit the base, then the network on residuals of inner folds, then the factor."""
        base = self.base.fit(data, seed=seed, out=out / "base")

        def of_fold(part: Dataset, *, seed: int, out: Path) -> Dataset:
            return self._residuals(replace(data, splits=part.splits), seed=seed, out=out / "base")

        known = beyond_mean(base.scaler, base.held_out, data)
        left_over = _left_over(base.scaler, data, known)
        added = self.learner.fit(
            relabelled(data, left_over, data.schema.names),
            seed=seed,
            out=out / "network",
            labelled=of_fold,
        )
        factor = self.factor
        if factor is None:
            factor = _factor(added.held_out, left_over, data.people)
        return _summed(base, added, factor, data)

    def _residuals(self, data: Dataset, *, seed: int, out: Path) -> Dataset:
        """The data with residuals by a base that learned from the training rows alone."""
        rows = data.train_rows
        known = subset(data, rows)
        base = self.base.fit(known, seed=seed, out=out)
        found = held_out_scores(base.network, data)(None).astype(np.float64)
        found[rows] = beyond_mean(base.scaler, base.held_out, known)
        return relabelled(data, _left_over(base.scaler, data, found), data.schema.names)


def _summed(base: Fitted, added: Fitted, factor: float, data: Dataset) -> Fitted:
    """The base and ``factor`` times the network's part as one."""
    # what the network standardised once more is undone; residuals have no mean
    scale = factor * cast(StandardTargets, added.scaler).scale
    spec, network = side_by_side([base, added], data, kind=CorrectedNetwork)
    network.weight[0], network.weight[1] = 1.0, scale
    sums = standardized(base.scaler, base.held_out) + factor * added.held_out
    held_out = base.scaler(torch.as_tensor(sums)).double().numpy()

    def unseen(shown: Shown) -> Array:
        found: Array = base.unseen(shown) + scale.double().numpy() * added.unseen(shown)
        return found

    return Fitted(spec, network.eval(), base.scaler, held_out, unseen, added.history)


def _left_over(scaler: TargetTransform, data: Dataset, scores: Array) -> Array:
    """(n, K) standardised labels minus scores, around the mean of the training rows.

    Means are left to the base: a network's own would be of those it trained on, which is low where
    those it is watched on are high.
    """
    found = standardized(scaler, data.labels) - scores
    train = found[data.train_rows]
    rated = np.isfinite(train)
    mean = np.where(rated, train, 0.0).sum(axis=0) / np.maximum(rated.sum(axis=0), 1)
    centred: Array = found - mean
    return centred


def _factor(scores: Array, residuals: Array, people: Collection[str]) -> float:
    """Slope of (n, K) residuals on held-out scores of them, over all targets, 0 to 1.

    One for all targets is found more surely than one for each, and shrunk by what so many people
    find by chance.
    """
    seen = np.isfinite(scores) & np.isfinite(residuals)
    if not seen.any():
        return 0.0
    heads = len({person for person, one in zip(people, seen.any(axis=1), strict=True) if one})
    return min(shrunk_slope(scores[seen], residuals[seen], people=heads), 1.0)
