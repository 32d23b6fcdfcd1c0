"""Networks of inner folds as one: their mean, and what each scored of those it held out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from trifold.contracts import Array, FeatureBatch
from trifold.features.collate import select
from trifold.network.around.mean import EnsembleNetwork
from trifold.network.base import FusionNetwork
from trifold.network.build import build_network
from trifold.training.dataset import Dataset, without_splits
from trifold.training.learners.base import Fitted, Shown, fitted_scaler


def scores_of(network: FusionNetwork, batch: FeatureBatch, rows: Array) -> Array:
    """(n, K) standardised scores of the chosen rows, NaN elsewhere."""
    chosen = select(batch, torch.as_tensor(rows))
    with torch.inference_mode():
        found = network.candidates(chosen.tokens, chosen.token_mask, chosen.answer_mask)
    scores = np.full((len(batch.candidate_ids), found.shape[1]), np.nan, np.float32)
    scores[rows] = found.numpy()
    return scores


def mean_of(fits: Sequence[Fitted], data: Dataset) -> Fitted:
    """One network whose members are the folds' networks, on the scale of all training rows."""
    spec = {
        "_target_": f"{EnsembleNetwork.__module__}.{EnsembleNetwork.__name__}",
        "members": [dict(f.spec) for f in fits],
    }
    network = build_network(
        spec,
        stream_dims=data.stream_dims,
        stream_modality=data.stream_modality,
        num_targets=len(data.schema.targets),
    )
    scaler = fitted_scaler(without_splits(data))
    if isinstance(network, EnsembleNetwork):
        for member, one in zip(network.networks, fits, strict=True):
            member.load_state_dict(one.network.state_dict())
    held_out = np.nanmean(np.stack([f.held_out for f in fits]), axis=0)

    def unseen(shown: Shown) -> Array:
        scores = [scaler.standardize(f.scaler(torch.as_tensor(f.unseen(shown)))) for f in fits]
        found: Array = np.nanmean(torch.stack(scores).numpy(), axis=0)
        return found

    return Fitted(spec, network.eval(), scaler, held_out, unseen, fits[0].history)
