"""Targets that go together, learned as the principal components that they share."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from trifold.contracts import Array
from trifold.network.build import build_network
from trifold.network.wrappers.rotated import RotatedNetwork
from trifold.training.dataset import Dataset, relabelled
from trifold.training.learners.base import Fitted, build_learner, fitted_scaler, standardized
from trifold.training.shortening import Shown

RIDGE = 0.1  # on the correlations that missing ratings are filled in by


class PrincipalLearner:
    """Lets a learner score the principal components of the targets instead of the targets.

    Where raters give one impression many names, what all targets share is seen through less noise
    than each of them, and what tells them apart through more: a learner that finds its own noise
    for each component shrinks the one little and the other much. With Gaussian processes this is
    the intrinsic model of coregionalization whose signal and noise share their eigenvectors
    (Álvarez, Rosasco and Lawrence, 2012, section 4.2), with a kernel for each.

    A rating that is missing beside others is filled in by its regression on these.

    Args:
        learner: specification of the learner inside.
    """

    def __init__(self, *, learner: Mapping[str, Any]) -> None:
        self.learner = build_learner(learner)

    def check(self, streams: Collection[str], *, has_validation: bool) -> None:
        """See ``Learner``: what holds for the learner inside."""
        self.learner.check(streams, has_validation=has_validation)

    def fit(self, data: Dataset, *, seed: int, out: Path) -> Fitted:
        """Fit the learner inside on components, and turn its scores back."""
        scaler = fitted_scaler(data)
        target = standardized(scaler, data.labels)
        axes = principal_axes(target[data.train_rows])
        components = axes.components(target)
        names = [f"component_{k + 1}" for k in range(components.shape[1])]
        fit = self.learner.fit(relabelled(data, components, names), seed=seed, out=out)
        spec = {
            "_target_": f"{RotatedNetwork.__module__}.{RotatedNetwork.__name__}",
            "network": dict(fit.spec),
        }
        network = cast(
            RotatedNetwork,
            build_network(
                spec,
                stream_dims=data.stream_dims,
                stream_modality=data.stream_modality,
                num_targets=len(data.schema.targets),
            ),
        )
        network.inner.load_state_dict(fit.network.state_dict())
        # what the learner inside standardised once more is undone on the way back
        nothing, units = np.zeros_like(axes.back[:1]), np.eye(len(axes.back))
        offset = _scores(fit, nothing)
        rotation = (_scores(fit, units) - offset) @ axes.back
        offset = (offset @ axes.back)[0]
        network.rotation.copy_(torch.as_tensor(rotation))
        network.offset.copy_(torch.as_tensor(offset))
        held_out = scaler(torch.as_tensor(fit.held_out @ axes.back)).double().numpy()

        def held_out_given(shown: Shown) -> Array:
            found: Array = fit.held_out_given(shown) @ rotation + offset
            return found

        return Fitted(spec, network.eval(), scaler, held_out, held_out_given, fit.history)


@dataclass(frozen=True)
class PrincipalAxes:
    """Between standardised targets and their components, which have unit variance.

    Attributes:
        correlation: (K, K) of the targets.
        back: (K, K) from components to targets.
    """

    correlation: Array
    back: Array

    def components(self, target: Array) -> Array:
        """(n, K) targets, NaN where unlabelled, to components; NaN where nothing is labelled."""
        rated = np.isfinite(target)
        filled = np.where(rated, target, 0.0)
        for pattern in np.unique(rated, axis=0):
            if pattern.all() or not pattern.any():
                continue
            rows = (rated == pattern).all(axis=1)
            among = self.correlation[np.ix_(pattern, pattern)] + RIDGE * np.eye(pattern.sum())
            slopes = np.linalg.solve(among, self.correlation[np.ix_(pattern, ~pattern)])
            filled[np.ix_(rows, ~pattern)] = target[np.ix_(rows, pattern)] @ slopes
        found: Array = np.linalg.solve(self.back.T, filled.T).T
        found[~rated.any(axis=1)] = np.nan
        return found


def principal_axes(target: Array) -> PrincipalAxes:
    """Of (n, K) standardised targets, NaN where unlabelled.

    Correlations are of those who have both ratings, 0 where nobody has; directions in which the
    targets do not vary keep a little variance, so that nothing is divided by zero.
    """
    rated = np.isfinite(target)
    known = np.where(rated, target, 0.0)
    both = rated.T.astype(np.float64) @ rated
    correlation = known.T @ known / np.maximum(both, 1)
    np.fill_diagonal(correlation, 1.0)
    variance, axes = np.linalg.eigh(correlation)
    variance = np.maximum(variance, 1e-3)
    return PrincipalAxes((axes * variance) @ axes.T, (axes * np.sqrt(variance)).T)


def _scores(fit: Fitted, standardized_scores: Array) -> Array:
    """(n, K) outputs of the network inside to components."""
    scores: Array = fit.scaler(torch.as_tensor(standardized_scores)).double().numpy()
    return scores
