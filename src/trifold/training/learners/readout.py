"""A Gaussian process in the place of a trained network's heads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from trifold.contracts import Array, FeatureBatch
from trifold.features.collate import select
from trifold.network.around.readout import GaussianProcessReadout
from trifold.network.base import FusionNetwork
from trifold.network.kernels.views import RbfView
from trifold.training.dataset import Dataset
from trifold.training.learners.base import fitted_scaler, standardized
from trifold.training.learners.wrapping import wrapped
from trifold.training.protocol.marginal_likelihood import KernelFit, maximize_evidence
from trifold.training.transfer.pretraining import fused_width

WIDTHS = (0.3, 1.0, 3.0, 10.0, 100.0)  # squared lengths, of the median squared distance
AT_ONCE = 64  # candidates


def require_fused(network: FusionNetwork, train: FeatureBatch) -> None:
    """Check before training that a process will have vectors to read; draws nothing.

    Args:
        network: that is to be trained; it comes back as it was.
        train: who it is to be trained on.

    Raises:
        InputError: for a network that has no ``fused``.
    """
    training = network.training
    fused_width(network.eval(), train)
    network.train(training)


def read_by_process(
    spec: Mapping[str, Any], network: FusionNetwork, data: Dataset
) -> tuple[dict[str, Any], FusionNetwork]:
    """The trained network with an exact Gaussian process on its fused vectors, and its spec.

    The vectors of those who trained the network follow their labels, by chance too: their own
    likelihood would find hardly any noise. So noise and signal of each target, and a length for
    all, are those under which the labels of the watched are likeliest given the labels of the
    others, as the conditional marginal likelihood of Lotfi et al. (2022). The function itself is of
    the others' labels alone, so that the watched are scored held out, but for these few numbers,
    which are chosen on them as the epoch is.

    Args:
        spec: of the network.
        network: that was trained on the training rows and watched on the validation rows.
        data: both; vectors of the watched, without labels, help to centre.

    Raises:
        InputError: for a network that has no ``fused``.
    """
    rows = np.concatenate([data.train_rows, data.val_rows])
    width = fused_width(network.eval(), data.batch)
    whole, built = wrapped(
        GaussianProcessReadout, spec, network, data, width=width, support=len(rows)
    )
    readout = cast(GaussianProcessReadout, built)
    vectors = _vectors(readout, data, rows)
    target = standardized(fitted_scaler(data), data.labels[rows])
    given = np.isin(rows, data.train_rows)
    found = [process_of(vectors, target, given, widen=widen) for widen in WIDTHS]
    readout.view = max(found, key=lambda one: sum(fit.evidence for fit in one[1]))[0].float()
    return whole, readout


def process_of(
    vectors: Tensor, target: Array, given: Array, *, widen: float
) -> tuple[RbfView, list[KernelFit]]:
    """A Gaussian process per target on (n, F) vectors, and what was found for each.

    Args:
        vectors: of n people.
        target: (n, K) standardised labels, NaN where there is none.
        given: (n,) bool, whose labels the function is of; those of all others choose its noise
            and signal.
        widen: squared length, of the median squared distance.
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
    """(n, F) of the rows."""
    parts = (select(data.batch, some) for some in torch.as_tensor(rows).split(AT_ONCE))
    return torch.cat([readout.represented(x.tokens, x.token_mask, x.answer_mask) for x in parts])
