"""Deep kernel learning in two steps: a trained network, then a Gaussian process for its heads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from trifold.contracts import Array, FeatureBatch
from trifold.features.collate import select
from trifold.network.base import FusionNetwork
from trifold.network.kernels.views import RbfView
from trifold.network.wrappers.readout import GaussianProcessReadout
from trifold.training.dataset import Dataset
from trifold.training.gaussian_process.marginal_likelihood import KernelFit, maximize_evidence
from trifold.training.learners.base import fitted_scaler, standardized
from trifold.training.learners.wrapping import wrap
from trifold.training.transfer.pretraining import fused_width

SQUARED_LENGTHSCALES = (0.3, 1.0, 3.0, 10.0, 100.0)  # as multiples of the median squared distance
BATCH_SIZE = 64  # candidates


def check_has_fused(network: FusionNetwork, train: FeatureBatch) -> None:
    """Check before training that a Gaussian process will have vectors to read; draws nothing.

    Args:
        network: to be trained; it is left as it was.
        train: training candidates.

    Raises:
        InputError: for a network that has no ``fused``.
    """
    training = network.training
    fused_width(network.eval(), train)
    network.train(training)


def with_gaussian_process(
    spec: Mapping[str, Any], network: FusionNetwork, data: Dataset
) -> tuple[dict[str, Any], FusionNetwork]:
    """The trained network with an exact Gaussian process on its fused vectors, and its spec.

    The vectors of training rows are overfitted to their labels: by their marginal likelihood there
    would be hardly any noise. So noise and signal of each target, and one lengthscale for all,
    maximise the likelihood of the validation labels given the training labels, the conditional
    marginal likelihood of Lotfi et al. (2022). The process is conditioned on training labels alone,
    so validation rows are scored held out but for these few numbers, as with early stopping.

    Args:
        spec: of the network.
        network: trained on the training rows, stopped by the validation rows.
        data: both; the vectors of validation rows, without labels, are used for centring too.

    Raises:
        InputError: for a network that has no ``fused``.
    """
    rows = np.concatenate([data.train_rows, data.val_rows])
    width = fused_width(network.eval(), data.batch)
    whole, built = wrap(GaussianProcessReadout, spec, network, data, width=width, support=len(rows))
    readout = cast(GaussianProcessReadout, built)
    vectors = _vectors(readout, data, rows)
    target = standardized(fitted_scaler(data), data.labels[rows])
    given = np.isin(rows, data.train_rows)
    candidates = [
        fit_gaussian_process(vectors, target, given, widen=lengthscale)
        for lengthscale in SQUARED_LENGTHSCALES
    ]
    view, _ = max(candidates, key=lambda pair: sum(fit.evidence for fit in pair[1]))
    readout.view = view.float()
    return whole, readout


def fit_gaussian_process(
    vectors: Tensor, target: Array, given: Array, *, widen: float
) -> tuple[RbfView, list[KernelFit]]:
    """A Gaussian process per target on (n, F) vectors, and what was found for each.

    Args:
        vectors: of n people.
        target: (n, K) standardised labels, NaN where there is none.
        given: (n,) bool: labels that the process is conditioned on; all others choose its noise
            and signal.
        widen: squared lengthscale, as a multiple of the median squared distance.
    """
    view = RbfView(
        vectors.shape[1],
        scaling="centred",
        slots=1,
        support=len(vectors),
        num_targets=target.shape[1],
        widen=widen,
    ).double()
    there = torch.ones(len(vectors), 1, dtype=torch.bool)
    gram = view.fit(vectors.unsqueeze(1), there).numpy()
    fits = [maximize_evidence(gram, y, given=given) for y in target.T]
    weight, coef = (np.stack(x) for x in zip(*((f.weight, f.coef) for f in fits), strict=True))
    view.set_weights(torch.as_tensor(weight), torch.as_tensor(coef), there)
    return view, fits


@torch.no_grad()
def _vectors(readout: GaussianProcessReadout, data: Dataset, rows: Array) -> Tensor:
    """(n, F) fused vectors of candidates."""
    parts = (select(data.batch, some) for some in torch.as_tensor(rows).split(BATCH_SIZE))
    return torch.cat([readout.embed(x.tokens, x.token_mask, x.answer_mask) for x in parts])
