"""Batches of candidates from one padded tensor set."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from lightning import LightningDataModule
from torch.utils.data import DataLoader

from src.contracts import FeatureBatch, Split
from src.features.collate import select


class CandidateData(LightningDataModule):
    """Serves train batches shuffled and val and test whole, by slicing (no per-item Python work).

    Args:
        batch: every candidate of the corpus, padded once.
        rows: split name to (n,) int64 rows of ``batch``.
        batch_size: candidates per training batch.
    """

    def __init__(
        self, batch: FeatureBatch, rows: Mapping[Split, torch.Tensor], *, batch_size: int = 32
    ) -> None:
        super().__init__()
        self.batch, self.rows, self.batch_size = batch, dict(rows), batch_size

    def train_dataloader(self) -> DataLoader:
        """Shuffled batches; a last batch of one candidate is dropped, as CCC needs two."""
        size = self.batch_size
        lonely = len(self.rows["train"]) % size == 1 and len(self.rows["train"]) > size
        return self._loader("train", batch_size=size, shuffle=True, drop_last=lonely)

    def val_dataloader(self) -> DataLoader:
        """All validation candidates in one batch."""
        return self._loader("val", batch_size=max(1, len(self.rows["val"])))

    def predict_dataloader(self) -> DataLoader:
        """All candidates of all splits in one batch, in row order."""
        everyone = torch.arange(len(self.batch.candidate_ids))
        return self._dataloader(everyone, batch_size=len(everyone))

    def _loader(self, split: Split, **options: int | bool) -> DataLoader:
        return self._dataloader(self.rows[split], **options)

    def _dataloader(self, rows: torch.Tensor, **options: int | bool) -> DataLoader:
        return DataLoader(
            rows.tolist(),  # type: ignore[arg-type]
            collate_fn=lambda chosen: select(self.batch, torch.tensor(chosen)),
            **options,  # type: ignore[arg-type]
        )
