"""One training run: early stopping on validation loss, best weights back in the network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from lightning import Trainer
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint

from src.training.callbacks import History
from src.training.datamodule import CandidateData
from src.training.module import ScoreRegression


def fit(
    module: ScoreRegression,
    data: CandidateData,
    *,
    trainer: Callable[..., Trainer],
    patience: int,
    out: Path,
) -> list[dict[str, float]]:
    """Train, then load the weights of the best validation epoch.

    Args:
        module: network and losses; changed in place.
        data: train and val batches.
        trainer: makes a ``Trainer`` given ``callbacks`` and ``default_root_dir``.
        patience: epochs without a better validation loss before stopping.
        out: run folder; checkpoints go to ``out/checkpoints``.

    Returns:
        One row per epoch with ``epoch``, ``train_loss`` and ``val_loss``.
    """
    history = History()
    best = ModelCheckpoint(out / "checkpoints", monitor="val_loss", filename="best")
    stopping = EarlyStopping("val_loss", patience=patience)
    trainer(callbacks=[history, best, stopping], default_root_dir=out).fit(module, data)
    checkpoint = torch.load(best.best_model_path, weights_only=True)
    module.load_state_dict(checkpoint["state_dict"])
    module.eval()
    return history.rows
