"""What is watched while training."""

from __future__ import annotations

from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback


class History(Callback):
    """Keeps one row per epoch: epoch, train loss and validation loss."""

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Lightning runs validation before this hook, so both losses are there."""
        metrics = trainer.callback_metrics
        losses = {name: float(metrics[name]) for name in ("train_loss", "val_loss")}
        self.rows.append({"epoch": float(trainer.current_epoch), **losses})
