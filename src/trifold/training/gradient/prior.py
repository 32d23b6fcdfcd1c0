"""Where each target can be read: the start of the routing's priors, from training rows alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from trifold.contracts import Array, FeatureBatch, Modality
from trifold.errors import InputError
from trifold.features.collate import select
from trifold.features.pooling import pooled_features
from trifold.network.blocks.routing import PATHS
from trifold.training.baselines.pooled import ridge, side_by_side
from trifold.training.baselines.targets import inner_folds
from trifold.training.dataset import Dataset

LEAST_SKILL, LEAST_PEOPLE = 0.01, 3


def with_skill_prior(spec: Mapping[str, Any], data: Dataset) -> dict[str, Any]:
    """The specification of a network whose routing starts from the skill of each path.

    Args:
        spec: of a network with a ``routing`` over paths.
        data: whose training rows tell the skill.

    Raises:
        InputError: when the network has no routing.
    """
    routing = spec.get("routing")
    if not isinstance(routing, Mapping):
        raise InputError(
            expected="a network with a routing over paths, to start from skill (prior=skill)",
            got=str(spec.get("_target_")),
        )
    rows = data.train_rows
    batch = select(data.batch, torch.as_tensor(rows))
    people = [data.people[row] for row in rows]
    prior = path_skill(batch, data.labels[rows], data.stream_modality, people)
    return {**spec, "routing": {**routing, "prior": prior}}


def path_skill(
    batch: FeatureBatch,
    labels: Array,
    stream_modality: Mapping[str, Modality],
    people: Sequence[str] | None = None,
) -> list[list[float]]:
    """Log max(R², 0.01) of every target on every path, by ridge on pooled features in five folds.

    Args:
        batch: the n training candidates.
        labels: (n, K), NaN where unlabelled.
        stream_modality: stream name to modality.
        people: whose the candidates are; None where they are people.

    Returns:
        K rows of 6, in the order of ``routing.PATHS``; log 0.01 where a path has no stream.
    """
    views = pooled_features(batch)
    person = np.unique(list(people or batch.candidate_ids), return_inverse=True)[1]
    columns = []
    for path in PATHS:
        modalities = path.split("+")
        chosen = {s: x for s, x in views.items() if stream_modality[s] in modalities}
        skill = (
            _skill(side_by_side(chosen), labels, person) if chosen else np.zeros(labels.shape[1])
        )
        columns.append(np.log(np.maximum(skill, LEAST_SKILL)))
    return np.stack(columns, axis=1).tolist()


def _skill(x: Array, labels: Array, people: Array) -> Array:
    """(K,) out-of-fold R²; 0 where nothing can be measured."""
    skill, preds = np.zeros(labels.shape[1]), np.full(labels.shape, np.nan)
    if len(x) < LEAST_PEOPLE:
        return skill
    for fit, held in inner_folds(people):
        preds[held] = ridge(x[fit], labels[fit], x[held], people[fit])
    squared = (labels - preds) ** 2
    found = np.isfinite(squared).any(axis=0)
    variance = np.maximum(np.nanvar(labels[:, found], axis=0), 1e-12)
    skill[found] = 1 - np.nanmean(squared[:, found], axis=0) / variance
    return skill
