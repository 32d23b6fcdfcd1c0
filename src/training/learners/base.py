"""What every learner takes and gives, so that networks, kernels and ensembles interchange."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from src.contracts import Array, FeatureBatch, Modality, TargetSchema
from src.features.collate import CandidateSample
from src.network.network import FusionNetwork
from src.network.standardize import TargetScaler
from src.specs import Spec, build

ALLOWED_PACKAGE = "src.training.learners"


@dataclass(frozen=True)
class TrainingSet:
    """The labelled candidates that a learner may see.

    Attributes:
        samples: n candidates.
        batch: the same, padded.
        labels: (n, K) on the schema's scale, NaN where unlabelled.
        schema: the K targets.
        stream_dims: stream name to token width.
        stream_modality: stream name to modality.
        val_rows: rows set aside to watch the training, empty when the learner makes its own folds.
    """

    samples: tuple[CandidateSample, ...]
    batch: FeatureBatch
    labels: Array
    schema: TargetSchema
    stream_dims: Mapping[str, int]
    stream_modality: Mapping[str, Modality]
    val_rows: Array = field(default_factory=lambda: np.zeros(0, dtype=int))

    @property
    def train_rows(self) -> Array:
        """Rows that are not set aside."""
        return np.setdiff1d(np.arange(len(self.labels)), self.val_rows)


@dataclass(frozen=True)
class Fitted:
    """A trained network and what its learner knows about it.

    Attributes:
        spec: rebuilds the network, see ``src.network.build``.
        network: with standardised outputs.
        scaler: from standardised outputs to the schema's scale.
        held_out: (n, K) scores of training candidates by models that did not train on them, NaN
            where there is none.
        history: one row per epoch, for learners that have epochs.
    """

    spec: Spec
    network: FusionNetwork
    scaler: TargetScaler
    held_out: Array
    history: tuple[Mapping[str, float], ...] = ()


class Learner(Protocol):
    """Turns labelled candidates into a network."""

    def fit(self, data: TrainingSet, *, seed: int, out: Path) -> Fitted:
        """Train; ``out`` takes checkpoints, and nothing else is written."""
        ...


def build_learner(spec: Spec) -> Learner:
    """Build ``{"_target_": "src.training.learners.….Class", **settings}``.

    Raises:
        InputError: see ``src.specs.build``.
    """
    learner: Learner = build(spec, below=ALLOWED_PACKAGE)
    return learner


def fitted_scaler(data: TrainingSet) -> TargetScaler:
    """Mean and spread of the labels of the training rows."""
    scaler = TargetScaler(data.schema)
    scaler.fit(data.labels[data.train_rows])
    return scaler
