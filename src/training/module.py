"""The Lightning module: losses, optimiser and what is logged."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from lightning import LightningModule
from torch import Tensor, nn

from src.contracts import FeatureBatch, Modality
from src.features.collate import to_device
from src.network.standardize import TargetScaler
from src.training.augment import drop_modalities
from src.training.losses import ccc_loss, huber_loss


class ScoreRegression(LightningModule):
    """Trains a fusion network on standardised targets with Huber + CCC.

    Args:
        network: maps (tokens, token_mask, answer_mask) to a ``NetworkOutput``.
        scaler: fitted on the training labels.
        stream_modality: stream name to modality, for modality dropout.
        learning_rate: of AdamW.
        weight_decay: of AdamW, on matrices only.
        ccc_weight: weight of the CCC loss beside the Huber loss.
        huber_delta: where Huber turns linear, in standard deviations of the target.
        modality_dropout: probability of hiding each modality of a candidate while training.
    """

    def __init__(
        self,
        network: nn.Module,
        scaler: TargetScaler,
        *,
        stream_modality: Mapping[str, Modality],
        learning_rate: float = 1e-3,
        weight_decay: float = 0.05,
        ccc_weight: float = 0.5,
        huber_delta: float = 1.0,
        modality_dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.network, self.scaler = network, scaler
        self.stream_modality = dict(stream_modality)
        self.learning_rate, self.weight_decay = learning_rate, weight_decay
        self.ccc_weight, self.huber_delta = ccc_weight, huber_delta
        self.modality_dropout = modality_dropout

    def training_step(self, batch: FeatureBatch, batch_idx: int) -> Tensor:
        """Loss of one batch under modality dropout."""
        token_mask = drop_modalities(
            batch.token_mask, self.stream_modality, probability=self.modality_dropout
        )
        loss = self._loss(batch, token_mask)
        self.log(
            "train_loss", loss, on_step=False, on_epoch=True, batch_size=len(batch.candidate_ids)
        )
        return loss

    def validation_step(self, batch: FeatureBatch, batch_idx: int) -> None:
        """Log the loss on everything that is there; the data module gives one batch of all."""
        loss = self._loss(batch, batch.token_mask)
        self.log("val_loss", loss, batch_size=len(batch.candidate_ids), prog_bar=True)

    def predict_step(self, batch: FeatureBatch, batch_idx: int) -> tuple[Tensor, Tensor]:
        """Candidate (B, K) and answer (B, T, K) scores on the schema's scale."""
        output = self.network(batch.tokens, batch.token_mask, batch.answer_mask)
        return self.scaler(output.candidate), self.scaler(output.answer)

    def transfer_batch_to_device(
        self, batch: FeatureBatch, device: torch.device, dataloader_idx: int
    ) -> FeatureBatch:
        """Lightning does not move frozen dataclasses by itself."""
        return to_device(batch, device)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW; biases, norms and null vectors are not decayed."""
        matrices = [p for p in self.network.parameters() if p.ndim > 1]
        vectors = [p for p in self.network.parameters() if p.ndim <= 1]
        groups = [
            {"params": matrices, "weight_decay": self.weight_decay},
            {"params": vectors, "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, lr=self.learning_rate)

    def _loss(self, batch: FeatureBatch, token_mask: dict[str, Tensor]) -> Tensor:
        output = self.network(batch.tokens, token_mask, batch.answer_mask)
        if batch.targets is None:
            raise ValueError("training needs labels, but the batch has targets=None")
        target = self.scaler.standardize(batch.targets)
        huber = huber_loss(output.candidate, target, delta=self.huber_delta)
        return huber + self.ccc_weight * ccc_loss(output.candidate, target)
