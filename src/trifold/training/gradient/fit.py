"""One training run: early stopping on validation loss, best weights back in the network."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import torch
from lightning import Trainer
from lightning.pytorch.callbacks import (
    Callback,
    EarlyStopping,
    ModelCheckpoint,
)

from trifold.runtime.progress import stage
from trifold.training.gradient.callbacks import Epochs, History
from trifold.training.gradient.datamodule import CandidateData
from trifold.training.gradient.ema import ManifoldWeightAverage
from trifold.training.gradient.module import ScoreRegression

LAST, IDENTITY = "last.ckpt", "identity.txt"


def fit(
    module: ScoreRegression,
    data: CandidateData,
    *,
    trainer: Callable[..., Trainer],
    patience: int,
    out: Path,
    ema_decay: float | None = None,
    identity: str = "",
) -> list[dict[str, float]]:
    """Train, then load the weights of the best validation epoch.

    A run that was killed goes on after its last whole epoch when it is started again with the same
    ``identity``; one that ended leaves nothing to go on from.

    Args:
        module: network and losses; changed in place.
        data: train and val batches.
        trainer: makes a ``Trainer`` given ``callbacks`` and ``default_root_dir``.
        patience: epochs without a better validation loss before stopping.
        out: run folder; checkpoints go to ``out/checkpoints``.
        ema_decay: validate and keep an exponential moving average of the weights, of this decay
            per step; None keeps the weights themselves.
        identity: all that decides the outcome, as text.

    Returns:
        One row per epoch with ``epoch``, ``train_loss`` and ``val_loss``.
    """
    folder = out / "checkpoints"
    last = _resumable(folder, identity)
    history = History()
    best = ModelCheckpoint(folder, monitor="val_loss", filename="best", save_last=True)
    callbacks: list[Callback] = [history, EarlyStopping("val_loss", patience=patience), best]
    if ema_decay is not None:
        callbacks = [ManifoldWeightAverage(decay=ema_decay), *callbacks]
    run = trainer(callbacks=callbacks, default_root_dir=out)
    with stage("epoch", total=run.max_epochs) as told:
        run.callbacks.append(Epochs(told))
        run.fit(module, data, ckpt_path=last, weights_only=True)
    checkpoint = torch.load(best.best_model_path, weights_only=True, map_location="cpu")
    module.load_state_dict(checkpoint["state_dict"])
    module.eval()
    (folder / LAST).unlink(missing_ok=True)
    return history.rows


def _resumable(folder: Path, identity: str) -> Path | None:
    """The last checkpoint of a killed run of the same identity; other leftovers are removed."""
    digest = hashlib.sha256(identity.encode()).hexdigest()
    mark, last = folder / IDENTITY, folder / LAST
    if last.is_file() and mark.is_file() and mark.read_text(encoding="utf-8") == digest:
        return last
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    mark.write_text(digest, encoding="utf-8")
    return None
