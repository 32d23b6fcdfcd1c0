"""Unlike learners averaged, with the spread of the average put right."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from src.contracts import Array
from src.errors import InputError
from src.network.build import build_network
from src.network.ensemble import EnsembleNetwork
from src.training.learners.base import Fitted, TrainingSet, build_learner


class EnsembleLearner:
    """Fits every member on the same candidates and averages them.

    Args:
        members: name to learner specification.
        weights: name to weight; equal by default.
        calibrate: 0 keeps the average as it is, 1 stretches it by the slope of labels on held-out
            scores; values between mix the two. Slope and offset come from held-out scores alone.

    Raises:
        InputError: without members, or for a weight of an unknown member.
    """

    def __init__(
        self,
        *,
        members: Mapping[str, Mapping[str, Any]],
        weights: Mapping[str, float] | None = None,
        calibrate: float = 1.0,
    ) -> None:
        unknown = sorted(set(weights or {}) - set(members))
        if not members or unknown:
            came = repr(unknown[0]) if unknown else "no members"
            raise InputError(expected="members and weights for them", got=came)
        self.learners = {name: build_learner(spec) for name, spec in members.items()}
        given = dict.fromkeys(members, 1.0) | dict(weights or {})
        self.weights = np.array([given[name] for name in self.learners], dtype=np.float64)
        self.weights /= self.weights.sum()
        self.calibrate = calibrate

    def fit(self, data: TrainingSet, *, seed: int, out: Path) -> Fitted:
        """Fit the members one after the other, then slope and offset."""
        fits = [
            learner.fit(data, seed=seed, out=out / name) for name, learner in self.learners.items()
        ]
        spec = {
            "_target_": f"{EnsembleNetwork.__module__}.{EnsembleNetwork.__name__}",
            "members": [dict(fit.spec) for fit in fits],
        }
        built, scaler = build_network(
            spec,
            stream_dims=data.stream_dims,
            stream_modality=data.stream_modality,
            schema=data.schema,
        )
        network = cast(EnsembleNetwork, built)
        for member, fit in zip(network.networks, fits, strict=True):
            member.load_state_dict(fit.network.state_dict())
        scaler.load_state_dict(fits[0].scaler.state_dict())
        held_out = np.tensordot(self.weights, np.stack([f.held_out for f in fits]), axes=1)
        slope, offset = self._line(held_out, data.labels, scaler.mean.double().numpy())
        spread = scaler.scale.double().numpy()
        network.weight[:] = torch.as_tensor(self.weights, dtype=torch.float32)[:, None]
        network.slope.copy_(torch.as_tensor(slope))
        network.offset.copy_(torch.as_tensor(offset / spread))
        centre = scaler.mean.double().numpy()
        stretched = centre + slope * (held_out - centre) + offset
        return Fitted(spec, network.eval(), scaler, stretched, fits[-1].history)

    def _line(self, scores: Array, labels: Array, centre: Array) -> tuple[Array, Array]:
        """Slope and offset per target around the training mean, from held-out scores."""
        slopes, offsets = np.ones(labels.shape[1]), np.zeros(labels.shape[1])
        for k, (score, label) in enumerate(
            zip((scores - centre).T, (labels - centre).T, strict=True)
        ):
            seen = np.isfinite(score) & np.isfinite(label)
            if self.calibrate and seen.sum() > 2 and score[seen].std() > 1e-9:
                full, _ = np.polyfit(score[seen], label[seen], 1)
                slopes[k] = 1 + self.calibrate * (full - 1)
                offsets[k] = self.calibrate * (label[seen] - full * score[seen]).mean()
        return slopes, offsets
