"""Networks of inner folds as one: their mean, and what each scored of those it held out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from trifold.contracts import Array
from trifold.features.collate import select
from trifold.network.base import FusionNetwork
from trifold.training.dataset import Dataset, without_splits
from trifold.training.learners.base import Fitted, fitted_scaler
from trifold.training.learners.wrapping import build_ensemble
from trifold.training.shortening import Shown, shortened


def held_out_scores(network: FusionNetwork, data: Dataset) -> Callable[[Shown | None], Array]:
    """What gives (n, K) standardised scores of the validation rows, NaN elsewhere.

    It is asked for a score by each short form, so it holds no more than it reads.

    Args:
        network: trained.
        data: n candidates, of whom the validation rows are scored, by what is shown of them where
            that is said, see ``Fitted``.
    """
    rows, modality = data.val_rows, data.stream_modality
    held, n = network.condensed(select(data.batch, torch.as_tensor(rows))), len(data.labels)

    def scores(shown: Shown | None = None) -> Array:
        batch = held
        if shown is not None:
            batch = shortened(held, {m: x[rows] for m, x in shown.items()}, modality)
        with torch.inference_mode():
            found = network.candidates(batch.tokens, batch.token_mask, batch.answer_mask)
        every = np.full((n, found.shape[1]), np.nan, np.float32)
        every[rows] = found.numpy()
        return every

    return scores


def mean_of(fits: Sequence[Fitted], data: Dataset) -> Fitted:
    """One network whose members are the folds' networks, on the scale of all training rows."""
    spec, network = build_ensemble(fits, data)
    scaler = fitted_scaler(without_splits(data))
    held_out = np.nanmean(np.stack([f.held_out for f in fits]), axis=0)

    def held_out_given(shown: Shown) -> Array:
        scores = [
            scaler.standardize(f.scaler(torch.as_tensor(f.held_out_given(shown)))) for f in fits
        ]
        found: Array = np.nanmean(torch.stack(scores).numpy(), axis=0)
        return found

    return Fitted(spec, network.eval(), scaler, held_out, held_out_given, fits[0].history)
