"""The Lightning module: losses, optimisers and what is logged."""

from __future__ import annotations

from collections.abc import Mapping

import geoopt
import torch
from lightning import LightningModule
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor

from src.contracts import FeatureBatch, Modality
from src.features.collate import to_device
from src.network.build import Targets
from src.network.network import FusionNetwork, NetworkOutput
from src.training.augment import drop_modalities
from src.training.losses import ccc_loss, consistency_loss, huber_loss, rank_loss
from src.training.regularizers import expert_overlap_loss, load_balance_loss
from src.training.sampling import temperature
from src.training.schedule import one_cycle, set_temperature


class ScoreRegression(LightningModule):
    """Trains a fusion network on standardised targets.

    L = score(ŷ) + w_balance L_balance + w_overlap L_overlap + w_consistency L_consistency, where
    score = Huber + w_ccc CCC + w_rank rank, mixed between the mean of an ensemble head and its
    members. Manifold parameters go to geoopt's RiemannianAdam, all others to AdamW; biases, norms
    and curvature get no weight decay. Batch-wide terms see the batch of all processes.

    Args:
        network: the network.
        scaler: fitted on the training labels.
        stream_modality: stream name to modality, for modality dropout.
        learning_rate: of both optimisers, at its peak.
        weight_decay: of AdamW, on matrices only.
        warmup: share of the steps in which the learning rate rises; it falls by a cosine after
            that. None keeps it constant.
        clip_norm: largest gradient norm.
        huber_delta: where Huber turns linear, in standard deviations of the target.
        ccc_weight: of the CCC loss.
        rank_weight: of the rank loss.
        member_mix: share of the ensemble mean's loss; the rest is the members' own.
        answer_weight: of the candidate's label as a label of each answer.
        balance_weight: of the load-balance term.
        overlap_weight: of the expert-overlap term.
        consistency_weight: of the change under modality dropout.
        modality_dropout: probability of hiding each modality of a candidate while training.
        temperature: of the expert router at the start; it falls to 1 linearly.
    """

    def __init__(
        self,
        network: FusionNetwork,
        scaler: Targets,
        *,
        stream_modality: Mapping[str, Modality],
        learning_rate: float = 1e-3,
        weight_decay: float = 0.05,
        warmup: float | None = None,
        clip_norm: float = 1.0,
        huber_delta: float = 1.0,
        ccc_weight: float = 0.5,
        rank_weight: float = 0.0,
        member_mix: float = 0.5,
        answer_weight: float = 0.0,
        balance_weight: float = 0.0,
        overlap_weight: float = 0.0,
        consistency_weight: float = 0.0,
        modality_dropout: float = 0.1,
        temperature: float = 1.0,
    ) -> None:
        super().__init__()
        self.automatic_optimization = False  # two optimisers step together
        self.network, self.scaler = network, scaler
        self.stream_modality = dict(stream_modality)
        self.learning_rate, self.weight_decay, self.warmup = learning_rate, weight_decay, warmup
        self.clip_norm, self.huber_delta = clip_norm, huber_delta
        self.ccc_weight, self.rank_weight = ccc_weight, rank_weight
        self.member_mix, self.answer_weight = member_mix, answer_weight
        self.balance_weight, self.overlap_weight = balance_weight, overlap_weight
        self.consistency_weight, self.modality_dropout = consistency_weight, modality_dropout
        self.temperature = temperature

    def training_step(self, batch: FeatureBatch, batch_idx: int) -> None:
        """One step of all optimisers on one batch under modality dropout."""
        loss = self.training_loss(batch)
        optimizers = self.optimizers()
        chosen = optimizers if isinstance(optimizers, list) else [optimizers]
        for optimizer in chosen:
            optimizer.zero_grad()
        self.manual_backward(loss)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.clip_norm)
        for optimizer in chosen:
            optimizer.step()
        self.log(
            "train_loss",
            loss,
            on_epoch=True,
            on_step=False,
            batch_size=_size(batch),
            sync_dist=True,
        )

    def on_train_batch_end(self, outputs: object, batch: FeatureBatch, batch_idx: int) -> None:
        """Move the learning rate and the router's temperature."""
        schedulers = self.lr_schedulers()
        for scheduler in schedulers if isinstance(schedulers, list) else [schedulers]:
            if scheduler is not None:
                scheduler.step()
        done = self.trainer.fit_loop.total_batch_idx + 1  # global_step counts both optimisers
        total = int(self.trainer.estimated_stepping_batches)
        set_temperature(self.network, temperature(done, total, start=self.temperature))

    def validation_step(self, batch: FeatureBatch, batch_idx: int) -> None:
        """Log the score loss on everything that is there; the batch holds all candidates."""
        output = self.network(batch.tokens, batch.token_mask, batch.answer_mask)
        target = self._everywhere(self._target(batch))
        loss = self.score_loss(self._everywhere(output.candidate), target)
        self.log("val_loss", loss, batch_size=_size(batch), prog_bar=True, sync_dist=True)

    def training_loss(self, batch: FeatureBatch) -> Tensor:
        """The whole loss of one batch."""
        shown = drop_modalities(
            batch.token_mask, self.stream_modality, probability=self.modality_dropout
        )
        output = self.network(batch.tokens, shown, batch.answer_mask)
        loss = self._fit_loss(output, batch)
        if self.balance_weight and output.expert_weight is not None:
            balance = load_balance_loss(output.expert_weight, batch.answer_mask)
            loss = loss + self.balance_weight * balance
        if self.overlap_weight and output.expert_features is not None:
            overlap = expert_overlap_loss(output.expert_features, batch.answer_mask)
            loss = loss + self.overlap_weight * overlap
        if self.consistency_weight:
            full = self.network(batch.tokens, batch.token_mask, batch.answer_mask)
            loss = loss + self.consistency_weight * consistency_loss(
                output.candidate, full.candidate
            )
        return loss

    def score_loss(self, preds: Tensor, target: Tensor) -> Tensor:
        """Huber, CCC and rank on (B, K)."""
        loss = huber_loss(preds, target, delta=self.huber_delta)
        loss = loss + self.ccc_weight * ccc_loss(preds, target)
        return loss + self.rank_weight * rank_loss(preds, target) if self.rank_weight else loss

    def _fit_loss(self, output: NetworkOutput, batch: FeatureBatch) -> Tensor:
        target = self._everywhere(self._target(batch))
        loss = self.score_loss(self._everywhere(output.candidate), target)
        if output.members is not None and self.member_mix < 1:
            members = self._everywhere(output.members).flatten(1)  # (B, K·M): members as targets
            each = target.repeat_interleave(output.members.shape[-1], dim=1)
            loss = self.member_mix * loss + (1 - self.member_mix) * self.score_loss(members, each)
        if self.answer_weight:
            valid = batch.answer_mask
            label = self._target(batch).unsqueeze(1).expand_as(output.answer)
            apart = huber_loss(output.answer[valid], label[valid], delta=self.huber_delta)
            loss = loss + self.answer_weight * apart
        return loss

    def _everywhere(self, x: Tensor) -> Tensor:
        """The rows of all processes; gradients flow back to each."""
        if self.trainer is None or self.trainer.world_size == 1:
            return x
        gathered = self.all_gather(x, sync_grads=True)
        return gathered.flatten(0, 1)

    def _target(self, batch: FeatureBatch) -> Tensor:
        if batch.targets is None:
            raise ValueError("training needs labels, but the batch has targets=None")
        return self.scaler.standardize(batch.targets)

    def transfer_batch_to_device(
        self, batch: FeatureBatch, device: torch.device, dataloader_idx: int
    ) -> FeatureBatch:
        """Lightning does not move frozen dataclasses by itself."""
        return to_device(batch, device)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """AdamW, and RiemannianAdam where there are manifold parameters."""
        named = [p for p in self.network.parameters() if p.requires_grad]
        curved = [p for p in named if isinstance(p, geoopt.ManifoldParameter)]
        flat = [p for p in named if not isinstance(p, geoopt.ManifoldParameter)]
        groups = [
            {"params": [p for p in flat if p.ndim > 1], "weight_decay": self.weight_decay},
            {"params": [p for p in flat if p.ndim <= 1], "weight_decay": 0.0},
        ]
        optimizers: list[torch.optim.Optimizer] = [torch.optim.AdamW(groups, lr=self.learning_rate)]
        if curved:
            optimizers.append(geoopt.optim.RiemannianAdam(curved, lr=self.learning_rate))
        if self.warmup is None:
            return optimizers
        steps = int(self.trainer.estimated_stepping_batches)
        return optimizers, [one_cycle(o, steps, self.warmup) for o in optimizers]


def _size(batch: FeatureBatch) -> int:
    return len(batch.candidate_ids)
