"""Pre-training without labels: a fusion network tells from what is shown what was hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from trifold.contracts import QUESTION, FeatureBatch, Modality
from trifold.errors import InputError
from trifold.features.collate import select
from trifold.features.pooling import WIDEST
from trifold.network.base import FusionNetwork
from trifold.network.blocks.pooling import masked_mean
from trifold.training.dataset import Dataset
from trifold.training.gradient.augment import drop_modalities, drop_tokens

LEAST_SCALE = 1e-3  # of a hidden mean's column, so that what never varies is not magnified


@dataclass(frozen=True)
class Pretraining:
    """How long, and what is hidden.

    Attributes:
        epochs: over all answers; 0 leaves pre-training out.
        modality_dropout: probability of hiding each modality of a candidate, never all.
        token_share: of each stream's tokens that is shown.
        learning_rate: of AdamW.
        weight_decay: of AdamW, on all that is trained.
        batch_size: candidates per step.

    Raises:
        InputError: when nothing would be hidden.
    """

    epochs: int = 0
    modality_dropout: float = 0.3
    token_share: float = 0.5
    learning_rate: float = 3e-3
    weight_decay: float = 0.05
    batch_size: int = 64

    def __post_init__(self) -> None:
        if self.epochs and not self.modality_dropout and self.token_share >= 1:
            raise InputError(
                expected="pretraining that hides something (modality_dropout, token_share below 1)",
                got=f"{self.modality_dropout} and {self.token_share}",
            )


def unlabelled(data: Dataset) -> list[FeatureBatch]:
    """Whom pre-training may see: the training rows of ``data``, and the other corpora's people.

    Rows set aside to watch the training are no part of it, and those to be tested on are not in
    ``data`` at all.
    """
    return [select(data.batch, torch.as_tensor(data.train_rows)), *(o.batch for o in data.others)]


def fused_width(network: FusionNetwork, batch: FeatureBatch) -> int:
    """F, how wide what the network reads of an answer is; see ``FusionNetwork.fused``.

    Raises:
        InputError: for a network that has no ``fused``.
    """
    one = select(batch, torch.arange(1))
    with torch.no_grad():
        return network.fused(one.tokens, one.token_mask).shape[-1]


def pretrain(
    network: FusionNetwork,
    batches: Sequence[FeatureBatch],
    stream_modality: Mapping[str, Modality],
    settings: Pretraining,
) -> list[float]:
    """Train the network, up to ``fused``, to predict the means of hidden tokens.

    Masked modelling as of Devlin et al. (2019) on whole modalities and on tokens: a linear
    read-out of the fused answer predicts the mean of each stream's hidden standardised tokens,
    in deviations of that mean over ``batches``. The read-out is thrown away.

    Args:
        network: with fitted standardisers; changed in place.
        batches: candidates with or without labels, none of them to be tested on.
        stream_modality: stream name to modality.
        settings: how.

    Returns:
        Mean loss of each epoch, NaN where nothing could be hidden; 1 is what the mean of each
        column reaches.

    Raises:
        InputError: for a network that has no ``fused``.
    """
    if not settings.epochs:
        return []
    reader = _Reader(network, batches, stream_modality)
    trained = [p for p in (*network.parameters(), *reader.parameters()) if p.requires_grad]
    optimizer = torch.optim.AdamW(
        trained, lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    network.train()
    losses = []
    for _ in range(settings.epochs):
        told = [
            _step(network, reader, part, stream_modality, settings, optimizer)
            for batch in batches
            for part in _parts(batch, settings.batch_size)
        ]
        losses.append(float(np.nanmean(told)) if np.isfinite(told).any() else float("nan"))
    return losses


def _step(
    network: FusionNetwork,
    reader: _Reader,
    batch: FeatureBatch,
    stream_modality: Mapping[str, Modality],
    settings: Pretraining,
    optimizer: torch.optim.Optimizer,
) -> float:
    """One step on one batch; its loss, NaN where nothing could be hidden."""
    mask = batch.token_mask
    shown = drop_modalities(mask, stream_modality, probability=settings.modality_dropout)
    shown = drop_tokens(shown, stream_modality, share=settings.token_share)
    loss = reader(network.fused(batch.tokens, shown), batch, shown)
    if loss is None:
        return float("nan")
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()
    return float(loss.detach())


def _parts(batch: FeatureBatch, size: int) -> list[FeatureBatch]:
    """The candidates in random order, some at a time."""
    order = torch.randperm(len(batch.candidate_ids))
    return [select(batch, rows) for rows in order.split(size)]


class _Reader(nn.Module):
    """From fused answers to the means of hidden tokens, and how far off they are.

    Args:
        network: whose standardisers scale the tokens.
        batches: that the means' deviations are taken from.
        stream_modality: stream name to modality.
    """

    def __init__(
        self,
        network: FusionNetwork,
        batches: Sequence[FeatureBatch],
        stream_modality: Mapping[str, Modality],
    ) -> None:
        super().__init__()
        self.standardizers = network.standardizers()
        first = batches[0]
        self.streams = [
            stream
            for stream in self.standardizers
            if stream_modality[stream] != QUESTION and first.tokens[stream].shape[-1] <= WIDEST
        ]
        self.scale = {stream: self._deviation(stream, batches) for stream in self.streams}
        width = fused_width(network, first)
        self.heads = nn.ModuleDict(
            {stream: nn.Linear(width, len(self.scale[stream])) for stream in self.streams}
        )

    def forward(
        self, fused: Tensor, batch: FeatureBatch, shown: Mapping[str, Tensor]
    ) -> Tensor | None:
        """Mean squared error over streams, of answers of which something is hidden, if any is."""
        losses = []
        for stream in self.streams:
            hidden = batch.token_mask[stream] & ~shown[stream]
            rows = hidden.any(dim=-1) & batch.answer_mask
            if rows.any():
                wanted = self._means(stream, batch, hidden)[rows] / self.scale[stream]
                found = self.heads[stream](fused[rows])
                losses.append((found - wanted).square().mean())
        return torch.stack(losses).mean() if losses else None

    def _means(self, stream: str, batch: FeatureBatch, mask: Tensor) -> Tensor:
        """(B, T, D) of the standardised tokens under the mask."""
        with torch.no_grad():
            return masked_mean(self.standardizers[stream](batch.tokens[stream]), mask)

    def _deviation(self, stream: str, batches: Sequence[FeatureBatch]) -> Tensor:
        """(D,) of answers' means."""
        means = [self._means(stream, b, b.token_mask[stream]) for b in batches]
        seen = [b.token_mask[stream].any(dim=-1) for b in batches]
        rows = torch.cat([mean[row] for mean, row in zip(means, seen, strict=True)])
        if len(rows) < 2:
            return torch.ones(means[0].shape[-1])
        return rows.std(dim=0).clamp(min=LEAST_SCALE)
