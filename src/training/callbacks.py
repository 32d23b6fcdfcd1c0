"""What is watched and kept right while training."""

from __future__ import annotations

from typing import Any

import geoopt
import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback


class History(Callback):
    """Keeps one row per epoch: epoch, train loss and validation loss; survives resuming."""

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Lightning runs validation before this hook, so both losses are there."""
        metrics = trainer.callback_metrics
        losses = {name: float(metrics[name]) for name in ("train_loss", "val_loss")}
        self.rows.append({"epoch": float(trainer.current_epoch), **losses})

    def state_dict(self) -> dict[str, Any]:
        """The rows so far."""
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Rows of the run that is resumed."""
        self.rows = list(state_dict["rows"])


class OnManifolds(Callback):
    """Projects averaged manifold parameters back: a mean of points lies off a sphere.

    Stands behind a weight-averaging callback, which has swapped the averages in when validation
    starts.
    """

    @torch.no_grad()
    def on_validation_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Project before the averages are validated and saved."""
        for parameter in pl_module.parameters():
            if isinstance(parameter, geoopt.ManifoldParameter):
                parameter.copy_(parameter.manifold.projx(parameter))
