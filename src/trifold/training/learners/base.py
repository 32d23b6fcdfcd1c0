"""What every learner takes and gives, so that networks, kernels and ensembles interchange."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import torch

from trifold.contracts import Array
from trifold.network.base import FusionNetwork
from trifold.network.build import build_targets
from trifold.network.targets.base import TargetTransform
from trifold.network.targets.transforms import SmearedTargets
from trifold.specs import Spec, build
from trifold.training.dataset import Dataset
from trifold.training.shortening import Shown

ALLOWED_PACKAGE = "trifold.training.learners"


@dataclass(frozen=True)
class Fitted:
    """A trained network and what its learner knows about it.

    Attributes:
        spec: rebuilds the network, see ``trifold.network.build``.
        network: with standardised outputs.
        scaler: from standardised outputs to the schema's scale.
        held_out: (n, K) scores of training candidates by models that did not train on them, NaN
            where there is none.
        held_out_given: the same for shortened interviews: from what candidates show to (n, K)
            standardised scores, NaN where there is none.
        history: one row per epoch, for learners that have epochs.
    """

    spec: Spec
    network: FusionNetwork
    scaler: TargetTransform
    held_out: Array
    held_out_given: Callable[[Shown], Array]
    history: tuple[Mapping[str, float], ...] = ()


class Learner(Protocol):
    """Turns labelled candidates into a network."""

    def check(self, streams: Collection[str], *, has_validation: bool) -> None:
        """Refuse, before anything is extracted, what cannot be fitted.

        Args:
            streams: names of the streams that there will be.
            has_validation: whether there will be validation rows.

        Raises:
            InputError: saying what is lacking.
        """
        ...

    def fit(self, data: Dataset, *, seed: int, out: Path) -> Fitted:
        """Train; ``out`` takes checkpoints, and nothing else is written.

        Args:
            data: training and validation rows, none to test on; validation rows decide when to
                stop and are not trained on.
            seed: of whatever is drawn.
            out: folder of the checkpoints.
        """
        ...


class Relabel(Protocol):
    """Gives one training its labels, where they depend on which rows are for validation."""

    def __call__(self, part: Dataset, *, seed: int, out: Path) -> Dataset:
        """The same rows with other labels; ``out`` takes what fitting for them writes."""
        ...


def build_learner(spec: Spec) -> Learner:
    """Build ``{"_target_": "trifold.training.learners.….Class", **settings}``.

    Raises:
        InputError: see ``trifold.specs.build``.
    """
    learner: Learner = build(spec, below=ALLOWED_PACKAGE)
    return learner


def fitted_scaler(data: Dataset) -> TargetTransform:
    """The transform of the targets, fitted on the labels of the training rows."""
    scaler = build_targets(data.targets, data.schema)
    scaler.fit(data.labels[data.train_rows])
    return scaler


def standardized(scaler: TargetTransform, labels: Array) -> Array:
    """(n, K) labels or scores to float64 targets; NaN stays NaN."""
    targets: Array = scaler.standardize(torch.as_tensor(labels)).double().numpy()
    return targets


def mean_of_others(target: Array, people: Sequence[str]) -> Array:
    """(n, K) mean label of all other people, 0 where there are none.

    Args:
        target: (n, K), NaN where unlabelled.
        people: whose the n candidates are.
    """
    person = np.unique(list(people), return_inverse=True)[1]
    seen = np.isfinite(target)
    known = np.where(seen, target, 0.0)
    own = np.zeros((2, person.max(initial=0) + 1, target.shape[1]))
    np.add.at(own[0], person, known)
    np.add.at(own[1], person, seen)
    total, count = known.sum(axis=0) - own[0][person], seen.sum(axis=0) - own[1][person]
    mean: Array = np.where(count > 0, total / np.maximum(count, 1), 0.0)
    return mean


def minus_mean_of_others(scaler: TargetTransform, held_out: Array, data: Dataset) -> Array:
    """(n, K) standardised held-out scores minus the mean label of all other people.

    A leave-one-out mean falls as one's own label rises, and every held-out score contains one: what
    is trained on held-out scores as they are would learn the labels with their sign reversed.

    Args:
        scaler: fitted on the labels of these candidates.
        held_out: (n, K) of them, on the schema's scale.
        data: the candidates.
    """
    others = mean_of_others(standardized(scaler, data.labels), data.people)
    found: Array = standardized(scaler, held_out) - others
    return found


def with_smearing(fitted: Fitted, labels: Array) -> Fitted:
    """Smear scores over held-out residuals where the transform of the targets is curved.

    The inverse of a mean target is not the mean score; see ``SmearedTargets``.

    Args:
        fitted: by a learner.
        labels: (n, K) of the candidates that ``fitted.held_out`` scores.
    """
    scaler = fitted.scaler
    if not isinstance(scaler, SmearedTargets):
        return fitted
    held_out = standardized(scaler, fitted.held_out)
    scaler.set_residuals(standardized(scaler, labels) - held_out)
    return replace(fitted, held_out=scaler(torch.as_tensor(held_out)).double().numpy())
