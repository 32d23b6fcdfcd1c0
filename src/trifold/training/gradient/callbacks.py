"""What is watched and kept right while training."""

from __future__ import annotations

from typing import Any

from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback

from trifold.network.flattening import prototypes_moved
from trifold.runtime.progress import Stage


class History(Callback):
    """Keeps one row per epoch: epoch, train loss and validation loss; survives resuming.

    Where there are prototypes, also how far they have moved.
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Lightning runs validation before this hook, so both losses are there."""
        metrics = trainer.callback_metrics
        losses = {name: float(metrics[name]) for name in ("train_loss", "val_loss")}
        moved = prototypes_moved(pl_module)
        told = {} if moved is None else {"prototypes_moved": moved}
        self.rows.append({"epoch": float(trainer.current_epoch), **losses, **told})

    def state_dict(self) -> dict[str, Any]:
        """The rows so far."""
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Rows of the run that is resumed."""
        self.rows = list(state_dict["rows"])


class Epochs(Callback):
    """Says which epoch is under way.

    Args:
        told: the stage of the epochs.
    """

    def __init__(self, told: Stage) -> None:
        self.told = told

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Counted from 1, as people do."""
        self.told.at(trainer.current_epoch + 1)
