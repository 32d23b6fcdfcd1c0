"""Unlike learners averaged, with the spread of the average put right."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.optimize import nnls

from trifold.contracts import Array
from trifold.errors import InputError
from trifold.network.build import build_targets
from trifold.training.dataset import Dataset
from trifold.training.learners.base import Fitted, build_learner, mean_of_others, standardized
from trifold.training.learners.wrapping import build_ensemble
from trifold.training.shortening import Shown

IDLE = 1e-9  # standard deviations of a target, below which a held-out score is the mean


class EnsembleLearner:
    """Fits every member on the same candidates and averages them.

    Args:
        members: name to learner specification.
        weights: name to weight, or ``stacked`` to learn non-negative weights per target from
            held-out scores; equal by default.
        shrink: for ``stacked``, how many candidates' worth of evidence equal weights start with.
        calibrate: 0 keeps the average as it is, 1 stretches it by the slope of labels on held-out
            scores; values between mix the two. Slope and offset come from held-out scores alone.

    Raises:
        InputError: without members, for a weight of an unknown member or an unknown rule.
    """

    def __init__(
        self,
        *,
        members: Mapping[str, Mapping[str, Any]],
        weights: Mapping[str, float] | str | None = None,
        shrink: float = 200.0,
        calibrate: float = 0.0,
    ) -> None:
        stacked = weights == "stacked"
        given = dict(weights) if isinstance(weights, Mapping) else {}
        unknown = sorted(set(given) - set(members))
        if not members or unknown or (isinstance(weights, str) and not stacked):
            came = repr(unknown[0]) if unknown else repr(weights) if members else "no members"
            raise InputError(expected="members, and weights for them or 'stacked'", got=came)
        self.learners = {name: build_learner(spec) for name, spec in members.items()}
        fixed = np.array([given.get(name, 1.0) for name in self.learners], dtype=np.float64)
        self.weights, self.stacked = fixed / fixed.sum(), stacked
        self.shrink, self.calibrate = shrink, calibrate

    def check(self, streams: Collection[str], *, has_validation: bool) -> None:
        """See ``Learner``: what holds for every member."""
        for learner in self.learners.values():
            learner.check(streams, has_validation=has_validation)

    def fit(self, data: Dataset, *, seed: int, out: Path) -> Fitted:
        """Fit the members one after the other, then slope and offset."""
        fits = [
            learner.fit(data, seed=seed, out=out / name) for name, learner in self.learners.items()
        ]
        spec, network = build_ensemble(fits, data)
        scaler = build_targets(data.targets, data.schema)
        scaler.load_state_dict(fits[0].scaler.state_dict())
        scores = np.stack([standardized(scaler, f.held_out) for f in fits])  # (M, n, K)
        target = standardized(scaler, data.labels)
        others = mean_of_others(target, data.people)
        weight = self._weights(scores - others, target - others)
        mean = np.einsum("mnk,mk->nk", scores, weight)
        slope, offset = self._line(mean - others, target - others)
        network.weight.copy_(torch.as_tensor(weight))
        network.slope.copy_(torch.as_tensor(slope))
        network.offset.copy_(torch.as_tensor(offset))
        held_out = scaler(torch.as_tensor(slope * mean + offset)).double().numpy()
        history = next((f.history for f in fits if f.history), ())

        def held_out_given(shown: Shown) -> Array:
            scores = np.stack([fit.held_out_given(shown) for fit in fits])
            found: Array = slope * np.einsum("mnk,mk->nk", scores, weight) + offset
            return found

        return Fitted(spec, network.eval(), scaler, held_out, held_out_given, history)

    def _weights(self, scores: Array, target: Array) -> Array:
        """(M, K) from held-out scores (M, n, K) and standardised labels (n, K).

        Both around the mean of other people's labels, which is in every held-out score and falls as
        one's own label rises: members that find little would seem to err for it.

        Non-negative least squares with a ridge towards the given weights, as rows of pseudo-data.
        A member that finds nothing, as one that reads faces where nobody shows any, gets no weight:
        it would only pull the others to the mean.
        """
        n_members = len(scores)
        weights = np.tile(self.weights[:, None], (1, target.shape[1]))
        pull = np.sqrt(self.shrink) * np.eye(n_members)
        for k, label in enumerate(target.T):
            seen = np.isfinite(label) & np.isfinite(scores[:, :, k]).all(axis=0)
            telling = np.abs(scores[:, seen, k]).max(axis=1, initial=0) > IDLE
            if telling.any() and not telling.all():
                weights[:, k] = telling * self.weights
                weights[:, k] /= weights[:, k].sum() or 1.0
            if self.stacked and seen.sum() > n_members:
                design = np.concatenate([scores[:, seen, k].T * telling, pull])
                goal = np.concatenate([label[seen], pull @ weights[:, k]])
                weights[:, k], _ = nnls(design, goal)
        return weights

    def _line(self, scores: Array, target: Array) -> tuple[Array, Array]:
        """Slope and offset per target of standardised labels on held-out scores, both (n, K)."""
        slopes, offsets = np.ones(target.shape[1]), np.zeros(target.shape[1])
        for k, (score, label) in enumerate(zip(scores.T, target.T, strict=True)):
            seen = np.isfinite(score) & np.isfinite(label)
            if self.calibrate and seen.sum() > 2 and score[seen].std() > 1e-9:
                full, _ = np.polyfit(score[seen], label[seen], 1)
                slopes[k] = 1 + self.calibrate * (full - 1)
                offsets[k] = self.calibrate * (label[seen] - full * score[seen]).mean()
        return slopes, offsets
