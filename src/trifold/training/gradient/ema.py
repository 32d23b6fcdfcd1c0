"""A moving average of the weights that is validated and kept in place of the weights."""

from __future__ import annotations

from typing import Any

import geoopt
import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import WeightAveraging
from torch import Tensor

from trifold.errors import InputError


class ManifoldWeightAverage(WeightAveraging):
    """Lightning's weight averaging, exponential, with points that stay on their manifold.

    Lightning validates and saves the average, goes on training from the weights, leaves the average
    in the module at the end, and resumes both from a checkpoint. Added here:

    - an average of points of a sphere lies inside it, so every ``geoopt.ManifoldParameter`` is
      projected after each update; a mean of points of a ball needs no more than rounding;
    - buffers, such as target scaling, are copied and not averaged;
    - the decay of update n is min(decay, (1 + n)/(warmup + n)), as in TensorFlow's
      ExponentialMovingAverage: a short run would otherwise keep its random start for 1/(1 − decay)
      steps.

    Args:
        decay: share of the old average that each optimiser step keeps.
        warmup: at least 1; 1 gives the constant decay.

    Raises:
        InputError: when ``decay`` is not in [0, 1) or ``warmup`` is below 1.
    """

    def __init__(self, *, decay: float = 0.99, warmup: float = 10.0) -> None:
        if not 0 <= decay < 1 or warmup < 1:
            raise InputError(
                expected="decay in [0, 1) and warmup of 1 at least",
                got=f"{decay} and {warmup}",
                where="ManifoldWeightAverage",
            )

        def average(old: Tensor, new: Tensor, updates: Tensor | int) -> Tensor:
            n = torch.as_tensor(updates, device=old.device)  # stays there: no wait for a GPU
            kept = ((1 + n) / (warmup + n)).clamp(max=decay)
            return old.lerp(new, (1 - kept).to(old.dtype))

        super().__init__(use_buffers=False, avg_fn=average)

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Average after each optimiser step, then project."""
        super().on_train_batch_end(trainer, pl_module, outputs, batch, batch_idx)
        if self._average_model is not None:
            project(self._average_model)


@torch.no_grad()
def project(module: torch.nn.Module) -> None:
    """Move every manifold parameter of ``module`` to the nearest point of its manifold."""
    for parameter in module.parameters():
        if isinstance(parameter, geoopt.ManifoldParameter):
            parameter.copy_(parameter.manifold.projx(parameter))
