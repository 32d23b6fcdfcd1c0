"""A network that is trained on the residuals of another learner."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from trifold.contracts import Array
from trifold.errors import InputError
from trifold.network.targets.base import TargetTransform
from trifold.network.targets.standard import StandardTargets
from trifold.network.wrappers.corrected import CorrectedNetwork
from trifold.psychometrics.statistics.regression import shrunk_slope
from trifold.training.dataset import Dataset, relabelled, subset
from trifold.training.learners.base import Fitted, build_learner, minus_mean_of_others, standardized
from trifold.training.learners.inner_folds import held_out_scores
from trifold.training.learners.network import NetworkLearner
from trifold.training.learners.wrapping import build_ensemble
from trifold.training.shortening import Shown


class ResidualLearner:
    """Trains a network on labels minus the scores of a base; the score is the sum of both.

    One step of boosting (Friedman, 2001): with few rated people the prior of a kernel machine is
    worth more than what a network finds from a random start, so the network only corrects it. The
    correction is multiplied by a factor that is estimated from held-out scores.

    No residual is of a base that was trained on that label. For each inner fold of the network the
    base is fitted again on the fold's training rows: training rows get its held-out scores,
    validation rows its ordinary ones. Held-out scores by a base that is fitted on all rows would
    leak: a label raises the scores of similar people, so their residuals would give it away with
    its sign reversed.

    Args:
        base: specification of a learner that gives held-out scores for all its training rows.
        learner: specification of a ``NetworkLearner``.
        factor: of the correction, 0 to 1; None estimates one for all targets from held-out scores.

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

    def check(self, streams: Collection[str], *, has_validation: bool) -> None:
        """See ``Learner``; the base is fitted on training rows alone, without validation rows."""
        self.base.check(streams, has_validation=False)
        self.learner.check(streams, has_validation=has_validation)

    def fit(self, data: Dataset, *, seed: int, out: Path) -> Fitted:
        """Fit the base, then the network on residuals of inner folds, then the factor."""
        base = self.base.fit(data, seed=seed, out=out / "base")

        def of_fold(part: Dataset, *, seed: int, out: Path) -> Dataset:
            return self._residuals(replace(data, splits=part.splits), seed=seed, out=out / "base")

        scores = minus_mean_of_others(base.scaler, base.held_out, data)
        residuals = _centred_residuals(base.scaler, data, scores)
        correction = self.learner.fit(
            relabelled(data, residuals, data.schema.names),
            seed=seed,
            out=out / "network",
            relabel=of_fold,
        )
        factor = self.factor
        if factor is None:
            factor = _shrinkage_factor(correction.held_out, residuals, data.people)
        return _sum_of(base, correction, factor, data)

    def _residuals(self, data: Dataset, *, seed: int, out: Path) -> Dataset:
        """The data with residuals as labels, of a base that is fitted on the training rows."""
        rows = data.train_rows
        train = subset(data, rows)
        base = self.base.fit(train, seed=seed, out=out)
        scores = held_out_scores(base.network, data)(None).astype(np.float64)
        scores[rows] = minus_mean_of_others(base.scaler, base.held_out, train)
        residuals = _centred_residuals(base.scaler, data, scores)
        return relabelled(data, residuals, data.schema.names)


def _sum_of(base: Fitted, correction: Fitted, factor: float, data: Dataset) -> Fitted:
    """The base plus ``factor`` times the correction, as one network."""
    # undoes that the residuals were standardised again to train on; their mean is 0
    scale = factor * cast(StandardTargets, correction.scaler).scale
    spec, network = build_ensemble([base, correction], data, kind=CorrectedNetwork)
    network.weight[0], network.weight[1] = 1.0, scale
    sums = standardized(base.scaler, base.held_out) + factor * correction.held_out
    held_out = base.scaler(torch.as_tensor(sums)).double().numpy()

    def held_out_given(shown: Shown) -> Array:
        added: Array = scale.double().numpy() * correction.held_out_given(shown)
        return base.held_out_given(shown) + added

    return Fitted(spec, network.eval(), base.scaler, held_out, held_out_given, correction.history)


def _centred_residuals(scaler: TargetTransform, data: Dataset, scores: Array) -> Array:
    """(n, K) standardised labels minus scores, centred on the training rows.

    The mean is left to the base. A network would learn that of its training rows, which is low in
    the very folds whose validation rows are high.
    """
    residuals = standardized(scaler, data.labels) - scores
    train = residuals[data.train_rows]
    rated = np.isfinite(train)
    mean = np.where(rated, train, 0.0).sum(axis=0) / np.maximum(rated.sum(axis=0), 1)
    centred: Array = residuals - mean
    return centred


def _shrinkage_factor(scores: Array, residuals: Array, people: Collection[str]) -> float:
    """Slope of (n, K) residuals on their held-out scores, over all targets, 0 to 1.

    One slope for all targets has a smaller error than one for each; ``shrunk_slope`` takes off what
    as many people would give by chance.
    """
    seen = np.isfinite(scores) & np.isfinite(residuals)
    if not seen.any():
        return 0.0
    rated = {person for person, one in zip(people, seen.any(axis=1), strict=True) if one}
    return min(shrunk_slope(scores[seen], residuals[seen], people=len(rated)), 1.0)
