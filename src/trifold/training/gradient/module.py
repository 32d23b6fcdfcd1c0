"""The Lightning module: losses, optimisers and what is logged."""

from __future__ import annotations

from collections.abc import Mapping

import geoopt
import torch
from lightning import LightningModule
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor

from trifold.contracts import QUESTION, FeatureBatch, Modality
from trifold.errors import InputError
from trifold.features.collate import to_device
from trifold.network.base import FusionNetwork, NetworkOutput
from trifold.network.targets.base import TargetTransform
from trifold.training.gradient.augment import (
    draw_mixture,
    drop_modalities,
    drop_tokens,
    mix_labels,
    mix_tokens,
)
from trifold.training.gradient.objective import Objective, Truth, question_groups
from trifold.training.gradient.sampling import bootstrap_weights, temperature
from trifold.training.gradient.schedule import one_cycle, set_temperature


class ScoreRegression(LightningModule):
    """Trains a fusion network on standardised targets.

    Manifold parameters go to geoopt's RiemannianAdam, all others to AdamW; biases, norms and
    curvature get no weight decay. Batch-wide losses see the batch of all processes.

    Args:
        network: the network.
        scaler: fitted on the training labels.
        stream_modality: stream name to modality, for modality dropout.
        objective: what is minimised.
        learning_rate: of both optimisers, at its peak.
        manifold_rate: what it is multiplied by for points of manifolds. A Riemannian step is as
            long as the rate for all coordinates of a point together, so points need larger ones.
        weight_decay: of AdamW, on matrices only.
        warmup: share of the steps in which the learning rate rises; it falls by a cosine after
            that. None keeps it constant.
        clip_norm: largest gradient norm.
        modality_dropout: probability of hiding each modality of a candidate while training.
        token_share: of each stream's tokens that a step shows, others every time.
        temperature: of the expert router at the start; it falls to 1 linearly.
        mixup: α of the Beta distribution of people's shares where a step mixes each with another;
            0 mixes nobody.
        bagging: seed of the members' own row weights; None weighs all rows equally.
        teacher: candidate's id to standardised scores of a teacher of the first targets; None
            without one.

    Raises:
        InputError: for a negative ``mixup``.
    """

    def __init__(
        self,
        network: FusionNetwork,
        scaler: TargetTransform,
        *,
        stream_modality: Mapping[str, Modality],
        objective: Objective | None = None,
        learning_rate: float = 1e-3,
        manifold_rate: float = 1.0,
        weight_decay: float = 0.05,
        warmup: float | None = None,
        clip_norm: float = 1.0,
        modality_dropout: float = 0.1,
        token_share: float = 1.0,
        temperature: float = 1.0,
        mixup: float = 0.0,
        bagging: int | None = None,
        teacher: Mapping[str, Tensor] | None = None,
    ) -> None:
        super().__init__()
        if mixup < 0:
            raise InputError(expected="mixup of 0 (nobody) or an α above", got=str(mixup))
        self.automatic_optimization = False  # two optimisers step together
        self.network, self.scaler = network, scaler
        self.stream_modality, self.objective = dict(stream_modality), objective or Objective()
        self.learning_rate, self.weight_decay, self.warmup = learning_rate, weight_decay, warmup
        self.manifold_rate = manifold_rate
        self.clip_norm, self.modality_dropout = clip_norm, modality_dropout
        self.token_share, self.mixup = token_share, mixup
        self.temperature, self.bagging, self.teacher = temperature, bagging, teacher

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
        loss = self.objective.score(self._everywhere(output.candidate), target)
        self.log("val_loss", loss, batch_size=_size(batch), prog_bar=True, sync_dist=True)

    def training_loss(self, batch: FeatureBatch) -> Tensor:
        """The whole loss of one batch."""
        tokens, target = batch.tokens, self._target(batch)
        teacher = self._taught(batch, target)
        if self.mixup:
            mixture = draw_mixture(_size(batch), alpha=self.mixup, device=target.device)
            tokens = mix_tokens(tokens, batch.token_mask, self.stream_modality, mixture)
            target = mix_labels(target, mixture)
            teacher = None if teacher is None else mix_labels(teacher, mixture)
        shown = drop_modalities(
            batch.token_mask, self.stream_modality, probability=self.modality_dropout
        )
        shown = drop_tokens(shown, self.stream_modality, share=self.token_share)
        output = self.network(tokens, shown, batch.answer_mask)
        full = None
        if self.objective.consistency_weight:
            full = self.network(tokens, batch.token_mask, batch.answer_mask).candidate
            full = self._everywhere(full)
        gathered = NetworkOutput(*(None if x is None else self._everywhere(x) for x in output))  # type: ignore[arg-type]
        truth = Truth(
            target=self._everywhere(target),
            answer_mask=self._everywhere(batch.answer_mask),
            question=question_groups(self._everywhere(self._question(batch))),
            member_weight=self._member_weight(batch, output),
            teacher=None if teacher is None else self._everywhere(teacher),
        )
        return self.objective(gathered, truth, full)

    def _question(self, batch: FeatureBatch) -> Tensor:
        """(B, T, D_q), of no width where there are no questions."""
        asked = [s for s, m in self.stream_modality.items() if m == QUESTION and s in batch.tokens]
        if not asked:
            return batch.answer_mask[..., None][..., :0]
        return batch.tokens[asked[0]].sum(dim=2)

    def _member_weight(self, batch: FeatureBatch, output: NetworkOutput) -> Tensor | None:
        """(B, M) of the batch of all processes; None without bagging."""
        if self.bagging is None or output.members is None:
            return None
        members = output.members.shape[-1]
        weight = bootstrap_weights(batch.candidate_ids, members, seed=self.bagging)
        return self._everywhere(weight.to(self.device))

    def _taught(self, batch: FeatureBatch, target: Tensor) -> Tensor | None:
        """Scores of the teacher like ``target``, NaN for whom and for what it did not score."""
        if self.teacher is None:
            return None
        scores = torch.full_like(target, float("nan"))
        for row, candidate in enumerate(batch.candidate_ids):
            if candidate in self.teacher:
                known = self.teacher[candidate].to(target)
                scores[row, : len(known)] = known
        return scores

    def _everywhere(self, x: Tensor) -> Tensor:
        """The rows of all processes; gradients flow back to each."""
        if self._trainer is None or self._trainer.world_size == 1:
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
        optimizers: list[torch.optim.Optimizer] = [
            torch.optim.AdamW(groups, lr=self.learning_rate, fused=True)
        ]
        if curved:
            rate = self.manifold_rate * self.learning_rate
            optimizers.append(geoopt.optim.RiemannianAdam(curved, lr=rate))
        if self.warmup is None:
            return optimizers
        steps = int(self.trainer.estimated_stepping_batches)
        return optimizers, [one_cycle(o, steps, self.warmup) for o in optimizers]


def _size(batch: FeatureBatch) -> int:
    return len(batch.candidate_ids)
